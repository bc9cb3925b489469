//! What an answer costs, from the query's text to the answer's bytes, on an SQLite in memory; and its pieces. See
//! `README.md` beside this file.

#![expect(clippy::unwrap_used, reason = "a benchmark that panics has nothing to say of speed")]

mod requests;

use std::{collections::HashMap, convert::Infallible, future::Future, hint::black_box, sync::Arc};

use async_graphql::{
    Name, Response, Value,
    dataloader::{DataLoader, Loader},
    value,
};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use dovetail::{
    database::Database,
    graphql::to_json,
    loaders::{
        All, Asked, AtOnce, Batches, By, Children, Columns, Filter, Freshness, Hop, List, Loaders, Order, Page,
        Relation, Report, Session, Wanted,
    },
    memory::{Memory, Meter},
};
use entity::{post, user};
use sea_orm::Related;
use tokio::runtime::Runtime;

use requests::{WORKLOADS, answer, api, fill, open, text};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The seven workloads, as they are answered and by async-graphql's executor alone.
fn workloads(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let api = api(runtime.block_on(database()));
    let ways = [("fast", api.clone()), ("ordinary", api.without_fast_way())];
    for (name, query) in WORKLOADS {
        let mut group = criterion.benchmark_group(name);
        for (way, api) in &ways {
            let bytes = runtime.block_on(answer(api, text(query))).len();
            group.throughput(Throughput::Bytes(bytes as u64));
            group.bench_function(*way, |bencher| bencher.to_async(&runtime).iter(|| answer(api, text(query))));
        }
        group.finish();
    }
}

async fn database() -> Database {
    let database = open("sqlite::memory:").await;
    fill(&database).await;
    database
}

/// Loads keys as themselves: what is left is the batching.
struct Themselves;

impl Loader<u64> for Themselves {
    type Value = u64;
    type Error = Infallible;

    async fn load(&self, keys: &[u64]) -> Result<HashMap<u64, u64>, Infallible> {
        Ok(keys.iter().map(|key| (*key, *key)).collect())
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
                let loader = DataLoader::new(Themselves, batches.clone(), AtOnce).max_batch_size(usize::MAX);
                batches.drive(loader.load_many(0..keys)).await.unwrap().len()
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
            let load = async |loaders: Loaders| loaders.load_one(All(Arc::clone(list))).await.unwrap().unwrap().len();
            bencher.to_async(&runtime).iter(|| loaded(database, load));
        });
    }
    for parents in [1, 50, 1_000] {
        group.throughput(Throughput::Elements(parents * 20));
        let to_owner = Hop::of::<post::Entity, user::Entity>(&<post::Entity as Related<user::Entity>>::to()).unwrap();
        let link = to_owner.back::<post::Entity>();
        let list = Arc::new(By { relation: Relation { link, child: None }, what: posts(20) });
        group.bench_with_input(BenchmarkId::new("posts_of_users", parents), &parents, |bencher, &parents| {
            let (database, list) = (&database, &list);
            let load = async move |loaders: Loaders| {
                let key = |parent: i64| Children { parent, list: Arc::clone(list) };
                loaders.load_each((1..=parents as i64).map(key).collect()).await.unwrap().len()
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
    let session = Session::new(
        database.clone(),
        Report::default(),
        Meter::new("the rows have", u64::MAX, Memory::new(usize::MAX).hold()),
        None,
        Freshness::Latest,
    );
    batches.drive(load(Loaders::new(session, batches.clone()))).await
}

criterion_group!(benches, workloads, pieces);
criterion_main!(benches);
