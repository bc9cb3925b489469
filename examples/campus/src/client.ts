import { cacheExchange, type Cache, type Entity } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import { Client, fetchExchange } from 'urql';
import type { CreatePostMutation, CreateUserMutation } from './gql/graphql';
import { reportExchange } from './SqlBadge';

// Every type has an `id` that is unique over the whole API, so the cache needs no keys but for what is no entity.
const cache = cacheExchange({
  keys: { UserError: () => null },
  // The pages of a list with `@_relayPagination` are joined to one list, which grows as further pages are asked for.
  directives: { relayPagination: () => relayPagination() },
  // What a mutation answers with is in the cache already. That leaves the lists that something new belongs to.
  updates: {
    Mutation: {
      createUser({ createUser }: CreateUserMutation, _args, cache) {
        if (createUser?.user) forgetPages(cache, 'Query', 'users');
      },
      createPost({ createPost }: CreatePostMutation, _args, cache) {
        const post = createPost?.post;
        if (post) forgetPages(cache, { __typename: 'User', id: post.owner.id }, 'posts');
      },
    },
  },
});

/**
 * So they are read again, from the first on (see `restart` in InfiniteList.tsx). What has no arguments is no page but a
 * count, `posts { totalCount }`, and stays.
 */
function forgetPages(cache: Cache, entity: Entity, list: string) {
  for (const { fieldName, arguments: args } of cache.inspectFields(entity)) {
    if (fieldName === list && args) cache.invalidate(entity, fieldName, args);
  }
}

export const client = new Client({
  url: '/graphql',
  preferGetMethod: false,
  // Asks for the SQL of each answer. A server in production refuses that, so only development does.
  fetchOptions: { headers: import.meta.env.DEV ? { 'dovetail-report': 'sql' } : {} },
  exchanges: [cache, reportExchange, fetchExchange],
});
