// PostgreSQL for the tests in Node: a cluster of its own, gone when it is stopped.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The folder of PostgreSQL's programs: Debian keeps them off the path, one folder a version. */
export function programs() {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).map((version) => join(debian, version, 'bin')) : [];
  const folder = [...process.env.PATH.split(':'), ...versions].find((folder) => existsSync(join(folder, 'initdb')));
  if (!folder) throw new Error('PostgreSQL is not installed: there is no initdb');
  // Where all of them are: on the path may be links to some.
  return dirname(realpathSync(join(folder, 'initdb')));
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

function run(program, ...args) {
  const [command, ...all] = [...asOther, join(programs(), program), ...args];
  execFileSync(command, all, { stdio: ['ignore', 'ignore', 'inherit'], cwd: '/' });
}

/** Runs SQL on a database, and returns what it says. */
export function psql(url, sql) {
  return execFileSync(join(programs(), 'psql'), ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-c', sql, url], { encoding: 'utf8' }).trim();
}

/** Starts a cluster with these settings. */
export async function startCluster(settings = {}) {
  const folder = folderOf('postgres');
  run('initdb', '-D', join(folder, 'cluster'), '-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--locale=C', '--no-sync');
  return serve(folder, settings);
}

/** Starts a standby of a cluster, with these settings: it takes from it what is written, and can be read. */
export const startStandby = (cluster, settings = {}) => startCopy(cluster, settings, '-R');

/** Starts what a back-up of a cluster has, taken now. */
export const startRestored = (cluster, settings = {}) => startCopy(cluster, settings);

async function startCopy({ url }, settings, ...args) {
  const folder = folderOf('copy');
  run('pg_basebackup', '-D', join(folder, 'cluster'), '-d', `${url}/postgres`, '-c', 'fast', '--no-sync', ...args);
  return serve(folder, settings);
}

/**
 * Serves what is in a folder. `url` is that of its databases, without their names; `kill` ends it without a last word, `begin` starts it
 * again, and `crash` does both.
 */
async function serve(folder, settings) {
  const cluster = join(folder, 'cluster');
  const port = await freePort();
  const all = Object.entries({ fsync: 'off', listen_addresses: '127.0.0.1', ...settings });
  const options = `-p ${port} -k ${folder} ${all.map(([name, value]) => `-c ${name}=${value}`).join(' ')}`;
  const begin = () => run('pg_ctl', '-D', cluster, '-w', '-l', join(cluster, 'log'), '-o', options, 'start');
  const kill = () => run('pg_ctl', '-D', cluster, '-m', 'immediate', 'stop');
  begin();
  return {
    url: `postgres://postgres@127.0.0.1:${port}`,
    begin,
    kill,
    file: (name) => join(cluster, name),
    /** Has all its processes stand still, or go on (`STOP`, `CONT`). */
    signal(name) {
      const [postmaster] = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n');
      const children = execFileSync('pgrep', ['-P', postmaster], { encoding: 'utf8' }).trim().split('\n');
      execFileSync('kill', [`-${name}`, postmaster, ...children]);
    },
    crash() {
      kill();
      begin();
    },
    stop() {
      kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
