//! `Student`: its fields, its queries, its mutations.

use std::collections::HashSet;

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use derive_more::{AsRef, From};
use dovetail::{
    error::{Nullable, Result},
    graphql::{
        ContextExt,
        columns::ColumnFields,
        connection::{self, Connection, Edge, Item, NodeEdge},
        filter::{Conditions, DateTimeFilter, FilterInput, IdFilter, ListFilter, StringFilter},
        lists::ListFields,
        moment::Moment,
        mutation::{self, DeletePayload, UserError, UserErrorCode, UserErrors, stored},
        node::{ColumnField, ListField, Node},
        one::{self, One},
        order::{OrderField, OrderInput},
        paging::ListArgs,
    },
    insert::insert_all,
    loaders::{OrderBy, Relation, Row},
};
use entity::{course, enrollment, student};
use sea_orm::{ActiveModelTrait, IntoActiveModel, Set, Unchanged};

use crate::{
    course::{Course, CourseFilter},
    enrollment::{Enrollment, enrollment_of},
};

#[derive(AsRef, Clone, From)]
pub struct Student(Row<student::Entity>);

impl Node for Student {
    type Entity = student::Entity;
    type Filter = StudentFilter;
    type OrderField = StudentOrderField;
    const TYPE: &'static str = "Student";
    const COLUMNS: &'static [ColumnField<student::Entity>] = &[
        (
            student::Column::Name,
            "The student's name: 1 to 100 characters, not blank. Several students may have the same.",
        ),
        (student::Column::CreatedAt, "When the student was created."),
        (student::Column::UpdatedAt, "When the student was last changed; before any change, when it was created."),
    ];
    const LISTS: &'static [ListField<Self>] = &[
        ListField::of::<CoursesByStudent, StudentCoursesEdge>(
            "courses",
            "The courses that the student takes, ordered by id unless `orderBy` is given.",
        ),
        ListField::of::<EnrollmentsByStudent, NodeEdge<Enrollment>>(
            "enrollments",
            "The student's enrollments, ordered by the course's id unless `orderBy` is given.",
        ),
    ];
}

/// A student, who takes courses.
#[Object]
impl Student {
    /// The student's id, such as `Student:500`.
    pub async fn id(&self) -> Result<ID> {
        Ok(Self::global_id(self.0.key()?))
    }

    #[graphql(flatten)]
    async fn columns(&self, _ctx: &Context<'_>) -> ColumnFields<Self> {
        ColumnFields::of(self)
    }

    #[graphql(flatten)]
    async fn lists(&self, _ctx: &Context<'_>) -> ListFields<Self> {
        ListFields(self.clone())
    }
}

#[derive(From)]
pub struct StudentCoursesEdge(Item<Course, enrollment::Entity>);

impl Edge for StudentCoursesEdge {
    type Node = Course;
    type Link = enrollment::Entity;
}

/// A course of a student, with its place in the list and the enrollment's data.
#[Object]
impl StudentCoursesEdge {
    /// The course's place in this list, for `after` and `before`. Opaque.
    async fn cursor(&self) -> Result<String> {
        self.0.cursor()
    }

    /// The course.
    async fn node(&self) -> One<Course> {
        self.0.node()
    }

    /// When the student was enrolled in the course.
    async fn enrolled_at(&self) -> Result<Moment> {
        Moment::of(self.0.link().get(enrollment::Column::EnrolledAt)?)
    }
}

/// The courses that a student is enrolled in, with the enrollments.
pub struct CoursesByStudent;

impl Relation for CoursesByStudent {
    type Parent = student::Entity;
    type Node = course::Entity;
    type Link = enrollment::Entity;
    const PARENT: enrollment::Column = enrollment::Column::StudentId;
    const CHILD: Option<enrollment::Column> = Some(enrollment::Column::CourseId);
}

/// The enrollments of a student.
pub struct EnrollmentsByStudent;

impl Relation for EnrollmentsByStudent {
    type Parent = student::Entity;
    type Node = enrollment::Entity;
    type Link = enrollment::Entity;
    const PARENT: enrollment::Column = enrollment::Column::StudentId;
}

/// Conditions on a student: all that are given must hold. A field left out or `null` restricts nothing.
#[derive(InputObject)]
pub struct StudentFilter {
    /// All of these hold.
    and: Option<Vec<StudentFilter>>,
    /// At least one of these holds.
    or: Option<Vec<StudentFilter>>,
    /// This does not hold.
    not: Option<Box<StudentFilter>>,
    /// The id.
    id: Option<IdFilter>,
    /// The name.
    name: Option<StringFilter>,
    /// When the student was created.
    created_at: Option<DateTimeFilter>,
    /// When the student was last changed.
    updated_at: Option<DateTimeFilter>,
    /// The courses that the student takes.
    courses: Option<ListFilter<CourseFilter>>,
}

impl FilterInput for StudentFilter {
    fn add_to(self, all: &mut Conditions) -> Result<()> {
        all.logic(self.and, self.or, self.not)?;
        all.id::<Student>(self.id)?;
        all.text(student::Column::Name, self.name)?;
        all.moment(student::Column::CreatedAt, self.created_at)?;
        all.moment(student::Column::UpdatedAt, self.updated_at)?;
        all.children::<CoursesByStudent, _>("courses", self.courses)
    }
}

