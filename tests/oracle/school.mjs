// The reference: resolvers over rows in memory, from what `schema.graphql` and docs/api.md say, with no SQL.
import { GraphQLError } from 'graphql';
import { parseMoment } from './moments.mjs';
import { TABLES, isMoment, keyOf } from './rows.mjs';
import { cursorOf } from './unknown.mjs';

export const PAGE = { default: 20, most: 100 };

const fail = (problem) => {
  throw new GraphQLError(problem);
};

/** The key in an id of this type, or in a bare key: its parts as a text, such as `12:7`. There is one spelling of each. */
export function keyIn(type, id) {
  const parts = (id.startsWith(`${type}:`) ? id.slice(type.length + 1) : id).split(':');
  const isPart = (part) => /^(0|-?[1-9]\d*)$/.test(part) && BigInt.asIntN(64, BigInt(part)) === BigInt(part);
  if (parts.length !== (type === 'Enrollment' ? 2 : 1) || !parts.every(isPart)) fail(`${id} is no id of ${type}`);
  return parts.join(':');
}

/** Texts by code point, as their UTF-8 is ordered; numbers and moments by their size. */
function compare(a, b) {
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

const camelCase = (name) => name.toLowerCase().replace(/_(.)/g, (_, letter) => letter.toUpperCase());

/** A text that no database can hold is refused wherever it stands in a filter. */
const storable = (text) => (text.includes('\0') ? fail('U+0000') : text);

const TEXT_TESTS = {
  eq: (text, value) => text === value,
  ne: (text, value) => text !== value,
  in: (text, values) => values.includes(text),
  gt: (text, value) => compare(text, value) > 0,
  gte: (text, value) => compare(text, value) >= 0,
  lt: (text, value) => compare(text, value) < 0,
  lte: (text, value) => compare(text, value) <= 0,
  contains: (text, value) => text.includes(value),
  startsWith: (text, value) => text.startsWith(value),
  endsWith: (text, value) => text.endsWith(value),
};

const MOMENT_TESTS = {
  eq: (moment, value) => moment === value,
  ne: (moment, value) => moment !== value,
  in: (moment, values) => values.includes(moment),
  gt: (moment, value) => moment > value,
  gte: (moment, value) => moment >= value,
  lt: (moment, value) => moment < value,
  lte: (moment, value) => moment <= value,
};

const TO_ONE = { Post: { owner: 'User' }, Enrollment: { student: 'Student', course: 'Course' } };
const TO_MANY = {
  User: { posts: 'Post' },
  Student: { courses: 'Course', enrollments: 'Enrollment' },
  Course: { students: 'Student', enrollments: 'Enrollment' },
};

export class School {
  constructor(rows, cursors) {
    this.rows = rows;
    this.cursors = cursors;
  }

  find(type, key) {
    return this.rows[type].find((row) => keyOf(type, row).join(':') === key);
  }

  parent(type, row, field) {
    return this.find(TO_ONE[type][field], String(row[`${field}Id`]));
  }

  /** What a to-many relation leads to, in the order of keys; with the join table's row, where there is one. */
  children(type, row, field) {
    if (field === 'posts')
      return this.rows.Post.filter((post) => post.ownerId === row.id).map((post) => ({ row: post }));
    const [own, other, otherType] =
      type === 'Student' ? ['studentId', 'courseId', 'Course'] : ['courseId', 'studentId', 'Student'];
    const links = this.rows.Enrollment.filter((link) => link[own] === row.id);
    if (field === 'enrollments') return links.map((link) => ({ row: link }));
    return links
      .map((link) => ({ row: this.find(otherType, String(link[other])), link }))
      .sort((a, b) => a.row.id - b.row.id);
  }

  /** An object of the API over a row. */
  node(type, row) {
    if (!row) return null;
    const fields = { __typename: type, id: [type, ...keyOf(type, row)].join(':') };
    for (const column of TABLES[type].columns.filter((column) => !/id$/i.test(column))) fields[column] = row[column];
    for (const [field, other] of Object.entries(TO_ONE[type] ?? {}))
      fields[field] = () => this.node(other, this.parent(type, row, field));
    for (const [field, other] of Object.entries(TO_MANY[type] ?? {})) {
      fields[field] = (args) => this.list(`${type}.${field}`, other, this.children(type, row, field), args);
      fields[`${field}Count`] = ({ filter }) => {
        const test = this.test(other, filter);
        return this.children(type, row, field).filter(({ row }) => test(row)).length;
      };
    }
    return fields;
  }

  /** The object with an id that names its type. */
  byId(id) {
    const type = id.split(':')[0];
    if (!id.includes(':') || !(type in TABLES)) fail(`${id} names no type`);
    return this.node(type, this.find(type, keyIn(type, id)));
  }

  /** A test of rows. All of the filter is read before any row is, so that what is wrong with it is wrong for every list. */
  test(type, filter) {
    const tests = Object.entries(filter ?? {})
      .filter(([, value]) => value !== null)
      .map(([name, value]) => {
        if (name === 'not') {
          const test = this.test(type, value);
          return (row) => !test(row);
        }
        if (name === 'and' || name === 'or') {
          const tests = value.map((filter) => this.test(type, filter));
          return name === 'and' ? (row) => tests.every((test) => test(row)) : (row) => tests.some((test) => test(row));
        }
        if (name in (TO_ONE[type] ?? {})) {
          const test = this.test(TO_ONE[type][name], value);
          return (row) => test(this.parent(type, row, name));
        }
        if (name in (TO_MANY[type] ?? {})) return this.listTest(type, name, value);
        return this.columnTest(type, name, value);
      });
    return (row) => tests.every((test) => test(row));
  }

  listTest(type, field, filter) {
    const given = Object.entries(filter).filter(([, value]) => value !== null);
    const tests = given.map(([quantifier, filter]) => [quantifier, this.test(TO_MANY[type][field], filter)]);
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

  columnTest(type, column, filter) {
    const given = Object.entries(filter).filter(([, value]) => value !== null);
    const tests = given.map(([operator, value]) => {
      if (operator === 'isNull') return (cell) => (cell === null) === value;
      if (isMoment(column)) return (cell) => MOMENT_TESTS[operator](cell, value);
      const read = column === 'id' ? (id) => keyIn(type, id) : storable;
      const wanted = Array.isArray(value) ? value.map(read) : read(value);
      return (cell) => TEXT_TESTS[operator](String(cell), wanted);
    });
    return (row) => tests.every((test) => test(row[column]));
  }

  /** What a row is ordered by: `NAME`, `OWNER_NAME` or `POSTS_COUNT`. */
  rank(type, row, key) {
    const [relation, rest] = key.split('_');
    if (rest === 'COUNT') return this.children(type, row, camelCase(relation)).length;
    if (camelCase(relation) in (TO_ONE[type] ?? {}))
      return this.parent(type, row, camelCase(relation))[camelCase(rest)];
    return row[camelCase(key)];
  }

  /** One page of the items. */
  list(name, type, items, { first, after, last, before, filter, orderBy }) {
    const isGiven = (value) => value !== undefined && value !== null;
    if (isGiven(first) && isGiven(last)) fail('first and last');
    const size = first ?? last ?? PAGE.default;
    if ((isGiven(first) || isGiven(last)) && (size < 0 || size > PAGE.most)) fail(`a page of ${size}`);
    const order = effective(orderBy ?? []);
    const key = (row) => keyOf(type, row);
    const place = (row) => [...order.map(({ field }) => this.rank(type, row, field)), ...key(row)];
    const comparePlaces = (a, b) => {
      for (const [index, value] of a.entries()) {
        const compared = compare(value, b[index]);
        if (compared !== 0) return order[index]?.direction === 'DESC' ? -compared : compared;
      }
      return 0;
    };
    const orderName = JSON.stringify(order.map(({ field, direction }) => [field, direction]));
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
      edges: () =>
        page.map((item) => ({
          cursor: cursor(item),
          node: () => this.node(type, item.row),
          enrolledAt: item.link?.enrolledAt,
        })),
      pageInfo: {
        startCursor: cursor(page[0]) ?? null,
        endCursor: cursor(page.at(-1)) ?? null,
        hasNextPage: backwards ? isGiven(before) : more,
        hasPreviousPage: backwards ? more : isGiven(after),
      },
    };
  }

  /** The root of reading: by the names of the schema's fields. */
  query() {
    const lookUps = {};
    for (const [type, { table }] of Object.entries(TABLES)) {
      const all = () => this.rows[type].map((row) => ({ row }));
      lookUps[type.toLowerCase()] = ({ id }) => this.node(type, this.find(type, keyIn(type, id)));
      lookUps[table] = (args) => this.list(`Query.${table}`, type, all(), args);
    }
    return {
      ...lookUps,
      enrollment: ({ studentId, courseId }) =>
        this.node('Enrollment', this.find('Enrollment', `${keyIn('Student', studentId)}:${keyIn('Course', courseId)}`)),
      node: ({ id }) => this.byId(id),
      // Each id is wrong by itself: its error takes its own place.
      nodes: ({ ids }) => ids.map((id) => attempt(() => this.byId(id))),
    };
  }
}

function attempt(make) {
  try {
    return make();
  } catch (error) {
    return error;
  }
}

/** The keys that decide something: behind a key of which no two items are equal nothing counts, nor does a key for the second time. */
function effective(orderBy) {
  const order = [];
  for (const { field, direction } of orderBy) {
    if (order.some((key) => key.field === field)) continue;
    if (field === 'ID' && direction === 'ASC') break;
    order.push({ field, direction });
    if (field === 'ID') break;
  }
  return order;
}

/** Moments of arguments, to the nanosecond. */
export function readMoment(value) {
  const moment = typeof value === 'string' ? parseMoment(value) : undefined;
  if (moment === undefined) throw new GraphQLError('no moment of RFC 3339');
  return moment;
}
