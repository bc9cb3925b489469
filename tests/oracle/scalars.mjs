// The schemas' own scalars: which values of arguments each takes, and how it writes an answer.
import { GraphQLError, valueFromASTUntyped } from 'graphql';
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
import { NOW, isPresent } from './unknown.mjs';

/** So many digits behind its point a decimal number has at most: it is as many of its last ones. */
const SCALE = 28;

/** The decimal number that a text or an integer of 64 bits is, if it is held: its digits are a number of 96 bits. */
export function parseDecimal(value) {
  if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value ? value * 10n ** BigInt(SCALE) : undefined;
  const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(value) ?? [];
  if (whole === undefined || fraction.length > SCALE || BigInt(whole + fraction) >= 2n ** 96n) return undefined;
  const number = BigInt(whole + fraction.padEnd(SCALE, '0'));
  return sign === '-' ? -number : number;
}

export function writeDecimal(number) {
  const digits = String(number < 0n ? -number : number).padStart(SCALE + 1, '0');
  const text = `${digits.slice(0, -SCALE)}.${digits.slice(-SCALE)}`.replace(/\.?0+$/, '');
  return number < 0n ? `-${text}` : text;
}

/** Whether a decimal number fits a column of so many digits, so many of them behind the point. */
export const fitsDecimal = (number, digits, scale) =>
  number % 10n ** BigInt(SCALE - scale) === 0n &&
  (number < 0n ? -number : number) < 10n ** BigInt(SCALE + digits - scale);

/** The same value of JSON with the fields of each object in the order of their names. */
function inOrder(json) {
  if (Array.isArray(json)) return json.map(inOrder);
  if (json === null || typeof json !== 'object') return json;
  const compareNames = ([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b));
  return Object.fromEntries(
    Object.entries(json)
      .map(([name, value]) => [name, inOrder(value)])
      .sort(compareNames),
  );
}

/** A value of JSON as the text that a column holds. */
export const jsonText = (json) => JSON.stringify(inOrder(json));

const isBase64 = (text) => Buffer.from(text, 'base64').toString('base64') === text;

const ofText = (parse) => (value) => (typeof value === 'string' ? parse(value) : undefined);

const SCALARS = {
  DateTime: { parse: ofText(parseMoment), write: (moment) => (isPresent(moment) ? NOW : writeMoment(moment)) },
  Date: { parse: ofText(parseDate), write: writeDate },
  LocalTime: { parse: ofText(parseTime), write: writeTime },
  LocalDateTime: { parse: ofText(parseLocal), write: writeLocal },
  Decimal: { parse: parseDecimal, write: writeDecimal },
  Base64String: { parse: ofText((text) => (isBase64(text) ? text : undefined)), write: (text) => text },
};

/** Gives the scalars of a schema what they take and write. */
export function addScalars(schema) {
  for (const [name, { parse, write }] of Object.entries(SCALARS)) {
    const scalar = schema.getType(name);
    const read = (value) => {
      const parsed = parse(value);
      if (parsed === undefined) throw new GraphQLError(`no ${name}`);
      return parsed;
    };
    const literal = ({ kind, value }) =>
      read(kind === 'StringValue' ? value : kind === 'IntValue' && name === 'Decimal' ? BigInt(value) : undefined);
    const isWhole = (value) => name === 'Decimal' && Number.isInteger(value);
    const parseValue = (value) => read(isWhole(value) ? BigInt(value) : value);
    if (scalar) Object.assign(scalar, { serialize: write, parseValue, parseLiteral: literal });
  }
  const json = schema.getType('JSON');
  if (json) Object.assign(json, { serialize: inOrder, parseLiteral: valueFromASTUntyped });
}
