-- What a closed month leaves behind, and how it is paid. A statement is never changed: whether it was paid
-- stands with the payouts.

CREATE TABLE closed_month (
    period INTEGER NOT NULL PRIMARY KEY,
    closed_by INTEGER NOT NULL REFERENCES person (id),
    closed_at INTEGER NOT NULL,
    not_yet_in TEXT NOT NULL
) STRICT;

CREATE TABLE statement (
    agent_id INTEGER NOT NULL REFERENCES person (id),
    period INTEGER NOT NULL REFERENCES closed_month (period),
    number INTEGER NOT NULL,
    closed_at INTEGER NOT NULL,
    payable_centimes INTEGER NOT NULL,
    withheld_centimes INTEGER NOT NULL,
    recovered_centimes INTEGER NOT NULL,
    advances_centimes INTEGER NOT NULL,
    net_centimes INTEGER NOT NULL CHECK (net_centimes >= 0),
    carried_centimes INTEGER NOT NULL CHECK (carried_centimes >= 0),
    paid_this_year_centimes INTEGER NOT NULL,
    not_yet_in_centimes INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (agent_id, period)
) STRICT, WITHOUT ROWID;
CREATE INDEX statement_period ON statement (period);
CREATE TRIGGER statement_is_never_changed BEFORE UPDATE ON statement
BEGIN
    SELECT RAISE(ABORT, 'a row of statement is never changed');
END;
CREATE TRIGGER statement_is_never_removed BEFORE DELETE ON statement
BEGIN
    SELECT RAISE(ABORT, 'a row of statement is never removed');
END;

-- What was paid before it was payable. The amount stands in the ledger under this id; here is who gave it.
CREATE TABLE advance (
    id BLOB NOT NULL PRIMARY KEY,
    agent_id INTEGER NOT NULL REFERENCES person (id),
    period INTEGER NOT NULL,
    amount_centimes INTEGER NOT NULL CHECK (amount_centimes > 0),
    reference TEXT NOT NULL,
    given_by INTEGER NOT NULL REFERENCES person (id),
    given_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX advance_agent ON advance (agent_id, given_at);

-- Where an agent is paid: the account in force, for who had which before stands in the audit trail.
CREATE TABLE bank_account (
    person_id INTEGER NOT NULL PRIMARY KEY REFERENCES person (id),
    rib TEXT NOT NULL,
    entered_by INTEGER NOT NULL REFERENCES person (id),
    entered_at INTEGER NOT NULL
) STRICT;

CREATE TABLE tax_terms (
    valid_from INTEGER NOT NULL PRIMARY KEY,
    rates TEXT NOT NULL,
    published_by INTEGER NOT NULL REFERENCES person (id),
    published_at INTEGER NOT NULL
) STRICT;

-- A payment of a closed month: prepared by one person, approved by another, made at the bank, recorded.
CREATE TABLE payout (
    id INTEGER NOT NULL PRIMARY KEY,
    period INTEGER NOT NULL REFERENCES closed_month (period),
    prepared_by INTEGER NOT NULL REFERENCES person (id),
    prepared_at INTEGER NOT NULL,
    approved_by INTEGER REFERENCES person (id),
    approved_at INTEGER,
    cancelled_by INTEGER REFERENCES person (id),
    cancelled_at INTEGER,
    paid_on INTEGER,
    reference TEXT,
    recorded_by INTEGER REFERENCES person (id),
    recorded_at INTEGER,
    CHECK (approved_by <> prepared_by)
) STRICT;
CREATE INDEX payout_period ON payout (period);

-- The account is the one at the time of preparing: what is approved is what is paid.
CREATE TABLE payout_line (
    payout_id INTEGER NOT NULL REFERENCES payout (id),
    agent_id INTEGER NOT NULL REFERENCES person (id),
    period INTEGER NOT NULL,
    amount_centimes INTEGER NOT NULL CHECK (amount_centimes > 0),
    rib TEXT NOT NULL,
    step INTEGER NOT NULL,
    returned_at INTEGER,
    is_alive INTEGER NOT NULL CHECK (is_alive IN (0, 1)),
    PRIMARY KEY (payout_id, agent_id)
) STRICT, WITHOUT ROWID;
-- A statement stands in one payout at a time.
CREATE UNIQUE INDEX payout_line_alive ON payout_line (agent_id, period) WHERE is_alive;

-- Lines whose rule limits what a whole month earns by it: a close sums them apart.
CREATE TABLE capped_line (
    order_id BLOB NOT NULL REFERENCES orders (id),
    cooperative_id INTEGER NOT NULL,
    line INTEGER NOT NULL,
    plan INTEGER NOT NULL,
    rule INTEGER NOT NULL,
    cap_centimes INTEGER NOT NULL,
    PRIMARY KEY (order_id, cooperative_id, line)
) STRICT, WITHOUT ROWID;

-- Whether a part of an order may still bring commission: a statement lists it with the reason. Rather once
-- too often than not at all: whoever reads it looks at the order itself.
ALTER TABLE sub_order ADD COLUMN waits INTEGER NOT NULL DEFAULT 0 CHECK (waits IN (0, 1));
UPDATE sub_order SET waits = 1
WHERE stage IN ('awaiting', 'change_proposed', 'confirmed', 'preparing', 'ready', 'handed_over', 'failed')
    OR (stage = 'delivered' AND order_id IN (SELECT id FROM orders WHERE progress <> 'settled'));
CREATE INDEX sub_order_waits ON sub_order (placed_at) WHERE waits;

-- What came to and left the earned accounts, by the month it counts in: all that a close sums, in an index
-- of its own, so that it reads no other row.
CREATE INDEX ledger_transfer_earned
    ON ledger_transfer (period, chain_agent, purpose, at, amount_centimes, base_centimes)
    WHERE credit_account = 'agent_earned';
CREATE INDEX ledger_transfer_taken
    ON ledger_transfer (period, chain_agent)
    WHERE debit_account = 'agent_earned';
CREATE INDEX ledger_transfer_carried
    ON ledger_transfer (period, chain_agent)
    WHERE debit_account = 'agent_carried' OR credit_account = 'agent_carried';
