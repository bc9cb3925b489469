// Whether the server's answer is the reference's.
import { parts } from './raw.mjs';
import { settle } from './unknown.mjs';

/** An answer of the server: the text of its data, which is missing if the request is refused, and its errors. */
export function readAnswer(text) {
  const members = parts(text);
  return { text, data: members.get('data'), errors: JSON.parse(members.get('errors') ?? '[]') };
}

/** The order of what an introspection lists is nobody's promise. */
function unordered(value) {
  if (Array.isArray(value))
    return value.map(unordered).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, value]) => [name, unordered(value)]));
}

/**
 * The text of an answer with its numbers that have a point or an exponent as JavaScript writes them, where the digits are the same: JSON
 * has `1.0`, `1e0` and `1` for one number.
 */
function withNumbers(json) {
  const digits = (number) =>
    number
      .replace(/[eE].*$/, '')
      .replace(/[-.]/g, '')
      .replace(/^0+|0+$/g, '');
  const written = (number) => {
    const own = JSON.stringify(Number(number));
    return /[.eE]/.test(number) && digits(number) === digits(own) ? own : number;
  };
  return json.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) => (token[0] === '"' ? token : written(token)));
}

const asSet = (paths) => [...new Set(paths.map((path) => JSON.stringify(path)))].sort();

/** Where in the data a path ends: at the null that its error made. */
function nullAt(data, path) {
  let value = data;
  for (const [index, key] of path.entries()) {
    if (value === null || value === undefined) return JSON.stringify(path.slice(0, index));
    value = value[key];
  }
  return JSON.stringify(path);
}

/**
 * Whether the errors are at the same places. Where an error takes others' fields with it, those may be told or not (6.4.4): the same
 * nulls must have an error each, and each must be one of `all`.
 */
function sameErrors(expected, answered, data, all) {
  const [one, other] = [asSet(expected), asSet(answered)];
  if (one.join() === other.join()) return true;
  const nulls = (paths) => [...new Set(paths.map((path) => nullAt(data, path)))].sort().join();
  const possible = new Set(asSet(all()));
  return nulls(expected) === nulls(answered) && other.every((path) => possible.has(path));
}

/**
 * What differs, in a few words; `undefined` if nothing does. `all` gives the paths of all errors that there are. What is learned of
 * cursors goes to `cursors`.
 */
export function compare(expected, answered, cursors, all) {
  const refuses = answered.data === undefined;
  if (expected.refused !== undefined) return refuses ? undefined : `accepted, but: ${expected.refused}`;
  if (refuses) return `refused: ${answered.errors[0]?.message.trim().split('\n').at(-1)}`;
  const parsed = JSON.parse(answered.data);
  const settled = settle(expected.data, parsed, cursors);
  const text = expected.hasFloats ? withNumbers(answered.data) : answered.data;
  const isSame = expected.introspects
    ? JSON.stringify(unordered(settled)) === JSON.stringify(unordered(parsed))
    : JSON.stringify(settled) === text;
  const paths = answered.errors.map(({ path }) => path ?? []);
  if (!isSame && expected.introspects) return 'the data or the schema differ';
  if (!isSame && paths.length > 0 && expected.paths.length === 0) return `an error: ${answered.errors[0].message}`;
  if (!isSame) return 'the data differ';
  return sameErrors(expected.paths, paths, parsed, all) ? undefined : 'the errors are elsewhere';
}

/** The kind of a difference: without the names, numbers and values in it. */
export function kindOf(difference) {
  const values = /(?<=found |got invalid value ).*?(?=;|\.( Did you mean.*)?$|$)/s;
  const names = /(["`]).*?\1/g;
  return difference
    .replace(/^(the rows differ: \w+).*/s, '$1')
    .replace(values, '…')
    .replace(names, '…')
    .replace(/\d+/g, 'N');
}
