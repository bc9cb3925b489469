//! What the benchmarks ask, of what, and how it is answered.

#![expect(clippy::unwrap_used, reason = "a benchmark that panics has nothing to say of speed")]

use std::time::Duration;

use clap::Parser;
use dovetail::{
    api::{Api, Known, Parameters, Persisted},
    config::{Cli, ServeOptions},
    database::Database,
    graphql::to_json,
    memory::Memory,
    run::Program,
};
use migration::{Migrator, MigratorTrait};
use school::{
    Command, School,
    seed::{SeedOptions, seed},
};
use serde_json::{json, value::to_raw_value};

/// The same as the peers are compared with: see `README.md`.
pub const WORKLOADS: [(&str, &str); 7] = [
    ("point", "{ user(id: 500) { id name } }"),
    ("owners", "{ posts(first: 100) { nodes { id title owner { id name } } } }"),
    ("one2many", "{ users(first: 50) { nodes { id name posts { nodes { id title } } } } }"),
    ("many2many", "{ students(first: 50) { nodes { id name courses { nodes { id title } } } } }"),
    ("topn", "{ users(first: 50) { nodes { id posts(first: 3) { nodes { id title } } } } }"),
    (
        "deep",
        "{ courses(first: 10) { nodes { id title students(first: 20) { nodes { id name courses { nodes { id title } } } } } } }",
    ),
    ("flat", "{ posts(first: 1000) { nodes { id title content } } }"),
];

/// The parameters of a request that is a text alone.
pub fn text(query: &str) -> Parameters {
    parameters(&json!({ "query": query }))
}

/// The parameters that the body of a POST has.
pub fn parameters(body: &serde_json::Value) -> Parameters {
    Parameters::read(&to_raw_value(body).unwrap()).unwrap()
}

/// The settings of `dovetail serve`, with pages as large as a workload's.
fn settings() -> ServeOptions {
    *Cli::<Command>::parse_from(["dovetail", "--max-page-size=1000", "--read-connections=1", "--write-connections=1"])
        .serve
}

/// Opens a database.
pub async fn open(url: &str) -> Database {
    let ServeOptions { database, pools, .. } = settings();
    Database::open(&database.at(url), &pools, Duration::from_secs(60), School::migrations()).await.unwrap()
}

/// Makes the tables of an empty database, and the rows that the workloads read.
pub async fn fill(database: &Database) {
    let migrator = database.writer.begin_for_migrator(true).await.unwrap();
    Migrator::up(&migrator.transaction, None).await.unwrap();
    migrator.commit().await.unwrap();
    let amounts = SeedOptions {
        users: 1_000,
        posts_per_user: 20,
        students: 5_000,
        courses: 200,
        enrollments_per_student: 6,
        rng_seed: 1,
    };
    seed(&database.writer, amounts).await.unwrap();
}

/// The API over a database.
pub fn api(database: Database) -> Api {
    Api::new(School::schema().unwrap(), database, settings().api, Persisted::open(&settings().documents).unwrap())
}

/// The bytes of an answer.
pub async fn answer(api: &Api, parameters: Parameters) -> Vec<u8> {
    let held = Memory::new(usize::MAX).hold();
    let prepared = api.prepare(parameters, &held, &mut Known::default()).unwrap();
    let report = prepared.report(None);
    let response = api.execute(prepared, &report, "bench").await;
    assert!(response.is_ok(), "{:?}", response.errors);
    to_json(&response)
}
