import type { ResultOf } from 'gql.tada';
import { expect, test } from 'vitest';
import { createPost, enroll, newClient, userQuery } from './client';
import { graphql } from './graphql';

const titles = (data?: ResultOf<typeof userQuery>) => data?.user?.posts.edges.map(({ node }) => node.title);

test('a nested query is read', async () => {
  const { data } = await newClient().query(userQuery, { id: 'User:1' });
  expect(data?.user?.name).toBe('Reuben Wiza');
  expect(titles(data)).toEqual([
    'Recusandae aut et qui adipisci',
    'Eius deserunt minus in nihil',
    'Sed sed atque et',
    'Natus fugit deserunt',
  ]);
});

test('what a query has read is found in the cache by its id', async () => {
  const client = newClient();
  const query = graphql(`
    query Cached($id: ID!) {
      node(id: $id) {
        ... on Node {
          id
          ... on Post {
            title
          }
        }
      }
    }
  `);
  const cached = () => client.query(query, { id: 'Post:13' }, { requestPolicy: 'cache-only' });
  expect((await cached()).data).toBeNull();
  await client.query(userQuery, { id: 'User:1' });
  expect((await cached()).data).toEqual({ node: { id: 'Post:13', title: 'Eius deserunt minus in nihil' } });
});

test('what the cache lacks is null by the schema, until it is there', async () => {
  const query = graphql(`
    query Two {
      known: user(id: "User:1") {
        id
        name
      }
      new: user(id: "User:5") {
        id
        name
      }
    }
  `);
  const client = newClient();
  await client.query(userQuery, { id: 'User:1' });
  const shown: unknown[] = [];
  const { unsubscribe } = client.query(query, {}).subscribe(({ data }) => {
    shown.push([data?.known?.name, data?.new?.name]);
  });
  await expect
    .poll(() => shown)
    .toEqual([
      ['Reuben Wiza', undefined],
      ['Reuben Wiza', 'Olaf Funk'],
    ]);
  unsubscribe();
});

test('relayPagination appends page after page until there is none', async () => {
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
  const list = async (after: string | null) => (await client.query(query, { after })).data!.posts;
  const sizes: number[] = [];
  const ids = new Set<string>();
  let after: string | null = null;
  do {
    const { edges, pageInfo } = await list(after);
    sizes.push(edges.length);
    edges.forEach(({ node }) => ids.add(node.id));
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after);
  expect(sizes).toEqual([30, 60, 72]);
  expect(ids.size).toBe(72);
});

/** What a form shows at its fields. */
type Problem = NonNullable<ResultOf<typeof createPost>['createPost']>['userErrors'][number];
type Problems = Record<string, Problem['code']>;

function byField(problems: Problem[] = []): Problems {
  return Object.fromEntries(problems.map(({ path, code }) => [path.join('.'), code]));
}

/** Writes a post: `shown` are the first titles on a page of its owner, in the meantime. */
async function write(ownerId: string, title: string) {
  const client = newClient();
  await client.query(userQuery, { id: ownerId });
  const shown: (string | undefined)[] = [];
  const { unsubscribe } = client
    .query(userQuery, { id: ownerId })
    .subscribe(({ data }) => shown.push(titles(data)?.[0]));
  const { data } = await client.mutation(createPost, { input: { ownerId, title, content: '' } });
  unsubscribe();
  return { shown, answer: data?.createPost };
}

test('a form that is right is shown at once, and then as the server has it', async () => {
  const { shown, answer } = await write('User:2', 'Hello');
  expect(shown).toEqual(['Harum quae quia autem voluptatem', 'Hello (saving)', 'Hello']);
  expect(answer?.userErrors).toEqual([]);
});

test('a form that is wrong is rolled back, and learns why, field by field', async () => {
  const { shown, answer } = await write('User:3', ' ');
  expect(shown).toEqual(['Et enim eius est repellendus', '  (saving)', 'Et enim eius est repellendus']);
  expect(answer?.post).toBeNull();
  expect(byField(answer?.userErrors)).toEqual<Problems>({ title: 'BLANK' });
});

test('an enrollment makes the list of courses be asked for again', async () => {
  const query = graphql(`
    query Courses($id: ID!) {
      student(id: $id) {
        id
        courses {
          nodes {
            id
          }
        }
      }
    }
  `);
  const client = newClient();
  await client.query(query, { id: 'Student:1' });
  let shown: string[] | undefined;
  const { unsubscribe } = client.query(query, { id: 'Student:1' }).subscribe(({ data }) => {
    shown = data?.student?.courses.nodes.map(({ id }) => id);
  });
  expect(shown).toEqual(['Course:4', 'Course:5', 'Course:8']);
  const { data } = await client.mutation(enroll, { input: { studentId: 'Student:1', courseId: 'Course:1' } });
  expect(data?.enroll?.userErrors).toEqual([]);
  await expect.poll(() => shown).toEqual(['Course:1', 'Course:4', 'Course:5', 'Course:8']);
  unsubscribe();
});

test('what another writes is shown by a subscription, through the cache', async () => {
  const changes = graphql(`
    subscription Changes($id: ID!) {
      userChanged(id: $id) {
        kind
        user {
          id
          name
        }
      }
    }
  `);
  const rename = graphql(`
    mutation Rename($input: UpdateUserInput!) {
      updateUser(input: $input) {
        user {
          id
        }
      }
    }
  `);
  const client = newClient();
  await client.query(userQuery, { id: 'User:4' });
  let shown: string | undefined;
  const watched = client.query(userQuery, { id: 'User:4' }).subscribe(({ data }) => (shown = data?.user?.name));
  const kinds: (string | undefined)[] = [];
  const told = client.subscription(changes, { id: 'User:4' }).subscribe(({ data }) => kinds.push(data?.userChanged.kind));
  // Until it is there, nothing is told.
  for (let round = 0; kinds.length === 0; round += 1) {
    await newClient().mutation(rename, { input: { id: 'User:4', name: `${round}` } });
  }
  await expect.poll(() => shown).toMatch(/^[0-9]+$/);
  told.unsubscribe();
  watched.unsubscribe();
  expect(new Set(kinds)).toEqual(new Set(['UPDATED']));
});
