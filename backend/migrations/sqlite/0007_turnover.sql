-- Turnover counts for tiers and targets even where the commission that moves with it rounds to nothing: then
-- it moves by itself.
--
-- A limit on values is nothing but words in the schema, and a table with millions of rows is not copied to
-- change them: https://sqlite.org/lang_altertable.html#otheralter, the second procedure.

PRAGMA writable_schema = ON;
UPDATE sqlite_schema
SET sql = replace(sql, 'CHECK (amount_centimes > 0)', 'CHECK (amount_centimes > 0 OR (amount_centimes = 0 AND base_centimes > 0))')
WHERE type = 'table' AND name = 'ledger_transfer';
PRAGMA writable_schema = RESET;
-- Tells every other connection that the schema has changed.
CREATE TABLE schema_has_changed (id INTEGER NOT NULL PRIMARY KEY) STRICT;
DROP TABLE schema_has_changed;
