// `node run.mjs BINARY [--answers=N]`: all tests with servers that reach PostgreSQL by way of PgBouncer, once as it pools transactions, and once as it
// pools sessions. Then answers that must not be torn, also of a PgBouncer that drops what is said when a connection is opened.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { asOther, folderOf, freePort, startCluster } from '../postgres.mjs';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { answers: { type: 'string', default: '2000' } } });
const [binary] = positionals;
const root = resolve(import.meta.dirname, '../..');
const cluster = await startCluster({ max_connections: 500, shared_preload_libraries: 'pg_stat_statements' });
const server = new URL(cluster.url);
const poolers = [];

/** A PgBouncer that pools these (`transaction`, `session`, `statement`), with more settings. */
async function startPooler(pools, ...settings) {
  const [folder, port] = [folderOf('pgbouncer'), await freePort()];
  const file = join(folder, 'pgbouncer.ini');
  const users = join(folder, 'users');
  writeFileSync(users, '"postgres" ""');
  const all = [
    '[databases]',
    `* = host=${server.hostname} port=${server.port}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = trust',
    `auth_file = ${users}`,
    `pool_mode = ${pools}`,
    // A session has one to itself.
    `default_pool_size = ${pools === 'session' ? 100 : 20}`,
    'max_client_conn = 900',
    'server_idle_timeout = 5',
    ...settings,
  ];
  writeFileSync(file, all.join('\n'));
  const [command, ...args] = [...asOther, existsSync('/usr/sbin/pgbouncer') ? '/usr/sbin/pgbouncer' : 'pgbouncer', '-q', file];
  const process = spawn(command, args, { stdio: ['ignore', 'ignore', 'ignore'], cwd: '/' });
  poolers.push({
    stop() {
      // It is sudo's child where there is sudo.
      execFileSync('pkill', ['-f', file]);
      process.unref();
      rmSync(folder, { recursive: true, force: true });
    },
  });
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const answered = await once(socket, 'connect').then(() => true, () => false);
    socket.destroy();
    if (answered) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return `postgres://postgres@127.0.0.1:${port}`;
}

/** Runs tests by way of a pooler. */
function test(pooler, env, ...args) {
  const all = { ...process.env, TEST_POSTGRES_URL: cluster.url, TEST_POOLER_URL: pooler, ...env };
  const { status } = spawnSync('cargo', ['test', '--locked', ...args], { cwd: root, stdio: 'inherit', env: all });
  if (status !== 0) process.exitCode = 1;
}

try {
  const urls = [];
  for (const pools of ['transaction', 'session']) {
    const pooler = await startPooler(pools);
    urls.push(pooler);
    console.log(`\n-- all tests, by way of PgBouncer, which pools by ${pools}`);
    test(pooler, {}, '--workspace');
  }
  const drops = await startPooler('transaction', 'ignore_startup_parameters = options');
  for (const pooler of [urls[0], drops]) {
    console.log(`\n-- ${values.answers} answers`);
    test(pooler, { ANSWERS: values.answers }, '--test', 'api', 'torn');
  }
  const pooler = await startPooler('statement');
  const { status, stderr } = spawnSync(resolve(binary), ['serve', '--port=0', `--database-url=${pooler}/postgres`]);
  if (status !== 1 || !`${stderr}`.includes('it must pool transactions or sessions')) {
    console.error(`a pooler of statements is not refused: ${stderr}`);
    process.exitCode = 1;
  }
} finally {
  for (const pooler of poolers) pooler.stop();
  cluster.stop();
}
