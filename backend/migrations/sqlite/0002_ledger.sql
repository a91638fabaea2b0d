-- The ledger's transfers stand in the chain of the agent whose commission they move, count in a
-- month, and have causes other than orders. The old table is emptied into the new one, link by link,
-- by the program that opens the database (`backend/src/ledger/moving.rs`), and dropped.

ALTER TABLE ledger_transfer RENAME TO ledger_transfer_unchained;

-- Months since January 1970: the first one that is still open, 0 when none was ever closed.
ALTER TABLE office ADD COLUMN open_period INTEGER NOT NULL DEFAULT 0;

-- How long each agent's chain is, and the hash of its last entry.
CREATE TABLE agent_chain (
    agent_id INTEGER NOT NULL PRIMARY KEY REFERENCES person (id),
    length INTEGER NOT NULL,
    head BLOB NOT NULL
) STRICT;

-- Never changed, never deleted. `cause` says which of the columns after it mean something; a line is
-- also the item of a settlement, an event number also the step of a payout or a dispute.
CREATE TABLE ledger_transfer (
    number INTEGER NOT NULL PRIMARY KEY,
    debit_account TEXT NOT NULL,
    debit_owner INTEGER NOT NULL,
    credit_account TEXT NOT NULL,
    credit_owner INTEGER NOT NULL,
    amount_centimes INTEGER NOT NULL CHECK (amount_centimes > 0),
    purpose TEXT NOT NULL,
    cause TEXT NOT NULL,
    order_id BLOB REFERENCES orders (id),
    cooperative_id INTEGER NOT NULL,
    line INTEGER NOT NULL,
    event_number INTEGER NOT NULL,
    cause_id BLOB,
    concerns_period INTEGER,
    corrects INTEGER REFERENCES ledger_transfer (number),
    base_centimes INTEGER NOT NULL CHECK (base_centimes >= 0),
    at INTEGER NOT NULL,
    period INTEGER NOT NULL,
    chain_agent INTEGER NOT NULL,
    chain_number INTEGER NOT NULL,
    chain_hash BLOB
) STRICT;
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
CREATE TRIGGER ledger_transfer_is_never_changed BEFORE UPDATE ON ledger_transfer
BEGIN
    SELECT RAISE(ABORT, 'a row of ledger_transfer is never changed');
END;
CREATE TRIGGER ledger_transfer_is_never_removed BEFORE DELETE ON ledger_transfer
BEGIN
    SELECT RAISE(ABORT, 'a row of ledger_transfer is never removed');
END;
CREATE TRIGGER order_event_is_never_changed BEFORE UPDATE ON order_event
BEGIN
    SELECT RAISE(ABORT, 'a row of order_event is never changed');
END;
CREATE TRIGGER order_event_is_never_removed BEFORE DELETE ON order_event
BEGIN
    SELECT RAISE(ABORT, 'a row of order_event is never removed');
END;
