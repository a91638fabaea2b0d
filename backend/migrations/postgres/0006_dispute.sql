-- What agents say is due to them beyond what was posted. `document` is the dispute as it stands; the
-- columns beside it are what lists and look-ups need.
CREATE TABLE dispute (
    id UUID NOT NULL PRIMARY KEY,
    agent_id BIGINT NOT NULL REFERENCES person (id),
    state TEXT NOT NULL,
    entry BIGINT,
    order_id UUID,
    cooperative_id BIGINT,
    line BIGINT,
    amount_centimes BIGINT NOT NULL CHECK (amount_centimes > 0),
    opened_at BIGINT NOT NULL,
    since BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    document TEXT NOT NULL
);
CREATE INDEX dispute_agent ON dispute (agent_id, opened_at);
CREATE INDEX dispute_waiting ON dispute (due_at) WHERE state IN ('open', 'under_review', 'escalated');
CREATE INDEX dispute_answered ON dispute (since) WHERE state NOT IN ('open', 'under_review', 'escalated');

-- Never changed, never deleted. The first step, without a body, opened the dispute.
CREATE TABLE dispute_step (
    dispute_id UUID NOT NULL REFERENCES dispute (id),
    step BIGINT NOT NULL,
    body TEXT,
    actor_id BIGINT NOT NULL REFERENCES person (id),
    device_id UUID,
    at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (dispute_id, step)
);

-- Apart from the dispute, so that lists never read it.
CREATE TABLE dispute_photo (
    dispute_id UUID NOT NULL PRIMARY KEY REFERENCES dispute (id),
    jpeg BYTEA NOT NULL
);
