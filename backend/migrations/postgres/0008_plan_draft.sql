-- A plan under way, as it was typed: it may be incomplete or wrong. One for the company, for there is one plan.
CREATE TABLE plan_draft (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    fields TEXT NOT NULL,
    saved_by BIGINT NOT NULL REFERENCES person (id),
    saved_at BIGINT NOT NULL
);

-- What a plan would have paid for past months. Nothing here is money: no row of it was ever posted.
CREATE TABLE simulation (
    id BIGINT NOT NULL PRIMARY KEY,
    plan TEXT NOT NULL,
    version BIGINT,
    first_period BIGINT NOT NULL,
    last_period BIGINT NOT NULL CHECK (last_period >= first_period),
    started_by BIGINT NOT NULL REFERENCES person (id),
    started_at BIGINT NOT NULL,
    -- When it was last heard of.
    heard_at BIGINT NOT NULL,
    orders_all BIGINT NOT NULL,
    orders_done BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'stopped')),
    outcome TEXT
);
