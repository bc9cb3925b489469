import { graphql, readFragment, type FragmentType } from './gql';
import { InfiniteList, usePages } from './InfiniteList';
import { count, PersonLink } from './ui';

const StudentLine = graphql(`
  fragment StudentLine on Student {
    id
    name
    courseCount: courses {
      totalCount
    }
  }
`);

const StudentsPage = graphql(`
  query Students($after: String) {
    students(first: 20, after: $after, orderBy: { field: NAME }) @_relayPagination {
      totalCount
      nodes {
        id
        ...StudentLine
      }
      pageInfo {
        ...NextPage
      }
    }
  }
`);

export function Students({ selected }: { selected?: string }) {
  const pages = usePages(StudentsPage, {});
  const students = pages.data?.students;

  return (
    <>
      <h2>{students ? count(students.totalCount, 'student') : 'Students'}</h2>
      <InfiniteList label="Students" list={students} pages={pages} empty="No students yet.">
        {(student) => <StudentLink student={student} current={student.id === selected} />}
      </InfiniteList>
    </>
  );
}

function StudentLink(props: { student: FragmentType<typeof StudentLine>; current: boolean }) {
  const { id, name, courseCount } = readFragment(StudentLine, props.student);
  const detail = count(courseCount.totalCount, 'course');
  return <PersonLink href={`#/students/${id}`} current={props.current} name={name} detail={detail} />;
}
