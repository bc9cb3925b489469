// The rows of a small school: drawn at random, and as SQL.
import { parseMoment, writeMoment } from './moments.mjs';
import { isNow } from './unknown.mjs';

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

/** Each type's table, and the columns of its fields in the table's order. */
export const TABLES = {
  User: { table: 'users', columns: ['id', 'name', 'createdAt', 'updatedAt'] },
  Post: { table: 'posts', columns: ['id', 'title', 'content', 'ownerId', 'createdAt', 'updatedAt'] },
  Student: { table: 'students', columns: ['id', 'name', 'createdAt', 'updatedAt'] },
  Course: { table: 'courses', columns: ['id', 'title', 'createdAt', 'updatedAt'] },
  Enrollment: { table: 'enrollments', columns: ['studentId', 'courseId', 'enrolledAt'] },
};

/** The parts of a row's primary key. */
export const keyOf = (type, row) => (type === 'Enrollment' ? [row.studentId, row.courseId] : [row.id]);

export const isMoment = (column) => column.endsWith('At');

/** Random rows by type, each type's in the order of their keys, and the last id that each table has given out. */
export function drawRows(random) {
  const moment = () => parseMoment(random.pick(MOMENTS));
  const moments = () => ({ createdAt: moment(), updatedAt: moment() });
  const label = (most) => {
    const sort = random.below(30);
    if (sort === 0) return random.pick(['x', 'é', '\u{1F600}']).repeat(most);
    return random.pick(sort < 15 ? TEXTS.slice(0, 6) : TEXTS.filter((text) => text.trim() !== ''));
  };
  const content = () => (random.chance(0.2) ? '' : random.pick(TEXTS).repeat(random.chance(0.05) ? 500 : 1));
  // Ids ascend with gaps, and a table may be empty.
  const table = (most, row) => {
    let id = 0;
    const count = random.chance(0.05) ? 0 : random.between(1, most);
    return Array.from({ length: count }, () => ({ id: (id += random.between(1, 3)), ...row() }));
  };
  const named = () => ({ name: label(100), ...moments() });
  const User = table(8, named);
  const Post = table(16, () => ({
    title: label(200),
    content: content(),
    ownerId: User.length && random.pick(User).id,
    ...moments(),
  }));
  const Student = table(7, named);
  const Course = table(6, () => ({ title: label(200), ...moments() }));
  const Enrollment = Student.flatMap((student) =>
    random.some(Course, 0.45).map((course) => ({ studentId: student.id, courseId: course.id, enrolledAt: moment() })),
  );
  const rows = { User, Post: User.length ? Post : [], Student, Course, Enrollment };
  const lastIds = {};
  for (const type of ['User', 'Post', 'Student', 'Course']) lastIds[type] = rows[type].at(-1)?.id ?? 0;
  return { ...rows, lastIds };
}

const snakeCase = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const quoted = (text) => `'${text.replaceAll("'", "''")}'`;

/** The statements that put the rows in the place of all that is there. */
export function loading(rows, isPostgres) {
  const tables = Object.values(TABLES).map(({ table }) => table);
  const statements = isPostgres
    ? [`TRUNCATE ${tables.join(', ')} RESTART IDENTITY`]
    : [...tables.toReversed(), 'sqlite_sequence'].map((table) => `DELETE FROM ${table}`);
  for (const [type, { table, columns }] of Object.entries(TABLES)) {
    const value = (row, column) =>
      isMoment(column)
        ? quoted(writeMoment(row[column]))
        : typeof row[column] === 'string'
          ? quoted(row[column])
          : row[column];
    const values = rows[type].map((row) => `(${columns.map((column) => value(row, column)).join(', ')})`);
    if (values.length > 0)
      statements.push(`INSERT INTO ${table} (${columns.map(snakeCase).join(', ')}) VALUES ${values.join(', ')}`);
  }
  for (const [type, last] of Object.entries(rows.lastIds)) {
    const { table } = TABLES[type];
    if (isPostgres)
      statements.push(`SELECT setval(pg_get_serial_sequence('${table}', 'id'), ${Math.max(last, 1)}, ${last > 0})`);
    else
      statements.push(
        `DELETE FROM sqlite_sequence WHERE name = '${table}'`,
        `INSERT INTO sqlite_sequence VALUES ('${table}', ${last})`,
      );
  }
  return ['BEGIN', ...statements, 'COMMIT'];
}

/** A statement for all rows of all tables, as one line of JSON: an array of rows for each of the tables. */
export function dumping(isPostgres) {
  const [array, group] = isPostgres ? ['json_build_array', 'json_agg'] : ['json_array', 'json_group_array'];
  const one = ({ table, columns }) => {
    const row = `${array}(${columns.map(snakeCase).join(', ')})`;
    return `(SELECT ${group}(${isPostgres ? '' : 'json('}row${isPostgres ? '' : ')'}) FROM (SELECT ${row} AS row FROM ${table} ORDER BY ${snakeCase(columns[0])}, ${snakeCase(columns[1])}) AS listed)`;
  };
  return `SELECT ${array}(${Object.values(TABLES).map(one).join(', ')})`;
}

/** The first row of a dump that differs from the reference's, in a few words. The moments of what was just written are not compared. */
export function compareRows(rows, dump) {
  const expected = compareRows.texts(rows);
  for (const [index, type] of Object.keys(TABLES).entries()) {
    const { columns } = TABLES[type];
    const cell = (value, column) => {
      if (!isMoment(columns[column])) return value;
      return isNow(value) ? 'now' : writeMoment(parseMoment(value.replace(' ', 'T')));
    };
    const stored = (dump[index] ?? []).map((row) => JSON.stringify(row.map(cell)));
    for (let row = 0; row < Math.max(stored.length, expected[index].length); row++) {
      if (stored[row] !== expected[index][row])
        return `${type} "${stored[row]}" is expected to be "${expected[index][row]}"`;
    }
  }
  return undefined;
}

/** Each table's rows as texts, as they are compared. */
compareRows.texts = (rows) =>
  Object.entries(TABLES).map(([type, { columns }]) => {
    const cell = (value) =>
      typeof value !== 'bigint' ? value : isNow(writeMoment(value)) ? 'now' : writeMoment(value);
    return rows[type].map((row) => JSON.stringify(columns.map((column) => cell(row[column]))));
  });
