-- An order that is delivered and paid is settled, and a part of it may still wait for the bank: where a
-- convention says so, its state tells. Such parts of orders from before were not marked as waiting.

UPDATE sub_order SET waits = TRUE
WHERE stage = 'delivered' AND NOT waits AND order_id IN (SELECT id FROM orders WHERE state LIKE '%"when":"deposited"%');
