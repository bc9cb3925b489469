// The kinds of columns. The reference has numbers and texts as JavaScript has them; 64-bit integers, decimal numbers, dates, times and
// moments as a BigInt, the values of enums by their names, UUIDs as texts, bytes in Base64, JSON as its text, which tells its null from
// NULL; and that as null.
import { GraphQLError } from 'graphql';
import {
  parseDate,
  parseLocal,
  parseMoment,
  parseTime,
  writeDate,
  writeLocal,
  writeMoment,
  writeTime,
} from './moments.mjs';
import { jsonText, parseDecimal, writeDecimal } from './scalars.mjs';
import { isPresent } from './unknown.mjs';

export const fail = (problem) => {
  throw new GraphQLError(problem);
};

const same = (value) => value;
const quoted = (text) => `'${text.replaceAll("'", "''")}'`;
const hex = (isPostgres, digits) => `${isPostgres ? "'\\x" : "X'"}${digits}'`;

/**
 * What a kind is, if it says nothing else: `sql` writes a value, `dump` reads one of a column as JSON has it, and `stored` makes of that
 * the reference's value; `answer` is what the scalar of the API writes; `accept` takes the value of an argument to compare with, or
 * refuses it; `rank` is what an order compares. A kind of keys also reads a `part` of an id, in its one spelling, and `write`s it; and it
 * has some that are `absent` from every table.
 */
const kind = (its) => ({
  sql: quoted,
  dump: same,
  stored: same,
  answer: same,
  accept: same,
  rank: same,
  write: String,
  ...its,
});

const INTEGERS = ['999', '0', '-1', '9223372036854775807'];

const integer = (bits, number, of = {}) => {
  const isIn = (value) => BigInt.asIntN(bits, BigInt(value)) === BigInt(value);
  const part = (text) => (/^(0|-?[1-9]\d*)$/.test(text) && isIn(text) ? number(text) : undefined);
  const accept = (value) => (isIn(value) ? value : fail(`${value} has more than ${bits} bits`));
  return kind({ sql: String, part, accept, absent: INTEGERS, ...of });
};

export const SMALL = integer(16, Number);
export const INTEGER = integer(32, Number);
export const BIG = integer(64, BigInt, { dump: (column) => `CAST(${column} AS TEXT)`, stored: BigInt });

export const BOOLEAN = kind({ sql: String, stored: Boolean });

/** The number with the fewest digits that is nearest to this single. */
const shortest = (single) =>
  [1, 2, 3, 4, 5, 6, 7, 8, 9]
    .map((digits) => Number(single.toPrecision(digits)))
    .find((it) => Math.fround(it) === single);

// SQLite's JSON has 15 digits of a number.
const double = (column, isPostgres) => (isPostgres ? column : `printf('%!.17g', ${column})`);
export const DOUBLE = kind({ sql: String, dump: double, stored: Number });
export const SINGLE = kind({
  sql: (value, isPostgres) => String(isPostgres ? value : Math.fround(value)),
  dump: double,
  stored: (number) => shortest(Math.fround(Number(number))),
});

export const DECIMAL = kind({ sql: writeDecimal, stored: (number) => parseDecimal(String(number)) });

/** A text that no database can hold is refused wherever it stands in a filter. */
const storable = (text) => (text.includes('\0') ? fail('U+0000') : text);
export const TEXT = kind({
  accept: storable,
  write: (text) => text.replaceAll('%', '%25').replaceAll(':', '%3A'),
  part: (text) => {
    const part = text.replaceAll('%3A', ':').replaceAll('%25', '%');
    return !part.includes('\0') && TEXT.write(part) === text ? part : undefined;
  },
  absent: ['nothing', 'a%3A', 'a%b', '%3a', '\u{1F600}'],
});

// PostgreSQL has the years before Christ for the year 0.
const dated = (text, isPostgres) =>
  quoted(isPostgres ? text.replace(/^0000.*/, (text) => `0001${text.slice(4)} BC`) : text);
const ofDated = (text) =>
  text
    .replace(' BC', '')
    .replace(/^0001/, text.endsWith(' BC') ? '0000' : '0001')
    .replace(' ', 'T');
export const DATE = kind({
  sql: (date, isPostgres) => dated(writeDate(date), isPostgres),
  stored: (text) => parseDate(ofDated(text)),
});
export const TIME = kind({ sql: (time) => quoted(writeTime(time)), stored: parseTime });
export const LOCAL = kind({
  sql: (local, isPostgres) => dated(writeLocal(local, ' '), isPostgres),
  stored: (text) => parseLocal(ofDated(text)),
});
export const MOMENT = kind({
  sql: (moment, isPostgres) => dated(writeMoment(moment), isPostgres),
  stored: (text) => parseMoment(ofDated(text)),
});

const bytes = (column, isPostgres) => (isPostgres ? `encode(${column}, 'hex')` : `hex(${column})`);
export const BYTES = kind({
  sql: (text, isPostgres) => hex(isPostgres, Buffer.from(text, 'base64').toString('hex')),
  dump: bytes,
  stored: (digits) => Buffer.from(digits, 'hex').toString('base64'),
});

const UUID_OF = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/;
export const UUID = kind({
  sql: (text, isPostgres) => (isPostgres ? quoted(text) : hex(false, text.replaceAll('-', ''))),
  dump: (column, isPostgres) => (isPostgres ? column : `lower(hex(${column}))`),
  stored: (text) => text.replace(UUID_OF, '$1-$2-$3-$4-$5'),
  part: (text) => (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text) ? text : undefined),
  absent: [
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff:1:1',
    'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
    'ffffffffffffffffffffffffffffffff',
  ],
});

export const JSONS = kind({
  sql: quoted,
  dump: (column) => `CAST(${column} AS TEXT)`,
  stored: (text) => jsonText(JSON.parse(text)),
  answer: JSON.parse,
});

/** An enum: what is stored for each name. One of the database's own is ordered as it is declared, others by what is stored. */
const enumeration = (values, sql, rank) => ({
  ...kind({ sql: (name) => sql(values[name]), rank }),
  stored: (stored) => Object.keys(values).find((name) => values[name] === stored),
  names: Object.keys(values),
});
export const NATIVE_ENUM = (values) => enumeration(values, quoted, (name) => Object.keys(values).indexOf(name));
export const TEXT_ENUM = (values) => enumeration(values, quoted, (name) => values[name]);
export const INTEGER_ENUM = (values) => enumeration(values, String, (name) => values[name]);

/** The same of a column that may be NULL. */
export const optional = (of) => ({
  ...of,
  isOptional: true,
  sql: (value, isPostgres) => (value === null ? 'NULL' : of.sql(value, isPostgres)),
  dump: (column, isPostgres) => `CASE WHEN ${column} IS NOT NULL THEN ${of.dump(column, isPostgres)} END`,
  stored: (value) => (value === null ? null : of.stored(value)),
});

/** Texts by code point, as their UTF-8 is ordered; numbers and moments by their size. */
export function compare(a, b) {
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A cell as it is compared: what a mutation has just written has a moment that nobody knows beforehand. */
export function cellText(value) {
  if (typeof value !== 'bigint') return value;
  return isPresent(value) ? 'now' : String(value);
}
