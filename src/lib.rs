//! The school of the tutorial, served by Dovetail: users who write posts, students who are enrolled in courses.
//!
//! A type is a file: its fields, what filters and orders its lists, its queries, its mutations. `main` hands [`School`] to the
//! engine's command line.

#![warn(missing_docs)]

mod course;
mod enrollment;
mod post;
#[cfg(feature = "seed")]
pub mod seed;
mod student;
mod user;

use anyhow::Result;
use async_graphql::{Context, ID, Interface, MergedObject};
use clap::Subcommand;
#[cfg(feature = "seed")]
use dovetail::{config::DatabaseOptions, run::open_migrated};
use dovetail::{
    error::Nullable,
    graphql::{
        node::{self, Node},
        one::{self, NodeQuery, look_up},
    },
    run::Program,
};
use migration::Migrator;
#[cfg(feature = "seed")]
use sea_orm::DatabaseConnection;

pub use self::user::PostsByOwner;
use self::{course::Course, enrollment::Enrollment, post::Post, student::Student, user::User};

/// The program.
pub struct School;

impl Program for School {
    type Query = Query;
    type Mutation = Mutation;
    type Migrator = Migrator;
    type Command = Command;

    async fn run(command: Command) -> Result<()> {
        match command {
            #[cfg(feature = "seed")]
            Command::Seed { amounts, database } => seed::seed(&open_migrated::<Self>(&database).await?, amounts).await,
        }
    }

    #[cfg(feature = "seed")]
    async fn fill_demo(writer: &DatabaseConnection) -> Result<()> {
        seed::seed_if_empty(writer, seed::DEMO).await.map(|_| ())
    }
}

/// What the program does besides what every program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Fill an empty database with made-up rows: the same for the same numbers
    #[cfg(feature = "seed")]
    Seed {
        /// How much.
        #[command(flatten)]
        amounts: seed::SeedOptions,
        /// Which database.
        #[command(flatten)]
        database: DatabaseOptions,
    },
}

/// The root of all queries.
///
/// The cost of an operation is in its answer, as `extensions.dovetail.cost`, where the request's extensions have
/// `"dovetail": {"cost": true}`. A list costs the size of its page times what lies under it. To find its items costs 10 for each order by
/// a number of children, `contains` and `endsWith`, and for a relation in its filter 10, in that 100, in that 1,000.
#[derive(MergedObject, Default)]
pub struct Query(
    NodeQuery<AnyNode>,
    user::UserQuery,
    post::PostQuery,
    student::StudentQuery,
    course::CourseQuery,
    enrollment::EnrollmentQuery,
);

/// The root of all mutations. Each field is one transaction; the fields of a request run one after the other.
#[derive(MergedObject, Default)]
pub struct Mutation(
    user::UserMutation,
    post::PostMutation,
    student::StudentMutation,
    course::CourseMutation,
    enrollment::EnrollmentMutation,
);

/// An object with an id that is unique over the whole API.
#[derive(Interface)]
#[graphql(
    name = "Node",
    field(name = "id", ty = "ID", desc = "The object's id, such as `User:500`: its type and its primary key.")
)]
enum AnyNode {
    User(User),
    Post(Post),
    Student(Student),
    Course(Course),
    Enrollment(Enrollment),
}

impl one::AnyNode for AnyNode {
    async fn look_up(context: &Context<'_>, id: &ID, argument: &str) -> Nullable<Self> {
        Some(match node::type_of(id) {
            User::TYPE => look_up::<User>(context, id, argument).await?.map(|it| it.0.into()),
            Post::TYPE => look_up::<Post>(context, id, argument).await?.map(|it| it.0.into()),
            Student::TYPE => look_up::<Student>(context, id, argument).await?.map(|it| it.0.into()),
            Course::TYPE => look_up::<Course>(context, id, argument).await?.map(|it| it.0.into()),
            Enrollment::TYPE => look_up::<Enrollment>(context, id, argument).await?.map(|it| it.0.into()),
            _ => Err(node::names_no_type(id, argument)),
        })
    }
}
