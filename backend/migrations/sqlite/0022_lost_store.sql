-- Stores that a phone's browser threw away with something in them that nobody else had: told by the device that
-- came after. `others` counts what was not an order; the orders are known by their codes.
CREATE TABLE lost_store (
    device_id BLOB NOT NULL,
    person_id INTEGER NOT NULL REFERENCES person (id),
    told_by BLOB NOT NULL,
    told_at INTEGER NOT NULL,
    others INTEGER NOT NULL,
    closed_at INTEGER,
    closed_by INTEGER REFERENCES person (id),
    PRIMARY KEY (device_id, person_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX lost_store_open ON lost_store (told_at) WHERE closed_at IS NULL;

CREATE TABLE lost_order (
    device_id BLOB NOT NULL,
    person_id INTEGER NOT NULL,
    code TEXT NOT NULL,
    PRIMARY KEY (device_id, person_id, code),
    FOREIGN KEY (device_id, person_id) REFERENCES lost_store (device_id, person_id)
) STRICT, WITHOUT ROWID;
