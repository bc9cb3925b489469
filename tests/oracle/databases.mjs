// The databases and the servers over them: each fresh, and gone when the run ends.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startCluster } from '../postgres.mjs';
import { start } from '../server.mjs';

/** Limits that no random document meets. */
const UNLIMITED = [
  '--max-document-characters=1000000000',
  '--max-document-tokens=1000000000',
  '--max-body-bytes=1000000000',
  '--max-depth=30',
  '--max-aliases=1000000',
  '--max-root-fields=1000000',
  '--max-directives=1000',
  '--max-cost=1000000000000',
  '--max-filter-conditions=1000000',
  '--max-filter-relations=1000',
  '--max-batch=1000',
  // What hangs is a fault, and shall soon be noticed; a block's requests wait for one another.
  '--request-timeout=20',
];

const SQLITE = `
import json, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
for line in sys.stdin:
    rows = []
    for statement in json.loads(line):
        rows = database.execute(statement).fetchall()
    print(rows[0][0] if rows else "", flush=True)
`;

const END = 'end of the statements';

/** A program that runs SQL statements, and answers with the last one's first value. */
class Shell {
  static async start(command, args, options) {
    const program = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...options.env },
    });
    await once(program, 'spawn');
    return new Shell(program, options);
  }

  constructor(program, { write, isEnd }) {
    this.process = program;
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
    this.write = write;
    this.isEnd = isEnd;
  }

  async run(statements) {
    this.process.stdin.write(this.write(statements));
    let answer = '';
    while (true) {
      const { value, done } = await this.lines.next();
      if (done) throw new Error(`the database refused ${statements}`);
      if (this.isEnd === undefined) return value;
      if (value === this.isEnd) return answer;
      answer = value;
    }
  }

  stop() {
    this.process.kill();
  }
}

const agent = new Agent({ keepAlive: true });

/** A server over a database of its own, which a shell reads and writes. */
class Server {
  constructor(name, { origin }, shell) {
    Object.assign(this, { name, isPostgres: name === 'postgres', url: `${origin}/graphql`, shell });
  }

  /** The text of the answer to a request, or to an array of them. */
  ask(asked) {
    const body = JSON.stringify(asked);
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const sent = request(this.url, { agent, method: 'POST', headers }, async (answer) => {
        const chunks = [];
        for await (const chunk of answer) chunks.push(chunk);
        resolve(Buffer.concat(chunks).toString());
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

function temporary(stops) {
  const folder = mkdtempSync(join(tmpdir(), 'dovetail-oracle-'));
  stops.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A server, and a shell for its database. */
async function started(name, binary, url, stops, command, args, options) {
  const server = await start(binary, '--database-url', url, ...UNLIMITED);
  stops.push(server.stop);
  const shell = await Shell.start(command, args, options);
  stops.push(() => shell.stop());
  return new Server(name, server, shell);
}

async function sqlite(binary, stops) {
  const file = join(temporary(stops), 'oracle.db');
  const write = (statements) => `${JSON.stringify(statements)}\n`;
  return started('sqlite', binary, `sqlite:${file}`, stops, 'python3', ['-c', SQLITE, file], { write });
}

async function postgres(binary, stops) {
  const cluster = await startCluster();
  stops.push(cluster.stop);
  const url = `${cluster.url}/postgres`;
  execFileSync(binary, ['migrate', 'up', '--database-url', url], { stdio: ['ignore', 'ignore', 'inherit'] });
  return started('postgres', binary, url, stops, 'psql', ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', url], {
    write: (statements) => `${statements.join(';\n')};\n\\echo ${END}\n`,
    isEnd: END,
    env: { PGTZ: 'UTC', PGCLIENTENCODING: 'UTF8' },
  });
}

/** Starts a server over a fresh database; what ends it is added to `stops`, the last first. */
export const DATABASES = { sqlite, postgres };
