-- What the office remembers, on PostgreSQL. The same tables, columns, nullability and unique keys exist
-- on SQLite; a test compares the two. Times are milliseconds since 1970 in UTC, money is
-- centimes, dates are days since 1970, names are JSON by language.

-- One row: the numbers that every writing transaction takes and gives back, so that the order of
-- commits is the order of numbers.
CREATE TABLE office (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    epoch TEXT NOT NULL,
    feed_number BIGINT NOT NULL,
    ledger_number BIGINT NOT NULL,
    catalogue_revision BIGINT NOT NULL,
    is_demo BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL
);

CREATE TABLE person (
    id BIGINT NOT NULL PRIMARY KEY,
    role TEXT NOT NULL,
    name TEXT NOT NULL,
    search_key TEXT NOT NULL,
    login TEXT UNIQUE,
    phone TEXT UNIQUE,
    grade TEXT NOT NULL,
    language TEXT NOT NULL,
    password_hash TEXT,
    deactivated_at BIGINT,
    created_at BIGINT NOT NULL
);

CREATE TABLE cooperative (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    place TEXT NOT NULL,
    region TEXT NOT NULL,
    phone TEXT,
    search_key TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE person_cooperative (
    person_id BIGINT NOT NULL REFERENCES person (id),
    cooperative_id BIGINT NOT NULL REFERENCES cooperative (id),
    PRIMARY KEY (person_id, cooperative_id)
);

CREATE TABLE device (
    id UUID NOT NULL PRIMARY KEY,
    person_id BIGINT NOT NULL REFERENCES person (id),
    build TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_contact_at BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    feed_cursor BIGINT NOT NULL,
    waiting_commands BIGINT NOT NULL,
    waiting_orders BIGINT NOT NULL,
    waiting_oldest_made_at BIGINT,
    clock_skew_ms BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX device_person ON device (person_id);

-- Only the hash of a token is kept: a stolen copy of the database opens no session.
CREATE TABLE session (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    person_id BIGINT NOT NULL REFERENCES person (id),
    device_id UUID,
    label TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX session_person ON session (person_id);

-- Single-use links: an invitation, a new password, the first administrator.
CREATE TABLE link (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    person_id BIGINT REFERENCES person (id),
    issued_by BIGINT REFERENCES person (id),
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX link_person ON link (person_id);

CREATE TABLE sign_in_failure (
    account TEXT NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    locked_until BIGINT NOT NULL
);

CREATE TABLE convention (
    cooperative_id BIGINT NOT NULL REFERENCES cooperative (id),
    valid_from BIGINT NOT NULL,
    regime TEXT NOT NULL,
    delivery_days BIGINT NOT NULL,
    PRIMARY KEY (cooperative_id, valid_from)
);

CREATE TABLE category (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    picture TEXT NOT NULL,
    position BIGINT NOT NULL
);

CREATE TABLE product (
    id BIGINT NOT NULL PRIMARY KEY,
    cooperative_id BIGINT NOT NULL REFERENCES cooperative (id),
    category_id BIGINT NOT NULL REFERENCES category (id),
    name TEXT NOT NULL,
    unit TEXT NOT NULL,
    picture TEXT NOT NULL,
    on_sale BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE vat_rate (
    product_id BIGINT NOT NULL REFERENCES product (id),
    valid_from BIGINT NOT NULL,
    rate_ppm BIGINT NOT NULL,
    PRIMARY KEY (product_id, valid_from)
);

CREATE TABLE price_list (
    version BIGINT NOT NULL PRIMARY KEY,
    valid_from BIGINT NOT NULL,
    published_by BIGINT REFERENCES person (id),
    published_at BIGINT NOT NULL
);

CREATE TABLE product_price (
    product_id BIGINT NOT NULL REFERENCES product (id),
    version BIGINT NOT NULL REFERENCES price_list (version),
    retail_centimes BIGINT NOT NULL,
    semi_wholesale_centimes BIGINT NOT NULL,
    wholesale_centimes BIGINT NOT NULL,
    PRIMARY KEY (product_id, version)
);

CREATE TABLE plan (
    version BIGINT NOT NULL PRIMARY KEY,
    valid_from BIGINT NOT NULL,
    rules TEXT NOT NULL,
    published_by BIGINT REFERENCES person (id),
    published_at BIGINT NOT NULL
);

-- The only place of a customer's personal data: events carry the id alone.
CREATE TABLE customer (
    id UUID NOT NULL PRIMARY KEY,
    agent_id BIGINT NOT NULL REFERENCES person (id),
    details TEXT NOT NULL,
    search_key TEXT NOT NULL,
    phone TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX customer_agent ON customer (agent_id);
CREATE INDEX customer_phone ON customer (phone);

-- The fold of each order's events, with what lists look for in columns of its own. The state leaves
-- the signature to the event that brought it.
CREATE TABLE orders (
    id UUID NOT NULL PRIMARY KEY,
    code TEXT NOT NULL,
    agent_id BIGINT NOT NULL REFERENCES person (id),
    customer_id UUID NOT NULL REFERENCES customer (id),
    placed_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    progress TEXT NOT NULL,
    gross_asked_centimes BIGINT NOT NULL,
    commission_centimes BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    state TEXT NOT NULL
);
CREATE INDEX orders_placed ON orders (placed_at, id);
CREATE INDEX orders_agent ON orders (agent_id, placed_at, id);
CREATE INDEX orders_customer ON orders (customer_id, placed_at, id);
CREATE INDEX orders_code ON orders (code);

CREATE TABLE sub_order (
    order_id UUID NOT NULL REFERENCES orders (id),
    cooperative_id BIGINT NOT NULL REFERENCES cooperative (id),
    stage TEXT NOT NULL,
    placed_at BIGINT NOT NULL,
    promised_on BIGINT NOT NULL,
    confirm_by BIGINT,
    withdrawal_closes_at BIGINT,
    gross_asked_centimes BIGINT NOT NULL,
    due_centimes BIGINT NOT NULL,
    PRIMARY KEY (order_id, cooperative_id)
);
CREATE INDEX sub_order_cooperative ON sub_order (cooperative_id, placed_at);
CREATE INDEX sub_order_confirm_by ON sub_order (confirm_by) WHERE confirm_by IS NOT NULL;
CREATE INDEX sub_order_withdrawal ON sub_order (withdrawal_closes_at) WHERE withdrawal_closes_at IS NOT NULL;

-- Never changed, never deleted.
CREATE TABLE order_event (
    order_id UUID NOT NULL REFERENCES orders (id),
    number BIGINT NOT NULL,
    body TEXT NOT NULL,
    actor_id BIGINT REFERENCES person (id),
    device_id UUID,
    made_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (order_id, number)
);

-- Never changed, never deleted. The unique key is what caused the transfer.
CREATE TABLE ledger_transfer (
    number BIGINT NOT NULL PRIMARY KEY,
    debit_account TEXT NOT NULL,
    debit_owner BIGINT NOT NULL,
    credit_account TEXT NOT NULL,
    credit_owner BIGINT NOT NULL,
    amount_centimes BIGINT NOT NULL CHECK (amount_centimes > 0),
    purpose TEXT NOT NULL,
    order_id UUID NOT NULL REFERENCES orders (id),
    cooperative_id BIGINT NOT NULL,
    line BIGINT NOT NULL,
    event_number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    UNIQUE (order_id, event_number, cooperative_id, line, purpose)
);

CREATE TABLE account_balance (
    account TEXT NOT NULL,
    owner BIGINT NOT NULL,
    balance_centimes BIGINT NOT NULL,
    PRIMARY KEY (account, owner)
);

-- Turnover and commission by door date, kept in the transaction of the order. 0 stands for all.
CREATE TABLE rollup (
    face BIGINT NOT NULL,
    grain BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    period BIGINT NOT NULL,
    cooperative_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    orders BIGINT NOT NULL,
    units_asked BIGINT NOT NULL,
    gross_asked BIGINT NOT NULL,
    net_asked BIGINT NOT NULL,
    net_confirmed BIGINT NOT NULL,
    net_kept BIGINT NOT NULL,
    commission_estimate BIGINT NOT NULL,
    commission_pending BIGINT NOT NULL,
    commission_earned BIGINT NOT NULL,
    PRIMARY KEY (face, grain, agent_id, period, cooperative_id, product_id)
);

-- One row for each thing a scope may see, with the number of its last change: a device that pulls
-- what is greater than its cursor gets each thing once, in its present state.
CREATE TABLE feed (
    scope TEXT NOT NULL,
    kind TEXT NOT NULL,
    entity TEXT NOT NULL,
    number BIGINT NOT NULL,
    removed BOOLEAN NOT NULL,
    PRIMARY KEY (scope, kind, entity)
);
CREATE INDEX feed_number ON feed (scope, number);

-- Every command that was decided. The body is kept whole while a person has to look at it.
CREATE TABLE command (
    id UUID NOT NULL PRIMARY KEY,
    claimed_id UUID,
    content_hash BYTEA NOT NULL,
    device_id UUID NOT NULL REFERENCES device (id),
    person_id BIGINT NOT NULL REFERENCES person (id),
    seq BIGINT NOT NULL,
    kind TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    corrected_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    depends_on UUID,
    body TEXT,
    refusal TEXT,
    settled_at BIGINT,
    settled_by BIGINT REFERENCES person (id),
    accepted BOOLEAN
);
CREATE INDEX command_parked ON command (received_at) WHERE refusal IS NOT NULL AND settled_at IS NULL;
CREATE INDEX command_depends ON command (depends_on) WHERE refusal IS NOT NULL AND settled_at IS NULL;
CREATE INDEX command_claimed ON command (claimed_id) WHERE claimed_id IS NOT NULL;

CREATE TABLE audit (
    id BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    actor_id BIGINT REFERENCES person (id),
    device_id UUID,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX audit_at ON audit (at);
