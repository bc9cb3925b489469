//! The line that each request leaves in the log.

use std::{
    convert::Infallible,
    fmt::Write,
    io::{Read, Seek},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use axum::{
    body::Body,
    http::{Request, header},
};
use expect_test::expect;
use futures_util::{SinkExt, future::join_all, poll, stream};
use jsonwebtoken::{EncodingKey, Header, encode};
use sea_orm::DbBackend;
use serde_json::json;
use tempfile::tempfile;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::yield_now,
};
use tokio_tungstenite::tungstenite::Message;
use tracing::subscriber::set_default;

use crate::{
    admission::hold_up_courses,
    support::{App, graphql_request, post_json, school, school_with, socket::Listening},
};

/// What the server logs while something runs, without ids and times.
async fn logged(run: impl AsyncFnOnce()) -> String {
    let file = Arc::new(tempfile().unwrap());
    let log = tracing_subscriber::fmt().with_env_filter("dovetail=info").with_writer(Arc::clone(&file));
    let guard = set_default(log.without_time().with_target(false).with_ansi(false).finish());
    run().await;
    drop(guard);
    let mut text = String::new();
    (&*file).rewind().unwrap();
    (&*file).read_to_string(&mut text).unwrap();
    text.lines().fold(String::new(), |mut lines, line| {
        let words: Vec<_> = line.split(' ').map(blanked).collect();
        writeln!(lines, "{}", words.join(" ").trim_start()).unwrap();
        lines
    })
}

/// A word of a line, without its value if that is another each time.
fn blanked(word: &str) -> String {
    let is_id_or_time = |name: &&str| word.starts_with(name);
    match ["request_id=", "milliseconds=", "elapsed=", "sql=\""].iter().copied().find(is_id_or_time) {
        Some(name) => format!("{name}#"),
        None => word.to_owned(),
    }
}

/// What it logs of an HTTP request.
async fn line(app: &App, request: Request<Body>) -> String {
    logged(async || drop(app.http(request).await)).await
}

#[tokio::test]
async fn the_database_is_asked_once_for_all_who_want_to_know_whether_it_is_ready() {
    for app in &school().await.0 {
        let pool = &app.database.probe.reader;
        let held = pool.begin().await.unwrap();
        let lines = logged(async || {
            let ask = || app.http(Request::get("/readyz").body("".into()).unwrap());
            let mut asked = pin!(join_all((0..100).map(|_| ask())));
            assert!(poll!(&mut asked).is_pending());
            let mut closing = pin!(pool.close_by_ref());
            assert!(poll!(&mut closing).is_pending());
            assert!(asked.await.iter().all(|response| response.status() == 503));
        });
        assert_eq!(lines.await.matches("not ready").count(), 1);
        held.rollback().await.unwrap();
    }
}

