// The document that the plans make.
import { ROWS } from './rows.mjs';

const DATABASES = ['sqlite', 'postgres'];

/** The values by what `by` makes of each. */
const grouped = (values, by) =>
  values.reduce((groups, value) => groups.set(by(value), [...(groups.get(by(value)) ?? []), value]), new Map());

const unique = (values) => [...new Set(values)];

/** `texts` has a text by each name: the text alone where all are the same, else each with the names that it has. */
function merged(texts) {
  const names = grouped(Object.keys(texts), (name) => texts[name]);
  if (names.size === 1) return [...names.keys()][0];
  return [...names].map(([text, names]) => `${names.join(', ')}: ${text}`).join('; ');
}

/** The name of an index without its table's, if that is the list's own. */
function code(name, list) {
  const table = list.replace(/[A-Z]/g, '_$&').toLowerCase();
  return name === 'key' ? name : `\`${name.replace(new RegExp(`^${table}_`), '')}\``;
}

/** What the pages of an order come out of. */
function variant({ first, ...others }, list) {
  const text = (page) => (page.sorted === 'all' ? 'sorted' : `${code(page.index, list)}${page.sorted ? ', ties' : ''}`);
  if (text(first) === 'sorted') return 'sorted';
  const behind = Object.values(others);
  const isWalked = behind.some((page) => page.sorted !== 'all' && !page.bound);
  const later = unique(behind.map(text)).filter((other) => other !== text(first));
  return [text(first) + (isWalked ? ', walked' : ''), ...later.map((other) => `later ${other}`)].join(' / ');
}

/** The cells of both databases; the second says no more than that where it is the same. */
const cells = (of) => {
  const [one, other] = DATABASES.map(of);
  return [one, one === other && one.length > 30 ? 'the same' : other];
};

function table(heads, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(heads), `|${'---|'.repeat(heads.length)}`, ...rows.map(line)].join('\n');
}

const kindOf = ({ kind, nullable }) => `${kind}${nullable ? ', NULL' : ''}`;

/** A table of the rows, and a list of those that say `word` on both databases, a line for each list. */
function split(heads, rows, word, short) {
  const isShort = (row) => row.slice(-2).every((cell) => cell === word);
  const lines = [...grouped(rows.filter(isShort), ([list]) => list)].map(([list, rows]) => `- ${list}: ${rows.map(short).join(', ')}`);
  return [table(heads, rows.filter((row) => !isShort(row))), lines.join('\n')];
}

function orders(found) {
  const rows = found.sqlite.roots.flatMap(({ list, orders }, at) =>
    orders.map(({ key }, order) => {
      const cell = (database) => {
        const variants = Object.entries(found[database].roots[at].orders[order].variants);
        return merged(Object.fromEntries(variants.map(([name, plans]) => [name, variant(plans, list.name)])));
      };
      return [`\`${list.name}\``, `\`${key.name}\``, kindOf(key), ...cells(cell)];
    }),
  );
  return split(['list', 'order', 'kind', 'SQLite', 'PostgreSQL'], rows, 'sorted', ([, key]) => key);
}

function filters(found) {
  const rows = found.sqlite.roots.flatMap(({ list, filters }, at) =>
    filters.map(({ column, operators }, filter) => {
      const cell = (database) => {
        const plans = Object.entries(found[database].roots[at].filters[filter].operators);
        return merged(Object.fromEntries(plans.map(([name, { index, bound }]) => [name, bound ? code(index, list.name) : 'none'])));
      };
      return [`\`${list.name}\``, `\`${column.name}\``, kindOf(column), Object.keys(operators).join(', '), ...cells(cell)];
    }),
  );
  const heads = ['list', 'column', 'kind', 'by', 'SQLite', 'PostgreSQL'];
  return split(heads, rows, 'none', ([, column, kind, operators]) => `${column} (${kind}: ${operators})`);
}

function children(found) {
  const rows = found.sqlite.children.map(({ list }, at) => {
    const cell = (database) => {
      const { plan, orders } = found[database].children[at];
      const text = ({ index, bound, sorted }) => (sorted === 'all' || !bound ? 'sorted' : `${code(index, '')}${sorted ? ', ties' : ''}`);
      const served = Object.entries(orders).filter(([, plan]) => plan.sorted !== 'all');
      return [text(plan), ...served.map(([name, plan]) => `${name}: ${text(plan)}`)].join('; ');
    };
    return [`\`${list.owner}.${list.name}\``, ...cells(cell)];
  });
  return table(['list', 'SQLite', 'PostgreSQL'], rows);
}

export function document(found) {
  const rows = ROWS.toLocaleString('en');
  const [ordered, sorted] = orders(found);
  const [filtered, unfiltered] = filters(found);
  return `# Plans

Which index serves which list: what both databases plan for each list of the [shop](../examples/shop/README.md), with ${rows} rows in
each table, a third of them NULL in most columns that may be, and many equal ones. SQLite is ${found.sqlite.version}, PostgreSQL
${found.postgres.version} with its defaults; both were told of the rows by \`ANALYZE\`. A program writes this file:

\`\`\`sh
node benches/plans/run.mjs target/debug/shop > docs/plans.md
\`\`\`

It fails if an order by a column of the list's own is sorted, or if a page behind a cursor in it, or a parent's, is not searched for. It also
walks all pages of the products by size, which has three values and NULL, ascending and descending with \`nulls: FIRST\`, from the front
and from the back: each of the ${rows} rows was met once, in the same order on both databases.

## Orders

Of each order, the first page, a page behind the middle, and one behind a NULL were asked for. Where directions differ, they are told
apart; \`FIRST\` is \`nulls: FIRST\`. An index is named without its table's name, if that is the list's; \`key\` is the primary key.

- *ties*: the rows come out of the index in order; those that are equal in the column are sorted by their key. A page reads its own rows
  and their equals.
- *walked*: the rows come out of the index in order, but a page behind a cursor reads the index from its beginning up to the cursor. A first
  page reads its own rows.
- *later*: what a page behind a cursor comes out of, where it is something else.
- *sorted*: all rows are read and sorted.

${ordered}

Sorted on both databases are orders by a number of children, which are counted, and some by a parent's column:

${sorted}

## Filters

The first page by id, with one condition of few matches but for \`isNull: true\`. Without an index (*none*), rows are read in the key's
order until the page is full, or all are; the database may prefer that to an index, and does where it expects many matches.

${filtered}

Without an index on both databases:

${unfiltered}

## Children

The first page of a parent with many, by id, and in each order by a column for which there is an index. In other orders, the parent's
children are all read and sorted.

${children(found)}

## Your own columns

- An order has an index on its column and the key, with more for texts, enums and keys of several parts: [Columns](entity.md#columns) says
  which. Where the column may be NULL, the rows in which it is are searched for by themselves, in the same index.
- A list of children has one on the foreign key and the children's key; in an order, on the foreign key, the column and the key.
- A filter by an enum of PostgreSQL's own has an index on the column itself on SQLite, if it is to be quick: the order's is on an expression.
- To see the plan of any request, [ask for it](api.md#the-sql-of-a-request): \`"extensions": {"dovetail": {"explain": true}}\`.`;
}
