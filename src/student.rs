//! `Student`: its fields and its mutations.

use std::collections::HashSet;

use async_graphql::{Context, ID, InputObject, Object};
use dovetail::prelude::{
    Created, DeleteInput, Deleted, Field, Node, Result, Updated, UserErrorCode, Write, given, insert_all, stored,
};
use entity::student::{ActiveModel, Column, Entity};
use sea_orm::{IntoActiveModel, Set};

use crate::{
    course::Course,
    enrollment::{Enrollment, enrollment_of},
};

/// The node of the type `Student`.
pub struct Student;

impl Node for Student {
    type Entity = Entity;
    const TYPE: &'static str = "Student";
    const DESCRIPTION: &'static str = "A student, who takes courses.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(Column::Name, "The name: 1 to 100 characters, not blank. Several students may have the same.")
            .not_blank()
            .filter()
            .order(),
        Field::column(Column::CreatedAt, "When the student was created.").filter().order(),
        Field::column(Column::UpdatedAt, "When the student was last changed; at first, when it was created.")
            .filter()
            .order(),
        Field::children_over::<Enrollment, Course>("courses", "The courses that the student takes.").filter().order(),
        Field::children::<Enrollment>("enrollments", "The student's enrollments."),
    ];
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

/// The mutations of students.
#[derive(Default)]
pub struct StudentMutation;

#[Object]
impl StudentMutation {
    /// Creates a student, enrolled in the courses given, in one transaction.
    async fn create_student(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new student.")] input: CreateStudentInput,
    ) -> Result<Created<Student>> {
        let ids = input.course_ids.unwrap_or_default();
        let keys = ids.iter().enumerate().map(|(index, id)| Course::key(id, &format!("input.courseIds.{index}")));
        let courses: Vec<i64> = keys.collect::<Result<_>>()?;

        let mut write = Write::of(ctx);
        let student = ActiveModel { name: Set(input.name), ..Default::default() };
        write.check::<Student>("", &student);
        let held = write.all_held::<Course>(&courses).await?;
        let mut seen = HashSet::with_capacity(courses.len());
        for (index, &course) in courses.iter().enumerate() {
            let path = format!("courseIds.{index}");
            if !held.contains_key(&course) {
                write.errors.not_found::<Course>(&path, course);
            } else if !seen.insert(course) {
                let twice = format!("{} is listed twice", *Course::global_id(course));
                write.errors.add(UserErrorCode::AlreadyExists, &path, twice);
            }
        }
        let student = write.insert::<Student>(student).await?;
        if let Some(student) = &student {
            let enrollments = courses.into_iter().map(|course| enrollment_of(student.id, course).into_active_model());
            insert_all(write.transaction().await?, enrollments).await?;
        }
        Ok(write.done(student.map(stored)).await.into())
    }

    /// Changes a student.
    async fn update_student(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateStudentInput,
    ) -> Result<Updated<Student>> {
        let changes = ActiveModel { name: given(input.name), ..Default::default() };
        Write::of(ctx).update(&input.id, changes).await
    }

    /// Deletes a student, and the student's enrollments with it.
    async fn delete_student(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The student to delete.")] input: DeleteInput<Student>,
    ) -> Result<Deleted<Student>> {
        Write::of(ctx).delete(input).await
    }
}
