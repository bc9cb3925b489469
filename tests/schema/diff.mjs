// `node diff.mjs [BASE]`, in the project's folder: fails if `schema.graphql` breaks clients of the schema at the merge base with BASE
// (the main branch, unless given; on that branch itself, the commit before), unless a commit since says `schema-break: WHY`.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema } from 'graphql';

const FILE = 'schema.graphql';

/** What git says, or nothing if it refuses. */
function git(...args) {
  try {
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

const head = git('rev-parse', 'HEAD');
const bases = [process.argv[2] ?? process.env.SCHEMA_BASE ?? 'origin/main', 'origin/master', 'main', 'master'];
const base =
  bases.map((name) => git('merge-base', 'HEAD', name)).find((it) => it && it !== head) ?? git('rev-parse', 'HEAD^');
const before = base && git('show', `${base}:${FILE}`);
if (before) {
  const changes = await diff(buildSchema(before), buildSchema(readFileSync(FILE, 'utf8')));
  for (const { criticality, message } of changes) console.log(`${criticality.level}: ${message}`);
  const breaking = changes.filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking).length;
  const reasons = git('log', '--format=%B', `${base}..HEAD`).match(/^schema-break: .+/gm) ?? [];
  reasons.forEach((reason) => console.log(reason));
  console.log(`${changes.length} changes of the schema since ${base.slice(0, 9)}, ${breaking} of them breaking`);
  if (breaking > 0 && reasons.length === 0) {
    console.log('a commit that means to break clients says so, on a line of its message: `schema-break: WHY`');
    process.exitCode = 1;
  }
} else {
  console.log('no earlier schema to compare with');
}
