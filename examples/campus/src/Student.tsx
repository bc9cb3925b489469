import { useMutation, useQuery } from 'urql';
import { Form } from './Form';
import { graphql, readFragment } from './gql';
import { count, Failure, Loading, Moment } from './ui';

const StudentCourses = graphql(`
  fragment StudentCourses on Student {
    courses(first: 100, orderBy: { field: TITLE }) {
      edges {
        enrolledAt
        node {
          id
          title
        }
      }
    }
  }
`);

const StudentPage = graphql(`
  query Student($id: ID!) {
    student(id: $id) {
      id
      name
      ...StudentCourses
    }
    courses(first: 100, orderBy: { field: TITLE }) {
      nodes {
        id
        title
      }
    }
  }
`);

// Both answer with all that the app shows of the student, so the cache is up to date without a word about it.
const Enroll = graphql(`
  mutation Enroll($input: EnrollInput!) {
    enroll(input: $input) {
      enrollment {
        id
        student {
          id
          ...StudentLine
          ...StudentCourses
        }
      }
      userErrors {
        ...FormErrors
      }
    }
  }
`);

const Withdraw = graphql(`
  mutation Withdraw($input: WithdrawInput!) {
    withdraw(input: $input) {
      student {
        id
        ...StudentLine
        ...StudentCourses
      }
      userErrors {
        ...FormErrors
      }
    }
  }
`);

export function Student({ id }: { id: string }) {
  const [{ data, error }, retry] = useQuery({ query: StudentPage, variables: { id } });
  const [, enroll] = useMutation(Enroll);
  const [, withdraw] = useMutation(Withdraw);

  if (error) return <Failure error={error} onRetry={retry} />;
  if (!data) return <Loading />;
  if (!data.student) return <p className="end muted">There is no such student.</p>;

  const { edges } = readFragment(StudentCourses, data.student).courses;
  const further = data.courses.nodes
    .filter(({ id }) => !edges.some(({ node }) => node.id === id))
    .map(({ id, title }) => ({ value: id, label: title }));
  return (
    <>
      <hgroup>
        <h2>{data.student.name}</h2>
        <p className="muted">{count(edges.length, 'course')}</p>
      </hgroup>
      <Form
        fields={{ courseId: { label: 'Further course', options: further } }}
        submit="Enrol"
        onSubmit={async ({ courseId }) => {
          const { data, error } = await enroll({ input: { studentId: id, courseId } });
          return { error, userErrors: data?.enroll?.userErrors };
        }}
      />
      <ul className="list" aria-label="Courses">
        {edges.map(({ enrolledAt, node }) => (
          <li key={node.id} className="card course">
            <h3>{node.title}</h3>
            <p className="muted">
              since <Moment of={enrolledAt} />
            </p>
            <Form
              fields={{}}
              submit={
                <>
                  Withdraw <span className="hidden">from {node.title}</span>
                </>
              }
              onSubmit={async () => {
                const { data, error } = await withdraw({ input: { studentId: id, courseId: node.id } });
                return { error, userErrors: data?.withdraw?.userErrors };
              }}
            />
          </li>
        ))}
      </ul>
      {edges.length === 0 && <p className="end muted">No courses yet.</p>}
    </>
  );
}
