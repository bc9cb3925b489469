import { ApolloClient, type FieldReadFunction, HttpLink, InMemoryCache } from '@apollo/client';
import { relayStylePagination } from '@apollo/client/utilities';
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
  return new ApolloClient({ cache, link: new HttpLink({ uri: process.env.DOVETAIL_URL }) });
}
