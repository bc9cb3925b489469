// Writes `docs/plans.md`, which index serves which list of the shop, as both databases' plans over many rows say:
//
//     node benches/plans/run.mjs target/debug/shop > docs/plans.md
//
// It fails if an order by a column of the list's own is sorted, if a page behind a cursor in it, or a parent's, is not searched for, or if a
// walk over all pages does not meet each row once.
// PostgreSQL's programs must be installed; the databases are temporary.
import assert from 'node:assert';
import { readFileSync } from 'node:fs';
import { document } from './document.mjs';
import { read } from './plan.mjs';
import { ROWS, rows } from './rows.mjs';
import { lists } from './schema.mjs';

// The server's settings, which its start takes from the environment.
process.env.DOVETAIL_SQL_REPORT = 'true';
process.env.DOVETAIL_MAX_PAGE_SIZE = String(ROWS);
const { DATABASES } = await import('../../tests/oracle/databases.mjs');

/** The items of a page that is looked at, and of one of a walk. */
const FEW = 10;
const MANY = 1_000;
/** A list in an order with many ties and NULLs, from one end and from the other. */
const WALKS = ['{ field: SIZE }', '{ field: SIZE, direction: DESC, nulls: FIRST }'];

/** The names of the primary keys' indexes, with commas between them. */
const PRIMARY_KEYS = {
  sqlite: `SELECT group_concat(i.name) FROM sqlite_master t JOIN pragma_index_list(t.name) i WHERE i.origin = 'pk'`,
  postgres: `SELECT string_agg(conname, ',') FROM pg_constraint WHERE contype = 'p'`,
};

class Shop {
  constructor(name, server) {
    Object.assign(this, { name, server });
  }

  async ask(query, variables = {}, extensions = {}) {
    const answer = JSON.parse(await this.server.ask({ query, variables, extensions }));
    assert(!answer.errors, `${this.name}: ${query}: ${JSON.stringify(answer.errors)}`);
    return answer;
  }

  /** What the plan of a page says; of a parent's page, the last statement's. */
  async plan(query, variables) {
    const { extensions } = await this.ask(query, variables, { dovetail: { explain: true } });
    const found = read(this.name, extensions.dovetail.sql.at(-1));
    return { ...found, index: this.keys.has(found.index) ? 'key' : found.index };
  }

  /** The database's version, and the names of the primary keys' indexes, before anything is written by the shell. */
  async introduce() {
    const first = async (statement) => this.server.shell.run([statement]);
    if (this.name === 'sqlite') {
      // The shell's library is another; the server's left its number in the file (<https://sqlite.org/fileformat2.html>).
      const number = readFileSync(await first('SELECT file FROM pragma_database_list')).readUInt32BE(96);
      this.version = [number / 1_000_000, (number / 1_000) % 1_000, number % 1_000].map(Math.floor).join('.');
    } else {
      this.version = (await first('SHOW server_version')).split(' ')[0];
    }
    this.keys = new Set((await first(PRIMARY_KEYS[this.name])).split(','));
  }

  /** The plans of a list in an order: of its first page, of one behind a value in the middle, and of one behind a NULL. */
  async ordered(list, order, { nullable, of }) {
    const page = (size, cursor) => `{ l: ${list.name}(${size}, orderBy: ${order}) { ${cursor} } }`;
    const plan = (after) => this.plan(page(`first: ${FEW}${after}`, 'nodes { id }'));
    const behind = async (size, end) => {
      const { data } = await this.ask(page(size, `pageInfo { ${end} }`));
      return plan(`, after: "${data.l.pageInfo[end]}"`);
    };
    const plans = { first: await plan('') };
    // Whatever the page, all are counted.
    if (of === 'count') return plans;
    plans.later = await behind(`first: ${ROWS / 2}`, 'endCursor');
    // A third is NULL.
    const [end, cursor] = order.includes('FIRST') ? ['first', 'endCursor'] : ['last', 'startCursor'];
    if (nullable) plans.null = await behind(`${end}: ${ROWS / 4}`, cursor);
    return plans;
  }

  async orders(list) {
    const found = [];
    for (const key of list.keys) {
      const variants = {};
      for (const nulls of key.nullable ? ['', 'nulls: FIRST'] : [''])
        for (const direction of ['ASC', 'DESC']) {
          const order = `{ field: ${key.name}, direction: ${direction} ${nulls} }`;
          variants[`${direction}${nulls && ' FIRST'}`] = await this.ordered(list, order, key);
        }
      found.push({ key, variants });
    }
    return found;
  }

