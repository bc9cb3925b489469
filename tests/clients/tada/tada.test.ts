import { type FragmentOf, type ResultOf, readFragment } from 'gql.tada';
import { expect, test } from 'vitest';
import { execute } from './execute';
import { graphql } from './graphql';

test('a nested query is read with what stands on the edges', async () => {
  const query = graphql(`
    query Student($id: ID!) {
      student(id: $id) {
        name
        courses(orderBy: [{ field: TITLE }]) {
          edges {
            enrolledAt
            node {
              title
            }
          }
        }
      }
    }
  `);
  const { student } = await execute(query, { id: 'Student:1' });
  expect(student?.name).toBe('Jovany Zulauf');
  const years: [string, string][] = student!.courses.edges.map((edge) => [
    edge.node.title,
    edge.enrolledAt.slice(0, 4),
  ]);
  expect(years).toEqual([
    ['Inverse Mining & Metals', '2026'],
    ['Optimized Printing', '2026'],
    ['Universal Electrical / Electronic Manufacturing', '2026'],
  ]);
});

test('a node tells its type, and so which fields it has', async () => {
  const query = graphql(`
    query Nodes($ids: [ID!]!) {
      nodes(ids: $ids) {
        __typename
        ... on User {
          name
        }
        ... on Course {
          title
        }
      }
    }
  `);
  const { nodes } = await execute(query, { ids: ['User:1', 'Course:3', 'User:99'] });
  const labels = nodes.map((node) => {
    if (node?.__typename === 'User') return node.name;
    if (node?.__typename === 'Course') return node.title;
    return node;
  });
  expect(labels).toEqual(['Reuben Wiza', 'Centralized Public Policy', null]);
});

test('a walk over the pages from the end meets each student once', async () => {
  const query = graphql(`
    query Students($before: String) {
      students(last: 15, before: $before) {
        nodes {
          id
        }
        pageInfo {
          hasPreviousPage
          startCursor
        }
      }
    }
  `);
  const ids: string[] = [];
  let before: string | null = null;
  do {
    const { students }: ResultOf<typeof query> = await execute(query, { before });
    ids.unshift(...students.nodes.map(({ id }) => id));
    before = students.pageInfo.hasPreviousPage ? students.pageInfo.startCursor : null;
  } while (before);
  expect(ids).toEqual(Array.from({ length: 40 }, (_, index) => `Student:${index + 1}`));
});

const Problem = graphql(`
  fragment Problem on UserError {
    code
    message
    path
  }
`);

/** What a form shows at its fields. */
type Problems = Record<string, ResultOf<typeof Problem>['code']>;

function byField(problems: FragmentOf<typeof Problem>[]): Problems {
  return Object.fromEntries(readFragment(Problem, problems).map(({ path, code }) => [path.join('.'), code]));
}

const enroll = graphql(
  `
    mutation Enroll($input: EnrollInput!) {
      enroll(input: $input) {
        enrollment {
          student {
            name
          }
          course {
            title
          }
        }
        userErrors {
          ...Problem
        }
      }
    }
  `,
  [Problem],
);

test('a form that is right enrols a student', async () => {
  const { enroll: answer } = await execute(enroll, { input: { studentId: 'Student:1', courseId: 'Course:2' } });
  expect(answer).toEqual({
    enrollment: { student: { name: 'Jovany Zulauf' }, course: { title: 'Switchable Alternative Medicine' } },
    userErrors: [],
  });
});

test('a form that is wrong learns why, field by field', async () => {
  const { enroll: answer } = await execute(enroll, { input: { studentId: 'Student:1', courseId: 'Course:4' } });
  expect(answer?.enrollment).toBeNull();
  expect(byField(answer?.userErrors ?? [])).toEqual<Problems>({ courseId: 'ALREADY_EXISTS' });
});
