// The shop: its tables and mutations.
import {
  BIG,
  BOOLEAN,
  BYTES,
  DATE,
  DECIMAL,
  DOUBLE,
  INTEGER,
  INTEGER_ENUM,
  JSONS,
  LOCAL,
  MOMENT,
  NATIVE_ENUM,
  SINGLE,
  SMALL,
  TEXT,
  TEXT_ENUM,
  TIME,
  UUID,
  compare,
  fail,
  optional,
} from './kinds.mjs';
import { drawRows } from './shop-rows.mjs';
import { fitsDecimal, jsonText } from './scalars.mjs';
import { child, children, childrenOver, parent, parentOrNone, table } from './tables.mjs';
import { Refusals, Writer, held, now } from './writes.mjs';

/** Those that refer to others come after them. */
const types = {
  Customer: table(
    'customers',
    { id: BIG, email: TEXT, name: TEXT, referrerId: optional(BIG) },
    {
      toOne: { referrer: parentOrNone('Customer', { referrerId: 'id' }) },
      toMany: { referrals: children('Customer', 'referrer'), orders: children('Order', 'customer') },
    },
  ),
  Product: table(
    'products',
    {
      id: INTEGER,
      name: TEXT,
      price: DECIMAL,
      status: NATIVE_ENUM({ DRAFT: 'draft', ON_SALE: 'on sale', GONE: 'gone' }),
      active: BOOLEAN,
      stock: SMALL,
      size: optional(TEXT_ENUM({ SMALL: 'S', MEDIUM: 'M', LARGE: 'L' })),
      weight: optional(DOUBLE),
      released: optional(DATE),
      opensAt: optional(TIME),
      photo: optional(BYTES),
      attributes: optional(JSONS),
    },
    {
      toMany: {
        categories: childrenOver('Placement', 'product', 'Category', 'category'),
        related: childrenOver('Recommendation', 'product', 'Product', 'related'),
        orderLines: children('OrderLine', 'product'),
      },
    },
  ),
  Category: table(
    'categories',
    { code: TEXT, name: TEXT, parentCode: optional(TEXT) },
    {
      toOne: { parent: parentOrNone('Category', { parentCode: 'code' }) },
      toMany: {
        children: children('Category', 'parent'),
        products: childrenOver('Placement', 'category', 'Product', 'product'),
        placements: children('Placement', 'category'),
      },
    },
  ),
  Placement: table(
    'placements',
    { productId: INTEGER, categoryCode: TEXT, position: INTEGER },
    {
      key: ['productId', 'categoryCode'],
      toOne: {
        product: parent('Product', { productId: 'id' }, 'CASCADE'),
        category: parent('Category', { categoryCode: 'code' }, 'CASCADE'),
      },
    },
  ),
  Recommendation: table(
    'recommendations',
    { productId: INTEGER, relatedId: INTEGER, strength: SINGLE },
    {
      key: ['productId', 'relatedId'],
      toOne: {
        product: parent('Product', { productId: 'id' }, 'CASCADE'),
        related: parent('Product', { relatedId: 'id' }, 'CASCADE'),
      },
    },
  ),
  Order: table(
    'orders',
    {
      id: UUID,
      customerId: BIG,
      shipping: optional(INTEGER_ENUM({ POST: 1, COURIER: 2 })),
      address: optional(TEXT),
      deliverBy: optional(LOCAL),
      placedAt: MOMENT,
      cancelledAt: optional(MOMENT),
      note: optional(TEXT),
    },
    {
      toOne: { customer: parent('Customer', { customerId: 'id' }), invoice: child('Invoice', { id: 'orderId' }) },
      toMany: { lines: children('OrderLine', 'order') },
    },
  ),
  OrderLine: table(
    'order_lines',
    { orderId: UUID, productId: INTEGER, position: SMALL, quantity: INTEGER, price: DECIMAL },
    {
      key: ['orderId', 'productId', 'position'],
      toOne: { order: parent('Order', { orderId: 'id' }, 'CASCADE'), product: parent('Product', { productId: 'id' }) },
      toMany: { parcelItems: children('ParcelItem', 'line') },
    },
  ),
  ParcelItem: table(
    'parcel_items',
    {
      id: BIG,
      parcel: TEXT,
      quantity: INTEGER,
      orderId: optional(UUID),
      productId: optional(INTEGER),
      linePosition: optional(SMALL),
    },
    {
      toOne: {
        line: parentOrNone('OrderLine', { orderId: 'orderId', productId: 'productId', linePosition: 'position' }),
      },
    },
  ),
  Invoice: table(
    'invoices',
    { id: BIG, orderId: UUID, total: DECIMAL, paidOn: optional(DATE) },
    { toOne: { order: parent('Order', { orderId: 'id' }) } },
  ),
};

