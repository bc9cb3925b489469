// What Vite bundles: the app with its workers and styles, but for `graphiql/style.css`, two thirds of which are fonts: the
// browser's own serve. The page of the CDN (cdn.html) names its own.
import 'graphiql/setup-workers/vite';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import '@graphiql/plugin-explorer/style.css';
import './style.css';
import './app.js';
