// The shop's random rows, with NULLs and ties.
import { UUID } from './kinds.mjs';
import { parseDate, parseLocal, parseMoment, parseTime } from './moments.mjs';
import { BASE64, DATES, FLOATS, JSON_VALUES, LOCALS, MOMENTS, TEXTS, TIMES, content, label } from './samples.mjs';
import { jsonText, parseDecimal } from './scalars.mjs';
import { byKey } from './tables.mjs';

const PRICES = ['0', '0.01', '6.9', '12', '12', '12.5', '-5.25', '9999999999.99'];
const CODES = [...TEXTS, '', 'tea', 'tea:green', '%3A', 'Category:a', 'ß:%:ss'].filter(
  (text, at, all) => all.indexOf(text) === at,
);

export function drawRows(types, random) {
  const pickOf = (type, column) => random.pick(types[type].columns[column].names);
  const orNull = (draw) => (random.chance(0.35) ? null : draw());
  const price = () => parseDecimal(random.pick(PRICES));
  const moment = () => parseMoment(random.pick(MOMENTS));
  const date = () => parseDate(random.pick(DATES));
  // A table may be empty.
  const count = (most) => (random.chance(0.05) ? 0 : random.between(1, most));
  const rows = (most, row) => Array.from({ length: count(most) }, row);
  // Ids ascend with gaps; those of 64 bits may be beyond what a double holds.
  const numbered = (most, row) => {
    let id = random.chance(0.1) ? 9007199254740992n : 0n;
    return rows(most, () => ({ id: (id += BigInt(random.between(1, 3))), ...row() }));
  };
  const inOrder = (type, drawn) => drawn.sort(byKey(types, type));
  const uuid = () => {
    const digits = Array.from({ length: 32 }, () => random.pick([...'0123456789abcdef'])).join('');
    return UUID.stored(digits);
  };

  const Customer = numbered(8, () => ({ name: label(random, 100) }));
  for (const [index, customer] of Customer.entries()) {
    customer.email = `${label(random, 200)}@${index}`;
    customer.referrerId = orNull(() => random.pick(Customer).id);
  }
  let productId = 0;
  const Product = rows(10, () => ({
    id: (productId += random.between(1, 3)),
    name: label(random, 200),
    price: price(),
    status: pickOf('Product', 'status'),
    active: random.chance(0.6),
    stock: random.pick([0, 1, 2, 2, 5, 32000]),
    size: orNull(() => pickOf('Product', 'size')),
    weight: orNull(() => random.pick(FLOATS.double)),
    released: orNull(date),
    opensAt: orNull(() => parseTime(random.pick(TIMES))),
    photo: orNull(() => random.pick(BASE64)),
    attributes: orNull(() => jsonText(random.pick(JSON_VALUES))),
  }));
  const codes = random.shuffle(CODES).slice(0, count(8));
  const Category = inOrder(
    'Category',
    codes.map((code) => ({ code, name: label(random, 100), parentCode: orNull(() => random.pick(codes)) })),
  );
  const Placement = Product.flatMap(({ id }) =>
    random
      .some(Category, 0.35)
      .map(({ code }) => ({ productId: id, categoryCode: code, position: random.pick([1, 2, 2, 3, -1, 2147483647]) })),
  );
  const Recommendation = Product.flatMap(({ id }) =>
    random
      .some(Product, 0.25)
      .map((related) => ({ productId: id, relatedId: related.id, strength: random.pick(FLOATS.single) })),
  );
  const drawnOrders = rows(10, () => ({
    id: uuid(),
    customerId: Customer.length > 0 && random.pick(Customer).id,
    shipping: orNull(() => pickOf('Order', 'shipping')),
    address: orNull(() => (random.chance(0.2) ? '' : label(random, 500))),
    deliverBy: orNull(() => parseLocal(random.pick(LOCALS))),
    placedAt: moment(),
    cancelledAt: orNull(moment),
    note: orNull(() => content(random)),
  }));
  const Order = Customer.length > 0 ? inOrder('Order', drawnOrders) : [];
  const positions = [1, 2, 3, 0, -1, 32767, -32768];
  const lines = Order.flatMap((order) =>
    random.some(Product, 0.3).flatMap((product) =>
      random
        .shuffle(positions)
        .slice(0, random.chance(0.2) ? 2 : 1)
        .map((position) => ({
          orderId: order.id,
          productId: product.id,
          position,
          quantity: random.pick([1, 1, 2, 3, 20]),
          price: price(),
        })),
    ),
  );
  const OrderLine = inOrder('OrderLine', lines);
  // A foreign key that is NULL in part names nothing.
  const lineOf = () => {
    const none = { orderId: null, productId: null, linePosition: null };
    if (OrderLine.length === 0 || random.chance(0.3)) return none;
    const { orderId, productId, position } = random.pick(OrderLine);
    const all = { orderId, productId, linePosition: position };
    return random.chance(0.15) ? { ...all, [random.pick(Object.keys(all))]: null } : all;
  };
  const ParcelItem = numbered(12, () => ({
    parcel: label(random, 40),
    quantity: random.pick([1, 2, 2, 3, 0, -2147483648, 2147483647]),
    ...lineOf(),
  }));
  const invoiced = random.shuffle(random.some(Order, 0.6));
  const Invoice = invoiced.map((order, index) => ({
    id: BigInt(index + 1),
    orderId: order.id,
    total: price(),
    paidOn: orNull(date),
  }));
  const drawn = { Customer, Product, Category, Placement, Recommendation, Order, OrderLine, ParcelItem, Invoice };
  const lastIds = {};
  for (const type of ['Customer', 'Product', 'ParcelItem', 'Invoice']) lastIds[type] = drawn[type].at(-1)?.id ?? 0;
  return { ...drawn, lastIds };
}