class ShopWriter extends Writer {
  #checkPrice(price, refusals) {
    if (!fitsDecimal(price, 12, 2)) refusals.add('INVALID', 'price');
  }

  createProduct({ name, price, size = null, attributes = null }) {
    if (JSON.stringify(attributes).includes('\\u0000')) fail('U+0000');
    const refusals = new Refusals();
    refusals.label(name, 200, 'name');
    this.#checkPrice(price, refusals);
    const unknown = { weight: null, released: null, opensAt: null, photo: null };
    const text = attributes === null ? null : jsonText(attributes);
    const product = { name, price, status: 'DRAFT', active: true, stock: 0, size, ...unknown, attributes: text };
    return this.payload('Product', refusals, () => this.insert('Product', product));
  }

  /** A price and a status that are left out or null stay as they are. */
  updateProduct({ id, price, status, weight }) {
    const refusals = new Refusals();
    const existing = this.existing('Product', id, refusals, 'id');
    if (price) this.#checkPrice(price, refusals);
    const product = existing();
    const changes = { price: price ?? product?.price, status: status ?? product?.status };
    if (weight !== undefined) changes.weight = weight;
    return this.payload('Product', refusals, () => Object.assign(product, changes));
  }

  createOrder({ customerId, address = null, deliverBy = null, lines }) {
    const refusals = new Refusals();
    this.existing('Customer', customerId, refusals, 'customerId')();
    const customer = this.find('Customer', this.keyIn('Customer', customerId));
    const taken = new Map();
    const bought = lines.map(({ productId, quantity }, index) => {
      const product = this.existing('Product', productId, refusals, 'lines', index, 'productId')();
      if (!product) return undefined;
      const left = product.stock - (taken.get(product) ?? 0) - quantity;
      if (product.status !== 'ON_SALE' || quantity < 1 || left < 0) refusals.add('INVALID', 'lines', index);
      else taken.set(product, product.stock - left);
      return { productId: product.id, position: index + 1, quantity, price: product.price };
    });
    if (address !== null) refusals.text(address, 500, 'address');
    return this.payload('Order', refusals, () => {
      for (const [product, pieces] of taken) product.stock -= pieces;
      const shipping = address === null ? null : 'POST';
      const until = deliverBy === null ? null : held(deliverBy);
      const sent = { shipping, address, deliverBy: until, placedAt: now(), cancelledAt: null, note: null };
      const id = this.drawn.shift() ?? 'none: nothing was written';
      const order = this.insert('Order', { id, customerId: customer.id, ...sent });
      for (const line of bought) this.insert('OrderLine', { orderId: order.id, ...line });
      return order;
    });
  }

  cancelOrder({ id }) {
    const refusals = new Refusals();
    const order = this.existing('Order', id, refusals, 'id')();
    if (order && order.cancelledAt !== null) refusals.add('INVALID', 'id');
    return this.payload('Order', refusals, () => {
      order.cancelledAt = now();
      for (const { row } of this.children('Order', order, 'lines'))
        this.parent('OrderLine', row, 'product').stock += row.quantity;
      return order;
    });
  }

  mutations() {
    const own = this.own('createProduct', 'updateProduct', 'createOrder', 'cancelOrder');
    return { deleteProduct: (input) => this.delete('Product', input), ...own };
  }
}

/** The ids of new orders, which each database's server has drawn for itself, in the order in which it wrote them. */
function drawnIds(before, stored) {
  const known = new Set(before.Order.map(({ id }) => id));
  const orders = stored.Order.filter(({ id }) => !known.has(id));
  return orders.sort((a, b) => compare(a.placedAt, b.placedAt)).map(({ id }) => id);
}

export const shop = {
  schema: 'examples/shop/schema.graphql',
  types,
  drawRows: (random) => drawRows(types, random),
  drawnIds,
  Writer: ShopWriter,
  words: {
    type: 'Product',
    other: 'Order',
    list: 'products',
    order: 'ProductOrder',
    names:
      'id name price orders first last filter orderBy eq in field direction nulls input ids nodes edges and customer at path isNull',
    values: [
      '"12.5"', '"1e3"', '-1', '"18:30:00"', '"24:00:00"', '"2024-02-30"', '"2016-03-01T08:00:00"', '"SGVsbG8="', '"AAE"',
      '{at: {path: ["a"], eq: 1}}', '{path: [], eq: 1}', '{path: "a"}', '{isNull: true}', 'FIRST', 'ON_SALE', 'SMALL', 'POST',
      '{field: PRICE, nulls: FIRST}', '{a: {b: [1, $v0]}}', '{name: "x", price: "1.234"}', '{productId: 1, quantity: 1}',
    ],
    badIds: [
      'x', '', 'Product:', 'Product:05', 'product:1', '-0', 'Placement:1', 'OrderLine:1:2', 'Query:1', '99999999999999999999',
      'Product:2147483648', 'Category:a%', 'Category:%3a', 'Category:a:b', 'Order:1', 'OrderLine:x:1:40000',
    ],
  },
  settled: {
    Customer: ['ID', 'NAME', 'EMAIL', 'REFERRER_NAME', 'ORDERS_COUNT'],
    Product: ['ID', 'NAME', 'PRICE', 'STATUS', 'SIZE', 'WEIGHT', 'STOCK', 'ORDER_LINES_COUNT'],
    Category: ['ID', 'NAME', 'PARENT_NAME', 'PRODUCTS_COUNT'],
    Placement: ['POSITION', 'CATEGORY_NAME', 'PRODUCT_NAME'],
    Recommendation: ['STRENGTH', 'RELATED_NAME'],
    Order: ['ID', 'CUSTOMER_NAME', 'INVOICE_TOTAL', 'LINES_COUNT', 'DELIVER_BY'],
    OrderLine: ['PRICE', 'PRODUCT_NAME', 'QUANTITY', 'PARCEL_ITEMS_COUNT'],
    ParcelItem: ['ID', 'PARCEL', 'LINE_QUANTITY'],
    Invoice: ['ID', 'PAID_ON', 'TOTAL'],
  },
};
