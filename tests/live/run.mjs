// `node run.mjs BINARY [--changes=N] [--instances=N] [--kill] [--seed=N]`: 16 writers change users and posts in every way there is, and
// clients of every sort listen, through a balancer. Each must be told of each change once, those of a row in their order. With
// `--kill`, an instance or PostgreSQL is killed every few seconds.
import { execFileSync, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { startCluster } from '../postgres.mjs';
import { Balancer, Instance } from './servers.mjs';
import { write } from './writers.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    changes: { type: 'string', default: '1000' },
    instances: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    kill: { type: 'boolean', default: false },
  },
});
const [binary] = positionals;
const here = import.meta.dirname;
/** Where the clients are that are not in Node: as `tests/clients/run.mjs` and cargo put them. */
const target = resolve(here, '../../target/clients');
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const cluster = await startCluster();
const database = `${cluster.url}/postgres`;
execFileSync(resolve(binary), ['migrate', 'up', '--database-url', database], { stdio: 'ignore' });
const instances = [];
for (let index = 0; index < Number(values.instances); index += 1) instances.push(await Instance.start(binary, database));
const balancer = await Balancer.start(instances);

/** Rows of a query, asked anew until the database answers. */
async function rows(sql) {
  for (;;) {
    const client = new pg.Client({ connectionString: database });
    client.on('error', () => {});
    try {
      await client.connect();
      return (await client.query(sql)).rows;
    } catch {
      await pause(100);
    } finally {
      client.end().catch(() => {});
    }
  }
}

/** A cursor, and the number of its change: what comes thereafter is to be told. */
async function beginning() {
  const query = 'subscription { userChanged { id } }';
  const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
  const stream = await fetch(balancer.url, { method: 'POST', headers, body: JSON.stringify({ query }) });
  await rows("INSERT INTO users (name, created_at, updated_at) VALUES ('first', now(), now())");
  let text = '';
  for await (const chunk of stream.body) {
    text += new TextDecoder().decode(chunk);
    const cursor = text.match(/^id: (\S+)$/m)?.[1];
    if (cursor) return cursor;
  }
}

const cursor = await beginning();
const [{ first }] = await rows('SELECT max(number)::int AS first FROM dovetail_changes');

/** What each client was told: by its name and the row, the kinds in their order. */
const told = new Map();
const wrongs = [];
let count = 0;
function listen(command, args) {
  const child = spawn(command, [...args, balancer.url, cursor], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...(instances.length === 1 && { ONE_INSTANCE: '1' }) },
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { name, field, kind, id, told: problem } = JSON.parse(line);
    if (!told.has(name)) told.set(name, new Map());
    const of = told.get(name);
    if (problem) {
      const code = JSON.stringify(problem);
      if (!/UNAVAILABLE|TIMEOUT/.test(code)) wrongs.push(`${name} was told of ${field}: ${code}`);
      return;
    }
    count += 1;
    if (!of.has(id)) of.set(id, []);
    of.get(id).push(kind);
  });
  return child;
}
const clients = [
  listen(process.execPath, [resolve(here, 'clients.mjs')]),
  listen(resolve(target, 'gql/bin/python'), [resolve(here, 'clients.py')]),
  listen(resolve(target, 'debug/listen'), []),
];

let isWriting = true;
let kills = 0;
async function kill() {
  for (let round = 0; isWriting; round += 1) {
    await pause(2_000);
    kills += 1;
    if (round % 3 === 2) {
      cluster.crash();
    } else {
      const instance = instances[round % instances.length];
      await instance.kill();
      await pause(500);
      await instance.start();
    }
  }
}
const killing = values.kill ? kill() : undefined;
const begun = Date.now();
await write({ database, url: balancer.url, count: Number(values.changes), seed: Number(values.seed) });
isWriting = false;
await killing;
const seconds = (Date.now() - begun) / 1000;

const changes = await rows(
  `SELECT source, before, after FROM dovetail_changes WHERE number > ${first} AND source IN ('users', 'posts') ORDER BY number`,
);
const expected = new Map();
for (const { source, before, after } of changes) {
  const [was, is] = [before, after].map((keys) => (typeof keys === 'string' ? JSON.parse(keys) : keys));
  const kind = !was ? 'CREATED' : is ? 'UPDATED' : 'DELETED';
  const id = `${source === 'users' ? 'User' : 'Post'}:${(is ?? was).id}`;
  if (!expected.has(id)) expected.set(id, []);
  expected.get(id).push(kind);
}
const NAMES = instances.length === 1 ? 8 : 7;
const isComplete = () => told.size === NAMES && count >= changes.length * NAMES;
for (let waited = 0; waited < 600 && !isComplete(); waited += 1) await pause(100);
// What is told twice comes soon, if it does.
await pause(1_000);
for (const [name, of] of told) {
  for (const id of new Set([...expected.keys(), ...of.keys()])) {
    const [was, is] = [expected.get(id) ?? [], of.get(id) ?? []].map((kinds) => kinds.join(' '));
    if (was !== is) wrongs.push(`${name}: ${id} was told as [${is}], but is [${was}]`);
  }
}
clients.forEach((client) => client.kill());
for (const instance of instances) await instance.kill();
await balancer.stop();
cluster.stop();
const names = [...told.keys()].join(', ');
console.log(`${changes.length} changes in ${seconds} s, ${kills} kills, ${instances.length} instances; ${told.size} clients (${names}) were told of ${count}`);
for (const wrong of wrongs.slice(0, 20)) console.log(wrong);
if (wrongs.length > 0) console.log(`${wrongs.length} are wrong`);
process.exit(wrongs.length > 0 || told.size !== NAMES || changes.length === 0 ? 1 : 0);
