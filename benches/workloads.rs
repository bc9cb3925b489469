//! What an answer costs, from the query's text to the answer's bytes, on an SQLite in memory; and its pieces. See
//! `README.md` beside this file.

#![expect(clippy::unwrap_used, reason = "a benchmark that panics has nothing to say of speed")]

use std::{future::Future, hint::black_box, sync::Arc, time::Duration};

use async_graphql::{Name, Response, Value, value};
use clap::Parser;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use dovetail::{
    config::{Cli, SeedOptions, ServeOptions},
    database::Database,
    error::Result,
    graphql::{Api, Persisted, to_json},
    loaders::{
        All, Asked, Batches, Children, Columns, Filter, List, Load, Loaders, Order, Page, PostsByOwner, Report,
        Session, Wanted,
    },
    seed::seed,
};
use entity::post;
use futures_util::future::join_all;
use migration::{Migrator, MigratorTrait};
use serde_json::Map;
use tokio::runtime::Runtime;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The same as the peers are compared with: see `README.md`.
const WORKLOADS: [(&str, &str); 7] = [
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

/// The settings of `dovetail serve`, with pages as large as a workload's.
fn settings() -> ServeOptions {
    *Cli::parse_from(["dovetail", "--max-page-size=1000", "--read-connections=1", "--write-connections=1"]).serve
}

async fn database() -> Database {
    let limit = Duration::from_secs(60);
    let database = Database::open("sqlite::memory:", &settings().pools, limit).await.unwrap();
    Migrator::up(&database.writer, None).await.unwrap();
    let amounts = SeedOptions {
        users: 1_000,
        posts_per_user: 20,
        students: 5_000,
        courses: 200,
        enrollments_per_student: 6,
        rng_seed: 1,
    };
    seed(&database.writer, amounts).await.unwrap();
    database
}

/// The seven workloads, as they are answered and by async-graphql's executor alone.
fn workloads(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let persisted = Persisted::open(&settings().documents).unwrap();
    let api = Api::new(runtime.block_on(database()), settings().api, persisted).unwrap();
    let ways = [("fast", api.clone()), ("ordinary", api.without_fast_way())];
    for (name, query) in WORKLOADS {
        let mut group = criterion.benchmark_group(name);
        for (way, api) in &ways {
            let bytes = runtime.block_on(answer(api, query)).len();
            group.throughput(Throughput::Bytes(bytes as u64));
            group.bench_function(*way, |bencher| bencher.to_async(&runtime).iter(|| answer(api, query)));
        }
        group.finish();
    }
}

async fn answer(api: &Api, query: &str) -> Vec<u8> {
    let parameters = Map::from_iter([("query".to_owned(), query.into())]);
    let (response, _) = api.execute(api.prepare(parameters).unwrap(), "bench").await;
    assert!(response.is_ok(), "{:?}", response.errors);
    to_json(&response)
}

/// A key that loads itself: what is left is the batching.
struct Itself(u64);

impl Load for Itself {
    type Value = u64;
    type Source = ();

    async fn load(keys: &[Self], (): &()) -> Result<Vec<u64>> {
        Ok(keys.iter().map(|Itself(key)| *key).collect())
    }
}

/// A batch of keys; a page and pages of children, from their key to their rows; an answer's values as text.
fn pieces(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let mut group = criterion.benchmark_group("loader");
    for keys in [1, 100, 10_000] {
        group.throughput(Throughput::Elements(keys));
        group.bench_with_input(BenchmarkId::new("batch", keys), &keys, |bencher, &keys| {
            bencher.to_async(&runtime).iter(|| async move {
                let batches = Batches::default();
                let waiting = join_all((0..keys).map(|key| batches.load(Itself(key), &())));
                batches.drive(waiting).await
            });
        });
    }
    group.finish();

    let database = runtime.block_on(database());
    let mut group = criterion.benchmark_group("page");
    for size in [1, 100, 1_000] {
        group.throughput(Throughput::Elements(size));
        let list = posts(size);
        group.bench_with_input(BenchmarkId::new("posts", size), &list, |bencher, list| {
            let database = &database;
            let load = async |loaders: Loaders| loaders.load(All(Arc::clone(list))).await.unwrap().len();
            bencher.to_async(&runtime).iter(|| loaded(database, load));
        });
    }
    for parents in [1, 50, 1_000] {
        group.throughput(Throughput::Elements(parents * 20));
        let list = posts(20);
        group.bench_with_input(BenchmarkId::new("posts_of_users", parents), &parents, |bencher, &parents| {
            let (database, list) = (&database, &list);
            let load = async move |loaders: Loaders| {
                let key = |parent| Children::<PostsByOwner> { parent, list: Arc::clone(list) };
                join_all((1..=parents as i64).map(|parent| loaders.load(key(parent)))).await.len()
            };
            bencher.to_async(&runtime).iter(|| loaded(database, load));
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("json");
    let post = |index: usize| value!({ "id": format!("Post:{index}"), "title": "A title of some length" });
    let values = Response::new(Value::List((0..1_000).map(post).collect()));
    let written = Response::new(Value::Object([(Name::new("posts"), Value::Binary(to_json(&values).into()))].into()));
    group.throughput(Throughput::Elements(1_000));
    group.bench_function("values", |bencher| bencher.iter(|| to_json(black_box(&values))));
    group.bench_function("written", |bencher| bencher.iter(|| to_json(black_box(&written))));
    group.finish();
}

/// The ids and titles of a page of posts.
fn posts(size: u64) -> Arc<List<post::Entity, post::Entity>> {
    let page = Page {
        filter: Arc::new(Filter::default()),
        order: Order::default(),
        size,
        backwards: false,
        after: None,
        before: None,
    };
    let title = |column| matches!(column, post::Column::Title);
    let wanted = Wanted { node: Columns::with_key(title), link: Columns::none(), place: false };
    Arc::new(List { page: Arc::new(page), wanted, asked: Asked::default() })
}

async fn loaded<F: Future<Output = usize>>(database: &Database, load: impl FnOnce(Loaders) -> F) -> usize {
    let batches = Batches::default();
    let session = Session::new(database.clone(), Report::default());
    batches.drive(load(Loaders::new(session, batches.clone()))).await
}

criterion_group!(benches, workloads, pieces);
criterion_main!(benches);