  /** The plans of a list's first page with a filter of one condition, by the column and the operator. */
  async filters(list) {
    const found = [];
    for (const column of list.columns) {
      // Few rows are greater than one of the greatest.
      const key = column.name.replace(/[A-Z]/g, '_$&').toUpperCase();
      const order = list.keys.some(({ name }) => name === key) ? `, orderBy: { field: ${key}, direction: DESC }` : '';
      const { data } = await this.ask(`{ l: ${list.name}(first: ${FEW * 10}${order}) { nodes { v: ${column.name} } } }`);
      const value = data.l.nodes.map((node) => node.v).findLast((value) => value !== null);
      const operators = {};
      for (const operator of column.operators) {
        const [name, at] = operator === 'at' ? Object.entries(value)[0] : [];
        const operand = { in: [value], isNull: true, at: { path: [name], eq: at } }[operator] ?? value;
        const query = `query ($f: ${list.filter}) { l: ${list.name}(first: ${FEW}, filter: $f) { nodes { id } } }`;
        operators[operator] = await this.plan(query, { f: { [column.name]: { [operator]: operand } } });
      }
      found.push({ column, operators });
    }
    return found;
  }

  /** The plans of a parent's page, of those parents that have most: without an order, and in each by a column of the children's. */
  async children(list) {
    const { data } = await this.ask(`{ l: ${list.root}(first: ${FEW * 10}) { nodes { id count: ${list.name}Count } } }`);
    const { id } = data.l.nodes.reduce((most, node) => (node.count > most.count ? node : most));
    const page = (order) =>
      `{ node(id: "${id}") { ... on ${list.owner} { l: ${list.name}(first: ${FEW}${order}) { nodes { id } } } } }`;
    const plan = await this.plan(page(''));
    const orders = {};
    for (const { name } of list.keys.filter((key) => key.of === 'own' && key.name !== 'ID'))
      for (const direction of ['ASC', 'DESC']) {
        const ordered = await this.plan(page(`, orderBy: { field: ${name}, direction: ${direction} }`));
        const [by, parent] = [ordered, plan].map(({ bound }) => bound?.match(/\w+/)[0]);
        assert.strictEqual(by, parent, `${this.name}: ${list.owner}.${list.name} by ${name} ${direction} is not searched for by the parent`);
        orders[`${name} ${direction}`] = ordered;
      }
    return { plan, orders };
  }

  /** The ids of all products, page by page from both ends, which must be the same. */
  async walk(order) {
    const walks = [];
    for (const [size, from, cursor, more] of [
      ['first', 'after', 'endCursor', 'hasNextPage'],
      ['last', 'before', 'startCursor', 'hasPreviousPage'],
    ]) {
      const ids = [];
      let at = null;
      do {
        const page = `products(${size}: ${MANY}, ${from}: ${JSON.stringify(at)}, orderBy: ${order})`;
        const { data } = await this.ask(`{ l: ${page} { nodes { id } pageInfo { ${cursor} ${more} } } }`);
        const found = data.l.nodes.map((node) => node.id);
        ids.push(...(size === 'first' ? found : found.reverse()));
        at = data.l.pageInfo[more] ? data.l.pageInfo[cursor] : null;
      } while (at !== null);
      walks.push(size === 'first' ? ids : ids.reverse());
    }
    assert.deepStrictEqual(walks[0], walks[1], `${this.name}: ${order} from the two ends`);
    assert.strictEqual(new Set(walks[0]).size, ROWS, `${this.name}: ${order} does not meet each row`);
    assert.strictEqual(walks[0].length, ROWS, `${this.name}: ${order} meets a row twice`);
    return walks[0];
  }
}

/** All that is asked of the shop over one database. */
async function asked(name, stops) {
  const say = (what) => console.error(`${name}: ${what}`);
  const shop = new Shop(name, await DATABASES[name](process.argv[2], stops));
  await shop.introduce();
  await shop.server.shell.run(rows(name));
  say(`version ${shop.version}, ${ROWS} rows a table`);
  const { roots, children } = await lists((query) => shop.ask(query));
  const found = { version: shop.version, roots: [], children: [], walks: [] };
  for (const list of roots) {
    found.roots.push({ list, orders: await shop.orders(list), filters: await shop.filters(list) });
    say(list.name);
  }
  for (const list of children) found.children.push({ list, ...(await shop.children(list)) });
  for (const order of WALKS) found.walks.push(await shop.walk(order));
  say('walked');
  return found;
}

const stops = [];
try {
  const found = {};
  for (const name of ['sqlite', 'postgres']) found[name] = await asked(name, stops);
  assert.deepStrictEqual(found.sqlite.walks, found.postgres.walks, 'the databases walk in other orders');
  console.log(document(found));
  for (const [name, { roots }] of Object.entries(found))
    for (const { list, orders } of roots)
      for (const { key, variants } of orders.filter(({ key }) => key.of === 'own'))
        for (const [variant, pages] of Object.entries(variants))
          for (const [page, { sorted, bound }] of Object.entries(pages))
            assert(sorted !== 'all' && (page === 'first' || bound), `${name}: no index for ${page} of ${list.name} by ${key.name} ${variant}`);
} finally {
  for (const stop of stops.reverse()) await stop();
}
