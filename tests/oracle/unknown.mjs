// What the reference cannot know of an answer: the text of a cursor, the words of a message, and the moment of a change.
// It answers with a mark, and what the server has in its place is looked at on its own.
import { parseMoment } from './moments.mjs';

const MARK = '\u{F0000}';
const CURSOR = `${MARK}cursor `;

/** Words for people. */
export const MESSAGE = `${MARK}message`;

/** The moment at which a mutation writes. */
export const NOW = `${MARK}now`;

const written = (key, value) => (typeof value === 'bigint' ? `${MARK}${value}` : value);
const read = (key, value) =>
  typeof value === 'string' && value.startsWith(MARK) ? BigInt(value.slice(MARK.length)) : value;

/** The mark of a cursor for this place: a list, its order, and the values that it is ordered by. */
export function cursorOf(place) {
  return CURSOR + JSON.stringify(place, written);
}

/** The cursors met so far. A cursor stands for one place, and a place has one cursor. */
export class Cursors {
  #places = new Map();
  #texts = new Map();

  /** The place that a cursor of the server stands for. */
  placeOf(text) {
    return this.#places.get(text);
  }

  learn(mark, text) {
    if (this.#texts.has(mark) || this.#places.has(text) || typeof text !== 'string') return;
    this.#texts.set(mark, text);
    this.#places.set(text, JSON.parse(mark.slice(CURSOR.length), read));
  }

  textOf(mark) {
    return this.#texts.get(mark);
  }
}

/** The expected answer with the marks replaced by what the server has there, where that is right. */
export function settle(expected, answered, cursors) {
  if (typeof expected === 'string' && expected.startsWith(MARK)) {
    if (expected === MESSAGE) return typeof answered === 'string' && answered !== '' ? answered : expected;
    if (expected === NOW) return isNow(answered) ? answered : expected;
    cursors.learn(expected, answered);
    return cursors.textOf(expected) ?? expected;
  }
  if (Array.isArray(expected)) return expected.map((item, index) => settle(item, answered?.[index], cursors));
  if (expected !== null && typeof expected === 'object') {
    const members = Object.entries(expected).map(([name, value]) => [name, settle(value, answered?.[name], cursors)]);
    return Object.fromEntries(members);
  }
  return expected;
}

/** Whether a moment is of this run. */
export const isPresent = (moment) => Math.abs(Number(moment / 1_000_000n) - Date.now()) < 3_600_000;

function isNow(text) {
  const moment = typeof text === 'string' ? parseMoment(text) : undefined;
  return moment !== undefined && isPresent(moment);
}
