import { ApolloClient, ApolloLink, type FieldReadFunction, HttpLink, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { relayStylePagination } from '@apollo/client/utilities';
import { OperationTypeNode } from 'graphql';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import result from './generated/possible-types';

/** What was read anywhere need not be asked for again: its id says where it is in the cache. */
const byId: FieldReadFunction = (existing, { args, toReference }) =>
  existing === undefined ? toReference(args!.id) : existing;

const list = relayStylePagination(['filter', 'orderBy']);

export function newClient() {
  const cache = new InMemoryCache({
    possibleTypes: result.possibleTypes,
    // Ids are unique over the whole API.
    dataIdFromObject: ({ id }) => id as string | undefined,
    typePolicies: {
      Query: { fields: { node: byId, user: byId, post: byId, users: list, posts: list } },
      User: { fields: { posts: list } },
    },
  });
  const http = new HttpLink({ uri: process.env.DOVETAIL_URL });
  const socket = createClient({ url: process.env.DOVETAIL_URL!.replace(/^http/, 'ws'), webSocketImpl: WebSocket });
  const link = ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(socket),
    http,
  );
  return new ApolloClient({ cache, link });
}
