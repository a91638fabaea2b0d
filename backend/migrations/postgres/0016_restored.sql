-- When the database was last restored from a copy; 0 when it never was. What phones hand over again after that
-- comes in another order than it was done.
ALTER TABLE office ADD COLUMN restored_at BIGINT NOT NULL DEFAULT 0;
