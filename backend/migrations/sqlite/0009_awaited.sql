-- What a part of an order that waits may still bring, to whom, and why it is not in: so a close reads a
-- column and not the order. Nothing where it is not known, of orders that did not move since.
ALTER TABLE sub_order ADD COLUMN awaited TEXT;
