// The reference: resolvers over a world's rows in memory, from what its schema and docs/api.md say, with no SQL.
import { compare, fail } from './kinds.mjs';
import { relationsOf, keyText } from './tables.mjs';
import { cursorOf } from './unknown.mjs';

export const PAGE = { default: 20, most: 100 };

const isGiven = (value) => value !== undefined && value !== null;
const given = (filter) => Object.entries(filter).filter(([, value]) => value !== null);
const camelCase = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
const shouted = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
const fieldOf = (type) => type[0].toLowerCase() + type.slice(1);

/** Whether what is at a path of names in a text of JSON is equal to a value. */
function isAt(json, { path, eq }) {
  const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
  const step = (value, name) => (isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined);
  return path.reduce(step, JSON.parse(json)) === eq;
}

/** Tests of a value that is not NULL. */
const TESTS = {
  eq: (cell, value) => cell === value,
  ne: (cell, value) => cell !== value,
  in: (cell, values) => values.includes(cell),
  gt: (cell, value) => compare(cell, value) > 0,
  gte: (cell, value) => compare(cell, value) >= 0,
  lt: (cell, value) => compare(cell, value) < 0,
  lte: (cell, value) => compare(cell, value) <= 0,
  contains: (text, value) => text.includes(value),
  startsWith: (text, value) => text.startsWith(value),
  endsWith: (text, value) => text.endsWith(value),
  at: isAt,
};

/** What is looked for in JSON, if it can be. */
function readAt({ path, eq }) {
  if (path.length < 1 || path.length > 16 || eq === undefined || (eq !== null && typeof eq === 'object'))
    fail('no path or no value');
  if ([...path, eq].some((text) => typeof text === 'string' && text.includes('\0'))) fail('U+0000');
  return { path, eq };
}

export class Objects {
  #orders = {};

  constructor({ types }, rows, cursors) {
    Object.assign(this, { types, rows, cursors });
  }

  /** The key in an id of this type, or in a bare key, as a text, such as `12:7`. There is one spelling of each. */
  keyIn(type, id, mayBeBare = true) {
    const { key, columns } = this.types[type];
    const isKey = (text) => {
      const parts = text.split(':');
      return parts.length === key.length && parts.every((part, index) => columns[key[index]].part(part) !== undefined);
    };
    const named = id.startsWith(`${type}:`) ? [id.slice(type.length + 1)] : [];
    return [...named, ...(mayBeBare ? [id] : [])].find(isKey) ?? fail(`${id} is no id of ${type}`);
  }

  find(type, key) {
    return this.rows[type].find((row) => keyText(this.types, type, row) === key);
  }

