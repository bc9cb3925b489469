//! `Course`: its fields, its queries, its mutations.

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
        mutation::{self, DeletePayload, UserError, UserErrors, stored},
        node::{ColumnField, ListField, Node},
        one::{self, One},
        order::{OrderField, OrderInput},
        paging::ListArgs,
    },
    loaders::{OrderBy, Relation, Row},
};
use entity::{course, enrollment, student};
use sea_orm::{ActiveModelTrait, Set, Unchanged};

use crate::{
    enrollment::Enrollment,
    student::{Student, StudentFilter},
};

#[derive(AsRef, Clone, From)]
pub struct Course(Row<course::Entity>);

impl Node for Course {
    type Entity = course::Entity;
    type Filter = CourseFilter;
    type OrderField = CourseOrderField;
    const TYPE: &'static str = "Course";
    const COLUMNS: &'static [ColumnField<course::Entity>] = &[
        (
            course::Column::Title,
            "The course's title: 1 to 200 characters, not blank. Several courses may have the same.",
        ),
        (course::Column::CreatedAt, "When the course was created."),
        (course::Column::UpdatedAt, "When the course was last changed; before any change, when it was created."),
    ];
    const LISTS: &'static [ListField<Self>] = &[
        ListField::of::<StudentsByCourse, CourseStudentsEdge>(
            "students",
            "The students who take the course, ordered by id unless `orderBy` is given.",
        ),
        ListField::of::<EnrollmentsByCourse, NodeEdge<Enrollment>>(
            "enrollments",
            "The enrollments in the course, ordered by the student's id unless `orderBy` is given.",
        ),
    ];
}

/// A course that students take.
#[Object]
impl Course {
    /// The course's id, such as `Course:500`.
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
pub struct CourseStudentsEdge(Item<Student, enrollment::Entity>);

impl Edge for CourseStudentsEdge {
    type Node = Student;
    type Link = enrollment::Entity;
}

/// A student of a course, with its place in the list and the enrollment's data.
#[Object]
impl CourseStudentsEdge {
    /// The student's place in this list, for `after` and `before`. Opaque.
    async fn cursor(&self) -> Result<String> {
        self.0.cursor()
    }

    /// The student.
    async fn node(&self) -> One<Student> {
        self.0.node()
    }

    /// When the student was enrolled in the course.
    async fn enrolled_at(&self) -> Result<Moment> {
        Moment::of(self.0.link().get(enrollment::Column::EnrolledAt)?)
    }
}

/// The students who are enrolled in a course, with the enrollments.
pub struct StudentsByCourse;

impl Relation for StudentsByCourse {
    type Parent = course::Entity;
    type Node = student::Entity;
    type Link = enrollment::Entity;
    const PARENT: enrollment::Column = enrollment::Column::CourseId;
    const CHILD: Option<enrollment::Column> = Some(enrollment::Column::StudentId);
}

/// The enrollments in a course.
pub struct EnrollmentsByCourse;

impl Relation for EnrollmentsByCourse {
    type Parent = course::Entity;
    type Node = enrollment::Entity;
    type Link = enrollment::Entity;
    const PARENT: enrollment::Column = enrollment::Column::CourseId;
}

/// Conditions on a course: all that are given must hold. A field left out or `null` restricts nothing.
#[derive(InputObject)]
pub struct CourseFilter {
    /// All of these hold.
    and: Option<Vec<CourseFilter>>,
    /// At least one of these holds.
    or: Option<Vec<CourseFilter>>,
    /// This does not hold.
    not: Option<Box<CourseFilter>>,
    /// The id.
    id: Option<IdFilter>,
    /// The title.
    title: Option<StringFilter>,
    /// When it was created.
    created_at: Option<DateTimeFilter>,
    /// When it was last changed.
    updated_at: Option<DateTimeFilter>,
    /// The students who take it.
    students: Option<ListFilter<StudentFilter>>,
}

impl FilterInput for CourseFilter {
    fn add_to(self, all: &mut Conditions) -> Result<()> {
        all.logic(self.and, self.or, self.not)?;
        all.id::<Course>(self.id)?;
        all.text(course::Column::Title, self.title)?;
        all.moment(course::Column::CreatedAt, self.created_at)?;
        all.moment(course::Column::UpdatedAt, self.updated_at)?;
        all.children::<StudentsByCourse, _>("students", self.students)
    }
}

/// The keys by which courses can be ordered.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
pub enum CourseOrderField {
    /// The id.
    Id,
    /// The title.
    Title,
    /// When it was created.
    CreatedAt,
    /// When it was last changed.
    UpdatedAt,
    /// The number of students.
    StudentsCount,
}

impl OrderField for CourseOrderField {
    fn by(self) -> Option<OrderBy> {
        Some(match self {
            Self::Id => return None,
            Self::Title => OrderBy::column(course::Column::Title),
            Self::CreatedAt => OrderBy::column(course::Column::CreatedAt),
            Self::UpdatedAt => OrderBy::column(course::Column::UpdatedAt),
            Self::StudentsCount => OrderBy::count::<StudentsByCourse>(),
        })
    }
}

#[derive(Default)]
pub struct CourseQuery;

#[Object]
impl CourseQuery {
    /// The course with this id; `null` if there is none.
    async fn course(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An id such as `Course:500`, or its bare key: `500`.")] id: ID,
    ) -> Nullable<One<Course>> {
        one::look_up(ctx, &id, "id").await
    }

