//! Every committed change is told once, and those of a row in the order in which they were committed: of random transactions that commit in
//! any order and write the same rows, to subscribers that go on at other instances. `CHANGES=20000` runs so many.

use std::{
    collections::{HashMap, HashSet},
    env,
    sync::Mutex,
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use dovetail::database::Transaction;
use futures_util::future::join_all;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sea_orm::{ConnectionTrait, DbErr, Statement};
use serde_json::Value;
use tokio::task::yield_now;

use crate::support::{
    App, settings,
    socket::{Listening, Socket},
    start_with,
};

/// How many transactions there are, unless the environment says otherwise.
const TRANSACTIONS: usize = 400;

/// How many write at once.
const WRITERS: usize = 16;

/// How many rows of a table they write: few, so that they meet.
const ROWS: i64 = 12;

/// After how many events a subscriber goes on elsewhere.
const EVENTS: usize = 40;

/// The last row that is written, once all others are.
const LAST: i64 = 1_000;

/// What was committed of each row: how often it was inserted, and how often updated.
type Committed = HashMap<(&'static str, i64), (usize, usize)>;

/// What one transaction wrote: the table, the row, and whether it was inserted.
type Written = Vec<(&'static str, i64, bool)>;

/// The rows that a statement wrote.
async fn write(transaction: &Transaction, sql: String) -> Result<Vec<i64>, DbErr> {
    let statement = Statement::from_string(transaction.get_database_backend(), sql);
    transaction.query_all_raw(statement).await?.iter().map(|row| row.try_get_by_index(0)).collect()
}

/// Writes at random: rows that are there or not, and some with all that refers to them.
async fn change(transaction: &Transaction, random: &mut StdRng) -> Result<Written, DbErr> {
    let mut written = Vec::new();
    for _ in 0..random.random_range(1..4) {
        let (id, owner) = (random.random_range(1..=ROWS), random.random_range(1..=ROWS));
        let (table, is_insert, sql) = match random.random_range(0..10) {
            0..3 => (
                "users",
                true,
                format!("INSERT INTO users (id, name) VALUES ({id}, 'new') ON CONFLICT DO NOTHING RETURNING id"),
            ),
            3 => ("users", false, format!("UPDATE users SET name = name || '.' WHERE id = {id} RETURNING id")),
            4 => {
                // With its posts.
                write(transaction, format!("DELETE FROM users WHERE id = {id} RETURNING id")).await?;
                continue;
            }
            5..8 => (
                "posts",
                true,
                format!(
                    "INSERT INTO posts (id, title, content, owner_id) SELECT {id}, 'new', '', id FROM users WHERE id = {owner} \
                     ON CONFLICT DO NOTHING RETURNING id"
                ),
            ),
            8 => {
                ("posts", false, format!("UPDATE posts SET title = title || '.' WHERE owner_id = {owner} RETURNING id"))
            }
            _ => {
                write(transaction, format!("DELETE FROM posts WHERE id = {id} RETURNING id")).await?;
                continue;
            }
        };
        written.extend(write(transaction, sql).await?.into_iter().map(|id| (table, id, is_insert)));
        for _ in 0..random.random_range(0..20) {
            yield_now().await;
        }
    }
    Ok(written)
}

/// Commits so many transactions; some are rolled back, by the database or at random.
async fn writer(app: &App, mut random: StdRng, transactions: usize, committed: &Mutex<Committed>) {
    for _ in 0..transactions {
        let Ok(transaction) = app.database.begin_writing().await else { continue };
        let Ok(written) = change(&transaction, &mut random).await else { continue };
        if random.random_range(0..8) == 0 || transaction.commit().await.is_err() {
            continue;
        }
        let mut committed = committed.lock().unwrap();
        for (table, id, is_insert) in written {
            let (inserted, updated) = committed.entry((table, id)).or_default();
            *if is_insert { inserted } else { updated } += 1;
        }
    }
}

/// The kinds of the changes of each row, in the order in which they were told. The subscriber goes on at another server now and then.
async fn subscriber(servers: &[Listening], field: &str, place: usize, mut since: String) -> HashMap<i64, Vec<String>> {
    let (mut told, mut count) = (HashMap::<_, Vec<_>>::new(), 0);
    let mut numbers = HashSet::new();
    loop {
        let server = &servers[(place + count / EVENTS) % servers.len()];
        let mut socket = begin(server, field, &since).await;
        loop {
            let message: Value = serde_json::from_str(&socket.hear().await).unwrap();
            let payload = &message["payload"];
            assert_eq!(message["type"], "next", "{message}");
            let event = &payload["data"][field];
            let id = event["id"].as_str().unwrap().split(':').nth(1).unwrap().parse().unwrap();
            if id == LAST {
                return told;
            }
            let cursor = payload["extensions"]["dovetail"]["cursor"].as_str().unwrap();
            let cursor = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(cursor).unwrap()).unwrap();
            let number = cursor.rsplit(' ').next().unwrap().to_owned();
            assert!(numbers.insert(number), "twice: {cursor} {event} {since}");
            told.entry(id).or_default().push(event["kind"].as_str().unwrap().to_owned());
            since = after(payload);
            count += 1;
            if count % EVENTS == 0 {
                break;
            }
        }
    }
}

/// The argument by which a subscription goes on after an event with this answer.
fn after(payload: &Value) -> String {
    format!("(after: {})", payload["extensions"]["dovetail"]["cursor"])
}

async fn begin(server: &Listening, field: &str, after: &str) -> Socket {
    let mut socket = server.connected().await;
    socket.subscribe("1", &format!("subscription {{ {field}{after} {{ kind id }} }}")).await;
    socket
}

/// That what was told of a row is what was committed.
fn check(table: &'static str, told: &HashMap<i64, Vec<String>>, committed: &Committed) {
    for id in 1..=ROWS {
        let (inserted, updated) = committed.get(&(table, id)).copied().unwrap_or_default();
        let kinds = told.get(&id).map_or(&[][..], Vec::as_slice);
        let mut is_there = false;
        for kind in kinds {
            assert_eq!(is_there, kind != "CREATED", "{table} {id}: {kinds:?}");
            is_there = kind != "DELETED";
        }
        let count = |kind| kinds.iter().filter(|it| *it == kind).count();
        assert_eq!((count("CREATED"), count("UPDATED")), (inserted, updated), "{table} {id}: {kinds:?}");
    }
}

async fn tells_all(app: &App) {
    let transactions = env::var("CHANGES").map_or(TRANSACTIONS, |count| count.parse().unwrap());
    let seed = env::var("SEED").map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
    println!("seed {seed}, {transactions} transactions");
    let mut random = StdRng::seed_from_u64(seed);
    let mut servers = Vec::new();
    let mut apps = Vec::new();
    for _ in 0..3 {
        let app = App::open(&app.url, &settings(&["--write-connections=16", "--max-missed-changes=1000000"])).await;
        servers.push(Listening::start(&app, &[]).await);
        apps.push(app);
    }
    let committed = Mutex::new(Committed::new());
    let fields = [("users", "userChanged"), ("posts", "postChanged")];
    // They begin before anything is written.
    let mut first = begin(&servers[0], "userChanged", "").await;
    first.all_of("2", "{ user(id: 1) { id } }").await;
    app.sql("INSERT INTO users (id, name) VALUES (0, 'first')").await;
    let message: Value = serde_json::from_str(&first.hear().await).unwrap();
    let after = after(&message["payload"]);
    let places = fields.iter().flat_map(|(_, field)| (0..3).map(move |place| (field, place)));
    let subscribers = places.map(|(field, place)| subscriber(&servers, field, place, after.clone()));
    let write = async {
        let writers =
            (0..WRITERS).map(|_| writer(&apps[0], StdRng::from_rng(&mut random), transactions / WRITERS, &committed));
        join_all(writers).await;
        app.sql(&format!("INSERT INTO users (id, name) VALUES ({LAST}, 'last')")).await;
        app.sql(&format!("INSERT INTO posts (id, title, content, owner_id) VALUES ({LAST}, 'last', '', {LAST})")).await;
    };
    let (told, ()) = tokio::join!(join_all(subscribers), write);
    for (place, told) in told.iter().enumerate() {
        check(fields[place / 3].0, told, &committed.lock().unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_committed_change_is_told_once_and_each_rows_in_order() {
    for app in &start_with(&[]).await.0 {
        tells_all(app).await;
    }
}
