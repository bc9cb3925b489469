// The SQL of the answer that is shown, as a table under it.
import { useGraphiQL } from '@graphiql/react';
import { createElement as h } from 'react';

/** The statements in an answer's text; `undefined` if it reports none. */
function statements(answer) {
  try {
    return JSON.parse(answer).extensions?.dovetail?.sql;
  } catch {
    // Nothing was answered yet, or something that is not JSON: a proxy's page, say.
    return undefined;
  }
}

const milliseconds = (value) => value.toFixed(2);

/** `asked` says whether requests ask for the report, and `onAsk` is called with whether they shall. */
export function SqlReport({ asked, onAsk }) {
  const sql = statements(useGraphiQL(({ tabs, activeTabIndex }) => tabs[activeTabIndex].response));
  const total = sql?.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  return h(
    'section',
    { className: 'sql-report', 'aria-label': 'SQL report' },
    h(
      'header',
      null,
      h(
        'label',
        null,
        h('input', { type: 'checkbox', checked: asked, onChange: (event) => onAsk(event.target.checked) }),
        'SQL',
      ),
      sql &&
        h('output', null, `${sql.length} ${sql.length === 1 ? 'statement' : 'statements'}, ${milliseconds(total)} ms`),
    ),
    sql?.length > 0 &&
      h(
        'table',
        null,
        h(
          'thead',
          null,
          h(
            'tr',
            null,
            ['Path', 'Keys', 'Rows', 'ms', 'Statement'].map((name) => h('th', { key: name, scope: 'col' }, name)),
          ),
        ),
        h(
          'tbody',
          null,
          sql.map(({ path, keys, rows, milliseconds: time, text }, index) =>
            h(
              'tr',
              { key: index },
              h('th', { scope: 'row' }, path),
              h('td', null, keys),
              h('td', null, rows),
              h('td', null, milliseconds(time)),
              h('td', null, h('code', { title: text }, text)),
            ),
          ),
        ),
      ),
  );
}