#[tokio::test]
async fn a_request_that_is_answered_leaves_a_line() {
    let query = "query Names { users { nodes { name } } }";
    let lines = school().await.agree(async |app| line(app, graphql_request(query)).await).await;
    expect![[r#"
        INFO request request_id=# operation="Names" document=facfc0595bfdcdce outcome="answered" status=200 errors=0 statements=1 rows=3 milliseconds=# elapsed=#
    "#]].assert_eq(&lines);
}

#[tokio::test]
async fn each_operation_over_a_socket_leaves_a_line_and_so_does_the_socket() {
    let app = &school().await.0[0];
    let server = Listening::start(app, &[]).await;
    let lines = logged(async || {
        let mut socket = server.connected().await;
        socket.all_of("a", "query Names { users { nodes { name } } }").await;
        socket.all_of("b", "query Nobody { nobody }").await;
        socket.ask("{").await;
    });
    expect![[r#"
        INFO request request_id=# operation="Names" document=facfc0595bfdcdce outcome="answered" status=200 errors=0 statements=1 rows=3 milliseconds=# elapsed=#
        INFO request request_id=# document=eb1991c0545c468a outcome="refused" status=400 problem="Unknown field \"nobody\" on type \"Query\"." errors=1 statements=0 rows=0 milliseconds=# elapsed=#
        INFO socket request_id=# operations=2 code=4400 problem="a message is wrong: EOF while parsing an object at line 1 column 1" elapsed=#
    "#]].assert_eq(&lines.await);
}

#[tokio::test]
async fn an_operation_that_waits_for_others_and_is_cut_off_leaves_a_line() {
    let app = &school().await.0[0];
    let server = Listening::start(app, &[]).await;
    // No subscription can begin.
    let _held = app.database.changes.begin().await.unwrap();
    let lines = logged(async || {
        let mut socket = server.connected().await;
        socket.subscribe("a", "subscription Users { userChanged { id } }").await;
        socket.subscribe("b", "query Names { users { nodes { name } } }").await;
        // What is heard is sent once all wait.
        socket.ask(r#"{"type":"ping"}"#).await;
        drop(socket);
        server.stop().await.unwrap();
    });
    expect![[r#"
        INFO stopping connections=1
        INFO request request_id=# outcome="left" errors=0 statements=0 rows=0 milliseconds=# elapsed=#
        INFO request request_id=# operation="Users" document=63281b338555b836 outcome="left" errors=0 statements=0 rows=0 milliseconds=# elapsed=#
        INFO socket request_id=# operations=2 elapsed=#
    "#]].assert_eq(&lines.await);
}

#[tokio::test]
async fn each_operation_that_is_ended_before_it_is_begun_leaves_a_line() {
    let app = &school().await.0[0];
    let server = Listening::start(app, &[]).await;
    let lines = logged(async || {
        let mut socket = server.connected().await;
        for id in 0..20 {
            let subscribe =
                json!({ "id": id.to_string(), "type": "subscribe", "payload": { "query": "{ __typename }" } });
            let complete = json!({ "id": id.to_string(), "type": "complete" });
            for message in [subscribe, complete] {
                socket.0.feed(Message::text(message.to_string())).await.unwrap();
            }
        }
        socket.ask(r#"{"type":"ping"}"#).await;
    });
    assert_eq!(lines.await.matches("INFO request").count(), 20);
}

#[tokio::test]
async fn an_event_stream_leaves_a_line_when_it_ends_beside_those_of_its_requests() {
    let app = &school().await.0[0];
    let server = Listening::start(app, &[]).await;
    let lines = logged(async || {
        let mut stream = server.stream("subscription Users { userChanged { id } }", &[]).await;
        app.sql("UPDATE users SET name = 'Ben' WHERE id = 2").await;
        stream.message().await;
        let _reserved = server.request("PUT", "", &[], "").await;
        server.stop().await.unwrap();
    });
    expect![[r#"
        INFO request request_id=# operation="Users" document=63281b338555b836 outcome="subscribed" status=200 errors=0 statements=0 rows=0 milliseconds=# elapsed=#
        INFO request request_id=# outcome="stream" status=201 errors=0 statements=0 rows=0 milliseconds=# elapsed=#
        INFO stopping connections=2
        INFO event stream request_id=# messages=1 elapsed=#
    "#]].assert_eq(&lines.await);
}

#[tokio::test]
async fn a_request_that_fails_leaves_a_line() {
    let query = r#"{ user(id: "Post:1") { id } users { totalCount } }"#;
    let lines = school().await.agree(async |app| line(app, graphql_request(query)).await).await;
    expect![[r#"
        INFO request request_id=# document=b4adfa20df99dd42 outcome="errors" status=200 problem="argument `id` is `Post:1`; allowed is an id of the type User, such as `User:500` or `500`" errors=1 statements=1 rows=1 milliseconds=# elapsed=#
    "#]].assert_eq(&lines);
}

#[tokio::test]
async fn a_request_that_is_refused_leaves_a_line() {
    let apps = school_with(&["--jwt-secret=thirty-two bytes that are no secret", "--auth=write"]).await;
    let claims = json!({ "sub": "ada", "exp": 4_102_444_800_u64 });
    let key = EncodingKey::from_secret(b"thirty-two bytes that are no secret");
    let token = encode(&Header::default(), &claims, &key).unwrap();
    let lines = apps
        .agree(async |app| {
            let mut lines = String::new();
            let mutation = "mutation Delete { deleteUser(input: { id: 1 }) { deletedId } }";
            let mut forbidden = graphql_request(mutation);
            forbidden.headers_mut().insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
            let json = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
            for request in [
                Request::patch("/graphql").body("".into()).unwrap(),
                Request::get("/graphql").header(header::ACCEPT, "text/html").body("".into()).unwrap(),
                json.body("{".into()).unwrap(),
                graphql_request("{ nothing }"),
                graphql_request("query Large { users(first: 100) { nodes { posts(first: 100) { nodes { owner { posts(first: 100) { totalCount } } } } } } }"),
                graphql_request(mutation),
                forbidden,
            ] {
                lines += &line(app, request).await;
            }
            lines
        })
        .await;
    expect![[r#"
        INFO request request_id=# outcome="refused" status=405 problem="allowed are GET, for queries, and POST; and for event streams, PUT and DELETE" errors=1 statements=0 rows=0 milliseconds=# elapsed=#
        INFO request request_id=# outcome="refused" status=406 problem="the header `accept` allows no answer; allowed are `application/graphql-response+json`, `application/json` and `text/event-stream`" errors=1 statements=0 rows=0 milliseconds=# elapsed=#
        INFO request request_id=# outcome="refused" status=400 problem="the body is not JSON: EOF while parsing an object at line 1 column 1" errors=1 statements=0 rows=0 milliseconds=# elapsed=#
        INFO request request_id=# document=919c0b7aa452b0b2 outcome="refused" status=200 problem="Unknown field \"nothing\" on type \"Query\"." errors=1 statements=0 rows=0 milliseconds=# elapsed=#
        INFO request request_id=# operation="Large" document=368d2bd2babf8012 outcome="refused" status=200 problem="the operation costs 1000000 by its pages, filters and orders; allowed are 10000 (`--max-cost`)" errors=1 statements=0 rows=0 milliseconds=# elapsed=#
        INFO request request_id=# operation="Delete" document=71f94429805e44c2 outcome="refused" status=401 problem="this needs a token with the scope `write`, in the header `authorization`" errors=1 statements=0 rows=0 milliseconds=# elapsed=#
        INFO request request_id=# subject="ada" operation="Delete" document=71f94429805e44c2 outcome="refused" status=403 problem="the token lacks the scope `write`" errors=1 statements=0 rows=0 milliseconds=# elapsed=#
    "#]].assert_eq(&lines);
}

#[tokio::test]
async fn a_request_of_a_batch_leaves_a_line() {
    let apps = school_with(&["--max-batch=3"]).await;
    let batch = json!([{ "query": "query A { __typename }" }, 1, { "query": "query B { user(id: 1) { name } }" }]);
    let lines = apps.agree(async |app| line(app, post_json(&batch)).await).await;
    expect![[r#"
        INFO request request_id=# operation="A" document=aed34f3aa3d67f40 outcome="answered" status=200 errors=0 statements=0 rows=0 milliseconds=# elapsed=#
        INFO request request_id=# outcome="refused" status=400 problem="the request is no JSON object, which alone is allowed" errors=1 statements=0 rows=0 milliseconds=# elapsed=#
        INFO request request_id=# operation="B" document=1ba3cad3ceea09c5 outcome="answered" status=200 errors=0 statements=1 rows=1 milliseconds=# elapsed=#
    "#]].assert_eq(&lines);
}

#[tokio::test]
async fn a_request_whose_body_is_cut_off_leaves_a_line_and_so_does_one_whose_chunks_are_wrong() {
    let app = &school().await.0[0];
    let server = Listening::start(app, &[]).await;
    let lines = logged(async || {
        for (head, body) in [("content-length: 100", "{"), ("transfer-encoding: chunked", "z")] {
            let mut client = TcpStream::connect(&server.address).await.unwrap();
            let head = format!("POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{head}");
            client.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).await.unwrap();
            client.shutdown().await.unwrap();
            client.read_to_end(&mut Vec::new()).await.unwrap();
        }
    });
    expect![[r#"
        INFO request request_id=# outcome="left" status=408 problem="the body ended too early" errors=1 statements=0 rows=0 milliseconds=# elapsed=#
        INFO request request_id=# outcome="refused" status=400 problem="the body is not in chunks, as its header `transfer-encoding` says" errors=1 statements=0 rows=0 milliseconds=# elapsed=#
    "#]].assert_eq(&lines.await);
}

#[tokio::test]
async fn a_request_that_takes_too_long_leaves_a_line() {
    let apps = school_with(&["--request-timeout=1", "--read-connections=1", "--slow-ms=0"]).await;
    let lines = apps
        .agree(async |app| {
            let never = Body::from_stream(stream::pending::<Result<&str, Infallible>>());
            let arrives = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
            let arrives = line(app, arrives.body(never).unwrap()).await;
            hold_up_courses(app).await;
            // It has the one connection that reads.
            let mut first = pin!(app.http(graphql_request("{ courses { totalCount } }")));
            assert!(poll!(&mut first).is_pending());
            arrives + &line(app, graphql_request("query Waits { users { totalCount } }")).await
        })
        .await;
    expect![[r#"
        INFO request request_id=# outcome="timeout" status=408 problem="the request took too long to arrive (`--request-timeout`)" errors=1 statements=0 rows=0 milliseconds=# elapsed=#
        INFO request request_id=# operation="Waits" document=a366099c82257249 outcome="refused" status=503 problem="no connection to the database was free in the request's time (`--request-timeout`); try again in a second" errors=1 statements=0 rows=0 milliseconds=# elapsed=#
    "#]].assert_eq(&lines);
}

#[tokio::test]
async fn a_request_whose_client_leaves_leaves_a_line_with_what_ran_for_it() {
    let lines = school()
        .await
        .agree(async |app| {
            hold_up_courses(app).await;
            let has_run = Arc::new(AtomicBool::new(false));
            let told = Arc::clone(&has_run);
            app.statements().after_next(move || told.store(true, Relaxed));
            logged(async || {
                let mut request =
                    pin!(app.http(graphql_request("{ students { nodes { courses { nodes { id } } } } }")));
                while !has_run.load(Relaxed) {
                    assert!(poll!(&mut request).is_pending());
                    yield_now().await;
                }
            })
            .await
        })
        .await;
    expect![[r#"
        INFO request request_id=# document=469671b2a40ea641 outcome="left" errors=0 statements=2 rows=3 milliseconds=# elapsed=#
    "#]].assert_eq(&lines);
}

#[tokio::test]
async fn a_request_that_panics_leaves_a_line() {
    let lines = school()
        .await
        .agree(async |app| {
            app.statements().after_next(|| panic!("as this test has it"));
            line(app, graphql_request("{ users { totalCount } }")).await
        })
        .await;
    expect![[r#"
        INFO request request_id=# document=c12751dbc3441372 outcome="panicked" errors=0 statements=1 rows=0 milliseconds=# elapsed=#
    "#]].assert_eq(&lines);
}

#[tokio::test]
async fn a_slow_request_leaves_a_line_with_its_sql() {
    for (milliseconds, is_told) in [("0", false), ("1", true), ("3600000", false)] {
        for app in &school_with(&[&format!("--slow-ms={milliseconds}")]).await.0 {
            let slow = match app.backend() {
                DbBackend::Postgres => "SELECT 1 FROM pg_sleep(0.01)",
                _ => {
                    "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 100000) SELECT count(*) FROM c"
                }
            };
            app.sql("ALTER TABLE courses RENAME TO courses_in_time").await;
            app.sql(&format!("CREATE VIEW courses AS SELECT * FROM courses_in_time WHERE ({slow}) > 0")).await;
            let lines = line(app, graphql_request("query Slow { courses { totalCount } }")).await;
            let told = lines.lines().nth(1).unwrap_or_default();
            if is_told {
                expect![[r##"WARN slow request request_id=# operation="Slow" document=e5e5f5b190882661 outcome="answered" elapsed=# sql="# ms, 1 rows: SELECT COUNT(*) FROM \"courses\" AS \"r\"""##]].assert_eq(told);
            } else {
                assert_eq!(told, "");
            }
        }
    }
}

#[tokio::test]
async fn what_a_client_writes_is_cut() {
    let name = "n".repeat(4_000);
    let query = format!("query {name} {{ {name}: user(id: \"{name}\") {{ id }} }}");
    let lines = school().await.agree(async |app| line(app, graphql_request(&query)).await).await;
    assert!(lines.contains(&format!("operation=\"{}…\"", "n".repeat(200))) && lines.len() < 1_000, "{lines}");
}
