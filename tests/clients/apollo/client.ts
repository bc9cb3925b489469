import { ApolloClient, ApolloLink, type FieldReadFunction, HttpLink, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { relayStylePagination } from '@apollo/client/utilities';
import { OperationTypeNode } from 'graphql';
import { createClient } from 'graphql-ws';
import { tap } from 'rxjs';
import WebSocket from 'ws';
import result from './generated/possible-types';

/** What was read anywhere need not be asked for again: its id says where it is in the cache. */
const byId: FieldReadFunction = (existing, { args, toReference }) =>
  existing === undefined ? toReference(args!.id) : existing;

const list = relayStylePagination(['filter', 'orderBy']);

/** What this client reads is not older than what it wrote last, though the server reads from replicas: a token says what that was. */
function ownWrites() {
  let written: string | undefined;
  return new ApolloLink((operation, forward) => {
    if (written) {
      operation.setContext(({ headers }) => ({ headers: { ...headers, 'dovetail-after': written } }));
    }
    const keep = ({ extensions }: ApolloLink.Result) => {
      const token = (extensions?.dovetail as { written?: string } | undefined)?.written;
      written = token ?? written;
    };
    return forward(operation).pipe(tap(keep));
  });
}

/** A client of the server at this URL. */
export function newClient(url = process.env.DOVETAIL_URL!) {
  const cache = new InMemoryCache({
    possibleTypes: result.possibleTypes,
    // Ids are unique over the whole API.
    dataIdFromObject: ({ id }) => id as string | undefined,
    typePolicies: {
      Query: { fields: { node: byId, user: byId, post: byId, users: list, posts: list } },
      User: { fields: { posts: list } },
    },
  });
  const http = ownWrites().concat(new HttpLink({ uri: url }));
  const socket = createClient({ url: url.replace(/^http/, 'ws'), webSocketImpl: WebSocket });
  const link = ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(socket),
    http,
  );
  return new ApolloClient({ cache, link });
}
