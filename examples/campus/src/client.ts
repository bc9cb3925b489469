import { cacheExchange, type Cache, type Entity } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import { createClient } from 'graphql-ws';
import { Client, fetchExchange, subscriptionExchange } from 'urql';
import type { ChangesOfEnrollmentsSubscription, ChangesOfPostsSubscription, ChangesOfUsersSubscription, CreatePostMutation, CreateUserMutation } from './gql/graphql';
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
    // What is new, or gone: the rest of what others write is in the answers (see Changes.tsx).
    Subscription: {
      userChanged({ userChanged: { kind, id } }: ChangesOfUsersSubscription, _args, cache) {
        if (kind !== 'UPDATED') forgetPages(cache, 'Query', 'users');
        if (kind === 'DELETED') cache.invalidate({ __typename: 'User', id });
      },
      postChanged({ postChanged: { kind, ownerId } }: ChangesOfPostsSubscription, _args, cache) {
        if (kind === 'UPDATED') return;
        const owner = { __typename: 'User', id: ownerId };
        forgetPages(cache, owner, 'posts');
        if (kind === 'DELETED') cache.invalidate(owner, 'posts');
      },
      enrollmentChanged({ enrollmentChanged }: ChangesOfEnrollmentsSubscription, _args, cache) {
        if (enrollmentChanged.kind !== 'DELETED') return;
        const student = { __typename: 'Student', id: enrollmentChanged.studentId };
        for (const { fieldName, arguments: args } of cache.inspectFields(student)) {
          if (fieldName === 'courses') cache.invalidate(student, fieldName, args);
        }
      },
    },
  },
});

/** Who is told that pages were forgotten. */
const listeners = new Set<() => void>();

/** Has `listener` be told when pages were forgotten, until what is returned is called. */
export function onForgotten(listener: () => void) {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/**
 * So they are read again, from the first on (see InfiniteList.tsx). What has no arguments is no page but a count,
 * `posts { totalCount }`, and stays.
 */
function forgetPages(cache: Cache, entity: Entity, list: string) {
  const pages = cache.inspectFields(entity).filter(({ fieldName, arguments: args }) => fieldName === list && args);
  for (const { fieldName, arguments: args } of pages) cache.invalidate(entity, fieldName, args);
  // Not while the cache is written.
  if (pages.length > 0) queueMicrotask(() => listeners.forEach((listener) => listener()));
}

const socket = createClient({ url: new URL('/graphql', location.href).href.replace(/^http/, 'ws'), retryAttempts: Infinity });

/** The token of what was written last: a server that reads from replicas shows what is not older. */
let written: string | null = null;

const fetchAfter: typeof fetch = async (url, options) => {
  const headers = new Headers(options?.headers);
  if (written) headers.set('dovetail-after', written);
  const response = await fetch(url, { ...options, headers });
  written = response.headers.get('dovetail-written') ?? written;
  return response;
};

export const client = new Client({
  url: '/graphql',
  fetch: fetchAfter,
  preferGetMethod: false,
  // Asks for the SQL of each answer. A server in production refuses that, so only development does.
  fetchOptions: { headers: import.meta.env.DEV ? { 'dovetail-report': 'sql' } : {} },
  exchanges: [
    cache,
    reportExchange,
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: ({ query, variables }) => ({
        subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query: query!, variables: { ...variables } }, sink) }),
      }),
    }),
  ],
});
