// The rows of a world as SQL: loaded, read back and compared.
import { cellText } from './kinds.mjs';

const snakeCase = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The statements that put the rows in the place of all that is there. */
export function loading({ types }, rows, isPostgres) {
  const tables = Object.values(types).map(({ table }) => table);
  const statements = isPostgres
    ? [`TRUNCATE ${tables.join(', ')} RESTART IDENTITY`]
    : [...tables.toReversed(), 'sqlite_sequence'].map((table) => `DELETE FROM ${table}`);
  for (const [type, { table, columns }] of Object.entries(types)) {
    const cells = (row) => Object.entries(columns).map(([column, kind]) => kind.sql(row[column], isPostgres));
    const values = rows[type].map((row) => `(${cells(row).join(', ')})`);
    const names = Object.keys(columns).map(snakeCase).join(', ');
    if (values.length > 0) statements.push(`INSERT INTO ${table} (${names}) VALUES ${values.join(', ')}`);
  }
  for (const [type, last] of Object.entries(rows.lastIds)) {
    const { table } = types[type];
    if (isPostgres) {
      const [least, isCalled] = last > 0 ? [last, true] : [1, false];
      statements.push(`SELECT setval(pg_get_serial_sequence('${table}', 'id'), ${least}, ${isCalled})`);
    } else {
      statements.push(
        `DELETE FROM sqlite_sequence WHERE name = '${table}'`,
        `INSERT INTO sqlite_sequence VALUES ('${table}', ${last})`,
      );
    }
  }
  return ['BEGIN', ...statements, 'COMMIT'];
}

/** A statement for all rows of all tables, as one line of JSON: an array of rows for each of the tables. */
export function dumping({ types }, isPostgres) {
  const [array, group] = isPostgres ? ['json_build_array', 'json_agg'] : ['json_array', 'json_group_array'];
  const one = ({ table, columns, key }) => {
    const cells = Object.entries(columns).map(([column, kind]) => kind.dump(snakeCase(column), isPostgres));
    const row = `${array}(${cells.join(', ')})`;
    return `(SELECT ${group}(${isPostgres ? '' : 'json('}row${isPostgres ? '' : ')'}) FROM (SELECT ${row} AS row FROM ${table} ORDER BY ${key.map(snakeCase).join(', ')}) AS listed)`;
  };
  return `SELECT ${array}(${Object.values(types).map(one).join(', ')})`;
}

/** The rows of such a dump, by type. */
export function readDump({ types }, dump) {
  const read = (columns, cells) =>
    Object.fromEntries(Object.entries(columns).map(([column, kind], index) => [column, kind.stored(cells[index])]));
  const tables = JSON.parse(dump);
  return Object.fromEntries(
    Object.entries(types).map(([type, { columns }], index) => [
      type,
      (tables[index] ?? []).map((cells) => read(columns, cells)),
    ]),
  );
}

/** Each table's rows as texts, as they are compared. The moments of what was just written are not compared. */
export const rowTexts = ({ types }, rows) =>
  Object.entries(types).map(([type, { columns }]) =>
    rows[type].map((row) => JSON.stringify(Object.keys(columns).map((column) => cellText(row[column])))),
  );

/** The first stored row that differs from the reference's, in a few words. */
export function compareRows(world, rows, storedRows) {
  const [expected, stored] = [rowTexts(world, rows), rowTexts(world, storedRows)];
  for (const [index, type] of Object.keys(world.types).entries()) {
    for (let row = 0; row < Math.max(stored[index].length, expected[index].length); row++) {
      if (stored[index][row] !== expected[index][row])
        return `${type} "${stored[index][row]}" is expected to be "${expected[index][row]}"`;
    }
  }
  return undefined;
}
