import { CombinedGraphQLErrors } from '@apollo/client';
import { expect, test } from 'vitest';
import { newClient } from './client';
import { graphql } from './generated';
import type { UserErrorCode } from './generated/graphql';

const usersQuery = graphql(`
  query Users($first: Int) {
    users(first: $first) {
      edges {
        node {
          id
          name
          posts(first: 1) {
            totalCount
            edges {
              node {
                title
              }
            }
          }
        }
      }
    }
  }
`);

test('a nested query is read', async () => {
  const { data } = await newClient().query({ query: usersQuery, variables: { first: 2 } });
  const users = data?.users.edges.map(({ node }) => [node.name, node.posts.totalCount, node.posts.edges[0].node.title]);
  expect(users).toEqual([
    ['Reuben Wiza', 6, 'Recusandae aut et qui adipisci'],
    ['Philip Pollich', 6, 'Harum quae quia autem voluptatem'],
  ]);
});

test('what a list has read is found in the cache by its id', async () => {
  const client = newClient();
  const query = graphql(`
    query Cached($id: ID!) {
      node(id: $id) {
        ...Label
      }
      user(id: $id) {
        ...Label
      }
    }

    fragment Label on Node {
      id
      ... on User {
        name
      }
    }
  `);
  const cached = () => client.query({ query, variables: { id: 'User:2' }, fetchPolicy: 'cache-only' });
  expect((await cached()).data).toBeUndefined();
  await client.query({ query: usersQuery, variables: { first: 2 } });
  const user = { __typename: 'User', id: 'User:2', name: 'Philip Pollich' };
  expect((await cached()).data).toEqual({ node: user, user });
});

test('fetchMore appends page after page until there is none', async () => {
  const query = graphql(`
    query Posts($after: String) {
      posts(first: 30, after: $after) {
        edges {
          node {
            id
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  `);
  const client = newClient();
  const list = client.watchQuery({ query });
  const subscription = list.subscribe({});
  const shown = () => client.readQuery({ query })!.posts.edges.map(({ node }) => node.id);
  let { data } = await client.query({ query });
  const sizes = [shown().length];
  while (data?.posts.pageInfo.hasNextPage) {
    ({ data } = await list.fetchMore({ variables: { after: data.posts.pageInfo.endCursor } }));
    sizes.push(shown().length);
  }
  subscription.unsubscribe();
  expect(sizes).toEqual([30, 60, 72]);
  expect(new Set(shown()).size).toBe(72);
});

const updatePost = graphql(`
  mutation UpdatePost($input: UpdatePostInput!) {
    updatePost(input: $input) {
      post {
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

/** What a form shows at its fields. */
type Problems = Record<string, UserErrorCode>;

function byField(problems: { path: string[]; code: UserErrorCode }[]): Problems {
  return Object.fromEntries(problems.map(({ path, code }) => [path.join('.'), code]));
}

/** Renames a post, and hopes that it succeeds: `titles` are those that a page shows in the meantime. */
async function rename(id: string, title: string) {
  const client = newClient();
  const query = graphql(`
    query Post($id: ID!) {
      post(id: $id) {
        id
        title
      }
    }
  `);
  await client.query({ query, variables: { id } });
  const titles: (string | undefined)[] = [];
  const subscription = client.watchQuery({ query, variables: { id } }).subscribe(({ data }) => {
    titles.push(data?.post?.title);
  });
  const { data } = await client.mutate({
    mutation: updatePost,
    variables: { input: { id, title } },
    optimisticResponse: {
      updatePost: {
        __typename: 'UpdatePostPayload',
        post: { __typename: 'Post', id, title: `${title} (saving)` },
        userErrors: [],
      },
    },
  });
  subscription.unsubscribe();
  return { titles, answer: data?.updatePost };
}

test('a form that is right is shown at once, and then as the server has it', async () => {
  const { titles, answer } = await rename('Post:1', 'Hello');
  expect(titles).toEqual(['Recusandae aut et qui adipisci', 'Hello (saving)', 'Hello']);
  expect(answer?.userErrors).toEqual([]);
});

test('a form that is wrong is rolled back, and learns why, field by field', async () => {
  const { titles, answer } = await rename('Post:2', ' ');
  expect(titles).toEqual(['Harum quae quia autem voluptatem', '  (saving)', 'Harum quae quia autem voluptatem']);
  expect(answer?.post).toBeNull();
  expect(byField(answer!.userErrors)).toEqual<Problems>({ title: 'BLANK' });
});

test('an error of the request has its code', async () => {
  const error: unknown = await newClient()
    .query({ query: usersQuery, variables: { first: 1000 } })
    .catch((error) => error);
  if (!CombinedGraphQLErrors.is(error)) throw error;
  expect(error.errors[0].extensions?.code).toBe('BAD_USER_INPUT');
});

test('what another writes is shown by a subscription, through the cache', async () => {
  const client = newClient();
  const query = graphql(`
    query Title($id: ID!) {
      post(id: $id) {
        id
        title
      }
    }
  `);
  const changes = graphql(`
    subscription Changes($id: ID!) {
      postChanged(id: $id) {
        kind
        post {
          id
          title
        }
      }
    }
  `);
  const variables = { id: 'Post:3' };
  await client.query({ query, variables });
  const shown: (string | undefined)[] = [];
  const watched = client.watchQuery({ query, variables }).subscribe(({ data }) => shown.push(data?.post?.title));
  const kinds: (string | undefined)[] = [];
  const told = client.subscribe({ query: changes, variables }).subscribe(({ data }) => {
    kinds.push(data?.postChanged.kind);
  });
  // Until it is there, nothing is told.
  for (let round = 0; kinds.length === 0; round += 1) {
    await newClient().mutate({ mutation: updatePost, variables: { input: { id: 'Post:3', title: `${round}` } } });
  }
  await expect.poll(() => shown.at(-1)).toMatch(/^[0-9]+$/);
  told.unsubscribe();
  watched.unsubscribe();
  expect(new Set(kinds)).toEqual(new Set(['UPDATED']));
});

test('what was written is read at once, though the replica shows it later', async () => {
  const create = graphql(`
    mutation CreateUser($name: String!) {
      createUser(input: { name: $name }) {
        user {
          id
        }
      }
    }
  `);
  const find = graphql(`
    query FindUser($id: ID!) {
      user(id: $id) {
        name
      }
    }
  `);
  const client = newClient(process.env.DOVETAIL_REPLICATED_URL);
  const names = Array.from({ length: 10 }, (_, round) => `Ada ${round}`);
  const found: unknown[] = [];
  for (const name of names) {
    const { data } = await client.mutate({ mutation: create, variables: { name } });
    const variables = { id: data!.createUser!.user!.id };
    found.push((await client.query({ query: find, variables, fetchPolicy: 'network-only' })).data?.user?.name);
  }
  expect(found).toEqual(names);
});
