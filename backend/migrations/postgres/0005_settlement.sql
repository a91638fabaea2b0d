-- What a closed month leaves behind, and how it is paid. A statement is never changed: whether it was paid
-- stands with the payouts.

CREATE TABLE closed_month (
    period BIGINT NOT NULL PRIMARY KEY,
    closed_by BIGINT NOT NULL REFERENCES person (id),
    closed_at BIGINT NOT NULL,
    not_yet_in TEXT NOT NULL
);

CREATE TABLE statement (
    agent_id BIGINT NOT NULL REFERENCES person (id),
    period BIGINT NOT NULL REFERENCES closed_month (period),
    number BIGINT NOT NULL,
    closed_at BIGINT NOT NULL,
    payable_centimes BIGINT NOT NULL,
    withheld_centimes BIGINT NOT NULL,
    recovered_centimes BIGINT NOT NULL,
    advances_centimes BIGINT NOT NULL,
    net_centimes BIGINT NOT NULL CHECK (net_centimes >= 0),
    carried_centimes BIGINT NOT NULL CHECK (carried_centimes >= 0),
    paid_this_year_centimes BIGINT NOT NULL,
    not_yet_in_centimes BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (agent_id, period)
);
CREATE INDEX statement_period ON statement (period);
CREATE TRIGGER statement_is_never_changed BEFORE UPDATE ON statement
    FOR EACH ROW EXECUTE FUNCTION refuse_to_change_history();
CREATE TRIGGER statement_is_never_removed BEFORE DELETE ON statement
    FOR EACH ROW EXECUTE FUNCTION refuse_to_change_history();
CREATE TRIGGER statement_is_never_emptied BEFORE TRUNCATE ON statement
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history();

-- What was paid before it was payable. The amount stands in the ledger under this id; here is who gave it.
CREATE TABLE advance (
    id UUID NOT NULL PRIMARY KEY,
    agent_id BIGINT NOT NULL REFERENCES person (id),
    period BIGINT NOT NULL,
    amount_centimes BIGINT NOT NULL CHECK (amount_centimes > 0),
    reference TEXT NOT NULL,
    given_by BIGINT NOT NULL REFERENCES person (id),
    given_at BIGINT NOT NULL
);
CREATE INDEX advance_agent ON advance (agent_id, given_at);

-- Where an agent is paid: the account in force, for who had which before stands in the audit trail.
CREATE TABLE bank_account (
    person_id BIGINT NOT NULL PRIMARY KEY REFERENCES person (id),
    rib TEXT NOT NULL,
    entered_by BIGINT NOT NULL REFERENCES person (id),
    entered_at BIGINT NOT NULL
);

CREATE TABLE tax_terms (
    valid_from BIGINT NOT NULL PRIMARY KEY,
    rates TEXT NOT NULL,
    published_by BIGINT NOT NULL REFERENCES person (id),
    published_at BIGINT NOT NULL
);

-- A payment of a closed month: prepared by one person, approved by another, made at the bank, recorded.
CREATE TABLE payout (
    id BIGINT NOT NULL PRIMARY KEY,
    period BIGINT NOT NULL REFERENCES closed_month (period),
    prepared_by BIGINT NOT NULL REFERENCES person (id),
    prepared_at BIGINT NOT NULL,
    approved_by BIGINT REFERENCES person (id),
    approved_at BIGINT,
    cancelled_by BIGINT REFERENCES person (id),
    cancelled_at BIGINT,
    paid_on BIGINT,
    reference TEXT,
    recorded_by BIGINT REFERENCES person (id),
    recorded_at BIGINT,
    CHECK (approved_by <> prepared_by)
);
CREATE INDEX payout_period ON payout (period);

-- The account is the one at the time of preparing: what is approved is what is paid.
CREATE TABLE payout_line (
    payout_id BIGINT NOT NULL REFERENCES payout (id),
    agent_id BIGINT NOT NULL REFERENCES person (id),
    period BIGINT NOT NULL,
    amount_centimes BIGINT NOT NULL CHECK (amount_centimes > 0),
    rib TEXT NOT NULL,
    step BIGINT NOT NULL,
    returned_at BIGINT,
    is_alive BOOLEAN NOT NULL,
    PRIMARY KEY (payout_id, agent_id)
);
-- A statement stands in one payout at a time.
CREATE UNIQUE INDEX payout_line_alive ON payout_line (agent_id, period) WHERE is_alive;

-- Lines whose rule limits what a whole month earns by it: a close sums them apart.
CREATE TABLE capped_line (
    order_id UUID NOT NULL REFERENCES orders (id),
    cooperative_id BIGINT NOT NULL,
    line BIGINT NOT NULL,
    plan BIGINT NOT NULL,
    rule BIGINT NOT NULL,
    cap_centimes BIGINT NOT NULL,
    PRIMARY KEY (order_id, cooperative_id, line)
);

-- Whether a part of an order may still bring commission: a statement lists it with the reason. Rather once
-- too often than not at all: whoever reads it looks at the order itself.
ALTER TABLE sub_order ADD COLUMN waits BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE sub_order SET waits = TRUE
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
