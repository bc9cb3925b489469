// What the values of rows and arguments are drawn from.

/** Short texts that collide, differ in case, hold what SQL, JSON and GraphQL give a meaning, or sort otherwise as UTF-16. */
export const TEXTS = [
  ...'a b A ab Ab aB é É ß ss z Z 10 9 % _ a%b a_b # { 日本'.split(' '),
  ...['a b', 'e\u0301', '\u{1F600}x', '\uFFFF', '\u{10000}', '\u2028', ' a ', 'a\n\tb\u0001', 'a\n  b\n\nc'],
  ...['\\', 'a\\b', "'", '"', '"""', 'a"""b', '\\"""'],
];

/** None of them is near the present, so that what a mutation has just written is told from them. */
export const MOMENTS = [
  '2016-03-01T08:00:00Z',
  '2016-03-01T08:00:00.5Z',
  '2016-03-01T08:00:00.500001Z',
  '2016-03-01T08:00:00.000001Z',
  '2016-03-01T08:00:00.123456Z',
  '2016-03-01T07:59:59.999999Z',
  '2016-03-01T08:00:01Z',
  '1970-01-01T00:00:00Z',
  '2999-12-31T23:59:59.999Z',
];

/** Numbers that a column of 32 bits and one of 64 bits hold, each as it is answered. */
export const FLOATS = {
  single: [0, 0.1, 0.125, 0.5, 0.75, 0.875, 1, 16777216, 3.4028235e38, 1e-45, -0.5],
  double: [0, 0.1, 0.24, 0.30000000000000004, 1.25, -2.5, 1e-7, 1e21, 1e70, 1e-70, 123456789.123],
};

/** Of the calendar and of the clock, as both databases hold them. */
export const DATES = ['2024-02-29', '2024-05-01', '2024-05-01', '2024-05-02', '1969-12-31', '0000-01-01', '9999-12-31'];
export const TIMES = ['00:00:00', '07:30:00', '18:00:00', '18:00:00.5', '18:00:00.000001', '23:59:59.999999'];
export const LOCALS = [
  '2024-02-29T18:00:00',
  '2024-02-29T18:00:00.500',
  '2024-02-29T17:59:59.999999',
  '1969-12-31T23:59:59.999999',
  '0000-01-01T00:00:00',
  '9999-12-31T23:59:59.999999',
];

export const BASE64 = ['', 'AA==', 'SGVsbG8=', 'SGVsbG8=', '/+8=', 'AAE='];

/** Names in the values of JSON below, and others. */
export const JSON_NAMES = ['a', 'b', 'unit', 'size', '', 'A', 'é', '\u{1F600}', 'a.b', "it's", '"', '0'];

/** Values of JSON; a column that holds `null` is not NULL. */
export const JSON_VALUES = [
  ...[null, null, null, true, 5, 0.1, 'cm', [], {}, [{ a: 1 }, 'cm'], 1e21, ''],
  ...[{ a: 1, b: { a: 0.5, b: null } }, { b: [0.5, null, 'x'], a: { unit: 'cm' } }, { size: { unit: 'cm', a: 100 } }],
  ...[
    { a: 'cm', A: 'mm', é: true },
    { a: true, '': { '': false } },
    { a: null, b: 'null' },
    { a: '1', b: -0.5 },
    { a: [1] },
  ],
  ...[
    { 'a.b': 1, "it's": '"', '"': 5 },
    { '\u{1F600}': 'é', '\uFFFF': '日本' },
    { a: 9007199254740991, b: 1e21 },
    { a: 1.5, b: 100 },
  ],
];

/** Arguments of the scalars, as filters have them: with offsets, finer than any database, at the ends of what there is. */
export const ARGUMENTS = {
  DateTime: [
    ...MOMENTS,
    '2016-03-01T09:30:00+01:30',
    '2016-03-01T00:00:00.500001-08:00',
    '2016-03-01T08:00:00.1234561Z',
    '2016-03-01T07:59:59.999999999Z',
    '1970-01-01T00:00:00+00:00',
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
  ],
  Date: [...DATES, '0001-01-01', '2024-12-31'],
  LocalTime: [...TIMES, '18:00:00.0000001', '23:59:59.999999999'],
  LocalDateTime: [...LOCALS, '2024-02-29t18:00:00', '2024-02-29T18:00:00.000000001', '0001-01-01T00:00:00'],
  Decimal: [
    ...[
      '0',
      '-0.00',
      '6.9',
      '6.90',
      '12.5',
      '12',
      12,
      0,
      -5,
      '-5.25',
      '0.01',
      '9999999999.99',
      '10000000000',
      '12.345',
    ],
    ...[
      '12.5000000000000000000001',
      '6.8999999999999999999',
      '79228162514264337593543950335',
      '0.0000000000000000000000000001',
    ],
  ],
  Float: [...FLOATS.single, ...FLOATS.double, 2, -1, 0.10000000149011612, 0.1000000001, 3.5e38],
  Base64String: [...BASE64, 'bm90aGluZw=='],
  JSON: [
    ...[true, false, 0, 1, 1, 5, -0.5, 0.1, 0.5, 1.5, 100, 1e21, 'cm', 'mm', 'x', '', 'é', '1', 'null'],
    ...[[1], ['cm'], {}, { a: 1 }, { b: [0.5, null, 'x'], a: { unit: true } }],
  ],
};

/** Names and titles that are blank, as long as they may be, longer, or of what no database holds. */
export const LABELS = [
  '',
  ' ',
  '\u0085\u3000',
  'x'.repeat(100),
  'x'.repeat(101),
  '\u{1F600}'.repeat(200),
  'é'.repeat(201),
  'a\0',
];

/** A text that is not blank, of so many characters at most. */
export function label(random, most) {
  const sort = random.below(30);
  if (sort === 0) return random.pick(['x', 'é', '\u{1F600}']).repeat(most);
  return random.pick(sort < 15 ? TEXTS.slice(0, 6) : TEXTS.filter((text) => text.trim() !== ''));
}

/** Any text. */
export const content = (random) => (random.chance(0.2) ? '' : random.pick(TEXTS).repeat(random.chance(0.05) ? 500 : 1));
