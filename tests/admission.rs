//! Room for requests: what each sender may have of it, and how it is free again.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    pin::pin,
    process::Command,
};

use axum::http::{Request, StatusCode, header};
use expect_test::expect;
use futures_util::poll;
use jsonwebtoken::{EncodingKey, Header, encode};
use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};
use serde_json::json;

use crate::{
    program::Server,
    support::{App, body, graphql_request, school, school_with},
};

const SECRET: &str = "thirty-two bytes that are no secret";

/// The response to a query that a bearer of tokens sends.
async fn ask_as(app: &App, subject: &str, query: &str) -> (StatusCode, String) {
    send_as(app, subject, json!({ "query": query }).to_string()).await
}

/// The same of a body.
async fn send_as(app: &App, subject: &str, text: String) -> (StatusCode, String) {
    let claims = json!({ "sub": subject, "exp": 4_102_444_800_u64, "scope": "read" });
    let token = encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap();
    let request = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
    let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    let response = app.http(request.body(text.into()).unwrap()).await;
    (response.status(), body(response).await)
}

/// Makes the database never answer with courses.
pub async fn hold_up_courses(app: &App) {
    let forever = match app.backend() {
        DbBackend::Postgres => "SELECT 1 FROM pg_sleep(3600)",
        _ => "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i > 0) SELECT count(*) FROM c",
    };
    app.sql("ALTER TABLE courses RENAME TO courses_in_time").await;
    app.sql(&format!("CREATE VIEW courses AS SELECT * FROM courses_in_time WHERE ({forever}) > 0")).await;
}

const FOREVER: &str = "{ courses { totalCount } }";
const QUICK: &str = "{ users { totalCount } }";
const COUNTED: &str = r#"{"data":{"users":{"totalCount":3}}}"#;

