// What the roots of writing of all worlds share, over the same rows in memory.
import { Objects } from './objects.mjs';
import { byKey, keyText } from './tables.mjs';
import { MESSAGE } from './unknown.mjs';

/** The refusals of one mutation. */
export class Refusals {
  list = [];

  add(code, ...path) {
    this.list.push({ code, message: MESSAGE, path: path.map(String) });
  }

  /** A text of up to `most` characters. */
  text(text, most, ...path) {
    if ([...text].length > most) this.add('TOO_LONG', ...path);
    if (text.includes('\0')) this.add('INVALID', ...path);
  }

  /** The same of a text that is not blank. */
  label(text, most, ...path) {
    if (/^\p{White_Space}*$/u.test(text)) this.add('BLANK', ...path);
    this.text(text, most, ...path);
  }
}

/** The present moment. */
export const now = () => BigInt(Date.now()) * 1_000_000n;

/** A moment as exact as both databases keep it: to the microsecond. */
export const held = (moment) => moment - (((moment % 1000n) + 1000n) % 1000n);

export class Writer extends Objects {
  constructor(world, rows, cursors, drawn) {
    super(world, rows, cursors);
    this.drawn = drawn;
  }

  /** The root of writing, of a world's `mutations` by the names of the schema's fields. */
  mutation() {
    const ofInput = ([name, write]) => [name, ({ input }) => write(input)];
    return Object.fromEntries(Object.entries(this.mutations()).map(ofInput));
  }

  /** Those of a world's methods that are mutations, by their names. */
  own(...names) {
    return Object.fromEntries(names.map((name) => [name, (input) => this[name](input)]));
  }

  /** Adds a row, with the next id where the table gives them out. */
  insert(type, row) {
    const { rows } = this;
    const { key } = this.types[type];
    const inserted = type in rows.lastIds ? { [key[0]]: ++rows.lastIds[type], ...row } : row;
    rows[type].push(inserted);
    rows[type].sort(byKey(this.types, type));
    return inserted;
  }

  /** The row with this id; that there is none is a refusal. */
  existing(type, id, refusals, ...path) {
    const key = this.keyIn(type, id);
    return () => {
      const row = this.find(type, key);
      if (!row) refusals.add('NOT_FOUND', ...path);
      return row;
    };
  }

  /** What was written, in the field of its type: the row that `write` makes, if nothing is refused. */
  payload(type, refusals, write) {
    const isRefused = refusals.list.length > 0;
    const field = type[0].toLowerCase() + type.slice(1);
    return { [field]: isRefused ? null : this.node(type, write()), userErrors: refusals.list };
  }

  /** Deletes a row, and what its foreign keys delete with it, unless others refer to it. */
  delete(type, { id }) {
    const refusals = new Refusals();
    const row = this.existing(type, id, refusals, 'id')();
    const referring = Object.entries(this.types).flatMap(([other, { toOne }]) =>
      Object.entries(toOne)
        .filter(([, relation]) => relation.of === type && !relation.isChild)
        .map(([field, { onDelete }]) => ({ other, field, onDelete })),
    );
    const names = ({ other, field }, child) => this.parent(other, child, field) === row;
    const isReferredTo = referring.some(
      (it) => it.onDelete === 'RESTRICT' && this.rows[it.other].some((child) => names(it, child)),
    );
    if (row && isReferredTo) refusals.add('INVALID', 'id');
    if (refusals.list.length > 0) return { deletedId: null, userErrors: refusals.list };
    const deletedId = `${type}:${keyText(this.types, type, row)}`;
    for (const it of referring) this.rows[it.other] = this.rows[it.other].filter((child) => !names(it, child));
    this.rows[type] = this.rows[type].filter((other) => other !== row);
    return { deletedId, userErrors: [] };
  }
}
