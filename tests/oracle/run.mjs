// `node run.mjs BINARY [--world school|shop] [--cases N] [--seed S] [--database sqlite|postgres|both] [--show D] [--only K]
// [--schema FILE]`: whether the server answers random requests as GraphQL's reference implementation does. `--world` says whose
// tables it serves. `--show` says how many kinds of differences are shown in full. `--only` repeats one case of a seed, after those
// that it depends on. `--schema` is for a server of another schema than its world's file.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setImmediate as immediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BLOCK, comparisons, cursorsIn, cursorsQuery, drawCase, rowsOf, writes } from './cases.mjs';
import { compare, kindOf, readAnswer } from './compare.mjs';
import { DATABASES } from './databases.mjs';
import { introspectionDiffers } from './introspected.mjs';
import { parts } from './raw.mjs';
import { Reference } from './reference.mjs';
import { compareRows, dumping, loading, readDump, rowTexts } from './rows.mjs';
import { school } from './school.mjs';
import { shop } from './shop.mjs';
import { shrunk } from './shrink.mjs';
import { Tally } from './tally.mjs';
import { Cursors } from './unknown.mjs';

const { positionals, values: options } = parseArgs({
  allowPositionals: true,
  options: {
    cases: { type: 'string', default: '2000' },
    seed: { type: 'string' },
    only: { type: 'string' },
    database: { type: 'string', default: 'both' },
    show: { type: 'string', default: '10' },
    world: { type: 'string', default: 'school' },
    schema: { type: 'string' },
  },
});
const [cases, shown] = [Number(options.cases), Number(options.show)];
const only = options.only === undefined ? undefined : Number(options.only);
const seed = options.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(options.seed);
/** So many characters of an answer are shown. */
const MOST_SHOWN = 3000;
const names = options.database === 'both' ? Object.keys(DATABASES) : [options.database];
const world = { school, shop }[options.world];
const isUsable = world && cases > 0 && ![seed, shown, only ?? 0].some(Number.isNaN) && names[0] in DATABASES;
if (positionals.length !== 1 || !isUsable) {
  console.error('usage: node run.mjs BINARY [--world school|shop] [--cases N] [--seed S] [--only K] …: see run.mjs');
  process.exit(2);
}
const binary = resolve(positionals[0]);

const schema = options.schema ?? fileURLToPath(new URL(`../../${world.schema}`, import.meta.url));
const reference = new Reference(world, readFileSync(schema, 'utf8'));
const tally = new Tally(reference.schema);
const summaries = new Map();
const [servers, stops] = [[], []];

/** Notes a difference, and shows the first ones in full. */
async function differs(server, it, expected, answered, difference, shrink) {
  tally.failed++;
  const summary = kindOf(difference);
  const numbers = summaries.get(summary) ?? [];
  summaries.set(summary, [...numbers, it.number]);
  if (only === undefined && (numbers.length > 0 || summaries.size > shown)) return;
  const small = shrink ? await shrink() : { request: it.request, expected, answered };
  const { refused, data, paths } = small.expected;
  const said =
    refused ?? `${JSON.stringify(data)} ${paths.length > 0 ? `with errors at ${JSON.stringify(paths)}` : ''}`;
  const lines = [
    `\n${server.name}, ${it.kind}: ${difference}`,
    `  to see it again: --seed ${seed} --cases ${cases} --only ${it.number}`,
    JSON.stringify(small.request, null, 1),
    `  reference: ${said}`.slice(0, MOST_SHOWN),
    `  server:    ${small.answered.text}`.slice(0, MOST_SHOWN),
  ];
  console.log(lines.join('\n'));
}

/** Whether the answers of one case are the same. */
async function judge(server, it, expected, text, rows, cursors, { canRepeat = false, drawn = [] } = {}) {
  const answered = readAnswer(text);
  const difference = compare(expected, answered, cursors, () =>
    reference.allErrors(it.request, structuredClone(rows), cursors, [...drawn]),
  );
  tally.compared++;
  if (difference === undefined) return true;
  const shrink = canRepeat && (() => shrunk(reference, server, it.request, rows, cursors));
  await differs(server, it, expected, answered, difference, shrink);
  return false;
}

const load = (server, rows) => server.shell.run(loading(world, rows, server.isPostgres));

