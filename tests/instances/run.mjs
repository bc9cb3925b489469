// `node run.mjs BINARY [--seconds=N] [--whole]`, as root: instances of a server, each in a network namespace of its own, over one PostgreSQL and
// behind haproxy. How much one with a thread for each core answers, and one, two and three with a thread each, on the same cores; then these three
// are started again, one after the other, under load: no request may fail. With `--whole`, all parts of `compose.yaml` are there: they write by
// way of PgBouncer, read from a replica, and Prometheus, which has the rules of `ops/`, reads their metrics and must find nothing to tell.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startHaproxy } from '../haproxy.mjs';
import { startPgbouncer } from '../pgbouncer.mjs';
import { freePort, startCluster, startStandby } from '../postgres.mjs';

const options = { seconds: { type: 'string', default: '3' }, whole: { type: 'boolean', default: false } };
const { values, positionals } = parseArgs({ allowPositionals: true, options });
const binary = resolve(positionals[0]);
const CLIENTS = 16;
const BRIDGE = 'dovetail0';
const address = (host) => `10.77.0.${host}`;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const ip = (...args) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });

/** An instance, in a namespace of its own. */
class Instance {
  constructor(index) {
    this.name = `dovetail${index}`;
    this.host = address(10 + index);
    this.veth = `${this.name}v`;
    ip('netns', 'add', this.name);
    ip('link', 'add', this.veth, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.name);
    ip('link', 'set', this.veth, 'master', BRIDGE, 'up');
    ip('-n', this.name, 'addr', 'add', `${this.host}/24`, 'dev', 'eth0');
    ip('-n', this.name, 'link', 'set', 'eth0', 'up');
  }

  async start(database, ...more) {
    const settings = [...more, '--host=0.0.0.0', '--insecure-open', '--log=off', '--max-sender-share=100', '--shutdown-delay=2', `--database-url=${database}`];
    this.process = spawn('ip', ['netns', 'exec', this.name, binary, 'serve', ...settings], { stdio: ['ignore', 'ignore', 'inherit'] });
    for (let tries = 0; !(await fetch(`http://${this.host}:8000/readyz`).then(({ ok }) => ok, () => false)); tries += 1) {
      if (tries > 200) throw new Error('an instance is not ready');
      await pause(50);
    }
  }

