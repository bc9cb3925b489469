// The clients in Node. Each listens to the changes of users and of posts from a cursor on, and where it is cut off, it goes on after
// the last event that it has. `node clients.mjs URL CURSOR` prints a line for each event: the client's name, and what it was told.
import { ApolloClient, ApolloLink, InMemoryCache, gql } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { Client, createRequest, fetchExchange } from '@urql/core';
import { createClient as createSse } from 'graphql-sse';
import { createClient as createWs } from 'graphql-ws';
import { Network } from 'relay-runtime';
import { onEnd, pipe, subscribe } from 'wonka';
import WebSocket from 'ws';

const [url, start] = process.argv.slice(2);
const socketUrl = url.replace(/^http/, 'ws');
const document = (field) => `subscription ($after: String) { ${field}(after: $after) { kind id } }`;

/** Ways to subscribe: each calls `next` for each result, and `done` once there are no more. */
const ways = {
  'graphql-ws': (query, variables, next, done) => {
    const client = createWs({ url: socketUrl, webSocketImpl: WebSocket, retryAttempts: 0 });
    client.subscribe({ query, variables }, { next, error: done, complete: done });
  },
  'graphql-sse': (query, variables, next, done) => {
    const client = createSse({ url, retryAttempts: 0 });
    client.subscribe({ query, variables }, { next, error: done, complete: done });
  },
  ...(process.env.ONE_INSTANCE && {
    'graphql-sse over one stream': (query, variables, next, done) => {
      const client = createSse({ url, singleConnection: true, retryAttempts: 0 });
      client.subscribe({ query, variables }, { next, error: done, complete: done });
    },
  }),
  apollo: (query, variables, next, done) => {
    const link = new GraphQLWsLink(createWs({ url: socketUrl, webSocketImpl: WebSocket, retryAttempts: 0 }));
    const client = new ApolloClient({ link, cache: new InMemoryCache() });
    ApolloLink.execute(link, { query: gql(query), variables }, { client }).subscribe({ next, error: done, complete: done });
  },
  urql: (query, variables, next, done) => {
    const client = new Client({ url, exchanges: [fetchExchange], fetchSubscriptions: true, preferGetMethod: false });
    const operation = client.createRequestOperation('subscription', createRequest(query, variables));
    pipe(
      client.executeRequestOperation(operation),
      onEnd(done),
      subscribe((result) => (result.data ? next(result) : done())),
    );
  },
  relay: (query, variables, next, done) => {
    const streams = createSse({ url, retryAttempts: 0 });
    const listen = ({ text }, variables) => ({
      subscribe: (sink) => {
        const unsubscribe = streams.subscribe({ query: text, variables }, sink);
        return { unsubscribe, closed: false };
      },
    });
    const network = Network.create(() => Promise.reject(new Error('no query')), listen);
    const params = { operationKind: 'subscription', name: 'Changes', text: query, id: null, metadata: {} };
    network.execute(params, variables, { force: true }).subscribe({ next, error: done, complete: done });
  },
};

const pause = () => new Promise((resolve) => setTimeout(resolve, 100));

/** Listens for ever. */
async function listen(name, way, field) {
  let after = start;
  for (;;) {
    await new Promise((done) => {
      let isDone = false;
      const finish = () => {
        isDone = true;
        done();
      };
      const next = (result) => {
        if (isDone) return;
        const cursor = result.extensions?.dovetail?.cursor;
        if (!cursor) {
          console.log(JSON.stringify({ name, field, told: result.errors ?? result }));
          return finish();
        }
        after = cursor;
        console.log(JSON.stringify({ name, field, ...result.data[field] }));
      };
      way(document(field), { after }, next, finish);
    });
    await pause();
  }
}

for (const [name, way] of Object.entries(ways)) {
  for (const field of ['userChanged', 'postChanged']) void listen(name, way, field);
}
