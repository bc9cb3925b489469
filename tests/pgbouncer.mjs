// PgBouncer for the tests in Node.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { asOther, folderOf, freePort } from './postgres.mjs';

/**
 * Starts one before a cluster that pools these (`transaction`, `session`, `statement`), with more settings. `url` is that of its databases,
 * without their names; `stop` ends it.
 */
export async function startPgbouncer({ url }, pools, ...settings) {
  const [folder, port] = [folderOf('pgbouncer'), await freePort()];
  const file = join(folder, 'pgbouncer.ini');
  const users = join(folder, 'users');
  writeFileSync(users, '"postgres" ""');
  const server = new URL(url);
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
  const stop = () => {
    // It is sudo's child where there is sudo.
    execFileSync('pkill', ['-f', file]);
    process.unref();
    rmSync(folder, { recursive: true, force: true });
  };
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const answered = await once(socket, 'connect').then(() => true, () => false);
    socket.destroy();
    if (answered) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { url: `postgres://postgres@127.0.0.1:${port}`, port, stop };
}
