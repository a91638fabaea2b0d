-- The ledger's transfers stand in the chain of the agent whose commission they move, count in a
-- month, and have causes other than orders. The old table is emptied into the new one, link by link,
-- by the program that opens the database (`backend/src/ledger/moving.rs`), and dropped.

ALTER TABLE ledger_transfer RENAME TO ledger_transfer_unchained;
-- The name of its key is wanted by the new table.
ALTER INDEX ledger_transfer_pkey RENAME TO ledger_transfer_unchained_pkey;

-- Months since January 1970: the first one that is still open, 0 when none was ever closed.
ALTER TABLE office ADD COLUMN open_period BIGINT NOT NULL DEFAULT 0;

-- How long each agent's chain is, and the hash of its last entry.
CREATE TABLE agent_chain (
    agent_id BIGINT NOT NULL PRIMARY KEY REFERENCES person (id),
    length BIGINT NOT NULL,
    head BYTEA NOT NULL
);

-- Never changed, never deleted. `cause` says which of the columns after it mean something; a line is
-- also the item of a settlement, an event number also the step of a payout or a dispute.
CREATE TABLE ledger_transfer (
    number BIGINT NOT NULL PRIMARY KEY,
    debit_account TEXT NOT NULL,
    debit_owner BIGINT NOT NULL,
    credit_account TEXT NOT NULL,
    credit_owner BIGINT NOT NULL,
    amount_centimes BIGINT NOT NULL CHECK (amount_centimes > 0),
    purpose TEXT NOT NULL,
    cause TEXT NOT NULL,
    order_id UUID REFERENCES orders (id),
    cooperative_id BIGINT NOT NULL,
    line BIGINT NOT NULL,
    event_number BIGINT NOT NULL,
    cause_id UUID,
    concerns_period BIGINT,
    corrects BIGINT REFERENCES ledger_transfer (number),
    base_centimes BIGINT NOT NULL CHECK (base_centimes >= 0),
    at BIGINT NOT NULL,
    period BIGINT NOT NULL,
    chain_agent BIGINT NOT NULL,
    chain_number BIGINT NOT NULL,
    chain_hash BYTEA
);
-- What caused a transfer causes it once.
CREATE UNIQUE INDEX ledger_transfer_of_order
    ON ledger_transfer (order_id, event_number, cooperative_id, line, purpose, debit_account, chain_agent)
    WHERE order_id IS NOT NULL;
CREATE UNIQUE INDEX ledger_transfer_of_settlement
    ON ledger_transfer (chain_agent, period, concerns_period, purpose, line, debit_account)
    WHERE cause = 'settlement';
CREATE UNIQUE INDEX ledger_transfer_of_payout
    ON ledger_transfer (chain_agent, concerns_period, event_number, purpose, debit_account)
    WHERE cause = 'payout';
CREATE UNIQUE INDEX ledger_transfer_of_cause
    ON ledger_transfer (cause_id, event_number, purpose, debit_account, chain_agent)
    WHERE cause_id IS NOT NULL;
CREATE UNIQUE INDEX ledger_transfer_correction
    ON ledger_transfer (corrects)
    WHERE corrects IS NOT NULL;
-- A chain has one entry of each number: two processes cannot both make it longer.
CREATE UNIQUE INDEX ledger_transfer_chain
    ON ledger_transfer (chain_agent, chain_number)
    WHERE chain_agent > 0;
CREATE INDEX ledger_transfer_period
    ON ledger_transfer (chain_agent, period)
    WHERE chain_agent > 0;

-- The database itself refuses what no part of the program does: a mistake or a hand in the file must
-- first take these away, and the chains tell even then.
CREATE FUNCTION refuse_to_change_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a row of % is never changed or removed', TG_TABLE_NAME;
END
$$;
CREATE TRIGGER ledger_transfer_is_never_changed BEFORE UPDATE ON ledger_transfer
    FOR EACH ROW EXECUTE FUNCTION refuse_to_change_history();
CREATE TRIGGER ledger_transfer_is_never_removed BEFORE DELETE ON ledger_transfer
    FOR EACH ROW EXECUTE FUNCTION refuse_to_change_history();
CREATE TRIGGER ledger_transfer_is_never_emptied BEFORE TRUNCATE ON ledger_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history();
CREATE TRIGGER order_event_is_never_changed BEFORE UPDATE ON order_event
    FOR EACH ROW EXECUTE FUNCTION refuse_to_change_history();
CREATE TRIGGER order_event_is_never_removed BEFORE DELETE ON order_event
    FOR EACH ROW EXECUTE FUNCTION refuse_to_change_history();
CREATE TRIGGER order_event_is_never_emptied BEFORE TRUNCATE ON order_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history();
