INSERT INTO customers (email, name, referrer_id) VALUES
  ('ada@example.com', 'Ada', NULL), ('bob@example.com', 'Bob', 1), ('chloe@example.com', 'Chloë', 1), ('dmitri@example.com', 'Дмитрий', 2),
  ('emile@example.com', 'Émile', NULL), ('ada.b@example.com', 'Ada', 3);
INSERT INTO products (name, price, status, active, stock, size, weight, released, opens_at, photo, attributes) VALUES
  ('Teapot', 24.50, 'on sale', true, 20, 'M', 1.25, '2024-05-01', '18:00:00', CAST('PNG' AS BLOB), '{"dishwasher": false}'),
  ('Tea cup', 6.90, 'on sale', true, 40, 'S', 0.24, '2024-05-02', NULL, NULL, '{"colors": ["white", "blau"]}'),
  ('Green tea', 12.00, 'on sale', true, 60, NULL, 0.1, '2024-05-02', '18:00:00', NULL, '{"dishwasher": false}'),
  ('Black tea', 9.90, 'on sale', true, 0, NULL, 0.1, '2024-05-03', NULL, NULL, NULL),
  ('煎茶', 12.00, 'on sale', true, 100, NULL, 0.1, '2024-05-03', NULL, NULL, NULL), ('Samovar', 199.00, 'draft', true, 120, 'L', NULL, NULL, NULL, NULL, NULL),
  ('Café crème', 4.50, 'on sale', true, 140, NULL, NULL, '2024-05-04', '07:30:00', NULL, NULL),
  ('Kettle', 39.95, 'gone', false, 0, 'M', 0.9, '2024-05-05', NULL, NULL, NULL), ('Honey_jar', 6.90, 'draft', true, 180, 'S', 0.5, NULL, NULL, NULL, NULL);
INSERT INTO categories VALUES
  ('all', 'Everything', NULL), ('tea', 'Tea', 'all'), ('tea:green', 'Green tea', 'tea'), ('ware', 'Tableware', 'all'), ('ware:metal', 'Metal', 'ware'),
  ('süß', 'Sweet', 'all');
INSERT INTO placements VALUES
  (5, 'tea', 1), (3, 'tea', 2), (4, 'tea', 3), (3, 'tea:green', 1), (5, 'tea:green', 2), (1, 'ware', 1), (2, 'ware', 2), (8, 'ware', 3), (6, 'ware:metal', 1),
  (8, 'ware:metal', 2), (9, 'süß', 1), (7, 'süß', 2);
INSERT INTO recommendations VALUES
  (1, 2, 0.875), (1, 3, 0.5), (2, 1, 0.875), (3, 5, 0.75), (3, 9, 0.5), (5, 3, 0.75), (7, 7, 0.125);
INSERT INTO orders VALUES
  (X'0198c6a5700070008000000000000001', 2, NULL, NULL, NULL, '2026-06-01T09:00:00.250+00:00', NULL, NULL),
  (X'0198c6a5700070008000000000000002', 4, 2, 'Straße 2', NULL, '2026-06-02T09:00:00.250+00:00', NULL, NULL),
  (X'0198c6a5700070008000000000000003', 1, 1, 'Straße 3', '2026-06-02 18:00:00', '2026-06-02T09:00:00.250+00:00', NULL, NULL),
  (X'0198c6a5700070008000000000000004', 3, NULL, NULL, NULL, '2026-06-03T09:00:00.250+00:00', '2026-06-03T10:00:00+00:00', NULL),
  (X'0198c6a5700070008000000000000005', 1, 2, 'Straße 5', NULL, '2026-06-03T09:00:00.250+00:00', NULL, '„Leise!“ 🔔'),
  (X'0198c6a5700070008000000000000006', 2, 1, 'Straße 6', '2026-06-04 18:00:00', '2026-06-04T09:00:00.250+00:00', NULL, NULL);
INSERT INTO order_lines VALUES
  (X'0198c6a5700070008000000000000001', 2, 1, 1, 6.90), (X'0198c6a5700070008000000000000002', 3, 1, 1, 12.00),
  (X'0198c6a5700070008000000000000002', 5, 2, 2, 12.00), (X'0198c6a5700070008000000000000003', 4, 1, 1, 9.90),
  (X'0198c6a5700070008000000000000003', 2, 2, 2, 6.90), (X'0198c6a5700070008000000000000003', 5, 3, 3, 12.00),
  (X'0198c6a5700070008000000000000005', 1, 1, 1, 24.50), (X'0198c6a5700070008000000000000006', 2, 1, 1, 6.90),
  (X'0198c6a5700070008000000000000006', 3, 2, 2, 12.00);
INSERT INTO parcel_items (parcel, quantity, order_id, product_id, line_position) VALUES
  ('P-1', 1, X'0198c6a5700070008000000000000001', 2, 1), ('P-2', 1, X'0198c6a5700070008000000000000002', 3, 1), ('P-2', 1, NULL, 5, NULL),
  ('P-3', 1, X'0198c6a5700070008000000000000003', 4, 1), ('P-3', 1, NULL, 2, NULL), ('P-3', 1, X'0198c6a5700070008000000000000003', 5, 3),
  ('P-5', 1, X'0198c6a5700070008000000000000005', 1, 1), ('P-6', 1, X'0198c6a5700070008000000000000006', 2, 1), ('P-6', 1, NULL, 3, NULL);
INSERT INTO invoices (order_id, total, paid_on) VALUES
  (X'0198c6a5700070008000000000000001', 6.90, '2026-07-01'), (X'0198c6a5700070008000000000000003', 59.70, NULL),
  (X'0198c6a5700070008000000000000005', 24.50, '2026-07-05');
