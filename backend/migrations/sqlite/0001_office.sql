-- What the office remembers, on SQLite. The same tables, columns, nullability and unique keys exist
-- on PostgreSQL; a test compares the two. Times are milliseconds since 1970 in UTC, money is
-- centimes, dates are days since 1970, names are JSON by language.

-- One row: the numbers that every writing transaction takes and gives back, so that the order of
-- commits is the order of numbers.
CREATE TABLE office (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    epoch TEXT NOT NULL,
    feed_number INTEGER NOT NULL,
    ledger_number INTEGER NOT NULL,
    catalogue_revision INTEGER NOT NULL,
    is_demo INTEGER NOT NULL DEFAULT 0 CHECK (is_demo IN (0, 1)),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE person (
    id INTEGER NOT NULL PRIMARY KEY,
    role TEXT NOT NULL,
    name TEXT NOT NULL,
    search_key TEXT NOT NULL,
    login TEXT UNIQUE,
    phone TEXT UNIQUE,
    grade TEXT NOT NULL,
    language TEXT NOT NULL,
    password_hash TEXT,
    deactivated_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE cooperative (
    id INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    place TEXT NOT NULL,
    region TEXT NOT NULL,
    phone TEXT,
    search_key TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE person_cooperative (
    person_id INTEGER NOT NULL REFERENCES person (id),
    cooperative_id INTEGER NOT NULL REFERENCES cooperative (id),
    PRIMARY KEY (person_id, cooperative_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE device (
    id BLOB NOT NULL PRIMARY KEY,
    person_id INTEGER NOT NULL REFERENCES person (id),
    build TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_contact_at INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    feed_cursor INTEGER NOT NULL,
    waiting_commands INTEGER NOT NULL,
    waiting_orders INTEGER NOT NULL,
    waiting_oldest_made_at INTEGER,
    clock_skew_ms INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX device_person ON device (person_id);

-- Only the hash of a token is kept: a stolen copy of the database opens no session.
CREATE TABLE session (
    token_hash BLOB NOT NULL PRIMARY KEY,
    person_id INTEGER NOT NULL REFERENCES person (id),
    device_id BLOB,
    label TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX session_person ON session (person_id);

-- Single-use links: an invitation, a new password, the first administrator.
CREATE TABLE link (
    token_hash BLOB NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    person_id INTEGER REFERENCES person (id),
    issued_by INTEGER REFERENCES person (id),
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX link_person ON link (person_id);

CREATE TABLE sign_in_failure (
    account TEXT NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    locked_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE convention (
    cooperative_id INTEGER NOT NULL REFERENCES cooperative (id),
    valid_from INTEGER NOT NULL,
    regime TEXT NOT NULL,
    delivery_days INTEGER NOT NULL,
    PRIMARY KEY (cooperative_id, valid_from)
) STRICT, WITHOUT ROWID;

CREATE TABLE category (
    id INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    picture TEXT NOT NULL,
    position INTEGER NOT NULL
) STRICT;

CREATE TABLE product (
    id INTEGER NOT NULL PRIMARY KEY,
    cooperative_id INTEGER NOT NULL REFERENCES cooperative (id),
    category_id INTEGER NOT NULL REFERENCES category (id),
    name TEXT NOT NULL,
    unit TEXT NOT NULL,
    picture TEXT NOT NULL,
    on_sale INTEGER NOT NULL CHECK (on_sale IN (0, 1)),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE vat_rate (
    product_id INTEGER NOT NULL REFERENCES product (id),
    valid_from INTEGER NOT NULL,
    rate_ppm INTEGER NOT NULL,
    PRIMARY KEY (product_id, valid_from)
) STRICT, WITHOUT ROWID;

CREATE TABLE price_list (
    version INTEGER NOT NULL PRIMARY KEY,
    valid_from INTEGER NOT NULL,
    published_by INTEGER REFERENCES person (id),
    published_at INTEGER NOT NULL
) STRICT;

CREATE TABLE product_price (
    product_id INTEGER NOT NULL REFERENCES product (id),
    version INTEGER NOT NULL REFERENCES price_list (version),
    retail_centimes INTEGER NOT NULL,
    semi_wholesale_centimes INTEGER NOT NULL,
    wholesale_centimes INTEGER NOT NULL,
    PRIMARY KEY (product_id, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE plan (
    version INTEGER NOT NULL PRIMARY KEY,
    valid_from INTEGER NOT NULL,
    rules TEXT NOT NULL,
    published_by INTEGER REFERENCES person (id),
    published_at INTEGER NOT NULL
) STRICT;

-- The only place of a customer's personal data: events carry the id alone.
CREATE TABLE customer (
    id BLOB NOT NULL PRIMARY KEY,
    agent_id INTEGER NOT NULL REFERENCES person (id),
    details TEXT NOT NULL,
    search_key TEXT NOT NULL,
    phone TEXT,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX customer_agent ON customer (agent_id);
CREATE INDEX customer_phone ON customer (phone);

-- The fold of each order's events, with what lists look for in columns of its own. The state leaves
-- the signature to the event that brought it.
CREATE TABLE orders (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL,
    agent_id INTEGER NOT NULL REFERENCES person (id),
    customer_id BLOB NOT NULL REFERENCES customer (id),
    placed_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    progress TEXT NOT NULL,
    gross_asked_centimes INTEGER NOT NULL,
    commission_centimes INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    state TEXT NOT NULL
) STRICT;
CREATE INDEX orders_placed ON orders (placed_at, id);
CREATE INDEX orders_agent ON orders (agent_id, placed_at, id);
CREATE INDEX orders_customer ON orders (customer_id, placed_at, id);
CREATE INDEX orders_code ON orders (code);

CREATE TABLE sub_order (
    order_id BLOB NOT NULL REFERENCES orders (id),
    cooperative_id INTEGER NOT NULL REFERENCES cooperative (id),
    stage TEXT NOT NULL,
    placed_at INTEGER NOT NULL,
    promised_on INTEGER NOT NULL,
    confirm_by INTEGER,
    withdrawal_closes_at INTEGER,
    gross_asked_centimes INTEGER NOT NULL,
    due_centimes INTEGER NOT NULL,
    PRIMARY KEY (order_id, cooperative_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sub_order_cooperative ON sub_order (cooperative_id, placed_at);
CREATE INDEX sub_order_confirm_by ON sub_order (confirm_by) WHERE confirm_by IS NOT NULL;
CREATE INDEX sub_order_withdrawal ON sub_order (withdrawal_closes_at) WHERE withdrawal_closes_at IS NOT NULL;

-- Never changed, never deleted. With row ids: the event that places an order is longer than what a
-- table without them keeps in place, and each would take a page of its own.
CREATE TABLE order_event (
    order_id BLOB NOT NULL REFERENCES orders (id),
    number INTEGER NOT NULL,
    body TEXT NOT NULL,
    actor_id INTEGER REFERENCES person (id),
    device_id BLOB,
    made_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (order_id, number)
) STRICT;

-- Never changed, never deleted. The unique key is what caused the transfer.
CREATE TABLE ledger_transfer (
    number INTEGER NOT NULL PRIMARY KEY,
    debit_account TEXT NOT NULL,
    debit_owner INTEGER NOT NULL,
    credit_account TEXT NOT NULL,
    credit_owner INTEGER NOT NULL,
    amount_centimes INTEGER NOT NULL CHECK (amount_centimes > 0),
    purpose TEXT NOT NULL,
    order_id BLOB NOT NULL REFERENCES orders (id),
    cooperative_id INTEGER NOT NULL,
    line INTEGER NOT NULL,
    event_number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    UNIQUE (order_id, event_number, cooperative_id, line, purpose)
) STRICT;

CREATE TABLE account_balance (
    account TEXT NOT NULL,
    owner INTEGER NOT NULL,
    balance_centimes INTEGER NOT NULL,
    PRIMARY KEY (account, owner)
) STRICT, WITHOUT ROWID;

-- Turnover and commission by door date, kept in the transaction of the order. 0 stands for all.
CREATE TABLE rollup (
    face INTEGER NOT NULL,
    grain INTEGER NOT NULL,
    agent_id INTEGER NOT NULL,
    period INTEGER NOT NULL,
    cooperative_id INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    orders INTEGER NOT NULL,
    units_asked INTEGER NOT NULL,
    gross_asked INTEGER NOT NULL,
    net_asked INTEGER NOT NULL,
    net_confirmed INTEGER NOT NULL,
    net_kept INTEGER NOT NULL,
    commission_estimate INTEGER NOT NULL,
    commission_pending INTEGER NOT NULL,
    commission_earned INTEGER NOT NULL,
    PRIMARY KEY (face, grain, agent_id, period, cooperative_id, product_id)
) STRICT, WITHOUT ROWID;

-- One row for each thing a scope may see, with the number of its last change: a device that pulls
-- what is greater than its cursor gets each thing once, in its present state.
CREATE TABLE feed (
    scope TEXT NOT NULL,
    kind TEXT NOT NULL,
    entity TEXT NOT NULL,
    number INTEGER NOT NULL,
    removed INTEGER NOT NULL CHECK (removed IN (0, 1)),
    PRIMARY KEY (scope, kind, entity)
) STRICT, WITHOUT ROWID;
CREATE INDEX feed_number ON feed (scope, number);

-- Every command that was decided. The body is kept whole while a person has to look at it.
CREATE TABLE command (
    id BLOB NOT NULL PRIMARY KEY,
    claimed_id BLOB,
    content_hash BLOB NOT NULL,
    device_id BLOB NOT NULL REFERENCES device (id),
    person_id INTEGER NOT NULL REFERENCES person (id),
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    corrected_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    depends_on BLOB,
    body TEXT,
    refusal TEXT,
    settled_at INTEGER,
    settled_by INTEGER REFERENCES person (id),
    accepted INTEGER CHECK (accepted IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX command_parked ON command (received_at) WHERE refusal IS NOT NULL AND settled_at IS NULL;
CREATE INDEX command_depends ON command (depends_on) WHERE refusal IS NOT NULL AND settled_at IS NULL;
CREATE INDEX command_claimed ON command (claimed_id) WHERE claimed_id IS NOT NULL;

CREATE TABLE audit (
    id INTEGER NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    actor_id INTEGER REFERENCES person (id),
    device_id BLOB,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
CREATE INDEX audit_at ON audit (at);
