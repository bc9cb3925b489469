// The school: its tables, random rows, and mutations.
import { BIG, MOMENT, TEXT } from './kinds.mjs';
import { parseMoment } from './moments.mjs';
import { MOMENTS, content, label } from './samples.mjs';
import { children, childrenOver, parent, table } from './tables.mjs';
import { Refusals, Writer, now } from './writes.mjs';

const STAMPS = { createdAt: MOMENT, updatedAt: MOMENT };

const types = {
  User: table('users', { id: BIG, name: TEXT, ...STAMPS }, { toMany: { posts: children('Post', 'owner') } }),
  Post: table(
    'posts',
    { id: BIG, title: TEXT, content: TEXT, ownerId: BIG, ...STAMPS },
    { toOne: { owner: parent('User', { ownerId: 'id' }, 'CASCADE') } },
  ),
  Student: table(
    'students',
    { id: BIG, name: TEXT, ...STAMPS },
    {
      toMany: {
        courses: childrenOver('Enrollment', 'student', 'Course', 'course'),
        enrollments: children('Enrollment', 'student'),
      },
    },
  ),
  Course: table(
    'courses',
    { id: BIG, title: TEXT, ...STAMPS },
    {
      toMany: {
        students: childrenOver('Enrollment', 'course', 'Student', 'student'),
        enrollments: children('Enrollment', 'course'),
      },
    },
  ),
  Enrollment: table(
    'enrollments',
    { studentId: BIG, courseId: BIG, enrolledAt: MOMENT },
    {
      key: ['studentId', 'courseId'],
      toOne: {
        student: parent('Student', { studentId: 'id' }, 'CASCADE'),
        course: parent('Course', { courseId: 'id' }, 'CASCADE'),
      },
    },
  ),
};

function drawRows(random) {
  const moment = () => parseMoment(random.pick(MOMENTS));
  const moments = () => ({ createdAt: moment(), updatedAt: moment() });
  // Ids ascend with gaps, and a table may be empty.
  const table = (most, row) => {
    let id = 0n;
    const count = random.chance(0.05) ? 0 : random.between(1, most);
    return Array.from({ length: count }, () => ({ id: (id += BigInt(random.between(1, 3))), ...row() }));
  };
  const named = () => ({ name: label(random, 100), ...moments() });
  const User = table(8, named);
  const Post = table(16, () => ({
    title: label(random, 200),
    content: content(random),
    ownerId: User.length && random.pick(User).id,
    ...moments(),
  }));
  const Student = table(7, named);
  const Course = table(6, () => ({ title: label(random, 200), ...moments() }));
  const Enrollment = Student.flatMap((student) =>
    random.some(Course, 0.45).map((course) => ({ studentId: student.id, courseId: course.id, enrolledAt: moment() })),
  );
  const rows = { User, Post: User.length ? Post : [], Student, Course, Enrollment };
  const lastIds = {};
  for (const type of ['User', 'Post', 'Student', 'Course']) lastIds[type] = rows[type].at(-1)?.id ?? 0n;
  return { ...rows, lastIds };
}

const MOST = { name: 100, title: 200, content: Infinity };

class SchoolWriter extends Writer {
  /** A row has the moment at which it is written. */
  stamped(type, row) {
    return this.insert(type, { ...row, createdAt: now(), updatedAt: now() });
  }

  create(type, row, refusals) {
    return this.payload(type, refusals, () => this.stamped(type, row));
  }

  /** What is left out or null stays as it is. */
  update(type, { id, ...changes }) {
    const refusals = new Refusals();
    const existing = this.existing(type, id, refusals, 'id');
    const isGiven = (column) => changes[column] !== undefined && changes[column] !== null;
    // Refusals are in the order of the input that creates.
    const given = ['name', 'title', 'content'].filter(isGiven);
    for (const column of given) this.check(column, changes[column], refusals, column);
    const row = existing();
    const write = () => {
      const written = Object.fromEntries(given.map((column) => [column, changes[column]]));
      return given.length > 0 ? Object.assign(row, { updatedAt: now() }, written) : row;
    };
    return this.payload(type, refusals, write);
  }

  /** A post's content may be blank. */
  check(column, text, refusals, ...path) {
    if (column === 'content') refusals.text(text, MOST[column], ...path);
    else refusals.label(text, MOST[column], ...path);
  }

