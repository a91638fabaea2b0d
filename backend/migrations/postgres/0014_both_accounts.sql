-- One event may take back what a cooperative was charged with and what the transport was: the same purpose,
-- from the same account, to two.

DROP INDEX ledger_transfer_of_order;
CREATE UNIQUE INDEX ledger_transfer_of_order
    ON ledger_transfer (order_id, event_number, told_by, cooperative_id, line, purpose, debit_account, credit_account, chain_agent)
    WHERE order_id IS NOT NULL;
