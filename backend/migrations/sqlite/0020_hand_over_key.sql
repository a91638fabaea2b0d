-- The keys that hand-over files are sealed to. Phones are told the last one; the earlier ones still open files that
-- were sealed before it was made.
CREATE TABLE hand_over_key (
    number INTEGER NOT NULL PRIMARY KEY,
    private_key BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