  /** The seconds of CPU that it has taken. */
  cpu() {
    const [user, system] = readFileSync(`/proc/${this.process.pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13);
    return (Number(user) + Number(system)) / 100;
  }

  /** Stops it as an orchestrator does. */
  async stop() {
    const exited = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    await exited;
  }

  remove() {
    this.process?.kill('SIGKILL');
    // Now, and not when the last of what is in the namespace is gone.
    ip('link', 'delete', this.veth);
    ip('netns', 'delete', this.name);
  }
}

/** Prometheus, which reads the metrics of these every second; `ask` asks it. */
async function startPrometheus(instances) {
  const folder = mkdtempSync(join(tmpdir(), 'dovetail-prometheus-'));
  const port = await freePort();
  const targets = instances.map(({ host }) => `${host}:9464`);
  const configuration = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [resolve(import.meta.dirname, '../../ops/alerts.yaml')],
    scrape_configs: [{ job_name: 'dovetail', static_configs: [{ targets }] }],
  };
  writeFileSync(join(folder, 'prometheus.yaml'), JSON.stringify(configuration));
  const args = [`--config.file=${folder}/prometheus.yaml`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`];
  const process = spawn('prometheus', [...args, '--log.level=error'], { stdio: ['ignore', 'ignore', 'inherit'] });
  return {
    async ask(query) {
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`);
      return (await response.json()).data.result;
    },
    async stop() {
      const exited = once(process, 'exit');
      process.kill();
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Haproxy before these. */
async function balance(instances) {
  const port = await freePort();
  const { stop } = startHaproxy(`
defaults
  mode http
  timeout connect 2s
  timeout client 1m
  timeout server 1m
  option redispatch
listen all
  bind 127.0.0.1:${port}
  balance roundrobin
  option httpchk GET /readyz
  default-server check inter 200 fall 2 rise 1
${instances.map(({ name, host }) => `  server ${name} ${host}:8000`).join('\n')}
`);
  await pause(1000);
  return { port, stop };
}

const QUERIES = [
  '{ users(first: 20) { nodes { id name posts(first: 5) { nodes { id title } } } } }',
  '{ user(id: 7) { name } }',
  'mutation { createUser(input: { name: "new" }) { user { id } } }',
];

/** Has clients ask until this is over; how many requests were answered, and which failed. */
async function load(port, isOver) {
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  const counts = { answered: 0, failed: [] };
  const ask = (query) =>
    new Promise((resolve) => {
      const body = JSON.stringify({ query });
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const asked = request({ port, path: '/graphql', method: 'POST', agent, headers }, (response) => {
        let text = '';
        response.on('data', (chunk) => (text += chunk));
        response.on('end', () => {
          if (response.statusCode === 200 && !text.includes('"errors"')) counts.answered += 1;
          else counts.failed.push(`${response.statusCode} ${text.slice(0, 200)}`);
          resolve();
        });
      });
      asked.on('error', (error) => {
        counts.failed.push(error.message);
        resolve();
      });
      asked.end(body);
    });
  const client = async (client) => {
    for (let round = client; !isOver(); round += 1) await ask(QUERIES[round % 8 === 0 ? 2 : round % 2]);
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, index) => client(index)));
  agent.destroy();
  return counts;
}

ip('link', 'add', BRIDGE, 'type', 'bridge');
ip('addr', 'add', `${address(1)}/24`, 'dev', BRIDGE);
ip('link', 'set', BRIDGE, 'up');
const instances = [];
const parts = [];
const cluster = await startCluster({ listen_addresses: '*', max_connections: 200 });
try {
  // From the namespaces, too.
  const hba = cluster.file('pg_hba.conf');
  writeFileSync(hba, `host all all ${address(0)}/24 trust\n`, { flag: 'a' });
  const at = (port) => `postgres://postgres@${address(1)}:${port}/postgres`;
  let database = at(new URL(cluster.url).port);
  const more = [];
  cluster.crash();
  execFileSync(binary, ['migrate', 'up', '--database-url', database], { stdio: 'ignore' });
  execFileSync(binary, ['seed', '--database-url', database], { stdio: 'ignore' });
  if (values.whole) {
    const replica = await startStandby(cluster, { listen_addresses: '*', max_connections: 200 });
    const pooler = await startPgbouncer(cluster, 'transaction', `listen_addr = 127.0.0.1, ${address(1)}`);
    parts.push(replica, pooler);
    database = at(pooler.port);
    more.push(`--read-database-url=${at(new URL(replica.url).port)}`, '--metrics-address=0.0.0.0:9464');
  }
  const one = ['--worker-threads=1', ...more];
  for (let index = 0; index < 3; index += 1) {
    instances.push(new Instance(index));
    await instances[index].start(database, ...one);
  }
  const whole = new Instance(3);
  instances.push(whole);
  await whole.start(database, ...more);
  const several = instances.slice(0, 3);
  const prometheus = values.whole ? await startPrometheus(several) : undefined;
  if (prometheus) parts.unshift(prometheus);
  const sets = [[whole], several.slice(0, 1), several.slice(0, 2), several];
  const answered = sets.map(() => []);
  const costs = sets.map(() => []);
  const taken = () => instances.reduce((sum, instance) => sum + instance.cpu(), 0);
  for (let round = 0; round < 3; round += 1) {
    for (const [index, set] of sets.entries()) {
      const balancer = await balance(set);
      let over = false;
      setTimeout(() => (over = true), 1000 * Number(values.seconds));
      const [began, before] = [performance.now(), taken()];
      const counts = await load(balancer.port, () => over);
      if (counts.failed.length > 0) throw new Error(counts.failed[0]);
      answered[index].push((1000 * counts.answered) / (performance.now() - began));
      costs[index].push((1000 * (taken() - before)) / counts.answered);
      balancer.stop();
    }
  }
  const median = (rounds) => rounds.sort((one, other) => one - other)[1];
  const medians = answered.map(median);
  const cpu = costs.map((rounds) => median(rounds).toFixed(2));
  const [all, ...each] = medians.map(Math.round);
  console.log(`answered a second by one with a thread for each core: ${all}; by 1, 2, 3 with one each: ${each.join(', ')}; their CPU a request: ${cpu.join(', ')} ms`);

  const balancer = await balance(several);
  let over = false;
  const loading = load(balancer.port, () => over);
  for (const instance of several) {
    await pause(500);
    await instance.stop();
    await instance.start(database, ...one);
    await pause(500);
  }
  over = true;
  const { answered: served, failed } = await loading;
  balancer.stop();
  console.log(`while all three were started again: ${served} answered, ${failed.length} failed ${[...new Set(failed)].slice(0, 3).join('; ')}`);
  if (failed.length > 0 || Math.min(...medians.slice(2)) < 0.9 * medians[0]) process.exitCode = 1;
  if (prometheus) {
    await pause(2000);
    const up = await prometheus.ask('sum(up{job="dovetail"})');
    const wells = await prometheus.ask('sum(dovetail_replica_up)');
    const statements = await prometheus.ask('sum(dovetail_request_statements_sum) / sum(dovetail_request_statements_count)');
    const alerts = await prometheus.ask('ALERTS{alertstate="firing"}');
    const [[instancesUp], [replicasUp], [mean]] = [up, wells, statements].map((it) => it.map(({ value }) => Number(value[1])));
    console.log(
      `Prometheus: ${instancesUp} instances up, ${replicasUp} read from the replica, ${mean.toFixed(2)} statements a request, ` +
        `${alerts.length} alerts ${alerts.map(({ metric }) => metric.alertname)}`,
    );
    if (instancesUp !== 3 || replicasUp !== 3 || alerts.length > 0) process.exitCode = 1;
  }
} finally {
  for (const instance of instances) instance.remove();
  for (const part of parts) await part.stop();
  ip('link', 'delete', BRIDGE);
  cluster.stop();
}
