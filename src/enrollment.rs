//! `Enrollment`: its fields and its mutations.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use dovetail::prelude::{Field, Node, One, Result, UserError, UserErrorCode, Write, stored};
use entity::enrollment::{Column, Entity, Model};
use sea_orm::{EntityTrait, IntoActiveModel, TryInsertResult};

use crate::{course::Course, student::Student};

/// The node of the type `Enrollment`.
pub struct Enrollment;

impl Node for Enrollment {
    type Entity = Entity;
    const TYPE: &'static str = "Enrollment";
    const DESCRIPTION: &'static str = "A student's place in a course; at most one for the two.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::parent::<Student>("student", "The student. Deleting it deletes the enrollment.")
            .filter()
            .order_by("name"),
        Field::parent::<Course>("course", "The course. Deleting it deletes the enrollment.").filter().order_by("title"),
        Field::column(Column::EnrolledAt, "When the student was enrolled in the course.").filter().order(),
    ];
}

/// A student, and the course to enroll in.
#[derive(InputObject)]
pub struct EnrollInput {
    /// The student's id, such as `Student:12`, or its bare key.
    student_id: ID,
    /// The course's id, such as `Course:7`, or its bare key.
    course_id: ID,
}

/// A student, and the course to withdraw from.
#[derive(InputObject)]
pub struct WithdrawInput {
    /// The student's id, such as `Student:12`, or its bare key.
    student_id: ID,
    /// The course's id, such as `Course:7`, or its bare key.
    course_id: ID,
}

/// The result of `enroll`.
#[derive(SimpleObject, Default)]
pub struct EnrollPayload {
    /// The new enrollment; `null` if nothing was written.
    enrollment: Option<One<Enrollment>>,
    /// Why nothing was written; empty on success. Enrolled already: `ALREADY_EXISTS` at `courseId`.
    user_errors: Vec<UserError>,
}

/// The result of `withdraw`.
#[derive(SimpleObject, Default)]
pub struct WithdrawPayload {
    /// The id of the ended enrollment; `null` if nothing was written.
    deleted_id: Option<ID>,
    /// The student, without the course; `null` if nothing was written.
    student: Option<One<Student>>,
    /// The course, without the student; `null` if nothing was written.
    course: Option<One<Course>>,
    /// Why nothing was written; empty on success. Not enrolled: `NOT_FOUND` at `courseId`.
    user_errors: Vec<UserError>,
}

/// The row that enrols this student in this course now.
pub fn enrollment_of(student: i64, course: i64) -> Model {
    Model { student_id: student, course_id: course, enrolled_at: entity::now() }
}

/// The mutations of enrollments.
#[derive(Default)]
pub struct EnrollmentMutation;

#[Object]
impl EnrollmentMutation {
    /// Enrolls a student in a course.
    async fn enroll(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The student and the course.")] input: EnrollInput,
    ) -> Result<EnrollPayload> {
        let mut write = Write::of(ctx);
        let student = write.parent::<Student>("studentId", &input.student_id).await?;
        let course = write.parent::<Course>("courseId", &input.course_id).await?;
        let enrollment = enrollment_of(student, course);
        if !write.errors.any() {
            // The key decides between two at once: one inserts, the other waits for it and finds the row there.
            let inserted = Entity::insert(enrollment.clone().into_active_model())
                .on_conflict_do_nothing_on([Column::StudentId, Column::CourseId])
                .exec_without_returning(write.transaction().await?)
                .await?;
            if !matches!(inserted, TryInsertResult::Inserted(1)) {
                let (student, course) = (Student::global_id(student), Course::global_id(course));
                let already = format!("{} is enrolled in {} already", *student, *course);
                write.errors.add(UserErrorCode::AlreadyExists, "courseId", already);
            }
        }
        Ok(match write.done(Some(stored(enrollment))).await {
            Ok(enrollment) => EnrollPayload { enrollment, ..Default::default() },
            Err(user_errors) => EnrollPayload { user_errors, ..Default::default() },
        })
    }

    /// Ends the enrollment of a student in a course.
    async fn withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The student and the course.")] input: WithdrawInput,
    ) -> Result<WithdrawPayload> {
        let student_key = Student::key(&input.student_id, "input.studentId")?;
        let course_key = Course::key(&input.course_id, "input.courseId")?;
        let mut write = Write::of(ctx);
        let student = write.held("studentId", student_key).await?;
        let course = write.held("courseId", course_key).await?;
        if !write.errors.any() {
            let deleted = Entity::delete_by_id((student_key, course_key)).exec(write.transaction().await?).await?;
            if deleted.rows_affected == 0 {
                let (student, course) = (Student::global_id(student_key), Course::global_id(course_key));
                let missing = format!("{} is not enrolled in {}", *student, *course);
                write.errors.add(UserErrorCode::NotFound, "courseId", missing);
            }
        }
        let deleted_id = Enrollment::global_id((student_key, course_key));
        Ok(match write.done(Some(deleted_id)).await {
            Ok(deleted_id) => WithdrawPayload { deleted_id, student, course, user_errors: Vec::new() },
            Err(user_errors) => WithdrawPayload { user_errors, ..Default::default() },
        })
    }
}
