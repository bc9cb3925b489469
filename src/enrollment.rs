//! `Enrollment`: its fields, its queries, its mutations.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use derive_more::{AsRef, From};
use dovetail::{
    error::{Nullable, Result},
    graphql::{
        ContextExt,
        columns::ColumnFields,
        connection::{self, Connection, NodeEdge},
        filter::{Conditions, DateTimeFilter, FilterInput},
        mutation::{self, UserError, UserErrorCode, UserErrors, stored},
        node::{ColumnField, Node},
        one::{self, One},
        order::{OrderField, OrderInput},
        paging::ListArgs,
    },
    loaders::{OrderBy, Row},
};
use entity::{course, enrollment, student};
use sea_orm::{EntityTrait, IntoActiveModel, TryInsertResult};

use crate::{
    course::{Course, CourseFilter},
    student::{Student, StudentFilter},
};

#[derive(AsRef, Clone, From)]
pub struct Enrollment(Row<enrollment::Entity>);

impl Node for Enrollment {
    type Entity = enrollment::Entity;
    type Filter = EnrollmentFilter;
    type OrderField = EnrollmentOrderField;
    const TYPE: &'static str = "Enrollment";
    const COLUMNS: &'static [ColumnField<enrollment::Entity>] =
        &[(enrollment::Column::EnrolledAt, "When the student was enrolled in the course.")];
}

/// A student's place in a course; at most one for the two.
#[Object]
impl Enrollment {
    /// The enrollment's id, such as `Enrollment:12:7`: the student's key and the course's.
    pub async fn id(&self) -> Result<ID> {
        Ok(Self::global_id(self.0.key()?))
    }

    /// The student. Deleting it deletes the enrollment.
    async fn student(&self, ctx: &Context<'_>) -> Result<One<Student>> {
        one::referenced(ctx, self.0.get(enrollment::Column::StudentId)?).await
    }

    /// The course. Deleting it deletes the enrollment.
    async fn course(&self, ctx: &Context<'_>) -> Result<One<Course>> {
        one::referenced(ctx, self.0.get(enrollment::Column::CourseId)?).await
    }

    #[graphql(flatten)]
    async fn columns(&self, _ctx: &Context<'_>) -> ColumnFields<Self> {
        ColumnFields::of(self)
    }
}

/// Conditions on an enrollment: all that are given must hold. A field left out or `null` restricts nothing.
#[derive(InputObject)]
pub struct EnrollmentFilter {
    /// All of these hold.
    and: Option<Vec<EnrollmentFilter>>,
    /// At least one of these holds.
    or: Option<Vec<EnrollmentFilter>>,
    /// This does not hold.
    not: Option<Box<EnrollmentFilter>>,
    /// The student.
    student: Option<Box<StudentFilter>>,
    /// The course.
    course: Option<Box<CourseFilter>>,
    /// When the student was enrolled.
    enrolled_at: Option<DateTimeFilter>,
}

impl FilterInput for EnrollmentFilter {
    fn add_to(self, all: &mut Conditions) -> Result<()> {
        all.logic(self.and, self.or, self.not)?;
        all.parent::<Student, _>("student", enrollment::Column::StudentId, self.student)?;
        all.parent::<Course, _>("course", enrollment::Column::CourseId, self.course)?;
        all.moment(enrollment::Column::EnrolledAt, self.enrolled_at)
    }
}

/// The keys by which enrollments can be ordered.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
pub enum EnrollmentOrderField {
    /// When the student was enrolled.
    EnrolledAt,
    /// The student's name.
    StudentName,
    /// The course's title.
    CourseTitle,
}

impl OrderField for EnrollmentOrderField {
    fn by(self) -> Option<OrderBy> {
        Some(match self {
            Self::EnrolledAt => OrderBy::column(enrollment::Column::EnrolledAt),
            Self::StudentName => {
                OrderBy::parent::<student::Entity>(enrollment::Column::StudentId, student::Column::Name)
            }
            Self::CourseTitle => OrderBy::parent::<course::Entity>(enrollment::Column::CourseId, course::Column::Title),
        })
    }
}

#[derive(Default)]
pub struct EnrollmentQuery;

