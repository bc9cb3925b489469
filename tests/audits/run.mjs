// `node run.mjs BINARY`: starts the server, and fails unless it passes each audit that graphql-http has of GraphQL over HTTP.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { auditServer } from 'graphql-http';

const AUDITS = 61;

const folder = mkdtempSync(join(tmpdir(), 'dovetail-audits-'));
const server = spawn(resolve(process.argv[2]), ['serve', '--port', '0'], { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
let failed = true;
try {
  let url;
  for await (const line of createInterface({ input: server.stdout })) {
    url = line.match(/endpoint\s+(\S+)/)?.[1];
    if (url) break;
  }
  if (!url) throw new Error('the server did not start');
  const results = await auditServer({ url });
  for (const result of results.filter(({ status }) => status !== 'ok')) {
    console.log(`${result.status} ${result.id} ${result.name}: ${result.reason}`);
  }
  const passed = results.filter(({ status }) => status === 'ok').length;
  console.log(`${passed} of ${results.length} audits of GraphQL over HTTP passed`);
  failed = passed !== AUDITS || results.length !== AUDITS;
} finally {
  server.kill();
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
