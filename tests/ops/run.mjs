// `/metrics`, the rules and their tests, as promtool sees them: `node tests/ops/run.mjs BINARY`. It is of Debian's package `prometheus`.
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { freePort } from '../postgres.mjs';
import { start } from '../server.mjs';

const ops = fileURLToPath(new URL('../../ops/', import.meta.url));
const address = `127.0.0.1:${await freePort()}`;
const server = await start(process.argv[2], '--demo', `--metrics-address=${address}`, '--max-depth=5');
try {
  for (const query of ['{ users { nodes { posts { nodes { title } } } } }', '{ nobody }', '{ users { nodes { posts { nodes { owner { name } } } } } }']) {
    const body = JSON.stringify({ query });
    await (await fetch(`${server.origin}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).text();
  }
  const metrics = await (await fetch(`http://${address}/metrics`)).text();
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: metrics, encoding: 'utf8' });
  if (status !== 0 || stdout + stderr !== '') throw new Error(`promtool check metrics: ${stdout}${stderr}`);
  for (const check of [['check', 'rules', 'alerts.yaml'], ['test', 'rules', 'alerts.test.yaml']]) {
    process.stdout.write(execFileSync('promtool', check, { cwd: ops, encoding: 'utf8' }));
  }
  console.log(`promtool finds nothing in ${metrics.match(/^# TYPE/gm).length} metrics`);
} finally {
  await server.stop();
}
