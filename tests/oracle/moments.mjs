// Moments, as nanoseconds since 1970 in a BigInt: finer than a Date, and as fine as an argument can be.

const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))$/;

/** The moment that a text of RFC 3339 names; `undefined` where it is none. */
export function parseMoment(text) {
  const match = RFC_3339.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const isDate = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!isDate || hour > 23 || minute > 59 || second > 59) return undefined;
  const [offsetHours, offsetMinutes] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  if (offsetHours > 23 || offsetMinutes > 59) return undefined;
  date.setUTCHours(hour, minute, second);
  const offset = (offsetHours * 60 + offsetMinutes) * 60_000 * (match[8] === '-' ? -1 : 1);
  return BigInt(date.getTime() - offset) * 1_000_000n + BigInt((match[7] ?? '').padEnd(9, '0'));
}

/** A moment in UTC as answers have it: with 3, 6 or 9 digits behind the second, or none. */
export function writeMoment(moment) {
  const nanoseconds = ((moment % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const seconds = new Date(Number((moment - nanoseconds) / 1_000_000n)).toISOString().slice(0, 19);
  const fraction =
    nanoseconds === 0n
      ? ''
      : `.${String(nanoseconds)
          .padStart(9, '0')
          .replace(/^(\d{3}|\d{6})0+$/, '$1')}`;
  return `${seconds}${fraction}+00:00`;
}
