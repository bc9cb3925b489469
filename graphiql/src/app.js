// GraphiQL for the server that the page comes from.
import { explorerPlugin } from '@graphiql/plugin-explorer';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { getOperationAST, parse } from 'graphql';
import { createClient } from 'graphql-sse';
import { createElement as h, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { SqlReport } from './sql-report.js';
import { tabs } from './tabs.js';

/** Where the browser keeps that the SQL report is not wanted. */
const OFF = 'dovetail:sql-report:off';

// The server writes into the page whether it would report at all.
const reports = document.querySelector('meta[name="dovetail-report"]').content === 'sql';
let asked = reports && localStorage.getItem(OFF) === null;

const url = new URL('graphql', location.href).href;
/** What the editor of headers had when something was run last. */
let headers = {};
// An end is told, and not mended: what was changed meanwhile would be missing.
const streams = createClient({ url, headers: () => headers, retryAttempts: 0 });
const ask = createGraphiQLFetcher({
  url,
  wsClient: streams,
  fetch: (url, init) => fetch(url, asked ? { ...init, headers: { ...init.headers, 'dovetail-report': 'sql' } } : init),
});
// GraphiQL learns what a tab's document is, and the name of its operation, 100 ms after it shows the text: who runs it sooner would
// name the operation of the tab before.
const fetcher = (params, options) => {
  headers = { ...options?.headers };
  const documentAST = parsed(params.query);
  const isNamed = !documentAST || getOperationAST(documentAST, params.operationName) != null;
  const operationName = isNamed ? params.operationName : getOperationAST(documentAST)?.name?.value;
  return ask({ ...params, operationName }, { ...options, documentAST });
};

/** The document of a text; none if it is no document, which the server says better. */
function parsed(text) {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}
// As GraphiQL would find it; but if nothing was edited yet, it would add an empty tab at each visit.
const initialQuery = localStorage.getItem('graphiql:query') ?? tabs[0].query;
const plugins = [HISTORY_PLUGIN, explorerPlugin()];

function App() {
  const [isAsked, setAsked] = useState(asked);
  const onAsk = (value) => {
    asked = value;
    setAsked(value);
    if (value) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, '');
  };
  return h(
    GraphiQL,
    { fetcher, plugins, defaultTabs: tabs, defaultEditorToolsVisibility: 'variables', initialQuery },
    h(GraphiQL.Logo, null, 'Dovetail'),
    reports && h(GraphiQL.Footer, null, h(SqlReport, { asked: isAsked, onAsk })),
  );
}

createRoot(document.getElementById('graphiql')).render(h(App));
