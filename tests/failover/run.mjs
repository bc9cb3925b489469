// `node run.mjs BINARY`: three PostgreSQL under Patroni, haproxy before that which is written to, and a server that reads from all three.
// While clients write and read, the one that is written to is killed with its Patroni, and started again once another took its place. No
// read may fail, and no write be lost that was acknowledged. Debian's packages: patroni, python3-pysyncobj, haproxy.
import { execFileSync, spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startHaproxy } from '../haproxy.mjs';
import { asOther, folderOf, freePort, programs, psql } from '../postgres.mjs';
import { start } from '../server.mjs';

const [binary] = process.argv.slice(2);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const folder = folderOf('patroni');

async function until(isMet, what) {
  for (let tries = 0; tries < 1200; tries += 1) {
    if (await isMet().catch(() => false)) return;
    await pause(100);
  }
  throw new Error(`${what}, not after two minutes`);
}

/** A PostgreSQL under Patroni. */
class Node {
  static async all(count) {
    const nodes = [];
    for (let index = 0; index < count; index += 1) {
      nodes.push(Object.assign(new Node(), { name: `n${index}`, port: await freePort(), rest: await freePort(), raft: await freePort() }));
    }
    for (const node of nodes) node.configure(nodes);
    return nodes;
  }

  configure(nodes) {
    this.file = join(folder, `${this.name}.json`);
    const partners = nodes.filter((node) => node !== this).map(({ raft }) => `127.0.0.1:${raft}`);
    const account = (username) => ({ username, password: 'unused' });
    const configuration = {
      scope: 'dovetail',
      name: this.name,
      restapi: { listen: `127.0.0.1:${this.rest}`, connect_address: `127.0.0.1:${this.rest}` },
      raft: { data_dir: join(folder, `${this.name}-raft`), self_addr: `127.0.0.1:${this.raft}`, partner_addrs: partners },
      bootstrap: {
        // What is acknowledged is on a standby too. 20 s are the least after which Patroni takes one for dead.
        dcs: { ttl: 20, loop_wait: 1, retry_timeout: 3, synchronous_mode: true, postgresql: { use_pg_rewind: true } },
        initdb: [{ encoding: 'UTF8' }, { locale: 'C' }, 'data-checksums'],
      },
      postgresql: {
        listen: `127.0.0.1:${this.port}`,
        connect_address: `127.0.0.1:${this.port}`,
        data_dir: join(folder, `${this.name}-data`),
        bin_dir: programs(),
        authentication: { superuser: account('postgres'), replication: account('replicator'), rewind: account('rewind') },
        pg_hba: ['local all all trust', 'host all all 127.0.0.1/32 trust', 'host replication all 127.0.0.1/32 trust'],
        parameters: { unix_socket_directories: folder, max_connections: 200 },
      },
    };
    // JSON is YAML.
    writeFileSync(this.file, JSON.stringify(configuration, null, 2));
  }

  start() {
    const [command, ...args] = [...asOther, 'patroni', this.file];
    this.process = spawn(command, args, { stdio: process.env.VERBOSE ? 'inherit' : 'ignore', cwd: '/' });
  }

  /** Ends Patroni, and its PostgreSQL with all that is of it, without a last word. */
  kill() {
    const end = (pattern) => {
      try {
        execFileSync('pkill', ['-KILL', '-f', pattern]);
      } catch {
        // There is none.
      }
    };
    end(this.file);
    end(join(folder, `${this.name}-data`));
  }

  /** Whether it is written to (`primary`), or read from and near (`replica`). */
  async is(role) {
    return (await fetch(`http://127.0.0.1:${this.rest}/${role}`)).ok;
  }

  get url() {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }
}

const nodes = await Node.all(3);

/** Those that are this. */
async function those(role) {
  const are = await Promise.all(nodes.map((node) => node.is(role).catch(() => false)));
  return nodes.filter((_, index) => are[index]);
}

const port = await freePort();
const balancer = startHaproxy(`
defaults
  mode tcp
  timeout connect 2s
  timeout client 1h
  timeout server 1h
listen primary
  bind 127.0.0.1:${port}
  option httpchk GET /primary
  default-server inter 200 fall 1 rise 1 on-marked-down shutdown-sessions
${nodes.map(({ name, port, rest }) => `  server ${name} 127.0.0.1:${port} check port ${rest}`).join('\n')}
`);

let server;
try {
  nodes.forEach((node) => node.start());
  await until(async () => (await those('primary')).length === 1 && (await those('replica')).length === 2, 'one is written to, and two are read from');
  const [first] = await those('primary');
  const database = `postgres://postgres@127.0.0.1:${port}/postgres`;
  execFileSync(binary, ['migrate', 'up', '--database-url', database], { stdio: 'ignore' });
  const replicas = nodes.map(({ url }) => url);
  const limits = ['--max-sender-share=100', '--request-timeout=60'];
  server = await start(binary, `--database-url=${database}`, `--read-database-url=${replicas}`, ...limits);

  const ask = async (query, token) => {
    const headers = { 'content-type': 'application/json', ...(token && { 'dovetail-after': token }) };
    const response = await fetch(`${server.origin}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
    return { ...(await response.json()), token: response.headers.get('dovetail-written') };
  };
  const acknowledged = [];
  const counts = { refused: 0, read: 0, stale: 0, failed: 0 };
  let [last, longest, over] = [performance.now(), 0, false];
  let latest;
  const writing = async (writer) => {
    for (let round = 0; !over; round += 1) {
      const name = `w${writer}-${round}`;
      const answer = await ask(`mutation { createUser(input: { name: "${name}" }) { user { id } } }`);
      if (answer.errors) {
        counts.refused += 1;
        await pause(100);
        continue;
      }
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
      acknowledged.push(name);
      latest = { id: answer.data.createUser.user.id, name, token: answer.token };
    }
  };
  const reading = async (withToken) => {
    while (!over) {
      const wanted = latest;
      if (!wanted) {
        await pause(10);
        continue;
      }
      const answer = await ask(`{ user(id: "${wanted.id}") { name } users(first: 1) { totalCount } }`, withToken ? wanted.token : undefined);
      counts.read += 1;
      if (answer.errors) {
        counts.failed += 1;
        console.error(JSON.stringify(answer));
      } else if (withToken && answer.data.user?.name !== wanted.name) counts.stale += 1;
    }
  };
  const all = [0, 1, 2, 3].map(writing).concat([true, true, false, false].map(reading));
  await pause(3000);
  const before = acknowledged.length;
  first.kill();
  await until(async () => (await those('primary')).length === 1, 'another is written to');
  await until(async () => acknowledged.length > before + 50, 'writes are acknowledged again');
  first.start();
  await until(() => first.is('replica'), 'the first is read from');
  await pause(3000);
  over = true;
  await Promise.all(all);
  const there = new Set(psql(database, 'SELECT name FROM users').split('\n'));
  const lost = acknowledged.filter((name) => !there.has(name));
  console.log(
    `${acknowledged.length} writes acknowledged, ${lost.length} lost, ${counts.refused} refused, none for ${(longest / 1000).toFixed(1)} s; ` +
      `${counts.read} reads, ${counts.failed} failed, ${counts.stale} stale with a token`,
  );
  if (lost.length + counts.failed + counts.stale > 0) process.exitCode = 1;
} finally {
  await server?.stop();
  balancer.stop();
  for (const node of nodes) node.kill();
  rmSync(folder, { recursive: true, force: true });
}
