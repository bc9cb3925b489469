// What the cases were, so that a generator that asks nothing is noticed.
import { Coverage } from './coverage.mjs';

/** The least shares of the cases, well under those of a generator that works. */
const LEAST = { accepted: 0.4, refused: 0.1, mutations: 0.05, written: 0.01, filled: 0.12, errors: 0.01, valid: 0.4 };

export class Tally {
  cases = 0;
  counts = { accepted: 0, refused: 0, mutations: 0, written: 0, filled: 0, errors: 0, valid: 0 };
  kinds = {};
  compared = 0;
  failed = 0;

  constructor(schema) {
    this.coverage = new Coverage(schema);
  }

  /** A case, and what the reference made of it; `hasWritten` if rows are others since. */
  add({ kind, request }, expected, hasWritten) {
    this.cases++;
    const is = {
      accepted: expected.refused === undefined,
      refused: expected.refused !== undefined,
      mutations: expected.writes,
      written: hasWritten,
      filled: /"(nodes|edges)":\[\{/.test(JSON.stringify(expected.data)),
      errors: expected.paths?.length > 0,
      valid: kind === 'none' && expected.refused === undefined,
    };
    for (const name of Object.keys(is)) if (is[name]) this.counts[name]++;
    if (is.accepted) this.coverage.add(request.query);
    const of = (this.kinds[kind] ??= { accepted: 0, refused: 0 });
    of[is.accepted ? 'accepted' : 'refused']++;
  }

  /** What there is too little of. */
  get missing() {
    // A few cases prove nothing of the shares.
    const shares =
      this.cases < 500 ? [] : Object.keys(LEAST).filter((name) => this.counts[name] < LEAST[name] * this.cases);
    return this.cases < 2000 ? shares : [...shares, ...this.coverage.left];
  }

  toString() {
    const kinds = Object.entries(this.kinds).sort();
    const lines = kinds.map(
      ([kind, { accepted, refused }]) =>
        `  ${kind.padEnd(22)} ${String(accepted).padStart(6)} accepted ${String(refused).padStart(6)} refused`,
    );
    const shares = Object.entries(this.counts).map(([name, count]) => `${name} ${count}`);
    return [`${this.cases} cases: ${shares.join(', ')}`, 'by the kind of fault put in:', ...lines].join('\n');
  }
}
