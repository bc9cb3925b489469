// The cases: which rows and which request a seed and a number stand for.
import { getNamedType } from 'graphql';
import { join, tokens } from './dress.mjs';
import { Generator, nodeOf } from './generate.mjs';
import { poolOf } from './pool.mjs';
import { Random } from './random.mjs';
import { spoil } from './spoil.mjs';
import { Values, isNodeFilter, literal } from './values.mjs';

/** So many cases have the same rows. The last ones of them write, one after the other; before them all, so many comparisons are asked. */
export const BLOCK = { size: 60, writes: 8, comparisons: 60 };

const SPOILT = 0.45;

export const rowsOf = (world, seed, block) => world.drawRows(new Random(seed, block, 1));

export const writes = (number) => number % BLOCK.size >= BLOCK.size - BLOCK.writes;

/** The request of a case, and the kind of its fault if it is to have one. */
export function drawCase(reference, seed, number, rows, lists) {
  const random = new Random(seed, number, 2);
  const generator = new Generator(reference, random, rows, lists);
  const pool = poolOf(reference.world.words);
  const valid = generator.request(writes(number) ? 'mutation' : 'query');
  const { kind = 'none', tokens: list, ...request } = random.chance(SPOILT) ? spoil(valid, random, pool) : valid;
  let found = list;
  try {
    found ??= tokens(request.query);
  } catch {
    // Printing a fault's structure does not always give a document.
    return { number, kind, request };
  }
  return { number, kind, request: { ...request, query: join(found, random) } };
}

const isList = (field) => field.args.some(({ name }) => name === 'orderBy');

/** Questions for lists by one comparison each, of columns and operators that are picked alike. */
export function comparisons({ world, schema }, seed, block, rows) {
  const random = new Random(seed, block, 4);
  const values = new Values(world, random, rows);
  const columns = Object.values(schema.getQueryType().getFields())
    .filter(isList)
    .flatMap((list) => {
      const type = list.args.find(({ name }) => name === 'filter').type;
      const fields = Object.values(type.getFields()).filter((field) => !isNodeFilter(field.type));
      return fields.map((column) => ({ list, type, column }));
    });
  return Array.from({ length: BLOCK.comparisons }, () => {
    const { list, type, column } = random.pick(columns);
    const operator = random.pick(Object.values(column.type.getFields()));
    const place = `${type.name}.${column.name}`;
    const value = values.withoutVariables(() => values.value(operator.type, place, 0));
    const filter = literal({ [column.name]: { [operator.name]: value } }, type);
    return { query: `{ ${list.name}(filter: ${filter}) { nodes { id } } }` };
  });
}

/** A question for cursors of all lists, each in some orders; and, in turn, the lists and orders that its fields are of. */
export function cursorsQuery({ world, schema }, seed, block) {
  const random = new Random(seed, block, 3);
  const values = new Values(world, random, {});
  const lists = [];
  const texts = [];
  const list = (type, field) => {
    const orderType = field.args.find(({ name }) => name === 'orderBy').type;
    const orders = [
      [],
      ...Array.from({ length: 2 }, () => [
        values.withoutVariables(() => values.object(getNamedType(orderType), 'order', 0)),
        values.withoutVariables(() => values.object(getNamedType(orderType), 'order', 0)),
      ]),
    ];
    return orders.map((orderBy) => {
      lists.push({ list: `${type.name}.${field.name}`, orderBy });
      return `l${lists.length - 1}: ${field.name}(first: 100, orderBy: ${literal(orderBy, orderType)}) { edges { cursor } }`;
    });
  };
  for (const field of Object.values(schema.getQueryType().getFields()).filter(isList)) {
    texts.push(...list(schema.getQueryType(), field));
    const node = nodeOf(field);
    const below = Object.values(node.getFields())
      .filter(isList)
      .flatMap((field) => list(node, field));
    if (below.length > 0) texts.push(`${field.name} { nodes { ${below.join(' ')} } }`);
  }
  return { request: { query: `{ ${texts.join(' ')} }` }, lists };
}

/** The cursors in the answer to `cursorsQuery`: by the list's name, in which orders there are which. */
export function cursorsIn(data, lists) {
  const found = new Map();
  const visit = (value) => {
    if (value === null || typeof value !== 'object') return;
    for (const [key, below] of Object.entries(value)) {
      const place = lists[/^l(\d+)$/.exec(key)?.[1]];
      if (!place) visit(below);
      else (place.texts ??= []).push(...below.edges.map(({ cursor }) => cursor));
    }
  };
  visit(data);
  for (const { list, orderBy, texts = [] } of lists) found.set(list, [...(found.get(list) ?? []), { orderBy, texts }]);
  return found;
}
