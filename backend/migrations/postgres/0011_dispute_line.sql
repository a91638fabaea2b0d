-- What anybody disputed about a line, for whoever answers another about it.
CREATE INDEX dispute_line ON dispute (order_id) WHERE order_id IS NOT NULL;
