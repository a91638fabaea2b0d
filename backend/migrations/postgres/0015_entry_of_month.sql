-- What counts for an agent in a month is found by the indexes that a close sums: what came to the earned
-- accounts in one, what left them in the other. A third, of all of it, only cost every entry a page.
DROP INDEX ledger_transfer_period;
