// Back-ups that are taken under load, and restored: nothing that was acknowledged before is missing, and what is restored can be served.
// `node tests/backup/run.mjs BINARY [LITESTREAM]`. SQLite's are taken by Python's `sqlite3`, as the program `sqlite3` takes them; and
// with Litestream's binary, by that too.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { programs, psql, startCluster, startRestored } from '../postgres.mjs';
import { start } from '../server.mjs';

const [, , binary, litestream] = process.argv;
const run = promisify(execFile);
const postgres = (program, ...args) => run(join(programs(), program), args);
const WRITERS = 4;

async function ask(server, query) {
  const body = JSON.stringify({ query });
  const response = await fetch(`${server.origin}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const { data, errors } = await response.json();
  if (errors) throw new Error(errors[0].message);
  return data;
}

/** Writes users, each with a post, for as long as `work` takes; and returns the names that were acknowledged when it began. */
async function underLoad(server, work) {
  const acknowledged = [];
  let isOver = false;
  const write = async (writer) => {
    for (let number = 0; !isOver; number++) {
      const name = `${writer}.${number}`;
      const { createUser } = await ask(server, `mutation { createUser(input: { name: "${name}" }) { user { id } } }`);
      await ask(server, `mutation { createPost(input: { title: "${name}", content: "", ownerId: "${createUser.user.id}" }) { post { id } } }`);
      acknowledged.push(name);
    }
  };
  const writers = Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
  while (acknowledged.length < 200) await delay(10);
  const before = [...acknowledged];
  try {
    await work();
  } finally {
    isOver = true;
    await writers;
  }
  return { before, all: acknowledged.length };
}

/** What a server has of these names, and whether it can be written to. */
async function check(what, { before, all }, url) {
  const server = await start(binary, '--database-url', url, '--max-page-size=1000');
  try {
    const names = new Set();
    for (let after = 'null', more = true; more; ) {
      const { posts } = await ask(server, `{ posts(first: 1000, after: ${after}) { pageInfo { hasNextPage endCursor } nodes { title owner { name } } } }`);
      for (const { title, owner } of posts.nodes) if (title === owner.name) names.add(title);
      (more = posts.pageInfo.hasNextPage), (after = JSON.stringify(posts.pageInfo.endCursor));
    }
    const lost = before.filter((name) => !names.has(name));
    await ask(server, 'mutation { createUser(input: { name: "after" }) { user { id } } }');
    console.log(`${what}: ${all} acknowledged, ${before.length} of them before the back-up began; it has ${names.size}, and lacks ${lost.length} of those`);
    if (lost.length > 0 || names.size < before.length) process.exitCode = 1;
  } finally {
    await server.stop();
  }
}

const folder = mkdtempSync(join(tmpdir(), 'dovetail-backup-'));
const cluster = await startCluster();
const [others, servers] = [[], []];
try {
  psql(`${cluster.url}/postgres`, 'CREATE DATABASE school');
  const url = `${cluster.url}/school`;
  await run(binary, ['migrate', 'up', '--database-url', url]);
  const server = await start(binary, '--database-url', url);
  servers.push(server);

  let restored;
  const physical = await underLoad(server, async () => {
    restored = await startRestored(cluster);
    others.push(restored);
  });
  await check('pg_basebackup', physical, `${restored.url}/school`);

  const dump = join(folder, 'school.dump');
  const logical = await underLoad(server, () => postgres('pg_dump', '-Fc', '-f', dump, '-d', url));
  psql(`${restored.url}/postgres`, 'CREATE DATABASE again');
  await postgres('pg_restore', '--exit-on-error', '--no-owner', '-d', `${restored.url}/again`, dump);
  await check('pg_dump', logical, `${restored.url}/again`);

  const file = join(folder, 'school.db');
  const embedded = await start(binary, '--database-url', `sqlite:${file}`);
  servers.push(embedded);
  const sqlite = (code, ...args) => run('python3', ['-c', `import sqlite3, sys\n${code}`, ...args]);
  const [vacuumed, copied] = [join(folder, 'vacuumed.db'), join(folder, 'copied.db')];
  const into = await underLoad(embedded, () => sqlite('sqlite3.connect(sys.argv[1]).execute("VACUUM INTO ?", sys.argv[2:])', file, vacuumed));
  await check('VACUUM INTO', into, `sqlite:${vacuumed}`);
  const api = await underLoad(embedded, () => sqlite('sqlite3.connect(sys.argv[1]).backup(sqlite3.connect(sys.argv[2]))', file, copied));
  await check('.backup', api, `sqlite:${copied}`);

  if (litestream) {
    const [place, streamed] = [`file://${join(folder, 'streamed')}`, join(folder, 'streamed.db')];
    const sender = spawn(litestream, ['replicate', file, place], { stdio: 'ignore' });
    const ended = once(sender, 'exit');
    try {
      const sent = await underLoad(embedded, async () => {
        // It sends what is new once a second.
        await delay(2_000);
        await run(litestream, ['restore', '-o', streamed, place]);
      });
      await check('Litestream, after 2 s', sent, `sqlite:${streamed}`);
    } finally {
      sender.kill();
      await ended;
    }
  }
} finally {
  for (const server of servers) await server.stop();
  for (const one of [cluster, ...others]) one.stop();
  rmSync(folder, { recursive: true, force: true });
}
