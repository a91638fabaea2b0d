-- Other ids of orders: under each of them a phone told an order that was there already, taken on a phone that was
-- thought to be lost and entered again from the customer's receipt. What names such an id means the order.
CREATE TABLE order_alias (
    id BLOB NOT NULL PRIMARY KEY,
    order_id BLOB NOT NULL REFERENCES orders (id)
) STRICT, WITHOUT ROWID;
