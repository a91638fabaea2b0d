-- Stores that a phone's browser threw away with something in them that nobody else had: told by the device that
-- came after. `others` counts what was not an order; the orders are known by their codes.
CREATE TABLE lost_store (
    device_id UUID NOT NULL,
    person_id BIGINT NOT NULL REFERENCES person (id),
    told_by UUID NOT NULL,
    told_at BIGINT NOT NULL,
    others BIGINT NOT NULL,
    closed_at BIGINT,
    closed_by BIGINT REFERENCES person (id),
    PRIMARY KEY (device_id, person_id)
);
CREATE INDEX lost_store_open ON lost_store (told_at) WHERE closed_at IS NULL;

CREATE TABLE lost_order (
    device_id UUID NOT NULL,
    person_id BIGINT NOT NULL,
    code TEXT NOT NULL,
    PRIMARY KEY (device_id, person_id, code),
    FOREIGN KEY (device_id, person_id) REFERENCES lost_store (device_id, person_id)
);
