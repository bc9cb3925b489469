import { Client, fetchExchange } from '@urql/core';
import { cacheExchange, type Resolver } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import type { ResultOf, VariablesOf } from 'gql.tada';
import { introspection } from './generated/graphql-env';
import { graphql } from './graphql';

export const userQuery = graphql(`
  query User($id: ID!, $after: String) {
    user(id: $id) {
      id
      name
      posts(first: 4, after: $after) {
        edges {
          __typename
          node {
            __typename
            id
            title
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

export const createPost = graphql(`
  mutation CreatePost($input: CreatePostInput!) {
    createPost(input: $input) {
      post {
        __typename
        id
        title
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export const enroll = graphql(`
  mutation Enroll($input: EnrollInput!) {
    enroll(input: $input) {
      enrollment {
        id
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

/** What was read anywhere need not be asked for again: its id says where it is in the cache. */
const byId: Resolver = (_, { id }) => id as string;

const cache = () =>
  cacheExchange({
    schema: introspection,
    globalIDs: true,
    resolvers: {
      Query: { node: byId, user: byId, posts: relayPagination() },
      User: { posts: relayPagination() },
    },
    optimistic: {
      createPost: ({ input }: VariablesOf<typeof createPost>) => ({
        __typename: 'CreatePostPayload',
        post: { __typename: 'Post', id: 'Post:new', title: `${input.title} (saving)` },
        userErrors: [],
      }),
    },
    updates: {
      Mutation: {
        createPost(
          { createPost: answer }: ResultOf<typeof createPost>,
          { input }: VariablesOf<typeof createPost>,
          cache,
        ) {
          const post = answer?.post;
          if (!post) return;
          cache.updateQuery({ query: userQuery, variables: { id: input.ownerId } }, (data) => {
            data?.user?.posts.edges.unshift({ __typename: 'PostEdge', node: post });
            return data;
          });
        },
        enroll({ enroll: answer }: ResultOf<typeof enroll>, { input }: VariablesOf<typeof enroll>, cache) {
          if (!answer?.enrollment) return;
          cache.invalidate(input.studentId, 'courses');
        },
      },
    },
  });

export function newClient() {
  // Subscriptions too are fetched: as event streams.
  return new Client({ url: process.env.DOVETAIL_URL!, exchanges: [cache(), fetchExchange], fetchSubscriptions: true });
}
