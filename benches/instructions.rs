//! The requests whose instructions `instructions.py` counts under valgrind: see `README.md` beside this file.
//!
//! `instructions fill FILE` makes the database, `instructions answer FILE` answers each request, in the order of the names
//! that it prints.

#![expect(clippy::unwrap_used, reason = "a benchmark that panics has nothing to say of speed")]

mod requests;

use std::{
    env,
    fs::{File, read_dir},
    hint::black_box,
    os::unix::fs::FileExt,
    process,
    sync::Mutex,
    thread::sleep,
    time::Duration,
};

use dovetail::api::{Api, Parameters};
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

use requests::{WORKLOADS, answer, api, fill, open, text};

/// How often a request is answered before it is counted: its document is known then, and memory is at hand.
const WARM_UP: usize = 5;

/// How often it is answered while it is counted: enough that hashes, whose keys are random, come out alike.
const COUNTED: usize = 20;

/// The same of one that reads one row: what happens now and then is more beside what it takes.
const COUNTED_POINT: usize = 200;

/// How long the other threads are left alone.
const PAUSE: Duration = Duration::from_millis(4);

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    // One thread for answers, which goes on when SQLite's sleep: what they hand each other does not depend on when they run.
    let runtime = Builder::new_current_thread().enable_all().on_thread_unpark(wait_for_others).build().unwrap();
    match arguments[..] {
        ["fill", file] => runtime.block_on(async {
            let database = open(&format!("sqlite:{file}")).await;
            fill(&database).await;
            database.reader.close_by_ref().await.unwrap();
            database.writer.close_by_ref().await.unwrap();
        }),
        ["answer", file] => {
            let api = api(runtime.block_on(open(&format!("sqlite:{file}"))));
            for (name, parameters) in requests() {
                answers(&runtime, &api, &parameters, WARM_UP);
                *OTHERS.lock().unwrap() = others();
                counting_begins();
                let counted = if name.starts_with("point") { COUNTED_POINT } else { COUNTED };
                answers(&runtime, &api, &parameters, counted);
                counting_ends();
                println!("{name} {counted}");
            }
        }
        // `cargo test --benches` and `cargo bench` run it without arguments of ours: nothing is counted without valgrind.
        _ => println!("`benches/instructions.py` counts instructions"),
    }
}

/// What runs between entering this function and the next is counted, of all threads. `instructions.py` knows them by their names.
#[inline(never)]
fn counting_begins() {
    black_box(());
}

#[inline(never)]
fn counting_ends() {
    black_box(1);
}

/// What the system says of the other threads.
static OTHERS: Mutex<Vec<File>> = Mutex::new(Vec::new());

fn others() -> Vec<File> {
    let threads = read_dir("/proc/self/task").unwrap().map(|thread| thread.unwrap());
    let others = threads.filter(|thread| *thread.file_name() != *process::id().to_string());
    others.map(|thread| File::open(thread.path().join("stat")).unwrap()).collect()
}

/// Waits until the other threads sleep. Valgrind runs one thread at a time, and this one gives way while it reads: one that
/// wants to run is seen to. What looking costs is counted too: a short statement is over before the first look.
fn wait_for_others() {
    for other in OTHERS.lock().unwrap().iter() {
        let mut stat = [0; 64];
        loop {
            sleep(PAUSE);
            // `ID (NAME) STATE …`
            if other.read_at(&mut stat, 0).is_err() || stat.windows(3).any(|it| it == b") S") {
                break;
            }
        }
    }
}

fn answers(runtime: &Runtime, api: &Api, parameters: &Parameters, times: usize) {
    runtime.block_on(async {
        for _ in 0..times {
            black_box(answer(api, parameters.clone()).await);
        }
        // SQLite's thread rolls the last snapshot back by itself: a connection is had when that is done.
        drop(api.database().reader.sessions().unwrap().get_sqlite_connection_pool().acquire().await.unwrap());
    });
}

/// The workloads; the lists as Relay's and Apollo's clients ask for them; and the documents that generators write.
fn requests() -> Vec<(&'static str, Parameters)> {
    let workloads = WORKLOADS.map(|(name, query)| (name, text(query)));
    let edges = [
        (
            "one2many, edges",
            "{ users(first: 50) { edges { cursor node { id name posts { edges { cursor node { id title } } pageInfo { \
             hasNextPage endCursor } } } } pageInfo { hasNextPage endCursor } } }",
        ),
        (
            "deep, edges",
            "{ courses(first: 10) { edges { cursor node { id title students(first: 20) { edges { cursor node { id name \
             courses { edges { cursor node { id title } } pageInfo { hasNextPage endCursor } } } } pageInfo { hasNextPage \
             endCursor } } } } pageInfo { hasNextPage endCursor } } }",
        ),
    ]
    .map(|(name, query)| (name, text(query)));
    let generated = [
        (
            "point, generated",
            json!({
                "operationName": "User",
                "variables": { "id": "User:500" },
                "query": "query User($id: ID!) {\n  user(id: $id) {\n    ...UserFields\n    __typename\n  }\n}\n\n\
                    fragment UserFields on User {\n  id\n  name\n  __typename\n}",
            }),
        ),
        (
            "one2many, generated",
            json!({
                "operationName": "UsersWithPosts",
                "variables": { "users": 50, "posts": 20 },
                "query": "query UsersWithPosts($users: Int!, $posts: Int!) {\n  users(first: $users) {\n    nodes {\n      \
                    ...UserWithPosts\n      __typename\n    }\n    __typename\n  }\n}\n\n\
                    fragment UserWithPosts on User {\n  id\n  name\n  posts(first: $posts) {\n    nodes {\n      \
                    ...PostFields\n      __typename\n    }\n    __typename\n  }\n  __typename\n}\n\n\
                    fragment PostFields on Post {\n  id\n  title\n  __typename\n}",
            }),
        ),
        (
            "deep, generated",
            json!({
                "operationName": "CoursesWithStudents",
                "variables": { "courses": 10, "students": 20, "coursesOfStudent": 20 },
                "query": "query CoursesWithStudents($courses: Int!, $students: Int!, $coursesOfStudent: Int!) {\n  \
                    courses(first: $courses) {\n    nodes {\n      ...CourseWithStudents\n      __typename\n    }\n    \
                    __typename\n  }\n}\n\n\
                    fragment CourseWithStudents on Course {\n  ...CourseFields\n  students(first: $students) {\n    nodes {\n      \
                    ...StudentWithCourses\n      __typename\n    }\n    __typename\n  }\n  __typename\n}\n\n\
                    fragment StudentWithCourses on Student {\n  id\n  name\n  courses(first: $coursesOfStudent) {\n    \
                    nodes {\n      ...CourseFields\n      __typename\n    }\n    __typename\n  }\n  __typename\n}\n\n\
                    fragment CourseFields on Course {\n  id\n  title\n  __typename\n}",
            }),
        ),
    ]
    .map(|(name, body)| (name, requests::parameters(&body)));
    workloads.into_iter().chain(edges).chain(generated).collect()
}
