// The root of writing, over the same rows in memory.
import { School, keyIn } from './school.mjs';
import { MESSAGE } from './unknown.mjs';

/** The refusals of one mutation. */
class Refusals {
  list = [];

  add(code, ...path) {
    this.list.push({ code, message: MESSAGE, path: path.map(String) });
  }

  /** A text of any length. */
  text(text, ...path) {
    if (text.includes('\0')) this.add('INVALID', ...path);
  }

  /** A text that is not blank and has `most` characters at most. */
  label(text, most, ...path) {
    if (/^\p{White_Space}*$/u.test(text)) this.add('BLANK', ...path);
    if ([...text].length > most) this.add('TOO_LONG', ...path);
    this.text(text, ...path);
  }
}

const MOST = { name: 100, title: 200 };

export class WritableSchool extends School {
  /** Gives a row its id and its moments, which are those of now. */
  insert(type, row) {
    const now = BigInt(Date.now()) * 1_000_000n;
    const inserted = { id: ++this.rows.lastIds[type], ...row, createdAt: now, updatedAt: now };
    this.rows[type].push(inserted);
    return inserted;
  }

  /** The row with this id; that there is none is a refusal. */
  existing(type, id, refusals, ...path) {
    const key = keyIn(type, id);
    return () => {
      const row = this.find(type, key);
      if (!row) refusals.add('NOT_FOUND', ...path);
      return row;
    };
  }

  create(type, row, refusals) {
    if (refusals.list.length > 0) return { [type.toLowerCase()]: null, userErrors: refusals.list };
    return { [type.toLowerCase()]: this.node(type, this.insert(type, row)), userErrors: [] };
  }

  /** What is left out or null stays as it is. */
  update(type, { id, ...changes }) {
    const refusals = new Refusals();
    const existing = this.existing(type, id, refusals, 'id');
    const isGiven = (column) => changes[column] !== undefined && changes[column] !== null;
    // Refusals are in the order of the input that creates.
    const given = ['name', 'title', 'content'].filter(isGiven);
    for (const column of given) {
      if (column in MOST) refusals.label(changes[column], MOST[column], column);
      else refusals.text(changes[column], column);
    }
    const row = existing();
    const field = type.toLowerCase();
    if (refusals.list.length > 0) return { [field]: null, userErrors: refusals.list };
    const now = BigInt(Date.now()) * 1_000_000n;
    if (given.length > 0)
      Object.assign(row, { updatedAt: now }, Object.fromEntries(given.map((column) => [column, changes[column]])));
    return { [field]: this.node(type, row), userErrors: [] };
  }

  /** Deletes what the row owns with it. */
  delete(type, { id }) {
    const refusals = new Refusals();
    const row = this.existing(type, id, refusals, 'id')();
    if (!row) return { deletedId: null, userErrors: refusals.list };
    const owned = {
      User: ['Post', 'ownerId'],
      Student: ['Enrollment', 'studentId'],
      Course: ['Enrollment', 'courseId'],
    }[type];
    this.rows[type] = this.rows[type].filter((other) => other !== row);
    if (owned) this.rows[owned[0]] = this.rows[owned[0]].filter((other) => other[owned[1]] !== row.id);
    return { deletedId: `${type}:${row.id}`, userErrors: [] };
  }

  createUser({ name, posts }) {
    const refusals = new Refusals();
    refusals.label(name, MOST.name, 'name');
    for (const [index, post] of (posts ?? []).entries()) {
      refusals.label(post.title, MOST.title, 'posts', index, 'title');
      refusals.text(post.content, 'posts', index, 'content');
    }
    const payload = this.create('User', { name }, refusals);
    if (payload.user) {
      for (const { title, content } of posts ?? [])
        this.insert('Post', { title, content, ownerId: this.rows.lastIds.User });
    }
    return payload;
  }

  createPost({ title, content, ownerId }) {
    const refusals = new Refusals();
    const existing = this.existing('User', ownerId, refusals, 'ownerId');
    refusals.label(title, MOST.title, 'title');
    refusals.text(content, 'content');
    const owner = existing();
    return this.create('Post', { title, content, ownerId: owner?.id }, refusals);
  }

  createStudent({ name, courseIds }) {
    const refusals = new Refusals();
    const ids = courseIds ?? [];
    const courses = ids.map((id, index) => this.existing('Course', id, refusals, 'courseIds', index));
    refusals.label(name, MOST.name, 'name');
    const seen = [];
    for (const [index, existing] of courses.entries()) {
      const course = existing();
      if (course && seen.includes(course)) refusals.add('ALREADY_EXISTS', 'courseIds', index);
      seen.push(course);
    }
    const payload = this.create('Student', { name }, refusals);
    if (payload.student) seen.forEach((course) => this.link(this.rows.lastIds.Student, course.id));
    return payload;
  }

  createCourse({ title }) {
    const refusals = new Refusals();
    refusals.label(title, MOST.title, 'title');
    return this.create('Course', { title }, refusals);
  }

  link(studentId, courseId) {
    const enrollment = { studentId, courseId, enrolledAt: BigInt(Date.now()) * 1_000_000n };
    this.rows.Enrollment.push(enrollment);
    this.rows.Enrollment.sort((a, b) => a.studentId - b.studentId || a.courseId - b.courseId);
    return enrollment;
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
    if (refusals.list.length > 0) return { enrollment: null, userErrors: refusals.list };
    return { enrollment: this.node('Enrollment', this.link(student.id, course.id)), userErrors: [] };
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

  /** By the names of the schema's fields. */
  mutation() {
    const fields = {};
    for (const name of ['createUser', 'createPost', 'createStudent', 'createCourse', 'enroll', 'withdraw'])
      fields[name] = (input) => this[name](input);
    for (const type of ['User', 'Post', 'Student', 'Course']) {
      fields[`update${type}`] = (input) => this.update(type, input);
      fields[`delete${type}`] = (input) => this.delete(type, input);
    }
    return Object.fromEntries(Object.entries(fields).map(([name, write]) => [name, ({ input }) => write(input)]));
  }
}
