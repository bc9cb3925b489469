// Dates, times and moments, as nanoseconds in a BigInt: finer than a Date, and as fine as an argument can be. Those of a date are since
// 1970, those of a time since midnight.

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIME = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?$/;
const MOMENT = /^(.*T.*?)(?:Z|([+-])(\d\d):(\d\d))$/;
const [MILLISECOND, SECOND, MINUTE, DAY] = [1_000_000n, 1_000_000_000n, 60_000_000_000n, 86_400_000_000_000n];

const digits = (match) => match.map((text) => Number(text ?? 0));

/** The date that a text of RFC 3339 names; `undefined` where it is none, as below. */
export function parseDate(text) {
  const match = DATE.exec(text);
  if (!match) return undefined;
  const [year, month, day] = digits(match.slice(1));
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const isDate = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return isDate ? BigInt(date.getTime()) * MILLISECOND : undefined;
}

/** The time of the day that a text of ISO 8601 names. */
export function parseTime(text) {
  const match = TIME.exec(text);
  if (!match) return undefined;
  const [hour, minute, second] = digits(match.slice(1, 4));
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  return BigInt((hour * 60 + minute) * 60 + second) * SECOND + BigInt((match[4] ?? '').padEnd(9, '0'));
}

/** The date with a time, of no time zone, that a text of ISO 8601 names. */
export function parseLocal(text) {
  const at = text.search(/t/i);
  const [date, time] = [parseDate(text.slice(0, at)), parseTime(text.slice(at + 1))];
  return date === undefined || time === undefined ? undefined : date + time;
}

/** The moment that a text of RFC 3339 names. */
export function parseMoment(text) {
  const match = MOMENT.exec(text);
  const local = match ? parseLocal(match[1]) : undefined;
  if (local === undefined) return undefined;
  const [hours, minutes] = digits(match.slice(3));
  if (hours > 23 || minutes > 59) return undefined;
  return local - BigInt((hours * 60 + minutes) * (match[2] === '-' ? -1 : 1)) * MINUTE;
}

const timeOf = (local) => ((local % DAY) + DAY) % DAY;

export const writeDate = (date) => new Date(Number((date - timeOf(date)) / MILLISECOND)).toISOString().slice(0, 10);

/** With 3, 6 or 9 digits behind the second, or none. */
export function writeTime(time) {
  const seconds = new Date(Number(time / SECOND) * 1000).toISOString().slice(11, 19);
  const fraction = String(time % SECOND).padStart(9, '0');
  return time % SECOND === 0n ? seconds : `${seconds}.${fraction.replace(/^(\d{3}|\d{6})0+$/, '$1')}`;
}

export const writeLocal = (local, between = 'T') => `${writeDate(local)}${between}${writeTime(timeOf(local))}`;

/** A moment in UTC as answers have it. */
export const writeMoment = (moment) => `${writeLocal(moment)}+00:00`;