#[tokio::test]
async fn one_sender_leaves_half_of_the_room_to_others() {
    let secret = format!("--jwt-secret={SECRET}");
    let room = ["--max-concurrent-requests=2", "--max-queued-requests=2", "--read-connections=2", &secret];
    for app in &school_with(&room).await.0 {
        hold_up_courses(app).await;
        let (mut first, mut second) = (Box::pin(ask_as(app, "ada", FOREVER)), Box::pin(ask_as(app, "ada", QUICK)));
        assert!(poll!(&mut first).is_pending() && poll!(&mut second).is_pending());
        let (status, refused) = ask_as(app, "ada", QUICK).await;
        assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
        expect![[r#"{"errors":[{"message":"this sender has as many requests as it may have at once: 2 (`--max-sender-share`)","extensions":{"code":"UNAVAILABLE"}}]}"#]].assert_eq(&refused);
        assert_eq!(ask_as(app, "bob", QUICK).await, (StatusCode::OK, COUNTED.to_owned()));
        // It waits for its own first.
        assert!(poll!(&mut second).is_pending());
        drop(first);
        assert_eq!(second.await, (StatusCode::OK, COUNTED.to_owned()));
    }
}

#[test]
fn one_sender_leaves_half_of_the_memory_to_others() {
    let server = Server::start(&["--max-memory-bytes=200000", "--trusted-proxies=127.0.0.1"]);
    let ask = |bytes: usize, forwarded_for: &str| {
        let head = format!(
            "POST /graphql HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\nx-forwarded-for: {forwarded_for}"
        );
        let query = r#"{"query":"{ __typename }"}"#;
        let body = query.to_owned() + &" ".repeat(bytes - query.len());
        server.send(&format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()))
    };
    assert!(ask(100_000, "192.0.2.1").starts_with("HTTP/1.1 200"));
    let refused = ask(100_001, "192.0.2.1");
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
    assert!(refused.contains(
        "this sender's requests hold as many bytes as they may together (`--max-sender-share` of `--max-memory-bytes`)"
    ));
}

#[test]
fn one_sender_leaves_half_of_the_connections_to_others() {
    for (proxies, answers) in
        [("--trusted-proxies=192.0.2.1", ["200", "200", "none"]), ("--trusted-proxies=127.0.0.1", ["200"; 3])]
    {
        let server = Server::start(&["--max-connections=4", proxies]);
        let mut kept = Vec::new();
        let ask = |_| {
            let mut client = TcpStream::connect(&server.address).unwrap();
            client.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
            let mut line = String::new();
            let _ = BufReader::new(&client).read_line(&mut line);
            kept.push(client);
            line.split(' ').nth(1).unwrap_or("none").to_owned()
        };
        assert_eq!((0..3).map(ask).collect::<Vec<_>>(), answers, "{proxies}");
    }
}

#[test]
fn a_sender_spends_as_much_in_a_minute_as_it_may() {
    let server = Server::start(&["--rate-cost-per-minute=25", "--trusted-proxies=127.0.0.1,10.0.0.0/8"]);
    let ask = |users: u32, forwarded_for: &str| {
        let body = format!(
            r#"{{"query":"{{ users(first: {users}) {{ totalCount }} }}","extensions":{{"dovetail":{{"cost":true}}}}}}"#
        );
        let head = format!(
            "POST /graphql HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\nx-forwarded-for: {forwarded_for}"
        );
        server.send(&format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()))
    };
    let spent = ask(20, "192.0.2.1");
    assert!(spent.ends_with(r#""extensions":{"dovetail":{"cost":20,"costLeft":5}}}"#), "{spent}");
    let refused = ask(20, "192.0.2.1");
    assert!(refused.starts_with("HTTP/1.1 429") && refused.contains("\r\nretry-after: "), "{refused}");
    assert!(refused.contains("this sender's requests cost more than they may in a minute (`--rate-cost-per-minute`)"));
    let never = ask(26, "192.0.2.2");
    assert!(never.contains("the request costs 26; allowed in a minute are 25 (`--rate-cost-per-minute`)"), "{never}");
    // What a client says of itself is before what the proxies say of it; a subscriber of IPv6 has a network.
    for (first, second) in [
        ("192.0.2.3", "192.0.2.9, 192.0.2.3, 10.1.2.3"),
        ("192.0.2.4", "192.0.2.9, nobody, 192.0.2.4"),
        ("2001:db8::1", "2001:db8::2"),
        ("192.0.2.5", "192.0.2.5:4711"),
        ("2001:db8:1::1", "[2001:db8:1::1]"),
        ("2001:db8:2::1", "[2001:db8:2::1]:4711"),
    ] {
        assert!(ask(20, first).contains(r#""costLeft":5"#));
        assert!(ask(20, second).starts_with("HTTP/1.1 429"));
    }
    assert!(ask(20, "2001:db8:0:1::1").contains(r#""costLeft":5"#));
}

#[tokio::test]
async fn each_request_of_a_batch_is_spent() {
    let secret = format!("--jwt-secret={SECRET}");
    let app = &school_with(&["--max-batch=20", "--rate-cost-per-minute=10", &secret]).await.0[0];
    let batch = |requests: usize| format!("[{}]", vec![r#"{"query":"{ nobody }"}"#; requests].join(","));
    assert_eq!(send_as(app, "ada", batch(10)).await.0, StatusCode::OK);
    assert_eq!(send_as(app, "ada", batch(1)).await.0, StatusCode::TOO_MANY_REQUESTS);
    let never = send_as(app, "bob", batch(11)).await.1;
    assert!(never.contains("TOO_COMPLEX") && never.contains("allowed in a minute are 10"), "{never}");
}

#[tokio::test]
async fn what_runs_for_a_client_that_leaves_is_ended_on_the_database() {
    for app in &school_with(&["--read-connections=1"]).await.0 {
        hold_up_courses(app).await;
        let active = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%courses%' AND state = 'active' AND pid <> pg_backend_pid()";
        let others = Database::connect(&app.direct_url).await.unwrap();
        let runs = async || {
            let statement = Statement::from_string(app.backend(), active);
            let row = others.query_one_raw(statement).await.unwrap().unwrap();
            row.try_get_by_index::<i64>(0).unwrap() > 0
        };
        let mut left = Box::pin(app.http(graphql_request(FOREVER)));
        loop {
            assert!(poll!(&mut left).is_pending());
            if app.backend() != DbBackend::Postgres || runs().await {
                break;
            }
        }
        drop(left);
        // The one connection that reads is free again, or replaced.
        assert_eq!(app.query(QUICK).await, COUNTED);
        while app.backend() == DbBackend::Postgres && runs().await {}
    }
}

#[tokio::test]
async fn a_server_whose_connections_are_all_in_use_is_ready() {
    for app in &school_with(&["--read-connections=1", "--write-connections=1"]).await.0 {
        hold_up_courses(app).await;
        let mut slow = pin!(app.http(graphql_request(FOREVER)));
        assert!(poll!(&mut slow).is_pending());
        let response = app.http(Request::get("/readyz").body("".into()).unwrap()).await;
        assert_eq!((response.status(), body(response).await), (StatusCode::OK, "ready".to_owned()));
    }
}

#[tokio::test]
async fn a_server_that_can_write_no_longer_is_not_ready() {
    for app in school().await.0.iter().filter(|app| app.backend() == DbBackend::Postgres) {
        app.sql("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$").await;
        // What is set is of sessions to come, of which a pooler has some already.
        let end = "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        Database::connect(&app.direct_url).await.unwrap().execute_unprepared(end).await.unwrap();
        let response = app.http(Request::get("/readyz").body("".into()).unwrap()).await;
        let read_only = (StatusCode::SERVICE_UNAVAILABLE, "the database is read-only".to_owned());
        assert_eq!((response.status(), body(response).await), read_only);
    }
}

#[test]
fn a_server_that_stops_says_so_and_answers_on_until_a_second_signal() {
    let mut server = Server::start(&["--shutdown-delay=3600"]);
    let id = server.process.id().to_string();
    let stop = || assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    stop();
    while !server.get("/readyz").ends_with("stopping") {}
    assert!(server.get("/graphql?query=%7B__typename%7D").ends_with(r#"{"data":{"__typename":"Query"}}"#));
    stop();
    assert_eq!(server.process.wait().unwrap().code(), Some(0));
}