/** Runs the cases of a block up to the one with the number `end`. */
async function runBlock(block, end) {
  const rows = rowsOf(world, seed, block);
  const cursors = new Cursors();
  await Promise.all(servers.map((server) => load(server, rows)));
  const { request, lists } = cursorsQuery(reference, seed, block);
  const expected = reference.answer(request, rows, cursors);
  const answers = await Promise.all(servers.map((server) => server.ask(request)));
  for (const [index, text] of answers.entries()) {
    const it = { number: block * BLOCK.size, kind: 'cursors', request };
    if (only === undefined) await judge(servers[index], it, expected, text, rows, cursors);
    else compare(expected, readAnswer(text), cursors);
  }
  const found = cursorsIn(JSON.parse(answers[0]).data, lists);

  const first = block * BLOCK.size;
  const compared = comparisons(reference, seed, block, rows);
  if (only === undefined)
    await read(
      compared.map((request) => ({ number: first, kind: 'a comparison', request })),
      rows,
      cursors,
    );
  const count = Math.min(BLOCK.size, end - first);
  const numbers = Array.from({ length: count }, (_, index) => first + index);
  const drawn = numbers.map((number) => drawCase(reference, seed, number, rows, found));
  const isShown = ({ number }) => only === undefined || number === only;

  // A fault can make a writing request of one that reads.
  const isWriting = ({ number, request }) => writes(number) || /mutation/.test(request.query);
  const reading = drawn.filter((it) => !isWriting(it) && isShown(it));
  await read(reading, rows, cursors, (it, expected) => tally.add(it, expected));
  await write(drawn.filter(isWriting), rows, cursors, isShown);
}

/** Runs requests that read, all at once; `note` is told each of them with what is expected. */
async function read(reading, rows, cursors, note) {
  if (reading.length === 0) return;
  const asked = Promise.all(servers.map((server) => server.ask(reading.map(({ request }) => request))));
  const expected = [];
  for (const { request } of reading) {
    expected.push(reference.answer(request, rows, cursors));
    // The servers shall have their requests, and work meanwhile.
    await immediate();
  }
  const batches = (await asked).map(parts);
  const incomplete = batches.findIndex((answers) => answers.size !== reading.length);
  if (incomplete >= 0) throw new Error(`${servers[incomplete].name} answered a batch: ${(await asked)[incomplete]}`);
  for (const [number, it] of reading.entries()) {
    note?.(it, expected[number]);
    const texts = batches.map((answers) => answers.get(number));
    let areRight = true;
    for (const [index, server] of servers.entries()) {
      const isRight = await judge(server, it, expected[number], texts[index], rows, cursors, { canRepeat: true });
      areRight = areRight && isRight;
    }
    const answered = texts.map(readAnswer);
    const differing = answered.findIndex(({ data }) => data !== answered[0].data);
    const difference = `the data of ${names[0]} are other bytes`;
    if (areRight && differing >= 0)
      await differs(servers[differing], it, expected[number], answered[differing], difference);
  }
}

/** Runs requests that write, one after the other, and compares the rows after each. */
async function write(writing, rows, cursors, isShown) {
  let before = rows;
  for (const it of writing) {
    const answers = await Promise.all(servers.map((server) => server.ask(it.request)));
    const dumps = await Promise.all(servers.map((server) => server.shell.run([dumping(world, server.isPostgres)])));
    const written = [];
    let isSame = true;
    for (const [index, server] of servers.entries()) {
      const stored = readDump(world, dumps[index]);
      const drawn = world.drawnIds?.(before, stored) ?? [];
      const after = structuredClone(before);
      const expected = reference.answer(it.request, after, cursors, [...drawn]);
      written.push(rowTexts(world, after).join());
      if (isShown(it) && index === 0) tally.add(it, expected, written[0] !== rowTexts(world, before).join());
      const isRight = !isShown(it) || (await judge(server, it, expected, answers[index], before, cursors, { drawn }));
      const difference = compareRows(world, after, stored);
      if (index === 0) rows = after;
      if (difference === undefined) continue;
      isSame = false;
      if (isShown(it) && isRight)
        await differs(server, it, expected, readAnswer(answers[index]), `the rows differ: ${difference}`);
    }
    // What follows shall not be compared with the rows of a fault, and has the same rows for all servers.
    before = rows;
    if (!isSame || new Set(written).size > 1) await Promise.all(servers.map((server) => load(server, before)));
    if (only === it.number) return;
  }
}

async function stop() {
  while (stops.length > 0) await stops.pop()();
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop().finally(() => process.exit(1)));

const started = Date.now();
try {
  for (const name of names) servers.push(await DATABASES[name](binary, stops));
  for (const server of servers) {
    const difference = await introspectionDiffers(server, reference.schema);
    if (difference !== undefined) throw new Error(`${server.name}: ${difference}`);
  }
  if (only !== undefined) await runBlock(Math.floor(only / BLOCK.size), Infinity);
  else for (let block = 0; block * BLOCK.size < cases; block++) await runBlock(block, cases);
} finally {
  await stop();
}

console.log(`\nseed ${seed}, ${names.join(' and ')}, ${Math.round((Date.now() - started) / 1000)} s\n${tally}`);
for (const [summary, numbers] of [...summaries].sort((a, b) => b[1].length - a[1].length)) {
  console.log(
    `  ${String(numbers.length).padStart(5)} × ${summary} (case ${[...new Set(numbers)].slice(0, 4).join(', ')})`,
  );
}
const { missing } = tally;
if (missing.length > 0) console.log(`too few cases are: ${missing.join(', ')}`);
console.log(`${tally.compared - tally.failed} passed, ${tally.failed} failed`);
process.exitCode = tally.failed === 0 && missing.length === 0 ? 0 : 1;
