//! The rows of a small database: drawn at random, loaded with SeaORM.

use std::{
    collections::BTreeMap,
    fmt::{Debug, Display, Formatter},
    ops::Range,
};

use chrono::DateTime;
use dovetail::insert::insert_all;
use entity::{course, enrollment, post, student, user};
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};
use sea_orm::{
    ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel, ModelTrait, TransactionTrait, prelude::DateTimeUtc,
};

use crate::support::App;

#[derive(Clone, Debug, Default)]
pub struct Rows {
    pub users: Vec<user::Model>,
    pub posts: Vec<post::Model>,
    pub students: Vec<student::Model>,
    pub courses: Vec<course::Model>,
    pub enrollments: Vec<enrollment::Model>,
}

/// Short texts that collide, differ in case, hold what SQL and JSON give a meaning, or sort otherwise as UTF-16.
const TEXTS: [&str; 28] = [
    "a",
    "b",
    "A",
    "ab",
    "Ab",
    "aB",
    "a b",
    "é",
    "É",
    "e\u{301}",
    "ß",
    "ss",
    "z",
    "Z",
    "10",
    "9",
    "%",
    "_",
    "\\",
    "a%b",
    "a_b",
    "a\\b",
    "'",
    "\"",
    "日本",
    "\u{1F600}x",
    "\u{FFFF}",
    "\u{10000}",
];

/// What a client may look for and what a row may hold, `most` characters long at most.
pub fn texts(most: usize) -> Vec<String> {
    let long = ["x", "é", "\u{1F600}"].map(|text| text.repeat(most));
    let control = ["a\n\tb\u{1}".to_owned(), " a ".to_owned()];
    TEXTS.map(str::to_owned).into_iter().chain(control).chain(long).collect()
}

/// Whole seconds, and fractions to what the databases can hold.
pub const MOMENTS: [&str; 9] = [
    "2026-03-01T08:00:00Z",
    "2026-03-01T08:00:00.5Z",
    "2026-03-01T08:00:00.500001Z",
    "2026-03-01T08:00:00.000001Z",
    "2026-03-01T08:00:00.123456Z",
    "2026-03-01T07:59:59.999999Z",
    "2026-03-01T08:00:01Z",
    "1970-01-01T00:00:00Z",
    "2999-12-31T23:59:59.999Z",
];

pub fn moment(text: &str) -> DateTimeUtc {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

fn label(most: usize) -> impl Strategy<Value = String> {
    let mut short = texts(1);
    short.retain(|text| !text.trim().is_empty());
    prop_oneof![15 => select(&TEXTS[..6]).prop_map(str::to_owned), 15 => select(short), 1 => select(texts(most))]
}

fn content() -> impl Strategy<Value = String> {
    prop_oneof![5 => Just(String::new()), 20 => select(texts(1)), 1 => select(texts(300)), 1 => Just("é\"".repeat(10_000))]
}

fn moments() -> impl Strategy<Value = (DateTimeUtc, DateTimeUtc)> {
    (select(&MOMENTS[..]), select(&MOMENTS[..])).prop_map(|(a, b)| (moment(a), moment(b)))
}

/// Ids that ascend with gaps.
fn spaced<T>(rows: Vec<(i64, T)>) -> impl Iterator<Item = (i64, T)> {
    rows.into_iter().scan(0, |id, (gap, row)| {
        *id += gap;
        Some((*id, row))
    })
}

pub fn rows() -> impl Strategy<Value = Rows> {
    let gap = 1..4i64;
    let labelled = |most, amount| vec((1..4i64, (label(most), moments())), amount);
    let posts = vec((gap, (label(200), content(), any::<Index>(), moments())), 0..16);
    let pairs = vec((any::<Index>(), any::<Index>(), select(&MOMENTS[..])), 0..24);
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
        let enrolled: BTreeMap<_, _> = pairs
            .map(|(student, course, at)| ((student.get(&students).id, course.get(&courses).id), moment(at)))
            .collect();
        let enrollments = enrolled.into_iter().map(|((student_id, course_id), enrolled_at)| enrollment::Model {
            student_id,
            course_id,
            enrolled_at,
        });
        Rows { posts: posts.collect(), enrollments: enrollments.collect(), users, students, courses }
    })
}

impl Rows {
    /// Copies with these numbers, behind all rows and related among themselves; copy 0 is the rows as they are.
    pub fn copies(&self, numbers: Range<i64>) -> Self {
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

    /// Adds the rows to the database, in the place of all that is there if `alone`.
    pub async fn load(&self, app: &App, alone: bool) {
        let transaction = app.database.writer.begin().await.unwrap();
        if app.backend() == DbBackend::Postgres {
            transaction.execute_unprepared("SET LOCAL synchronous_commit = off").await.unwrap();
        }
        if alone {
            let tables = ["enrollments", "courses", "students", "posts", "users"];
            let delete = if app.backend() == DbBackend::Postgres {
                // Deleted rows would pile up, and with them the time that a scan takes: nobody vacuums between cases.
                format!("TRUNCATE {}", tables.join(", "))
            } else {
                tables.map(|table| format!("DELETE FROM {table}")).join("; ")
            };
            transaction.execute_unprepared(&delete).await.unwrap();
        }
        insert(&transaction, &self.users).await;
        insert(&transaction, &self.posts).await;
        insert(&transaction, &self.students).await;
        insert(&transaction, &self.courses).await;
        insert(&transaction, &self.enrollments).await;
        transaction.commit().await.unwrap();
    }
}

/// One line a row.
impl Display for Rows {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Self { users, posts, students, courses, enrollments } = self;
        for (table, rows) in [
            ("users", lines(users)),
            ("posts", lines(posts)),
            ("students", lines(students)),
            ("courses", lines(courses)),
            ("enrollments", lines(enrollments)),
        ] {
            writeln!(f, "{table}:{rows}")?;
        }
        Ok(())
    }
}

fn lines(rows: &[impl Debug]) -> String {
    rows.iter().map(|row| format!("\n  {row:?}")).collect()
}

async fn insert<M>(connection: &impl ConnectionTrait, rows: &[M])
where
    M: ModelTrait + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
    <M::Entity as EntityTrait>::ActiveModel: Send,
{
    insert_all(connection, rows.iter().cloned().map(IntoActiveModel::into_active_model)).await.unwrap();
}
