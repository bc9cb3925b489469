//! The school: five types alike.

use std::{collections::BTreeMap, ops::Range};

use entity::{course, enrollment, post, student, user};
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};
use sea_orm::prelude::DateTimeUtc;

use super::{
    draw::{MOMENTS, label, of, spaced, texts},
    world::{Backward, Rows, Table, ToOne, World},
};
use crate::support::{Apps, start_with};

#[derive(Clone, Debug, Default)]
pub struct School {
    users: Vec<user::Model>,
    posts: Vec<post::Model>,
    students: Vec<student::Model>,
    courses: Vec<course::Model>,
    enrollments: Vec<enrollment::Model>,
}

const WORLD: World = World {
    sdl: include_str!("../../schema.graphql"),
    to_one: &[
        ToOne { of: "Post", name: "owner", columns: &["ownerId"], to: "User", keys: &["id"] },
        ToOne { of: "Enrollment", name: "student", columns: &["studentId"], to: "Student", keys: &["id"] },
        ToOne { of: "Enrollment", name: "course", columns: &["courseId"], to: "Course", keys: &["id"] },
    ],
    to_child: &[],
    to_many: &[
        Backward { of: "User", name: "posts", table: "Post", back: "owner", on: None },
        Backward { of: "Student", name: "courses", table: "Enrollment", back: "student", on: Some("course") },
        Backward { of: "Course", name: "students", table: "Enrollment", back: "course", on: Some("student") },
        Backward { of: "Student", name: "enrollments", table: "Enrollment", back: "student", on: None },
        Backward { of: "Course", name: "enrollments", table: "Enrollment", back: "course", on: None },
    ],
    enums: &[],
    nowhere: &[("Enrollment", "998:999")],
    few_children: 5,
    untie: "",
};

fn content() -> impl Strategy<Value = String> {
    prop_oneof![5 => Just(String::new()), 20 => select(texts(1)), 1 => select(texts(300)), 1 => Just("é\"".repeat(10_000))]
}

fn moments() -> impl Strategy<Value = (DateTimeUtc, DateTimeUtc)> {
    (of(MOMENTS), of(MOMENTS))
}

impl Rows for School {
    const WORLD: &'static World = &WORLD;

    async fn start(arguments: &[&str]) -> Apps {
        start_with(arguments).await
    }

    fn drawn() -> impl Strategy<Value = Self> {
        let gap = 1..4i64;
        let labelled = |most, amount| vec((1..4i64, (label(most), moments())), amount);
        let posts = vec((gap, (label(200), content(), any::<Index>(), moments())), 0..16);
        let pairs = vec((any::<Index>(), any::<Index>(), of::<DateTimeUtc>(MOMENTS)), 0..24);
        let tables = (labelled(100, 0..8), posts, labelled(100, 0..7), labelled(200, 0..6), pairs);
        tables.prop_map(|(users, posts, students, courses, pairs)| {
            let users: Vec<_> = spaced(users)
                .map(|(id, (name, (created_at, updated_at)))| user::Model { id, name, created_at, updated_at })
                .collect();
            let students: Vec<_> = spaced(students)
                .map(|(id, (name, (created_at, updated_at)))| student::Model { id, name, created_at, updated_at })
                .collect();
            let courses: Vec<_> = spaced(courses)
                .map(|(id, (title, (created_at, updated_at)))| course::Model { id, title, created_at, updated_at })
                .collect();
            let posts = spaced(posts).filter(|_| !users.is_empty()).map(
                |(id, (title, content, owner, (created_at, updated_at)))| {
                    let owner_id = owner.get(&users).id;
                    post::Model { id, title, content, owner_id, created_at, updated_at }
                },
            );
            let pairs = pairs.into_iter().filter(|_| !students.is_empty() && !courses.is_empty());
            let enrolled: BTreeMap<_, _> =
                pairs.map(|(student, course, at)| ((student.get(&students).id, course.get(&courses).id), at)).collect();
            let enrollments = enrolled.into_iter().map(|((student_id, course_id), enrolled_at)| enrollment::Model {
                student_id,
                course_id,
                enrolled_at,
            });
            Self { posts: posts.collect(), enrollments: enrollments.collect(), users, students, courses }
        })
    }

    fn copies(&self, numbers: Range<i64>) -> Self {
        let mut copies = Self::default();
        for by in numbers.map(|number| number * 1_000) {
            copies.users.extend(self.users.iter().cloned().map(|row| user::Model { id: row.id + by, ..row }));
            copies.students.extend(self.students.iter().cloned().map(|row| student::Model { id: row.id + by, ..row }));
            copies.courses.extend(self.courses.iter().cloned().map(|row| course::Model { id: row.id + by, ..row }));
            let posts = self.posts.iter().cloned();
            copies.posts.extend(posts.map(|row| post::Model { id: row.id + by, owner_id: row.owner_id + by, ..row }));
            copies.enrollments.extend(self.enrollments.iter().map(|row| enrollment::Model {
                student_id: row.student_id + by,
                course_id: row.course_id + by,
                ..*row
            }));
        }
        copies
    }

    fn tables(&self) -> Vec<(&'static str, &dyn Table)> {
        vec![
            ("User", &self.users),
            ("Post", &self.posts),
            ("Student", &self.students),
            ("Course", &self.courses),
            ("Enrollment", &self.enrollments),
        ]
    }
}
