// What a world's types are, as it says it in few words: tables, their columns and keys, and the relations between them.
import { compare } from './kinds.mjs';

/** A table, its columns by their names in the API and in its own order, and those of its primary key: the first, if none are said. */
export const table = (name, columns, { key = [Object.keys(columns)[0]], toOne = {}, toMany = {} } = {}) => ({
  table: name,
  columns,
  key,
  toOne,
  toMany,
});

/** The row of a type that columns name, each of which is equal to one of its own; `onDelete` is what comes of its deletion. */
export const parent = (of, by, onDelete = 'RESTRICT') => ({ of, by, onDelete, isOptional: false });

/** The same where there may be none. */
export const parentOrNone = (...args) => ({ ...parent(...args), isOptional: true });

/** The one row of a type whose columns name this one, if there is one. */
export const child = (of, by) => ({ of, by, isOptional: true, isChild: true });

/** The rows of a type that name this one as that parent. */
export const children = (of, parent) => ({ of, by: { parent } });

/** The rows of a type that rows of a join table lead to, of which this is the one parent. */
export const childrenOver = (over, parent, of, child) => ({ over, of, by: { parent, child } });

/** A row's key as ids have it. */
export const keyText = (types, type, row) =>
  types[type].key.map((column) => types[type].columns[column].write(row[column])).join(':');

/** The order of rows by their keys. */
export const byKey = (types, type) => (a, b) =>
  types[type].key.map((column) => compare(a[column], b[column])).find((compared) => compared !== 0) ?? 0;

/** Of the columns that are a foreign key alone, the type of which each names a row. */
export function relationsOf(types, type) {
  const parents = Object.values(types[type].toOne).filter(
    ({ by, isChild }) => !isChild && Object.keys(by).length === 1,
  );
  return Object.fromEntries(parents.map(({ of, by }) => [Object.keys(by)[0], of]));
}
