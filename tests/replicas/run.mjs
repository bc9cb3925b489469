// `node run.mjs BINARY [--reads=N]`: a server that reads from two replicas, of which one shows what is written 200 ms later. Who reads with
// the token of what it wrote must find it; who reads without may not. Then replicas are killed, and stand still: no read may fail.
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { freePort, psql, startCluster, startStandby } from '../postgres.mjs';
import { start } from '../server.mjs';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { reads: { type: 'string', default: '2000' } } });
const [binary] = positionals;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const WRITERS = 8;
const READS_A_WRITE = 5;

function check(isMet, what) {
  console.log(`${isMet ? 'ok' : 'NOT OK'}: ${what}`);
  if (!isMet) process.exitCode = 1;
}

const primary = await startCluster();
const database = `${primary.url}/postgres`;
const [near, late] = [await startStandby(primary), await startStandby(primary, { recovery_min_apply_delay: '200ms' })];
const clusters = [near, late, primary];
execFileSync(binary, ['migrate', 'up', '--database-url', database], { stdio: 'ignore' });
const replicas = [near, late].map(({ url }) => `${url}/postgres`);
const metrics = `127.0.0.1:${await freePort()}`;
const server = await start(
  binary,
  `--database-url=${database}`,
  `--read-database-url=${replicas}`,
  '--max-replica-lag=1',
  '--max-sender-share=100',
  `--metrics-address=${metrics}`,
);

/** Asks the server, with a token as a header or as an extension. */
async function ask(query, token, asHeader) {
  const headers = { 'content-type': 'application/json' };
  if (token && asHeader) headers['dovetail-after'] = token;
  const extensions = token && !asHeader ? { dovetail: { after: token } } : undefined;
  const response = await fetch(`${server.origin}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, extensions }) });
  const answer = await response.json();
  const written = answer.extensions?.dovetail?.written;
  if (written !== (response.headers.get('dovetail-written') ?? undefined)) throw new Error('the header has another token');
  return { ...answer, written };
}

const user = (id) => `{ user(id: "${id}") { name } }`;
const withPosts = (id) => `{ user(id: "${id}") { name posts { nodes { title } } } users(first: 1) { totalCount } }`;

/** What became of reads: by what they were. */
const counts = { written: 0, read: 0, stale: 0, failed: 0, readWithout: 0, staleWithout: 0, failedWithout: 0 };

/** Writes and reads until it is told to stop. */
async function write(writer, isOver) {
  const made = await ask(`mutation { createUser(input: { name: "w${writer}" }) { user { id } } }`);
  const { id } = made.data.createUser.user;
  for (let round = 0; !isOver(); round += 1) {
    const name = `w${writer}-${round}`;
    const update = await ask(`mutation { updateUser(input: { id: "${id}", name: "${name}" }) { user { name } } }`);
    if (update.errors) throw new Error(JSON.stringify(update));
    counts.written += 1;
    for (let read = 0; read < READS_A_WRITE; read += 1) {
      const answer = await ask(read % 2 ? user(id) : withPosts(id), update.written, read % 3 === 0);
      counts.read += 1;
      if (answer.errors) counts.failed += 1;
      else if (answer.data.user?.name !== name) counts.stale += 1;
    }
    const without = await ask((round % 2 ? user : withPosts)(id));
    counts.readWithout += 1;
    if (without.errors) counts.failedWithout += 1;
    else if (without.data.user?.name !== name) counts.staleWithout += 1;
  }
}

/** Has all writers write until this is over. */
async function during(run) {
  for (const name of Object.keys(counts)) counts[name] = 0;
  let over = false;
  const writers = Array.from({ length: WRITERS }, (_, writer) => write(writer, () => over));
  await Promise.race([run(), Promise.all(writers)]);
  over = true;
  await Promise.all(writers);
  const { written, read, stale, failed, readWithout, staleWithout, failedWithout } = counts;
  console.log(
    `   ${written} writes; with their tokens ${read} reads, ${stale} stale, ${failed} failed; without ${readWithout}, ${staleWithout} stale, ${failedWithout} failed`,
  );
  return counts;
}

/** What the server's metrics say of a replica: whether it is read from, and by how many seconds it is behind. */
async function measured({ url }) {
  const text = await (await fetch(`http://${metrics}/metrics`)).text();
  const port = new URL(url).port;
  const value = (name) => Number(text.match(new RegExp(`^${name}\\{replica="[^"]*:${port}/[^"]*"\\} (\\S+)$`, 'm'))?.[1]);
  return { up: value('dovetail_replica_up'), lag: value('dovetail_replica_lag_seconds') };
}

/** Reads of a cluster's tables so far. */
function scans({ url }) {
  return Number(psql(`${url}/postgres`, "SELECT coalesce(sum(seq_scan + idx_scan), 0) FROM pg_stat_user_tables WHERE relname = 'users'"));
}

/** Waits until reads come to a cluster. */
async function untilReadFrom(cluster) {
  const before = scans(cluster);
  for (let tries = 0; scans(cluster) === before; tries += 1) {
    if (tries > 100) throw new Error('nothing is read from a replica');
    for (let index = 0; index < 4; index += 1) await ask(user('User:1'));
    await pause(50);
  }
}

try {
  await Promise.all([untilReadFrom(near), untilReadFrom(late)]);
  const told = await during(async () => {
    while (counts.read < Number(values.reads)) await pause(50);
  });
  check(told.stale === 0 && told.failed === 0, 'who reads with the token of what it wrote finds it');
  check(told.staleWithout > 0, 'who reads without may not find it');

  const killed = await during(async () => {
    for (let round = 0; round < 3; round += 1) {
      near.kill();
      await pause(700);
      near.begin();
      await untilReadFrom(near);
    }
  });
  check(killed.stale + killed.failed + killed.failedWithout === 0, 'no read fails while a replica is killed, and it is taken back');

  const silent = await during(async () => {
    near.signal('STOP');
    await pause(5000);
    near.signal('CONT');
    await untilReadFrom(near);
  });
  check(silent.stale + silent.failed + silent.failedWithout === 0, 'no read fails while a replica does not answer, and it is taken back');

  psql(`${late.url}/postgres`, 'SELECT pg_wal_replay_pause()');
  const still = await during(async () => {
    // A backend counts what it read a second later.
    await pause(4000);
    const before = scans(late);
    await pause(1500);
    check(scans(late) - before === 0, 'nothing is read from a replica that is too far behind');
    const { up, lag } = await measured(late);
    check(up === 0 && lag > 4, 'the metrics tell of a replica that is too far behind');
    psql(`${late.url}/postgres`, 'SELECT pg_wal_replay_resume()');
    await untilReadFrom(late);
  });
  const { up, lag } = await measured(late);
  check(up === 1 && lag < 2, 'the metrics tell of a replica that is read from again');
  check(still.stale + still.failed + still.failedWithout === 0, 'no read fails while a replica stands still, and it is taken back');

  const both = await during(async () => {
    near.kill();
    late.kill();
    await pause(1000);
    near.begin();
    late.begin();
    await Promise.all([untilReadFrom(near), untilReadFrom(late)]);
  });
  check(both.stale + both.failed + both.failedWithout === 0, 'no read fails while there is no replica');
} finally {
  await server.stop();
  for (const cluster of clusters) cluster.stop();
}
