//! The school of the tutorial, served by Dovetail: users who write posts, students who are enrolled in courses.
//!
//! A type is a file: its fields and its mutations. `main` hands [`School`] to the
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
use async_graphql::MergedObject;
use clap::Subcommand;
#[cfg(feature = "seed")]
use dovetail::{config::DatabaseOptions, database::Pool, run::open_migrated};
use dovetail::{
    graphql::nodes::{AnyNode, NoFields, Types, node},
    run::Program,
};
use migration::Migrator;

use self::{course::Course, enrollment::Enrollment, post::Post, student::Student, user::User};

/// The program.
pub struct School;

impl Types for School {
    const NODES: &'static [&'static dyn AnyNode] =
        &[node::<User>(), node::<Post>(), node::<Student>(), node::<Course>(), node::<Enrollment>()];
    type Query = NoFields;
    type Mutation = Mutation;
}

impl Program for School {
    const NAME: &'static str = "dovetail";
    const VERSION: &'static str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("COMMIT"), ")");
    type Migrator = Migrator;
    type Command = Command;

    async fn run(command: Command) -> Result<()> {
        match command {
            #[cfg(feature = "seed")]
            Command::Seed { amounts, database } => seed::seed(&open_migrated::<Self>(&database).await?, amounts).await,
        }
    }

    #[cfg(feature = "seed")]
    async fn fill_demo(writer: &Pool) -> Result<()> {
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

/// The root of all mutations. Each field is one transaction; the fields of a request run one after the other.
#[derive(MergedObject, Default)]
pub struct Mutation(
    user::UserMutation,
    post::PostMutation,
    student::StudentMutation,
    course::CourseMutation,
    enrollment::EnrollmentMutation,
);