#[Object]
impl EnrollmentQuery {
    /// The enrollment of this student in this course; `null` if there is none.
    async fn enrollment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A student's id such as `Student:12`, or its bare key: `12`.")] student_id: ID,
        #[graphql(desc = "A course's id such as `Course:7`, or its bare key: `7`.")] course_id: ID,
    ) -> Nullable<One<Enrollment>> {
        match (Student::key(&student_id, "studentId"), Course::key(&course_id, "courseId")) {
            (Ok(student), Ok(course)) => one::by_key(ctx, (student, course)).await,
            (Err(error), _) | (_, Err(error)) => Some(Err(error)),
        }
    }

    /// All enrollments, ordered by the student's id and then the course's unless `orderBy` is given.
    async fn enrollments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many items at most. Not together with `last`.")] first: Option<i32>,
        #[graphql(desc = "Only items after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many items at most. Not together with `first`.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only items that satisfy this filter.")] filter: Option<Box<EnrollmentFilter>>,
        #[graphql(desc = "The order: by these keys in turn, then by id.")] order_by: Option<
            Vec<OrderInput<EnrollmentOrderField>>,
        >,
    ) -> Result<Connection<NodeEdge<Enrollment>>> {
        connection::all(ctx, "Query.enrollments", ListArgs { first, after, last, before, filter, order_by }).await
    }
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
pub fn enrollment_of(student: i64, course: i64) -> enrollment::Model {
    enrollment::Model { student_id: student, course_id: course, enrolled_at: entity::now() }
}

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
        let student = Student::key(&input.student_id, "input.studentId")?;
        let course = Course::key(&input.course_id, "input.courseId")?;
        let mut errors = UserErrors::default();
        let transaction = ctx.write().await?;
        mutation::hold_one::<Student>(&transaction, student, "studentId", &mut errors).await?;
        mutation::hold_one::<Course>(&transaction, course, "courseId", &mut errors).await?;
        if errors.any() {
            return Ok(EnrollPayload { user_errors: errors.into(), ..Default::default() });
        }
        // The key decides between two at once: one inserts, the other waits for it and finds the row there.
        let enrollment = enrollment_of(student, course);
        let inserted = enrollment::Entity::insert(enrollment.clone().into_active_model())
            .on_conflict_do_nothing_on([enrollment::Column::StudentId, enrollment::Column::CourseId])
            .exec_without_returning(&transaction)
            .await?;
        if !matches!(inserted, TryInsertResult::Inserted(1)) {
            let already =
                format!("{} is enrolled in {} already", *Student::global_id(student), *Course::global_id(course));
            errors.add(UserErrorCode::AlreadyExists, "courseId", already);
            return Ok(EnrollPayload { user_errors: errors.into(), ..Default::default() });
        }
        transaction.done().await;
        Ok(EnrollPayload { enrollment: Some(stored(enrollment)), ..Default::default() })
    }

    /// Ends the enrollment of a student in a course.
    async fn withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The student and the course.")] input: WithdrawInput,
    ) -> Result<WithdrawPayload> {
        let student_key = Student::key(&input.student_id, "input.studentId")?;
        let course_key = Course::key(&input.course_id, "input.courseId")?;
        let mut errors = UserErrors::default();
        let transaction = ctx.write().await?;
        let student = mutation::hold_one(&transaction, student_key, "studentId", &mut errors).await?;
        let course = mutation::hold_one(&transaction, course_key, "courseId", &mut errors).await?;
        if errors.any() {
            return Ok(WithdrawPayload { user_errors: errors.into(), ..Default::default() });
        }
        let deleted = enrollment::Entity::delete_by_id((student_key, course_key)).exec(&transaction).await?;
        if deleted.rows_affected == 0 {
            let missing =
                format!("{} is not enrolled in {}", *Student::global_id(student_key), *Course::global_id(course_key));
            errors.add(UserErrorCode::NotFound, "courseId", missing);
            return Ok(WithdrawPayload { user_errors: errors.into(), ..Default::default() });
        }
        transaction.done().await;
        let deleted_id = Some(Enrollment::global_id((student_key, course_key)));
        Ok(WithdrawPayload { deleted_id, student, course, user_errors: Vec::new() })
    }
}
