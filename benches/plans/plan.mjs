// What a database's plan of a page says: which index it comes out of, what is sorted, and what bounds the search in the index.

/** The part of a plan that makes the page: of a parent's children, what runs for each parent. */
function pageOf(database, plan) {
  const [from, to] =
    database === 'sqlite'
      ? [plan.indexOf('CO-ROUTINE page') + 1, plan.indexOf('SCAN page')]
      : [plan.findIndex((line) => /\bLimit\b/.test(line)) + 1, -1];
  return plan.slice(from, to < 0 ? undefined : to);
}

/** The plans of the parts that a page is made of, if it is: the rows that are NULL in a column, and those that are not. */
function partsOf(database, page) {
  const begin = database === 'sqlite' ? /^CO-ROUTINE part/ : /->  Limit/;
  const indent = (line) => line.search(/\S/);
  const isEnd = (line, first) => (database === 'sqlite' ? line === 'SCAN part' : indent(line) <= indent(first));
  const parts = [...page.keys()].filter((at) => begin.test(page[at])).map((at) => {
    const lines = page.slice(at + 1);
    const end = lines.findIndex((line) => isEnd(line, page[at]));
    return lines.slice(0, end < 0 ? undefined : end);
  });
  return parts.length > 0 ? parts : [page];
}

/** What sorts come to, by how many terms each finds in order. */
const sortedOf = (sorts) => (sorts.length === 0 ? undefined : sorts.includes(0) ? 'all' : 'ties');

function sqlite(part, order) {
  const access = /^(?:SCAN|SEARCH) \w+(?: USING (?:COVERING )?INDEX (\S+)| USING INTEGER PRIMARY KEY)?(?: \((.+)\))?/;
  const [, index = 'key', bound] = part.map((line) => line.match(access)).find(Boolean);
  const terms = order.split(/(?<= ASC| DESC), /).length;
  const sorts = part.map((line) => line.match(/^USE TEMP B-TREE FOR (?:LAST (?:(\d+) TERMS|TERM) OF )?ORDER BY/)).filter(Boolean);
  return { index, bound, sorted: sortedOf(sorts.map(([line, last = 1]) => (line.includes('LAST') ? terms - last : 0))) };
}

function postgres(part) {
  const scans = part.slice(part.findIndex((line) => /Scan (Backward )?(using \S+ )?on /.test(line)));
  const index = scans.map((line) => line.match(/Index.* Scan(?: Backward)? (?:using|on) (\S+)/)?.[1]).find(Boolean);
  const bound = scans.map((line) => line.match(/Index Cond: (.*)/)?.[1]).find(Boolean);
  const whole = part.filter((line) => /^[ >-]*Sort  /.test(line)).map(() => 0);
  const ties = part.filter((line) => /Presorted Key: /.test(line)).map(() => 1);
  return { index, bound, sorted: sortedOf([...whole, ...ties]) };
}

const READERS = { sqlite, postgres };

/**
 * `index` is the first that is read: its name, `key` for the numbers of SQLite's rows, or `undefined` where the whole table is. `bound`
 * is the condition by which rows are found in it. `sorted` is `all`, or `ties` where only rows are that are equal by the order's key.
 * Of a page of two parts, `index` is the first one's, and the others are what is worse.
 */
export function read(database, { plan, text }) {
  const orders = [...text.matchAll(/ORDER BY (.*?) LIMIT/g)].map(([, order]) => order);
  const parts = partsOf(database, pageOf(database, plan)).map((part, at) => READERS[database](part, orders[at]));
  const worst = (sorts) => sorts.find((sorted) => parts.some((part) => part.sorted === sorted));
  return {
    index: parts[0].index,
    bound: parts.every(({ bound }) => bound) ? parts[0].bound : undefined,
    sorted: worst(['all', 'ties']),
  };
}
