// `node run.mjs BINARY [--answers=N]`: all tests with servers that reach PostgreSQL by way of PgBouncer, once as it pools transactions, and once as it
// pools sessions. Then answers that must not be torn, also of a PgBouncer that drops what is said when a connection is opened.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startPgbouncer } from '../pgbouncer.mjs';
import { startCluster } from '../postgres.mjs';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { answers: { type: 'string', default: '2000' } } });
const [binary] = positionals;
const root = resolve(import.meta.dirname, '../..');
const cluster = await startCluster({ max_connections: 500, shared_preload_libraries: 'pg_stat_statements' });
const poolers = [];

/** A PgBouncer that pools these, with more settings; its URL. */
async function startPooler(...settings) {
  const pooler = await startPgbouncer(cluster, ...settings);
  poolers.push(pooler);
  return pooler.url;
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
