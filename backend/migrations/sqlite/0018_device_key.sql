-- A device hands over by a key of its own, of which the hash is kept, whoever is signed in. It has a name that
-- people know it by, and says of which commands it told; what was wrong with its last contact stands until a
-- good one.

ALTER TABLE device ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE device ADD COLUMN key_hash BLOB;
ALTER TABLE device ADD COLUMN waiting_digest TEXT;
ALTER TABLE device ADD COLUMN trouble TEXT;
ALTER TABLE device ADD COLUMN trouble_at INTEGER;
