// `node run.mjs BINARY`: starts the server, and fails unless it passes each audit that graphql-http has of GraphQL over HTTP.
import { auditServer } from 'graphql-http';
import { start } from '../server.mjs';

const AUDITS = 61;

const server = await start(process.argv[2]);
try {
  const results = await auditServer({ url: `${server.origin}/graphql` });
  for (const result of results.filter(({ status }) => status !== 'ok')) {
    console.log(`${result.status} ${result.id} ${result.name}: ${result.reason}`);
  }
  const passed = results.filter(({ status }) => status === 'ok').length;
  console.log(`${passed} of ${results.length} audits of GraphQL over HTTP passed`);
  process.exitCode = passed === AUDITS && results.length === AUDITS ? 0 : 1;
} finally {
  await server.stop();
}
