-- When commission vests is a matter of the convention; what is never paid for is written off.

ALTER TABLE convention ADD COLUMN vesting TEXT NOT NULL DEFAULT '[{"when":"paid","part":1000000}]';

ALTER TABLE sub_order ADD COLUMN write_off_at BIGINT;
CREATE INDEX sub_order_write_off ON sub_order (write_off_at) WHERE write_off_at IS NOT NULL;
