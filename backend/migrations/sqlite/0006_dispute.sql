-- What agents say is due to them beyond what was posted. `document` is the dispute as it stands; the
-- columns beside it are what lists and look-ups need.
CREATE TABLE dispute (
    id BLOB NOT NULL PRIMARY KEY,
    agent_id INTEGER NOT NULL REFERENCES person (id),
    state TEXT NOT NULL,
    entry INTEGER,
    order_id BLOB,
    cooperative_id INTEGER,
    line INTEGER,
    amount_centimes INTEGER NOT NULL CHECK (amount_centimes > 0),
    opened_at INTEGER NOT NULL,
    since INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    document TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX dispute_agent ON dispute (agent_id, opened_at);
CREATE INDEX dispute_waiting ON dispute (due_at) WHERE state IN ('open', 'under_review', 'escalated');
CREATE INDEX dispute_answered ON dispute (since) WHERE state NOT IN ('open', 'under_review', 'escalated');

-- Never changed, never deleted. The first step, without a body, opened the dispute.
CREATE TABLE dispute_step (
    dispute_id BLOB NOT NULL REFERENCES dispute (id),
    step INTEGER NOT NULL,
    body TEXT,
    actor_id INTEGER NOT NULL REFERENCES person (id),
    device_id BLOB,
    at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (dispute_id, step)
) STRICT, WITHOUT ROWID;

-- Apart from the dispute, so that lists never read it.
CREATE TABLE dispute_photo (
    dispute_id BLOB NOT NULL PRIMARY KEY REFERENCES dispute (id),
    jpeg BLOB NOT NULL
) STRICT;
