// The cases: which rows and which request a seed and a number stand for.
import { getNamedType } from 'graphql';
import { join, tokens } from './dress.mjs';
import { Generator } from './generate.mjs';
import { Random } from './random.mjs';
import { drawRows } from './rows.mjs';
import { spoil } from './spoil.mjs';
import { Values, literal } from './values.mjs';

/** So many cases have the same rows. The last ones of them write, one after the other. */
export const BLOCK = { size: 60, writes: 8 };

const SPOILT = 0.45;

export const rowsOf = (seed, block) => drawRows(new Random(seed, block, 1));

export const writes = (number) => number % BLOCK.size >= BLOCK.size - BLOCK.writes;

/** The request of a case, and the kind of its fault if it is to have one. */
export function drawCase(schema, seed, number, rows, lists) {
  const random = new Random(seed, number, 2);
  const generator = new Generator(schema, random, rows, lists);
  const valid = generator.request(writes(number) ? 'mutation' : 'query');
  const { kind = 'none', tokens: list, ...request } = random.chance(SPOILT) ? spoil(valid, random) : valid;
  let found = list;
  try {
    found ??= tokens(request.query);
  } catch {
    // Printing a fault's structure does not always give a document.
    return { number, kind, request };
  }
  return { number, kind, request: { ...request, query: join(found, random) } };
}

/** A question for cursors of all lists, each in some orders; and, in turn, the lists and orders that its fields are of. */
export function cursorsQuery(schema, seed, block) {
  const random = new Random(seed, block, 3);
  const values = new Values(random, {});
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
  const isList = (field) => field.args.some(({ name }) => name === 'orderBy');
  for (const field of Object.values(schema.getQueryType().getFields()).filter(isList)) {
    texts.push(...list(schema.getQueryType(), field));
    const node = getNamedType(getNamedType(field.type).getFields().nodes.type);
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
