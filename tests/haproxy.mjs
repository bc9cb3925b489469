// Haproxy for the tests in Node.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Starts one with this configuration; `stop` ends it. */
export function startHaproxy(configuration) {
  const folder = mkdtempSync(join(tmpdir(), 'dovetail-haproxy-'));
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, configuration);
  const process = spawn('haproxy', ['-db', '-q', '-f', file], { stdio: ['ignore', 'ignore', 'inherit'] });
  return {
    stop() {
      process.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
