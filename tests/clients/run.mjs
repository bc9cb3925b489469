// `node run.mjs BINARY [NAME...]`: tries these clients, or all, each on a demo server of its own; fails unless all pass.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { startCluster, startStandby } from '../postgres.mjs';
import { start } from '../server.mjs';

const npm = { prepare: 'npm run --silent generate', test: 'npm run --silent test' };
const install = 'python3 -m venv "$VENV" && "$VENV/bin/pip" install -q --disable-pip-version-check -r requirements.txt';

/** Where what is built and installed goes, apart from the server's. */
const TARGET = resolve(import.meta.dirname, '../../target/clients');

/**
 * In its `folder`, what a client needs to `prepare` runs, which generates its code if it has any; and then `test`, with the server's
 * URL in `DOVETAIL_URL`. With `documents`, a folder that was generated, the server takes no documents but those. One that is `replicated` gets
 * `DOVETAIL_REPLICATED_URL` too: that of a server that reads from a replica, which shows 200 ms later what is written.
 */
const CLIENTS = [
  { name: 'relay', folder: 'relay', ...npm, documents: '__generated__' },
  { name: 'codegen', folder: 'codegen', ...npm, documents: 'generated' },
  { name: 'tada', folder: 'tada', ...npm },
  { name: 'apollo', folder: 'apollo', ...npm, replicated: true },
  { name: 'urql', folder: 'urql', ...npm },
  { name: 'graphql-ws', folder: 'graphql-ws', test: npm.test },
  { name: 'graphql-sse', folder: 'graphql-sse', test: npm.test },
  { name: 'cynic and graphql_client', folder: '.', test: 'cargo test --locked' },
  {
    name: 'ariadne-codegen',
    folder: 'ariadne-codegen',
    prepare: `${install} && "$VENV/bin/ariadne-codegen"`,
    test: '"$VENV/bin/mypy" . && "$VENV/bin/python" -m pytest -q',
  },
  { name: 'gql', folder: 'gql', prepare: install, test: '"$VENV/bin/python" -m pytest -q' },
];

/** What a command says; an error if it fails. */
function run(command, { name, cwd, urls }) {
  const env = { ...process.env, NO_COLOR: '1', CARGO_TARGET_DIR: TARGET, VENV: resolve(TARGET, name), ...urls };
  const { status, stdout, stderr } = spawnSync(command, { shell: true, cwd, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`\`${command}\` failed\n${stdout}${stderr}`);
  return stdout;
}

/** How many of a client's tests passed: vitest, pytest and `cargo test` each say it, the latter once a binary. */
async function tests(binary, { name, folder, prepare, test, documents, replicated }) {
  const cwd = resolve(import.meta.dirname, folder);
  if (prepare) run(prepare, { name, cwd });
  const server = await start(binary, '--demo', ...(documents ? ['--trusted-documents', resolve(cwd, documents)] : []));
  const urls = { DOVETAIL_URL: `${server.origin}/graphql` };
  let second;
  try {
    if (replicated) {
      second = await startReplicated(binary);
      urls.DOVETAIL_REPLICATED_URL = `${second.origin}/graphql`;
    }
    const counts = run(test, { name, cwd, urls }).matchAll(
      /(?<!Test Files +)\b(\d+) passed/g,
    );
    const passed = [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
    if (passed === 0) throw new Error(`\`${test}\` ran no tests`);
    return passed;
  } finally {
    await second?.stop();
    await server.stop();
  }
}

/** Starts a server that reads from a replica, which is behind. */
async function startReplicated(binary) {
  const primary = await startCluster();
  const replica = await startStandby(primary, { recovery_min_apply_delay: '200ms' });
  const clusters = [replica, primary];
  const [url, readUrl] = [primary, replica].map(({ url }) => `${url}/postgres`);
  spawnSync(binary, ['migrate', 'up', '--database-url', url]);
  const server = await start(binary, `--database-url=${url}`, `--read-database-url=${readUrl}`);
  const stop = async () => {
    await server.stop();
    for (const cluster of clusters) cluster.stop();
  };
  return { ...server, stop };
}

const [binary, ...names] = process.argv.slice(2);
const unknown = names.filter((name) => !CLIENTS.some((client) => client.name === name));
if (!binary || unknown.length > 0) {
  throw new Error(`usage: node run.mjs BINARY [${CLIENTS.map(({ name }) => name).join('|')}]...`);
}
for (const client of CLIENTS.filter(({ name }) => names.length === 0 || names.includes(name))) {
  try {
    const passed = await tests(binary, client);
    console.log(`${client.name}: ${passed} tests passed`);
  } catch (error) {
    console.log(`${client.name}: ${error.message}`);
    process.exitCode = 1;
  }
}
