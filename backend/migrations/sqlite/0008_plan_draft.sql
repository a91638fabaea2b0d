-- A plan under way, as it was typed: it may be incomplete or wrong. One for the company, for there is one plan.
CREATE TABLE plan_draft (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    fields TEXT NOT NULL,
    saved_by INTEGER NOT NULL REFERENCES person (id),
    saved_at INTEGER NOT NULL
) STRICT;

-- What a plan would have paid for past months. Nothing here is money: no row of it was ever posted.
CREATE TABLE simulation (
    id INTEGER NOT NULL PRIMARY KEY,
    plan TEXT NOT NULL,
    version INTEGER,
    first_period INTEGER NOT NULL,
    last_period INTEGER NOT NULL CHECK (last_period >= first_period),
    started_by INTEGER NOT NULL REFERENCES person (id),
    started_at INTEGER NOT NULL,
    -- When it was last heard of.
    heard_at INTEGER NOT NULL,
    orders_all INTEGER NOT NULL,
    orders_done INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'stopped')),
    outcome TEXT
) STRICT;
