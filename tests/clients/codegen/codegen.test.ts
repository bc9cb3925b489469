import { expect, test } from 'vitest';
import { execute, send } from './execute';
import { graphql, useFragment, type FragmentType } from './generated';
import type { PostsQuery, UserErrorCode } from './generated/graphql';

const Author = graphql(`
  fragment Author on User {
    name
    createdAt
    posts(first: 2) {
      totalCount
      nodes {
        title
      }
    }
  }
`);

test('a fragment shows its fields only to who names it', async () => {
  const query = graphql(`
    query User($id: ID!) {
      user(id: $id) {
        id
        ...Author
      }
    }
  `);
  const { user } = await execute(query, { id: 'User:1' });
  expect(user?.id).toBe('User:1');
  // @ts-expect-error: `name` is the fragment's.
  void user?.name;
  const author = useFragment(Author, user);
  const year: string | undefined = author?.createdAt.slice(0, 4);
  expect(year).toBe('2026');
  expect(author).toMatchObject({
    name: 'Reuben Wiza',
    posts: {
      totalCount: 6,
      nodes: [{ title: 'Recusandae aut et qui adipisci' }, { title: 'Eius deserunt minus in nihil' }],
    },
  });
});

test('a walk over the pages meets each post once', async () => {
  const query = graphql(`
    query Posts($after: String) {
      posts(first: 30, after: $after) {
        nodes {
          id
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  `);
  const sizes: number[] = [];
  const ids = new Set<string>();
  let after: string | null = null;
  do {
    const { posts }: PostsQuery = await execute(query, { after });
    sizes.push(posts.nodes.length);
    posts.nodes.forEach(({ id }) => ids.add(id));
    after = posts.pageInfo.hasNextPage ? posts.pageInfo.endCursor : null;
  } while (after);
  expect(sizes).toEqual([30, 30, 12]);
  expect(ids.size).toBe(72);
});

const Problem = graphql(`
  fragment Problem on UserError {
    code
    message
    path
  }
`);

/** What a form shows at its fields: by names such as `posts.0.title`. */
type Problems = Record<string, UserErrorCode>;

function byField(problems: FragmentType<typeof Problem>[]): Problems {
  return Object.fromEntries(useFragment(Problem, problems).map(({ path, code }) => [path.join('.'), code]));
}

const createUser = graphql(`
  mutation CreateUser($input: CreateUserInput!) {
    createUser(input: $input) {
      user {
        name
        posts {
          nodes {
            title
          }
        }
      }
      userErrors {
        ...Problem
      }
    }
  }
`);

test('a form that is right creates a user with posts', async () => {
  const input = { name: 'Ada', posts: [{ title: 'Notes', content: 'on the engine' }] };
  const { createUser: answer } = await execute(createUser, { input });
  expect(answer).toEqual({ user: { name: 'Ada', posts: { nodes: [{ title: 'Notes' }] } }, userErrors: [] });
});

test('a form that is wrong learns why, field by field', async () => {
  const input = { name: ' ', posts: [{ title: 'x'.repeat(201), content: '' }] };
  const { createUser: answer } = await execute(createUser, { input });
  expect(answer?.user).toBeNull();
  expect(byField(answer?.userErrors ?? [])).toEqual<Problems>({ name: 'BLANK', 'posts.0.title': 'TOO_LONG' });
});

test('a document that is not in the manifest is refused', async () => {
  const { errors } = await send({ query: '{ users { totalCount } }' });
  expect(errors[0].extensions.code).toBe('FORBIDDEN');
});
