// PostgreSQL for the tests in Node: a cluster of its own, gone when it is stopped.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The folder of PostgreSQL's programs: Debian keeps them off the path, one folder a version. */
function programs() {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).map((version) => join(debian, version, 'bin')) : [];
  const folder = [...process.env.PATH.split(':'), ...versions].find((folder) => existsSync(join(folder, 'initdb')));
  if (!folder) throw new Error('PostgreSQL is not installed: there is no initdb');
  return folder;
}

/** A port that is free just now. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

/** What runs a program as somebody else where this is root, as which neither PostgreSQL nor PgBouncer runs. */
export const asOther =
  process.getuid() === 0
    ? existsSync('/usr/bin/sudo')
      ? ['sudo', '-u', 'postgres']
      : ['runuser', '-u', 'postgres', '--']
    : [];

/** A folder of whom those programs run as. */
export function folderOf(name) {
  const folder = mkdtempSync(join(tmpdir(), `dovetail-${name}-`));
  if (asOther.length > 0) execFileSync('chown', ['postgres', folder]);
  return folder;
}

/**
 * Starts a cluster with these settings. `url` is that of its databases, without their names; `crash` ends it without a last word, and
 * starts it again.
 */
export async function startCluster(settings = {}) {
  const folder = folderOf('postgres');
  const cluster = join(folder, 'cluster');
  const run = (program, ...args) => {
    const [command, ...all] = [...asOther, join(programs(), program), ...args];
    execFileSync(command, all, { stdio: ['ignore', 'ignore', 'inherit'], cwd: '/' });
  };
  const port = await freePort();
  run('initdb', '-D', cluster, '-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--locale=C', '--no-sync');
  const all = Object.entries({ fsync: 'off', listen_addresses: '127.0.0.1', ...settings });
  const options = `-p ${port} -k ${cluster} ${all.map(([name, value]) => `-c ${name}=${value}`).join(' ')}`;
  const begin = () => run('pg_ctl', '-D', cluster, '-w', '-l', join(cluster, 'log'), '-o', options, 'start');
  const end = () => run('pg_ctl', '-D', cluster, '-m', 'immediate', 'stop');
  begin();
  return {
    url: `postgres://postgres@127.0.0.1:${port}`,
    crash() {
      end();
      begin();
    },
    stop() {
      end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