/// The keys by which students can be ordered.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
pub enum StudentOrderField {
    /// The id.
    Id,
    /// The name.
    Name,
    /// When the student was created.
    CreatedAt,
    /// When the student was last changed.
    UpdatedAt,
    /// The number of courses.
    CoursesCount,
}

impl OrderField for StudentOrderField {
    fn by(self) -> Option<OrderBy> {
        Some(match self {
            Self::Id => return None,
            Self::Name => OrderBy::column(student::Column::Name),
            Self::CreatedAt => OrderBy::column(student::Column::CreatedAt),
            Self::UpdatedAt => OrderBy::column(student::Column::UpdatedAt),
            Self::CoursesCount => OrderBy::count::<CoursesByStudent>(),
        })
    }
}

#[derive(Default)]
pub struct StudentQuery;

#[Object]
impl StudentQuery {
    /// The student with this id; `null` if there is none.
    async fn student(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An id such as `Student:500`, or its bare key: `500`.")] id: ID,
    ) -> Nullable<One<Student>> {
        one::look_up(ctx, &id, "id").await
    }

    /// All students, ordered by id unless `orderBy` is given.
    async fn students(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many items at most. Not together with `last`.")] first: Option<i32>,
        #[graphql(desc = "Only items after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many items at most. Not together with `first`.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only items that satisfy this filter.")] filter: Option<Box<StudentFilter>>,
        #[graphql(desc = "The order: by these keys in turn, then by id.")] order_by: Option<
            Vec<OrderInput<StudentOrderField>>,
        >,
    ) -> Result<Connection<NodeEdge<Student>>> {
        connection::all(ctx, "Query.students", ListArgs { first, after, last, before, filter, order_by }).await
    }
}

/// A new student, and the courses to enroll in: all or nothing.
#[derive(InputObject)]
pub struct CreateStudentInput {
    /// 1 to 100 characters, not blank.
    name: String,
    /// The courses to enroll in: ids such as `Course:500`, or their bare keys, none twice.
    course_ids: Option<Vec<ID>>,
}

/// Changes of a student. A field left out or `null` stays as it is.
#[derive(InputObject)]
pub struct UpdateStudentInput {
    /// The student: an id such as `Student:500`, or its bare key.
    id: ID,
    /// 1 to 100 characters, not blank.
    name: Option<String>,
}

/// The student to delete.
#[derive(InputObject)]
pub struct DeleteStudentInput {
    /// An id such as `Student:500`, or its bare key.
    id: ID,
}

/// The result of `createStudent`.
#[derive(SimpleObject, Default)]
pub struct CreateStudentPayload {
    /// The new student; `null` if nothing was written.
    student: Option<One<Student>>,
    /// Why nothing was written; empty on success.
    user_errors: Vec<UserError>,
}

/// The result of `updateStudent`.
#[derive(SimpleObject, Default)]
pub struct UpdateStudentPayload {
    /// The changed student; `null` if nothing was written.
    student: Option<One<Student>>,
    /// Why nothing was written; empty on success.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct StudentMutation;

#[Object]
impl StudentMutation {
    /// Creates a student, enrolled in the courses given, in one transaction.
    async fn create_student(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new student.")] input: CreateStudentInput,
    ) -> Result<CreateStudentPayload> {
        let ids = input.course_ids.unwrap_or_default();
        let keys = ids.iter().enumerate().map(|(index, id)| Course::key(id, &format!("input.courseIds.{index}")));
        let courses: Vec<i64> = keys.collect::<Result<_>>()?;

        let mut errors = UserErrors::default();
        errors.check_label("name", &input.name, student::NAME_MAX);
        let transaction = ctx.write().await?;
        let held = mutation::hold::<Course>(&transaction, &courses).await?;
        let mut seen = HashSet::with_capacity(courses.len());
        for (index, &course) in courses.iter().enumerate() {
            let path = format!("courseIds.{index}");
            if !held.contains_key(&course) {
                errors.not_found::<Course>(&path, course);
            } else if !seen.insert(course) {
                errors.add(
                    UserErrorCode::AlreadyExists,
                    &path,
                    format!("{} is listed twice", *Course::global_id(course)),
                );
            }
        }
        if errors.any() {
            return Ok(CreateStudentPayload { user_errors: errors.into(), ..Default::default() });
        }
        let student = student::ActiveModel { name: Set(input.name), ..Default::default() }.insert(&transaction).await?;
        insert_all(
            &transaction,
            courses.into_iter().map(|course| enrollment_of(student.id, course).into_active_model()),
        )
        .await?;
        transaction.done().await;
        Ok(CreateStudentPayload { student: Some(stored(student)), ..Default::default() })
    }

    /// Changes a student.
    async fn update_student(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateStudentInput,
    ) -> Result<UpdateStudentPayload> {
        let key = Student::key(&input.id, "input.id")?;
        let mut errors = UserErrors::default();
        let mut changes = student::ActiveModel { id: Unchanged(key), ..Default::default() };
        if let Some(name) = input.name {
            errors.check_label("name", &name, student::NAME_MAX);
            changes.name = Set(name);
        }
        let (student, user_errors) = mutation::update(ctx, key, changes, errors).await?;
        Ok(UpdateStudentPayload { student, user_errors })
    }

    /// Deletes a student, and the student's enrollments with it.
    async fn delete_student(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The student to delete.")] input: DeleteStudentInput,
    ) -> Result<DeletePayload<Student>> {
        mutation::delete(ctx, &input.id).await
    }
}
