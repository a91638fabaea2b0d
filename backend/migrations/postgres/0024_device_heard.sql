-- Up to which of its commands a device has heard from the server itself what became of them. What came in a hand-over
-- file since may have been decided otherwise than before a restore.

ALTER TABLE device ADD COLUMN heard_seq BIGINT NOT NULL DEFAULT 0;
UPDATE device SET heard_seq = last_seq;
