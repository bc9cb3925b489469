//! `Course`: its fields and its mutations.

use async_graphql::{Context, ID, InputObject, Object};
use dovetail::prelude::{Created, DeleteInput, Deleted, Field, Node, Result, Updated, Write, given};
use entity::course::{ActiveModel, Column, Entity};
use sea_orm::Set;

use crate::{enrollment::Enrollment, student::Student};

/// The node of the type `Course`.
pub struct Course;

impl Node for Course {
    type Entity = Entity;
    const TYPE: &'static str = "Course";
    const DESCRIPTION: &'static str = "A course that students take.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(Column::Title, "The title: 1 to 200 characters, not blank. Several courses may have the same.")
            .not_blank()
            .filter()
            .order(),
        Field::column(Column::CreatedAt, "When the course was created.").filter().order(),
        Field::column(Column::UpdatedAt, "When the course was last changed; at first, when it was created.")
            .filter()
            .order(),
        Field::children_over::<Enrollment, Student>("students", "The students who take the course.").filter().order(),
        Field::children::<Enrollment>("enrollments", "The enrollments in the course."),
    ];
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

/// The mutations of courses.
#[derive(Default)]
pub struct CourseMutation;

#[Object]
impl CourseMutation {
    /// Creates a course.
    async fn create_course(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new course.")] input: CreateCourseInput,
    ) -> Result<Created<Course>> {
        let course = ActiveModel { title: Set(input.title), ..Default::default() };
        Write::of(ctx).create(course).await
    }

    /// Changes a course.
    async fn update_course(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateCourseInput,
    ) -> Result<Updated<Course>> {
        let changes = ActiveModel { title: given(input.title), ..Default::default() };
        Write::of(ctx).update(&input.id, changes).await
    }

    /// Deletes a course, and the course's enrollments with it.
    async fn delete_course(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The course to delete.")] input: DeleteInput<Course>,
    ) -> Result<Deleted<Course>> {
        Write::of(ctx).delete(input).await
    }
}