  createUser({ name, posts }) {
    const refusals = new Refusals();
    this.check('name', name, refusals, 'name');
    for (const [index, post] of (posts ?? []).entries()) {
      for (const column of ['title', 'content']) this.check(column, post[column], refusals, 'posts', index, column);
    }
    return this.payload('User', refusals, () => {
      const user = this.stamped('User', { name });
      for (const { title, content } of posts ?? []) this.stamped('Post', { title, content, ownerId: user.id });
      return user;
    });
  }

  createPost({ title, content, ownerId }) {
    const refusals = new Refusals();
    const existing = this.existing('User', ownerId, refusals, 'ownerId');
    this.check('title', title, refusals, 'title');
    this.check('content', content, refusals, 'content');
    const owner = existing();
    return this.create('Post', { title, content, ownerId: owner?.id }, refusals);
  }

  createStudent({ name, courseIds }) {
    const refusals = new Refusals();
    const ids = courseIds ?? [];
    const courses = ids.map((id, index) => this.existing('Course', id, refusals, 'courseIds', index));
    this.check('name', name, refusals, 'name');
    const seen = [];
    for (const [index, existing] of courses.entries()) {
      const course = existing();
      if (course && seen.includes(course)) refusals.add('ALREADY_EXISTS', 'courseIds', index);
      seen.push(course);
    }
    return this.payload('Student', refusals, () => {
      const student = this.stamped('Student', { name });
      seen.forEach((course) => this.link(student, course));
      return student;
    });
  }

  createCourse({ title }) {
    const refusals = new Refusals();
    this.check('title', title, refusals, 'title');
    return this.create('Course', { title }, refusals);
  }

  link(student, course) {
    return this.insert('Enrollment', { studentId: student.id, courseId: course.id, enrolledAt: now() });
  }

  /** The student, the course and the enrollment that an input names. */
  enrollment({ studentId, courseId }, refusals) {
    const existing = [
      this.existing('Student', studentId, refusals, 'studentId'),
      this.existing('Course', courseId, refusals, 'courseId'),
    ];
    const [student, course] = existing.map((find) => find());
    return { student, course, enrollment: student && course && this.find('Enrollment', `${student.id}:${course.id}`) };
  }

  enroll(input) {
    const refusals = new Refusals();
    const { student, course, enrollment } = this.enrollment(input, refusals);
    if (enrollment) refusals.add('ALREADY_EXISTS', 'courseId');
    return this.payload('Enrollment', refusals, () => this.link(student, course));
  }

  withdraw(input) {
    const refusals = new Refusals();
    const { student, course, enrollment } = this.enrollment(input, refusals);
    if (student && course && !enrollment) refusals.add('NOT_FOUND', 'courseId');
    if (refusals.list.length > 0) return { deletedId: null, student: null, course: null, userErrors: refusals.list };
    this.rows.Enrollment = this.rows.Enrollment.filter((other) => other !== enrollment);
    return {
      deletedId: `Enrollment:${student.id}:${course.id}`,
      student: this.node('Student', student),
      course: this.node('Course', course),
      userErrors: [],
    };
  }

  mutations() {
    const fields = this.own('createUser', 'createPost', 'createStudent', 'createCourse', 'enroll', 'withdraw');
    for (const type of ['User', 'Post', 'Student', 'Course']) {
      fields[`update${type}`] = (input) => this.update(type, input);
      fields[`delete${type}`] = (input) => this.delete(type, input);
    }
    return fields;
  }
}

export const school = {
  schema: 'schema.graphql',
  types,
  drawRows,
  Writer: SchoolWriter,
  words: {
    type: 'User',
    other: 'Post',
    list: 'users',
    order: 'PostOrder',
    names: 'id name title posts first last filter orderBy eq in field direction input ids nodes edges and owner',
    values: ['{title: "x", content: """\n  a\n    b\n  """}', '{name: "x", posts: {title: "y", content: ""}}'],
    badIds: ['x', '', 'User:', 'User:05', 'user:1', '-0', 'Enrollment:1', 'Query:1', '99999999999999999999'],
  },
  /** Orders that no mutation changes at a moment that nobody knows. */
  settled: {
    User: ['NAME'],
    Post: ['TITLE', 'OWNER_NAME'],
    Student: ['NAME'],
    Course: ['TITLE'],
    Enrollment: ['TITLE'],
  },
};