  /** Whether a row's columns name the other: NULL names nothing. */
  #isNamed(by, row, other) {
    return Object.entries(by).every(([own, its]) => row[own] !== null && row[own] === other[its]);
  }

  parent(type, row, field) {
    const { of, by } = this.types[type].toOne[field];
    return this.rows[of].find((other) => this.#isNamed(by, row, other));
  }

  /** What a to-many relation leads to; with the join table's row, where there is one. */
  children(type, row, field) {
    const { of, by, over } = this.types[type].toMany[field];
    const links = this.rows[over ?? of].filter((link) =>
      this.#isNamed(this.types[over ?? of].toOne[by.parent].by, link, row),
    );
    return links.map((link) =>
      over ? { row: this.parent(over, link, by.child), link: this.#cells(over, link) } : { row: link },
    );
  }

  /** A row's columns as they are answered. */
  #cells(type, row) {
    const cell = ([column, { answer }]) => [column, row[column] === null ? null : answer(row[column])];
    return Object.fromEntries(Object.entries(this.types[type].columns).map(cell));
  }

  /** An object of the API over a row. */
  node(type, row) {
    if (!row) return null;
    const { toOne, toMany } = this.types[type];
    const id = `${type}:${keyText(this.types, type, row)}`;
    const fields = { ...this.#cells(type, row), __typename: type, id };
    for (const [field, { of }] of Object.entries(toOne))
      fields[field] = () => this.node(of, this.parent(type, row, field));
    for (const [field, { of }] of Object.entries(toMany)) {
      fields[field] = (args) => this.list(`${type}.${field}`, of, this.children(type, row, field), args);
      fields[`${field}Count`] = ({ filter }) => {
        const test = this.test(of, filter);
        return this.children(type, row, field).filter(({ row }) => test(row)).length;
      };
    }
    return fields;
  }

  /** The object with an id that names its type. */
  byId(id) {
    const type = id.split(':')[0];
    if (!id.includes(':') || !Object.hasOwn(this.types, type)) fail(`${id} names no type`);
    return this.node(type, this.find(type, this.keyIn(type, id, false)));
  }

  /** A test of rows. All of the filter is read before any row is, so that what is wrong with it is wrong for every list. */
  test(type, filter) {
    const { toOne, toMany } = this.types[type];
    const tests = given(filter ?? {}).map(([name, value]) => {
      if (name === 'not') {
        const test = this.test(type, value);
        return (row) => !test(row);
      }
      if (name === 'and' || name === 'or') {
        const tests = value.map((filter) => this.test(type, filter));
        return name === 'and' ? (row) => tests.every((test) => test(row)) : (row) => tests.some((test) => test(row));
      }
      if (name in toOne) {
        const test = this.test(toOne[name].of, value);
        return (row) => {
          const parent = this.parent(type, row, name);
          return parent !== undefined && test(parent);
        };
      }
      if (name in toMany) return this.listTest(type, name, value);
      return name === 'id' ? this.idTest(type, value) : this.columnTest(type, name, value);
    });
    return (row) => tests.every((test) => test(row));
  }

  listTest(type, field, filter) {
    const { of } = this.types[type].toMany[field];
    const tests = given(filter).map(([quantifier, filter]) => [quantifier, this.test(of, filter)]);
    return (row) => {
      const children = this.children(type, row, field).map(({ row }) => row);
      return tests.every(([quantifier, test]) =>
        quantifier === 'some'
          ? children.some(test)
          : quantifier === 'none'
            ? !children.some(test)
            : children.every(test),
      );
    };
  }

  idTest(type, filter) {
    const tests = given(filter).map(([operator, value]) => {
      const wanted = Array.isArray(value) ? value.map((id) => this.keyIn(type, id)) : this.keyIn(type, value);
      return (row) => TESTS[operator](keyText(this.types, type, row), wanted);
    });
    return (row) => tests.every((test) => test(row));
  }

  /** NULL passes `ne` and `isNull` alone. */
  columnTest(type, column, filter) {
    const { accept } = this.types[type].columns[column];
    const tests = given(filter).map(([operator, value]) => {
      if (operator === 'isNull') return (cell) => (cell === null) === value;
      const wanted = operator === 'at' ? readAt(value) : Array.isArray(value) ? value.map(accept) : accept(value);
      return (cell) => (cell === null ? operator === 'ne' : TESTS[operator](cell, wanted));
    });
    return (row) => tests.every((test) => test(row[column]));
  }

  /** What an order such as `NAME`, `OWNER_NAME` or `POSTS_COUNT` compares of a row, and whether that may be NULL. */
  #ordersOf(type) {
    const { key, columns, toOne, toMany } = this.types[type];
    const ofColumn = (column, { rank, isOptional = false }) => ({
      of: (row) => (row[column] === null ? null : rank(row[column])),
      isOptional,
    });
    const orders = { ID: ofColumn(key[0], columns[key[0]]) };
    for (const [column, kind] of Object.entries(columns)) orders[shouted(column)] ??= ofColumn(column, kind);
    for (const [field, { of, isOptional }] of Object.entries(toOne)) {
      for (const [column, kind] of Object.entries(this.types[of].columns)) {
        const order = ofColumn(column, kind);
        const ofParent = (parent) => (parent === undefined ? null : order.of(parent));
        orders[`${shouted(field)}_${shouted(column)}`] = {
          of: (row) => ofParent(this.parent(type, row, field)),
          isOptional: isOptional || order.isOptional,
        };
      }
    }
    for (const field of Object.keys(toMany))
      orders[`${shouted(field)}_COUNT`] = { of: (row) => this.children(type, row, field).length, isOptional: false };
    return orders;
  }

  /** One page of the items. */
  list(name, type, items, { first, after, last, before, filter, orderBy }) {
    if (isGiven(first) && isGiven(last)) fail('first and last');
    const size = first ?? last ?? PAGE.default;
    if ((isGiven(first) || isGiven(last)) && (size < 0 || size > PAGE.most)) fail(`a page of ${size}`);
    const order = effective((this.#orders[type] ??= this.#ordersOf(type)), orderBy ?? []);
    const place = (row) => [...order.map(({ of }) => of(row)), ...this.types[type].key.map((column) => row[column])];
    const comparePlaces = (a, b) => {
      for (const [index, value] of a.entries()) {
        const { direction, nullsFirst } = order[index] ?? {};
        const nulls = compare(value === null, b[index] === null);
        if (nulls !== 0) return nullsFirst ? -nulls : nulls;
        const compared = value === null ? 0 : compare(value, b[index]);
        if (compared !== 0) return direction === 'DESC' ? -compared : compared;
      }
      return 0;
    };
    const orderName = JSON.stringify(order.map(({ field, direction, nullsFirst }) => [field, direction, nullsFirst]));
    const bound = (cursor) => {
      if (!isGiven(cursor)) return undefined;
      const found = this.cursors.placeOf(cursor);
      return found?.list === name && found.order === orderName
        ? found.place
        : fail(`${cursor} is no cursor of ${name}`);
    };
    const [from, to] = [bound(after), bound(before)];
    const test = this.test(type, filter);

    const all = items.filter(({ row }) => test(row)).map((item) => ({ ...item, place: place(item.row) }));
    all.sort((a, b) => comparePlaces(a.place, b.place));
    const between = all.filter(
      (item) => (!from || comparePlaces(item.place, from) > 0) && (!to || comparePlaces(item.place, to) < 0),
    );
    const backwards = isGiven(last);
    const page = backwards ? between.slice(Math.max(0, between.length - size)) : between.slice(0, size);
    const more = page.length < between.length;
    const cursor = (item) => item && cursorOf({ list: name, order: orderName, place: item.place });
    return {
      totalCount: all.length,
      nodes: () => page.map(({ row }) => this.node(type, row)),
      edges: () => page.map((item) => ({ ...item.link, cursor: cursor(item), node: () => this.node(type, item.row) })),
      pageInfo: {
        startCursor: cursor(page[0]) ?? null,
        endCursor: cursor(page.at(-1)) ?? null,
        hasNextPage: backwards ? isGiven(before) : more,
        hasPreviousPage: backwards ? more : isGiven(after),
      },
    };
  }

  /** The object with an id, or with those of its parents of which its key is made. */
  lookUp(type, { id, ...ids }) {
    if (id !== undefined) return this.node(type, this.find(type, this.keyIn(type, id)));
    const relations = relationsOf(this.types, type);
    const parts = this.types[type].key.map((column) => this.keyIn(relations[column], ids[column]));
    return this.node(type, this.find(type, parts.join(':')));
  }

  /** The root of reading: by the names of the schema's fields. */
  query() {
    const fields = {};
    for (const [type, { table }] of Object.entries(this.types)) {
      const name = camelCase(table);
      fields[fieldOf(type)] = (args) => this.lookUp(type, args);
      fields[name] = (args) =>
        this.list(
          `Query.${name}`,
          type,
          this.rows[type].map((row) => ({ row })),
          args,
        );
    }
    return {
      ...fields,
      node: ({ id }) => this.byId(id),
      // Each id is wrong by itself: its error takes its own place.
      nodes: ({ ids }) => ids.map((id) => attempt(() => this.byId(id))),
    };
  }
}

/** The keys that decide something: behind one of which no two items are equal nothing counts, nor does one for the second time. */
function effective(orders, orderBy) {
  const order = [];
  for (const { field, direction, nulls } of orderBy) {
    if (order.some((key) => key.field === field)) continue;
    if (field === 'ID' && direction === 'ASC') break;
    order.push({ field, direction, nullsFirst: orders[field].isOptional && nulls === 'FIRST', ...orders[field] });
    if (field === 'ID') break;
  }
  return order;
}

function attempt(make) {
  try {
    return make();
  } catch (error) {
    return error;
  }
}
