//! `Course`: its fields, its queries, its mutations.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use derive_more::From;
use entity::{course, enrollment, student};
use sea_orm::{ActiveModelTrait, Set, Unchanged, prelude::DateTimeUtc};

use super::{
    ContextExt,
    connection::{self, Connection, Edge, NodeEdge, PageArgs},
    mutation::{self, DeletePayload, UserError, UserErrors},
    node::{self, Node},
    student::Student,
};
use crate::{
    error::{Nullable, Result},
    loaders::{Linked, StudentsByCourse},
};

#[derive(Clone, From)]
pub struct Course(Arc<course::Model>);

impl Node for Course {
    type Entity = course::Entity;
    const TYPE: &'static str = "Course";
}

/// Something that students are enrolled in.
#[Object]
impl Course {
    /// The course's id, such as `Course:500`.
    pub async fn id(&self) -> ID {
        Self::global_id(self.0.id)
    }

    /// The course's title: 1 to 200 characters, not blank. Several courses may have the same.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// When the course was created.
    async fn created_at(&self) -> DateTimeUtc {
        self.0.created_at
    }

    /// When the course was last changed; at first, when it was created.
    async fn updated_at(&self) -> DateTimeUtc {
        self.0.updated_at
    }

    /// The students who are enrolled in the course, in the order of their ids.
    async fn students(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many from the list's start. Not together with `last`.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most so many from the list's end. Not together with `first`.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<CourseStudentsEdge>> {
        let args = PageArgs { first, after, last, before };
        connection::children::<StudentsByCourse, _>(ctx, "Course.students", self.0.id, args).await
    }
}

/// A student in a course, with the place in the list and what the enrollment says.
#[derive(SimpleObject)]
pub struct CourseStudentsEdge {
    /// The student's place in this list, for `after` and `before`. Opaque.
    cursor: String,
    /// The student.
    node: Student,
    /// When the student was enrolled in the course.
    enrolled_at: DateTimeUtc,
}

impl Edge for CourseStudentsEdge {
    type Row = Linked<student::Model, enrollment::Model>;
    type Node = Student;

    fn node(row: &Self::Row) -> Student {
        Arc::clone(&row.child).into()
    }

    fn new(cursor: String, node: Student, row: &Self::Row) -> Self {
        Self { cursor, node, enrolled_at: row.link.enrolled_at }
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
    ) -> Nullable<Course> {
        node::look_up(ctx, &id, "id").await
    }

    /// All courses, in the order of their ids.
    async fn courses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many from the list's start. Not together with `last`.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most so many from the list's end. Not together with `first`.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<NodeEdge<Course>>> {
        connection::all(ctx, "Query.courses", PageArgs { first, after, last, before }).await
    }
}

/// A new course.
#[derive(InputObject)]
pub struct CreateCourseInput {
    /// 1 to 200 characters, not blank.
    title: String,
}

/// What to change of a course. What is left out or `null` stays as it is.
#[derive(InputObject)]
pub struct UpdateCourseInput {
    /// Which course: an id such as `Course:500`, or its bare key.
    id: ID,
    /// 1 to 200 characters, not blank.
    title: Option<String>,
}

/// Which course to delete.
#[derive(InputObject)]
pub struct DeleteCourseInput {
    /// An id such as `Course:500`, or its bare key.
    id: ID,
}

/// What creating a course came to.
#[derive(SimpleObject, Default)]
pub struct CreateCoursePayload {
    /// The new course; `null` if nothing was written.
    course: Option<Course>,
    /// Why nothing was written; empty on success.
    user_errors: Vec<UserError>,
}

/// What changing a course came to.
#[derive(SimpleObject, Default)]
pub struct UpdateCoursePayload {
    /// The course as it is now; `null` if nothing was written.
    course: Option<Course>,
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
        transaction.commit().await?;
        Ok(CreateCoursePayload { course: Some(Course(Arc::new(course))), ..Default::default() })
    }

    /// Changes a course.
    async fn update_course(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateCourseInput,
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
        #[graphql(desc = "Which course.")] input: DeleteCourseInput,
    ) -> Result<DeletePayload<Course>> {
        mutation::delete(ctx, &input.id).await
    }
}