    /// All courses, ordered by id unless `orderBy` is given.
    async fn courses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many items at most. Not together with `last`.")] first: Option<i32>,
        #[graphql(desc = "Only items after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many items at most. Not together with `first`.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only items that satisfy this filter.")] filter: Option<Box<CourseFilter>>,
        #[graphql(desc = "The order: by these keys in turn, then by id.")] order_by: Option<
            Vec<OrderInput<CourseOrderField>>,
        >,
    ) -> Result<Connection<NodeEdge<Course>>> {
        connection::all(ctx, "Query.courses", ListArgs { first, after, last, before, filter, order_by }).await
    }
}

/// A new course.
#[derive(InputObject)]
pub struct CreateCourseInput {
    /// 1 to 200 characters, not blank.
    title: String,
}

/// Changes of a course. A field left out or `null` stays as it is.
#[derive(InputObject)]
pub struct UpdateCourseInput {
    /// The course: an id such as `Course:500`, or its bare key.
    id: ID,
    /// 1 to 200 characters, not blank.
    title: Option<String>,
}

/// The course to delete.
#[derive(InputObject)]
pub struct DeleteCourseInput {
    /// An id such as `Course:500`, or its bare key.
    id: ID,
}

/// The result of `createCourse`.
#[derive(SimpleObject, Default)]
pub struct CreateCoursePayload {
    /// The new course; `null` if nothing was written.
    course: Option<One<Course>>,
    /// Why nothing was written; empty on success.
    user_errors: Vec<UserError>,
}

/// The result of `updateCourse`.
#[derive(SimpleObject, Default)]
pub struct UpdateCoursePayload {
    /// The changed course; `null` if nothing was written.
    course: Option<One<Course>>,
    /// Why nothing was written; empty on success.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct CourseMutation;

#[Object]
impl CourseMutation {
    /// Creates a course.
    async fn create_course(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new course.")] input: CreateCourseInput,
    ) -> Result<CreateCoursePayload> {
        let mut errors = UserErrors::default();
        errors.check_label("title", &input.title, course::TITLE_MAX);
        if errors.any() {
            return Ok(CreateCoursePayload { user_errors: errors.into(), ..Default::default() });
        }
        let transaction = ctx.write().await?;
        let course = course::ActiveModel { title: Set(input.title), ..Default::default() }.insert(&transaction).await?;
        transaction.done().await;
        Ok(CreateCoursePayload { course: Some(stored(course)), ..Default::default() })
    }

    /// Changes a course.
    async fn update_course(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateCourseInput,
    ) -> Result<UpdateCoursePayload> {
        let key = Course::key(&input.id, "input.id")?;
        let mut errors = UserErrors::default();
        let mut changes = course::ActiveModel { id: Unchanged(key), ..Default::default() };
        if let Some(title) = input.title {
            errors.check_label("title", &title, course::TITLE_MAX);
            changes.title = Set(title);
        }
        let (course, user_errors) = mutation::update(ctx, key, changes, errors).await?;
        Ok(UpdateCoursePayload { course, user_errors })
    }

    /// Deletes a course, and the course's enrollments with it.
    async fn delete_course(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The course to delete.")] input: DeleteCourseInput,
    ) -> Result<DeletePayload<Course>> {
        mutation::delete(ctx, &input.id).await
    }
}
