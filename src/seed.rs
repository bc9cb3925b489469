//! Made-up rows for an empty database: the same rows for the same numbers.

use anyhow::{Result, ensure};
use chrono::{DateTime, TimeDelta};
use clap::Args;
use dovetail::{
    database::{Pool, explain},
    insert::insert_all,
};
use entity::{course, enrollment, post, student, user};
use fake::{
    Fake,
    faker::{
        company::en::{Buzzword, Industry},
        lorem::en::{Paragraph, Words},
        name::en::Name,
    },
};
use indicatif::{ProgressBar, ProgressStyle};
use rand::{SeedableRng, rngs::StdRng, seq::index};
use sea_orm::{
    ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryOrder, QuerySelect, Set, prelude::DateTimeUtc,
};

/// How much `dovetail seed` makes up.
#[derive(Clone, Copy, Debug, Args)]
pub struct SeedOptions {
    /// The number of users
    #[arg(long, env = "DOVETAIL_SEED_USERS", default_value_t = 1_000)]
    pub users: usize,

    /// The number of posts of each user
    #[arg(long, env = "DOVETAIL_SEED_POSTS_PER_USER", default_value_t = 20)]
    pub posts_per_user: usize,

    /// The number of students
    #[arg(long, env = "DOVETAIL_SEED_STUDENTS", default_value_t = 5_000)]
    pub students: usize,

    /// The number of courses
    #[arg(long, env = "DOVETAIL_SEED_COURSES", default_value_t = 200)]
    pub courses: usize,

    /// The number of courses that each student takes; at most as many as there are
    #[arg(long, env = "DOVETAIL_SEED_ENROLLMENTS_PER_STUDENT", default_value_t = 6)]
    pub enrollments_per_student: usize,

    /// The seed of the random numbers: another one makes up other rows
    #[arg(long, env = "DOVETAIL_SEED_RNG_SEED", default_value_t = 1)]
    pub rng_seed: u64,
}

/// The small school of `dovetail serve --demo`.
pub const DEMO: SeedOptions =
    SeedOptions { users: 12, posts_per_user: 6, students: 40, courses: 8, enrollments_per_student: 3, rng_seed: 1 };

/// Whether no table has a row.
async fn is_empty(database: &impl ConnectionTrait) -> Result<bool, DbErr> {
    Ok(user::Entity::find().count(database).await? == 0
        && student::Entity::find().count(database).await? == 0
        && course::Entity::find().count(database).await? == 0)
}

/// Fills an empty database.
///
/// # Errors
/// If the database is not empty, if the numbers do not fit each other, or if it cannot be written.
pub async fn seed(database: &Pool, amounts: SeedOptions) -> Result<()> {
    ensure!(
        seed_if_empty(database, amounts).await?,
        "the database has rows already, and seed fills an empty one; `dovetail migrate fresh` empties it"
    );
    Ok(())
}

/// Fills a database if it is empty, in one transaction, and shows how far it is on a terminal. Whether it was empty.
///
/// # Errors
/// If the numbers do not fit each other, or if it cannot be written.
pub async fn seed_if_empty(database: &Pool, amounts: SeedOptions) -> Result<bool> {
    let SeedOptions { users, posts_per_user, students, courses, enrollments_per_student, rng_seed } = amounts;
    ensure!(
        enrollments_per_student <= courses,
        "--enrollments-per-student is {enrollments_per_student}; allowed are 0 to {courses}, the number of --courses"
    );
    let transaction = database.begin_alone().await.map_err(|error| explain(&error))?;
    if !is_empty(&transaction).await? {
        return Ok(false);
    }
    let rows = users + users * posts_per_user + students + courses + students * enrollments_per_student;
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} rows, {eta} left")?;
    let bar = ProgressBar::new(rows as u64).with_style(style);
    let mut rng = StdRng::seed_from_u64(rng_seed);

    let made_up = (0..users).map(|row| user::ActiveModel {
        name: Set(Name().fake_with_rng(&mut rng)),
        created_at: Set(moment(row)),
        updated_at: Set(moment(row)),
        ..Default::default()
    });
    insert_all(&transaction, made_up.inspect(|_| bar.inc(1))).await?;
    let owners = keys::<user::Entity>(&transaction, user::Column::Id).await?;
    // The users in turn, so that a user's posts lie apart, as they do in life.
    let made_up = (0..users * posts_per_user).map(|row| post::ActiveModel {
        title: Set(title(&mut rng)),
        content: Set(Paragraph(2..6).fake_with_rng(&mut rng)),
        owner_id: Set(owners[row % users]),
        created_at: Set(moment(row)),
        updated_at: Set(moment(row)),
        ..Default::default()
    });
    insert_all(&transaction, made_up.inspect(|_| bar.inc(1))).await?;

    let made_up = (0..students).map(|row| student::ActiveModel {
        name: Set(Name().fake_with_rng(&mut rng)),
        created_at: Set(moment(row)),
        updated_at: Set(moment(row)),
        ..Default::default()
    });
    insert_all(&transaction, made_up.inspect(|_| bar.inc(1))).await?;
    let made_up = (0..courses).map(|row| {
        let (subject, trade): (String, String) =
            (Buzzword().fake_with_rng(&mut rng), Industry().fake_with_rng(&mut rng));
        course::ActiveModel {
            title: Set(format!("{subject} {trade}")),
            created_at: Set(moment(row)),
            updated_at: Set(moment(row)),
            ..Default::default()
        }
    });
    insert_all(&transaction, made_up.inspect(|_| bar.inc(1))).await?;
    let all_students = keys::<student::Entity>(&transaction, student::Column::Id).await?;
    let all_courses = keys::<course::Entity>(&transaction, course::Column::Id).await?;
    let made_up = all_students.into_iter().enumerate().flat_map(|(row, student)| {
        let chosen = index::sample(&mut rng, courses, enrollments_per_student).into_vec();
        let enroll = |course: usize| enrollment::ActiveModel {
            student_id: Set(student),
            course_id: Set(all_courses[course]),
            enrolled_at: Set(moment(row)),
        };
        chosen.into_iter().map(enroll).collect::<Vec<_>>()
    });
    insert_all(&transaction, made_up.inspect(|_| bar.inc(1))).await?;

    bar.finish_and_clear();
    transaction.commit().await?;
    // Both databases choose their plans by what this finds.
    database.execute_unprepared("ANALYZE").await?;
    Ok(true)
}

/// A post's title: a few words, the first with a capital.
fn title(rng: &mut StdRng) -> String {
    let words: Vec<String> = Words(2..6).fake_with_rng(rng);
    let words = words.join(" ");
    words.chars().take(1).flat_map(char::to_uppercase).chain(words.chars().skip(1)).collect()
}

/// The moment of a table's row: a minute after the row before it.
fn moment(row: usize) -> DateTimeUtc {
    /// 2026-01-01, midnight.
    const BEGIN: i64 = 1_767_225_600;
    DateTime::UNIX_EPOCH + TimeDelta::seconds(BEGIN + 60 * row as i64)
}

/// The keys of an entity's rows, in their order.
async fn keys<E: EntityTrait>(connection: &impl ConnectionTrait, key: E::Column) -> Result<Vec<i64>, DbErr> {
    E::find().select_only().column(key).order_by_asc(key).into_tuple().all(connection).await
}
