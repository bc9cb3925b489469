// What a database's plan of a page says: which index it comes out of, what is sorted, and what bounds the search in the index.

/** The part of a plan that makes the page: of a parent's children, what runs for each parent. */
function pageOf(database, plan) {
  const [from, to] =
    database === 'sqlite'
      ? [plan.indexOf('CO-ROUTINE page') + 1, plan.indexOf('SCAN page')]
      : [plan.findIndex((line) => /\bLimit\b/.test(line)) + 1, -1];
  return plan.slice(from, to < 0 ? undefined : to);
}

/** What sorts come to, by the terms that each finds in order. That of what is NULL alone is as good as none. */
function sortedOf(sorts) {
  if (sorts.length === 0) return undefined;
  return sorts.some((terms) => terms.length === 0 || (terms.length === 1 && /IS NULL/.test(terms[0]))) ? 'all' : 'ties';
}

function sqlite(plan, text) {
  const access = /^(?:SCAN|SEARCH) \w+(?: USING (?:COVERING )?INDEX (\S+)| USING INTEGER PRIMARY KEY)?(?: \((.+)\))?/;
  const [, index = 'key', bound] = plan.map((line) => line.match(access)).find(Boolean);
  const terms = text.match(/ORDER BY (.*?) LIMIT/)[1].split(/(?<= ASC| DESC), /);
  const sorts = plan.map((line) => line.match(/^USE TEMP B-TREE FOR (?:LAST (?:(\d+) TERMS|TERM) OF )?ORDER BY/)).filter(Boolean);
  const inOrder = ([line, last = 1]) => (line.includes('LAST') ? terms.length - last : 0);
  const sorted = sortedOf(sorts.map((sort) => terms.slice(0, inOrder(sort))));
  return { index, bound, sorted, boundByNull: /^<expr>[<>=]+\?$/.test(bound ?? '') };
}

function postgres(plan) {
  const scans = plan.slice(plan.findIndex((line) => /Scan (Backward )?(using \S+ )?on /.test(line)));
  const index = scans.map((line) => line.match(/Index.* Scan(?: Backward)? (?:using|on) (\S+)/)?.[1]).find(Boolean);
  const bound = scans.map((line) => line.match(/Index Cond: (.*)/)?.[1]).find(Boolean);
  const sorts = plan.filter((line) => /^[ >-]*Sort  /.test(line)).map(() => []);
  const presorted = plan.map((line) => line.match(/Presorted Key: (.*)/)?.[1].split(', ')).filter(Boolean);
  const sorted = sortedOf([...sorts, ...presorted]);
  return { index, bound, sorted, boundByNull: /^\(+\w+ IS NULL\)+ [<>=]+ \w+\)$/.test(bound ?? '') };
}

const READERS = { sqlite, postgres };

/**
 * `index` is the first that is read: its name, `key` for the numbers of SQLite's rows, or `undefined` where the whole table is. `bound`
 * is the condition by which rows are found in it, and `boundByNull` whether that says no more than what is NULL. `sorted` is `all`, or
 * `ties` where only rows are that are equal by the order's key.
 */
export function read(database, { plan, text }) {
  return READERS[database](pageOf(database, plan), text);
}
