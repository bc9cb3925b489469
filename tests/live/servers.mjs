// The instances over one PostgreSQL, and the balancer before them: each can be killed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { startHaproxy } from '../haproxy.mjs';
import { freePort } from '../postgres.mjs';

async function until(isReady, what) {
  for (let tries = 0; tries < 600; tries += 1) {
    if (await isReady().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what} is not ready`);
}

const isReady = (port) => async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;

/** An instance, on a port that it keeps when it is started again. */
export class Instance {
  static async start(binary, url) {
    const instance = new Instance(binary, url, await freePort());
    await instance.start();
    return instance;
  }

  constructor(binary, url, port) {
    Object.assign(this, { binary: resolve(binary), url, port });
  }

  async start() {
    const limits = ['--max-sender-share', '100', '--max-missed-changes', '1000000', '--max-waiting-event-bytes', '100000000'];
    const database = ['--database-url', this.url, '--write-connections', '8'];
    this.process = spawn(this.binary, ['serve', '--port', `${this.port}`, '--log', 'off', ...database, ...limits], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await until(isReady(this.port), `the instance on ${this.port}`);
  }

  async kill() {
    const exited = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await exited;
  }
}

/** Haproxy before instances: round robin, and around those that are down. */
export class Balancer {
  static async start(instances) {
    const port = await freePort();
    const servers = instances.map(({ port }) => `  server s${port} 127.0.0.1:${port} check inter 200 fall 1 rise 1`);
    const { stop } = startHaproxy(`
global
  maxconn 4096
defaults
  mode http
  timeout connect 2s
  timeout client 1h
  timeout server 1h
  timeout tunnel 1h
  retries 3
  option redispatch
frontend all
  bind 127.0.0.1:${port}
  default_backend instances
backend instances
  balance roundrobin
  option httpchk GET /readyz
${servers.join('\n')}
`);
    const balancer = Object.assign(new Balancer(), { url: `http://127.0.0.1:${port}/graphql`, stop });
    await until(isReady(port), 'haproxy');
    return balancer;
  }
}
