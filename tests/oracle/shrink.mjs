// A smaller request with the same kind of difference, by leaving tokens out.
import { compare, kindOf, readAnswer } from './compare.mjs';
import { pieces, plain } from './dress.mjs';
import { parts } from './raw.mjs';

/** So many requests are tried, so many of them at once. */
const [MOST, AT_ONCE] = [1000, 50];

const CLOSING = { '{': '}', '(': ')', '[': ']' };

/** The places of tokens that can go together: single ones, what is in brackets, and what stands before it. */
function groups(list) {
  const found = list.map((_, at) => [at, at + 1]);
  for (const [at, token] of list.entries()) {
    if (!CLOSING[token]) continue;
    let depth = 0;
    for (let end = at; end < list.length; end++) {
      if (list[end] === token) depth++;
      if (list[end] !== CLOSING[token] || --depth > 0) continue;
      found.push([at, end + 1]);
      for (let start = at - 1; start >= Math.max(0, at - 7); start--) found.push([start, end + 1]);
      break;
    }
  }
  for (const [at, token] of list.entries()) {
    if (token === ':') found.push([at - 1, at + 2], [at - 1, at + 3], [at - 2, at + 3]);
  }
  return found.filter(([start]) => start >= 0).sort((a, b) => b[1] - b[0] - (a[1] - a[0]));
}

/** Requests with less in them than this one; the smallest first. */
function smaller(request) {
  let list;
  try {
    list = pieces(request.query);
  } catch {
    return [];
  }
  const { variables, operationName, ...rest } = request;
  const without = (name) => Object.fromEntries(Object.entries(variables).filter(([other]) => other !== name));
  const tokens = list.map(({ token }) => token);
  const text = (list) =>
    list
      .map(({ before, token }) => before + token)
      .join('')
      .trim();
  const queries = groups(tokens).map(([start, end]) => text(list.toSpliced(start, end - start)));
  if (plain(tokens) !== request.query) queries.unshift(plain(tokens));
  const found = queries.map((query) => ({ ...request, query }));
  found.unshift(...Object.keys(variables ?? {}).map((name) => ({ ...request, variables: without(name) })));
  if (operationName) found.unshift({ ...rest, variables });
  return found;
}

/** The request, which only reads, with as little in it as shows a difference of the same kind; and its two answers. */
export async function shrunk(reference, server, request, rows, cursors) {
  const judged = async (requests) => {
    const answers = parts(await server.ask(requests));
    return requests.map((request, index) => {
      const expected = reference.answer(request, structuredClone(rows), cursors);
      const answered = readAnswer(answers.get(index));
      const difference = compare(expected, answered, cursors, () =>
        reference.allErrors(request, structuredClone(rows), cursors),
      );
      return { request, expected, answered, kind: difference && !expected.writes && kindOf(difference) };
    });
  };
  let [smallest] = await judged([request]);
  let left = MOST;
  while (true) {
    const candidates = smaller(smallest.request);
    let found;
    for (let at = 0; at < candidates.length && !found && left > 0; at += AT_ONCE, left -= AT_ONCE) {
      found = (await judged(candidates.slice(at, at + AT_ONCE))).find(({ kind }) => kind === smallest.kind);
    }
    if (!found) return smallest;
    smallest = found;
  }
}
