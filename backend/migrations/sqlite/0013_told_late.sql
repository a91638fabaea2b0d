-- What is told of an order after something that happened later changes what that moved: an entry of its own
-- says of which event, and which one told it. 0: the event itself.

ALTER TABLE ledger_transfer ADD COLUMN told_by INTEGER NOT NULL DEFAULT 0;

DROP INDEX ledger_transfer_of_order;
CREATE UNIQUE INDEX ledger_transfer_of_order
    ON ledger_transfer (order_id, event_number, told_by, cooperative_id, line, purpose, debit_account, chain_agent)
    WHERE order_id IS NOT NULL;
-- Few are: a close finds them by themselves.
CREATE INDEX ledger_transfer_told_late ON ledger_transfer (period) WHERE told_by > 0;
