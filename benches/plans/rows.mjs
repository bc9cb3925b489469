// The shop's rows, the same on both databases: so many in each table, made by the database itself from their numbers.

export const ROWS = 100_000;

/** What the databases write differently. Moments are spelt on SQLite as the server spells them. */
const DIALECTS = {
  sqlite: {
    uuid: (number) => `CAST(printf('%016d', ${number}) AS BLOB)`,
    bytes: (text) => `CAST(${text} AS BLOB)`,
    status: (text) => text,
    json: (text) => text,
    date: (days) => `date('2024-01-01', (${days}) || ' days')`,
    time: (minutes) => `time('2024-01-01', (${minutes}) || ' minutes')`,
    local: (minutes) => `datetime('2024-01-01', (${minutes}) || ' minutes')`,
    moment: (minutes) => `strftime('%Y-%m-%dT%H:%M:%S+00:00', '2024-01-01', (${minutes}) || ' minutes')`,
    analyze: 'ANALYZE',
  },
  postgres: {
    uuid: (number) => `encode(convert_to(lpad((${number})::text, 16, '0'), 'UTF8'), 'hex')::uuid`,
    bytes: (text) => `convert_to(${text}, 'UTF8')`,
    status: (text) => `(${text})::product_status`,
    json: (text) => `(${text})::jsonb`,
    date: (days) => `DATE '2024-01-01' + (${days})`,
    time: (minutes) => `TIME '00:00' + (${minutes}) * INTERVAL '1 minute'`,
    local: (minutes) => `TIMESTAMP '2024-01-01' + (${minutes}) * INTERVAL '1 minute'`,
    moment: (minutes) => `TIMESTAMPTZ '2024-01-01 00:00Z' + (${minutes}) * INTERVAL '1 minute'`,
    analyze: 'VACUUM ANALYZE',
  },
};

/** The table's rows, each with the values of these columns, which are expressions of its number `i`. */
function insert(table, columns) {
  return `WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < ${ROWS})
    INSERT INTO ${table} (${Object.keys(columns).join(', ')}) SELECT ${Object.values(columns).join(', ')} FROM numbers`;
}

/** One of so many numbers from 0, in no order, and as often as the others; `prime` tells the columns apart. */
const any = (count, prime = 7919, i = 'i') => `((${i}) * ${prime} % ${count})`;

/** NULL in each third row: those whose numbers leave this rest. */
const some = (value, rest = 0) => `CASE WHEN i % 3 <> ${rest} THEN ${value} END`;

/** The statements that fill the tables, and tell the database's planner of it. */
export function rows(database) {
  const as = DIALECTS[database];
  // Four lines an order; a product is on a hundred.
  const line = (i) => [as.uuid(`((${i}) + 3) / 4`), `${any(1_000, 7919, i)} + 1`, `(${i}) % 4 + 1`];
  const [order_id, product_id, position] = line('i');
  const ofParcel = line(`${any(2_000)} + 1`);
  return [
    insert('customers', {
      email: `'customer' || i || '@example.com'`,
      name: `'Name ' || ${any(1_000)}`,
      referrer_id: some('(i + 99) / 100'),
    }),
    insert('products', {
      name: `'Product ' || ${any(10_000)}`,
      price: `${any(20_000)} / 100.0`,
      status: as.status(`CASE ${any(3)} WHEN 0 THEN 'draft' WHEN 1 THEN 'on sale' ELSE 'gone' END`),
      active: 'i % 2 = 0',
      stock: any(1_000, 6007),
      size: some(`CASE ${any(7)} WHEN 0 THEN 'S' WHEN 1 THEN 'M' ELSE 'L' END`),
      weight: some(`${any(5_000, 6007)} / 8.0`, 1),
      released: some(as.date(any(1_000)), 2),
      opens_at: some(as.time(any(1_440))),
      photo: some(as.bytes(`'photo ' || i`), 1),
      attributes: some(as.json(`'{"shelf": ' || ${any(1_000)} || '}'`), 2),
    }),
    insert('categories', {
      code: `'c' || i`,
      name: `'Category ' || ${any(1_000)}`,
      parent_code: some(`'c' || ((i + 99) / 100)`),
    }),
    insert('placements', {
      product_id: '(i + 49) / 50',
      category_code: `'c' || (${any(1_000)} + 1)`,
      position: any(100, 6007),
    }),
    insert('recommendations', {
      product_id: '(i + 49) / 50',
      related_id: `${any(1_000)} + 1`,
      strength: `${any(128, 6007)} / 128.0`,
    }),
    insert('orders', {
      id: as.uuid('i'),
      customer_id: `${any(1_000)} + 1`,
      shipping: some(`${any(2)} + 1`),
      address: some(`'Address ' || i`),
      deliver_by: some(as.local(any(20_000)), 1),
      placed_at: as.moment(any(50_000)),
      cancelled_at: some(as.moment(any(50_000, 6007)), 2),
      note: some(`'Note ' || i`, 1),
    }),
    insert('order_lines', {
      order_id,
      product_id,
      position,
      quantity: `${any(20, 6007)} + 1`,
      price: `${any(20_000)} / 100.0`,
    }),
    insert('parcel_items', {
      parcel: `'P-' || ${any(10_000)}`,
      quantity: `${any(20, 6007)} + 1`,
      order_id: some(ofParcel[0]),
      product_id: some(ofParcel[1]),
      line_position: some(ofParcel[2]),
    }),
    insert('invoices', { order_id: as.uuid('i'), total: `${any(20_000)} / 100.0`, paid_on: some(as.date(any(1_000))) }),
    as.analyze,
  ];
}
