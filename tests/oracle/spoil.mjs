// Faults for requests that are valid: in the document's structure, in its tokens, in what is sent with it.
import { parse, print } from 'graphql';
import { tokens } from './dress.mjs';
import { STRUCTURE } from './structure.mjs';

const at = (list, random) => random.below(list.length);

/** Faults in what the document's tokens are. */
const TOKENS = {
  tokenMissing: (list, random) => list.toSpliced(at(list, random), 1),
  tokenTwice: (list, random) => repeated(list, at(list, random), 1),
  tokensRepeated: (list, random) => repeated(list, at(list, random), random.between(2, 6)),
  tokensSwapped: (list, random) => swapped(list, random.below(list.length - 1)),
  tokenReplaced: (list, random) => list.with(at(list, random), random.pick(list)),
  tokenOfPool: (list, random, { SNIPPETS }) => list.with(at(list, random), random.pick(SNIPPETS)),
  tokenAdded: (list, random, { SNIPPETS }) =>
    list.toSpliced(at(list, random), 0, random.pick(random.chance(0.5) ? list : SNIPPETS)),
  documentCut: (list, random) => list.slice(0, at(list, random)),
};

const repeated = (list, from, length) => list.toSpliced(from, 0, ...list.slice(from, from + length));
const swapped = (list, from) => list.toSpliced(from, 2, list[from + 1], list[from]);

/** Another value in the place of one within a value, or in its own. */
function mutated(value, random, pool) {
  if (value !== null && typeof value === 'object' && random.chance(0.7)) {
    const keys = Object.keys(value);
    if (keys.length > 0) {
      const key = random.pick(keys);
      const changed = structuredClone(value);
      changed[key] = mutated(value[key], random, pool);
      if (random.chance(0.2) && !Array.isArray(value)) delete changed[key];
      else if (random.chance(0.2) && !Array.isArray(value))
        changed[random.pick(pool.MORE_NAMES)] = random.pick(pool.JSONS);
      return changed;
    }
  }
  return random.pick([...pool.JSONS, [value], [value, value], String(value)]);
}

/** Faults in what is sent with the document. */
const SENT = {
  variableNotGiven: ({ variables = {}, ...request }, random) => {
    const names = Object.keys(variables ?? {});
    const { [random.pick(names)]: _, ...others } = variables ?? {};
    return names.length > 0 ? { ...request, variables: others } : undefined;
  },
  variableOfOtherType: ({ variables, ...request }, random, pool) => {
    const names = Object.keys(variables ?? {});
    if (names.length === 0) return undefined;
    const name = random.pick(names);
    return { ...request, variables: { ...variables, [name]: mutated(variables[name], random, pool) } };
  },
  variableTooMany: ({ variables, ...request }, random, { JSONS }) => ({
    ...request,
    variables: { ...variables, [random.pick(['more', 'v0', 'v1', 'n0'])]: random.pick(JSONS) },
  }),
  variablesMissing: ({ variables, ...request }) => (Object.keys(variables ?? {}).length > 0 ? request : undefined),
  operationName: (request, random) => ({
    ...request,
    operationName: random.pick(['A', 'B', 'a', 'Nothing', 'F0', null, '']),
  }),
};

/** A request with a fault in its document's structure; `undefined` where the fault does not apply. */
function restructured(fault, request, random, pool) {
  const document = fault(parse(request.query, { noLocation: true }), random, pool);
  return document && { ...request, query: print(document) };
}

/** How often there are which faults, and how they are put in. */
const LEVELS = [
  { share: 0.5, faults: STRUCTURE, apply: restructured },
  {
    share: 0.25,
    faults: TOKENS,
    apply: (fault, request, random, pool) => ({ ...request, tokens: fault(tokens(request.query), random, pool) }),
  },
  { share: 0.25, faults: SENT, apply: (fault, request, random, pool) => fault(request, random, pool) },
];

/** A request with a fault of some kind, of what there is in a pool: `kind` is its name. The document may be in `tokens`, not joined yet. */
export function spoil(request, random, pool) {
  while (true) {
    let sort = random.next();
    const { faults, apply } = LEVELS.find(({ share }) => (sort -= share) < 0);
    const kind = random.pick(Object.keys(faults));
    const spoilt = apply(faults[kind], request, random, pool);
    if (spoilt) return { ...spoilt, kind };
  }
}
