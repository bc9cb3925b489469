// What the tests in Node share: a server of their own, and how they start a browser.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

/**
 * Starts `binary serve` with these arguments on a free port of the loopback address, with an empty database of its own.
 * `origin` is where it listens, such as `http://127.0.0.1:40001`; `stop` ends it and removes its database.
 */
export async function start(binary, ...args) {
  const folder = mkdtempSync(join(tmpdir(), 'dovetail-'));
  const server = spawn(resolve(binary), ['serve', '--port', '0', '--log', 'off', ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(server, 'exit');
  const stop = async () => {
    server.kill();
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  for await (const line of createInterface({ input: server.stdout })) {
    const origin = line.match(/endpoint\s+(\S+)\/graphql/)?.[1];
    if (origin) return { origin, stop };
  }
  await stop();
  throw new Error(`${binary} did not start`);
}

/** For `chromium.launch`: Debian's Chromium, or that of `CHROMIUM`; it runs as root, and does not ask its maker's hosts. */
export const chromiumOptions = {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};
