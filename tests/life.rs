//! Connections, signals, and a database that goes away.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::Command,
    sync::Arc,
    thread,
};

use axum::{
    Router,
    http::{Request, StatusCode},
    routing::get,
};
use clap::Parser;
use dovetail::{
    config::{Cli, without_secrets},
    database, profile,
    run::Program,
    server::serve,
};
use school::School;
use sea_orm::{ConnectionTrait, Database, DbBackend};
use tempfile::tempdir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::{Notify, oneshot},
};

use crate::{
    program::{Server, failure, run},
    support::{App, body, graphql_request, school, settings},
};

const HEAD: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

#[tokio::test]
async fn what_runs_finishes_and_nothing_new_begins_once_the_server_is_told_to_stop() {
    let (entered, finish) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let handler = {
        let (entered, finish) = (Arc::clone(&entered), Arc::clone(&finish));
        async move || {
            entered.notify_one();
            finish.notified().await;
            "finished"
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let limits = settings(&[]).http;
    let server = tokio::spawn(async move {
        serve(listener, Router::new().route("/", get(handler)), &limits, &[], async { stopped.await.unwrap() }).await
    });
    let mut client = tokio::net::TcpStream::connect(address).await.unwrap();
    let mut idle = tokio::net::TcpStream::connect(address).await.unwrap();
    client.write_all(HEAD).await.unwrap();
    entered.notified().await;
    stop.send(()).unwrap();
    // One that sends nothing is let go.
    assert_eq!(idle.read_to_end(&mut Vec::new()).await.unwrap(), 0);
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
    finish.notify_one();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("finished"), "{answer}");
    server.await.unwrap();
}

#[tokio::test]
async fn what_does_not_finish_in_time_is_cut_off() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let entered = Arc::new(Notify::new());
    let (stop, limits) = (Arc::clone(&entered), settings(&["--shutdown-timeout=0"]).http);
    let handler = async move || {
        entered.notify_one();
        std::future::pending::<&str>().await
    };
    let server = tokio::spawn(async move {
        serve(listener, Router::new().route("/", get(handler)), &limits, &[], async { stop.notified().await }).await
    });
    let mut client = tokio::net::TcpStream::connect(address).await.unwrap();
    client.write_all(HEAD).await.unwrap();
    server.await.unwrap();
}

#[test]
fn a_client_that_sends_no_head_or_nothing_more_is_let_go() {
    let server = Server::start(&["--client-timeout=1"]);
    let mut silent = TcpStream::connect(&server.address).unwrap();
    let mut slow = TcpStream::connect(&server.address).unwrap();
    slow.write_all(b"POST /graphql HTTP/1.1\r\nhost: loc").unwrap();
    let mut kept = TcpStream::connect(&server.address).unwrap();
    kept.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let read = |client: &mut TcpStream| {
        let mut text = String::new();
        client.read_to_string(&mut text).unwrap();
        text
    };
    assert_eq!((read(&mut silent).as_str(), read(&mut slow).as_str()), ("", ""));
    assert!(read(&mut kept).ends_with("ok"));
}

#[test]
fn connections_past_the_most_wait_for_one_to_end() {
    let server = Server::start(&["--max-connections=1", "--client-timeout=1"]);
    // It is let go after a second, which makes room for the next.
    let _first = TcpStream::connect(&server.address).unwrap();
    assert!(server.get("/healthz").ends_with("ok"));
}

#[test]
#[cfg(target_os = "linux")]
fn a_server_has_as_many_threads_as_it_is_told() {
    let [one, four] = ["--worker-threads=1", "--worker-threads=4"].map(|threads| {
        let server = Server::start(&[threads]);
        assert!(server.get("/healthz").ends_with("ok"));
        fs::read_dir(format!("/proc/{}/task", server.process.id())).unwrap().count()
    });
    assert_eq!(four - one, 3);
}

#[test]
fn a_body_that_does_not_arrive_is_408() {
    let server = Server::start(&["--request-timeout=1"]);
    let mut client = TcpStream::connect(&server.address).unwrap();
    let head = "POST /graphql HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    client.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains(r#""code":"TIMEOUT""#), "{answer}");
}

#[test]
fn a_signal_to_stop_ends_the_process_with_exit_code_0() {
    for signal in ["-TERM", "-INT"] {
        let mut server = Server::start(&[]);
        let mut kept = TcpStream::connect(&server.address).unwrap();
        kept.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
        let mut line = String::new();
        BufReader::new(&kept).read_line(&mut line).unwrap();
        assert_eq!(line, "HTTP/1.1 200 OK\r\n");
        let id = server.process.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        assert_eq!(server.process.wait().unwrap().code(), Some(0), "{signal}");
    }
}

#[test]
fn a_head_may_have_65_536_bytes_and_not_twice_as_many() {
    let server = Server::start(&[]);
    let status = |bytes: usize| {
        let head = "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nx: ";
        let response = server.send(&format!("{head}{}\r\n\r\n", "x".repeat(bytes - head.len() - 4)));
        response.split(' ').nth(1).unwrap().to_owned()
    };
    assert_eq!((status(65_536).as_str(), status(131_072).as_str()), ("200", "431"));
}

#[test]
fn a_request_that_is_cut_off_leaves_its_line() {
    let mut server = Server::start(&["--shutdown-timeout=0"]);
    let mut client = TcpStream::connect(&server.address).unwrap();
    let head = "POST /graphql HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n";
    client.write_all(head.as_bytes()).unwrap();
    // Its body is waited for.
    client.read_exact(&mut [0; 12]).unwrap();
    assert!(Command::new("kill").arg(server.process.id().to_string()).status().unwrap().success());
    assert!(server.log().any(|line| line.contains(r#"outcome="left""#)));
}

async fn ready(app: &App) -> (StatusCode, String) {
    let response = app.http(Request::get("/readyz").body("".into()).unwrap()).await;
    (response.status(), body(response).await)
}

#[tokio::test]
async fn a_server_is_ready_while_its_database_is_there_and_up_to_date() {
    let apps = school().await;
    assert_eq!(apps.agree(ready).await, (StatusCode::OK, "ready".to_owned()));
    apps.sql("DELETE FROM seaql_migrations WHERE version LIKE '%_index_orders'").await;
    let pending = "1 migration is pending on this database".to_owned();
    assert_eq!(apps.agree(ready).await, (StatusCode::SERVICE_UNAVAILABLE, pending));
    for app in &apps.0 {
        app.database.probe.reader.close_by_ref().await.unwrap();
    }
    let gone = "the database is unavailable".to_owned();
    assert_eq!(apps.agree(ready).await, (StatusCode::SERVICE_UNAVAILABLE, gone));
}

#[tokio::test]
async fn a_server_is_ready_and_starts_over_a_database_that_a_newer_version_of_it_migrated() {
    let apps = school().await;
    for app in &apps.0 {
        app.sql("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m99991231_000001_of_tomorrow', 0)").await;
        database::ensure_migrated(&app.database.writer, School::migrations(), "dovetail").await.unwrap();
    }
    assert_eq!(apps.agree(ready).await, (StatusCode::OK, "ready".to_owned()));
}

#[tokio::test]
async fn connections_that_broke_are_replaced_and_what_met_them_is_503() {
    for app in school().await.0.iter().filter(|app| app.backend() == DbBackend::Postgres) {
        let ask = async || {
            let mut request = graphql_request("{ users { totalCount } }");
            request.headers_mut().insert("accept", "application/graphql-response+json".parse().unwrap());
            let response = app.http(request).await;
            (response.status(), body(response).await)
        };
        let answered = (StatusCode::OK, r#"{"data":{"users":{"totalCount":3}}}"#.to_owned());
        assert_eq!(ask().await, answered);
        let others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        Database::connect(&app.direct_url).await.unwrap().execute_unprepared(others).await.unwrap();
        let mut broken = 0;
        loop {
            let (status, text) = ask().await;
            if status == StatusCode::OK {
                break assert_eq!((status, text), answered);
            }
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
            assert!(text.contains("UNAVAILABLE"), "{text}");
            broken += 1;
            // As many as the pool had.
            assert!(broken <= 3);
        }
    }
}

#[test]
fn an_address_that_others_reach_needs_tokens_or_a_word() {
    let folder = tempdir().unwrap();
    let said = failure(&run(folder.path(), &["serve", "--host", "0.0.0.0", "--port", "0"]));
    assert!(said.contains("set --jwt-secret or --jwks") && said.contains("--insecure-open"), "{said}");
    Server::start(&["--host=0.0.0.0", "--insecure-open"]);
    Server::start(&["--host=0.0.0.0", "--jwt-secret=thirty-two bytes that are no secret"]);
}

#[test]
fn what_is_unsafe_in_production_is_named() {
    let folder = tempdir().unwrap();
    let all = [
        "serve",
        "--profile=production",
        "--demo",
        "--sql-report",
        "--introspection=on",
        "--graphiql=on",
        "--insecure-open",
        "--cors-origins=*",
    ];
    let said = failure(&run(folder.path(), &all));
    for part in [
        "without tokens",
        "--demo",
        "--sql-report",
        "--introspection on",
        "--graphiql on",
        "--insecure-open",
        "--cors-origins *",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let jwks = ["serve", "--profile=production", "--jwks=http://id.example.com/keys"];
    let said = failure(&run(folder.path(), &jwks));
    for part in ["--jwks over http", "without --jwt-issuer", "without --jwt-audience"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!folder.path().join("dovetail.db").exists());
}

/// What makes these settings unsafe in production, beside a good secret.
fn unsafe_in_production(arguments: &[&str]) -> String {
    let usual = ["dovetail", "--profile=production", "--auth=write", "--graphiql=off"];
    let cli = Cli::<school::Command>::parse_from(usual.iter().chain(arguments));
    profile::settle(*cli.serve).err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn a_secret_of_few_different_bytes_is_unsafe_in_production() {
    let (nine, ten) = ("--jwt-secret=123456789".to_owned(), "--jwt-secret=1234567890".to_owned());
    let said = unsafe_in_production(&[&(nine + &"1".repeat(32))]);
    assert_eq!(said, "--profile production is unsafe with a --jwt-secret of fewer than 10 different bytes");
    assert_eq!(unsafe_in_production(&[&(ten + &"1".repeat(32))]), "");
}

#[test]
fn a_postgres_on_another_host_without_tls_is_unsafe_in_production() {
    let said = |arguments: &[&str]| {
        unsafe_in_production(&[&["--jwt-secret=thirty-two bytes that are no secret"], arguments].concat())
    };
    for query in ["", "?sslmode=disable", "?sslmode=allow", "?sslmode=prefer"] {
        let url = format!("database-url=postgres://me:pw@db.example.com/campus{query}");
        let expected = "--profile production is unsafe with --database-url without sslmode=verify-full (or require)";
        assert_eq!(said(&[&format!("--{url}")]), expected, "{query}");
        let expected =
            "--profile production is unsafe with --read-database-url without sslmode=verify-full (or require)";
        assert_eq!(said(&["--database-url=postgres://localhost/x", &format!("--read-{url}")]), expected, "{query}");
    }
    for url in [
        "postgres://db.example.com/campus?sslmode=require",
        "postgres://db.example.com/campus?sslmode=verify-full",
        "postgres://localhost/campus",
        "postgres://127.0.0.1/campus",
        "postgres://[::1]/campus",
        "postgres:///campus?host=/run/postgresql",
        "sqlite:campus.db",
    ] {
        assert_eq!(said(&[&format!("--database-url={url}")]), "", "{url}");
    }
}

#[test]
fn a_url_is_shown_without_its_secrets() {
    for (url, expected) in [
        ("postgres://me:hunter2@localhost:5432/campus", "postgres://***@localhost:5432/campus"),
        ("postgres://me:hun/t@er2@localhost/campus", "postgres://***@localhost/campus"),
        ("postgres://me:hun?ter2@localhost/campus", "postgres:***"),
        ("postgres://me:hun#ter2@localhost/campus", "postgres:***"),
        ("postgres://localhost/campus?user=me&password=hunter2", "postgres://localhost/campus?***"),
        ("postgres://localhost/campus?password=hunt@er2", "postgres:***"),
        ("https://me@id.example.com/keys?token=hunter2", "https://***@id.example.com/keys?***"),
        ("sqlite:dovetail.db", "sqlite:dovetail.db"),
        ("keys.json", "keys.json"),
    ] {
        assert_eq!(without_secrets(url), expected);
    }
}

#[test]
fn no_error_shows_a_secret() {
    let folder = tempdir().unwrap();
    for (argument, part) in [
        (
            "--database-url=postgres://me:hun/ter2@localhost/campus",
            "cannot open postgres://***@localhost/campus: it is no URL",
        ),
        (
            "--database-url=postgres://me:hunter2:@localhost/campus?sslmode=none",
            "cannot open postgres://***@localhost/campus?***",
        ),
        (
            "--database-url=postgres://localhost/campus?password=hunter2&sslmode=none",
            "cannot open postgres://localhost/campus?***",
        ),
        (
            "--database-url=postgres://localhost/campus?pasword=hunter2&sslmode=none",
            "cannot open postgres://localhost/campus?***",
        ),
        (
            "--jwks=http://me:hunter2@127.0.0.1:1/keys?token=hunter2",
            "cannot read --jwks http://***@127.0.0.1:1/keys?***",
        ),
        (
            "--jwks=http://me:hun ter2@127.0.0.1:1/keys?token=hunter2",
            "cannot read --jwks http://***@127.0.0.1:1/keys?***",
        ),
    ] {
        let said = failure(&run(folder.path(), &["serve", "--port=0", argument]));
        assert!(said.contains(part) && !said.contains("ter2"), "{argument}: {said}");
    }
}

#[test]
fn the_keys_of_a_set_live_longer_than_until_it_is_read_again() {
    let parses = |seconds: u32| {
        let said = Cli::<school::Command>::try_parse_from(["dovetail", &format!("--jwks-max-age={seconds}")]).err();
        said.map(|error| error.to_string().lines().next().unwrap().to_owned()).unwrap_or_default()
    };
    assert_eq!([parses(301), parses(86_400)], ["", ""]);
    for seconds in [300, 86_401] {
        let expected =
            format!("error: invalid value '{seconds}' for '--jwks-max-age <SECONDS>': {seconds} is not in 301..=86400");
        assert_eq!(parses(seconds), expected);
    }
}

#[test]
fn settings_that_do_not_go_together_are_one_line_and_exit_code_1() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("empty.jwks"), r#"{ "keys": [] }"#).unwrap();
    for (arguments, part) in [
        (&["--jwt-secret=short"][..], "--jwt-secret has 5 bytes; allowed are 32 or more"),
        (&["--auth=all"], "--auth needs keys"),
        (&["--jwks=nowhere.json"], "cannot read --jwks nowhere.json"),
        (&["--jwks=empty.jwks"], "--jwks empty.jwks has no key of use; allowed are RSA"),
        (&["--jwks=empty.jwks", "--jwks-ca=nowhere.pem"], "cannot read --jwks-ca nowhere.pem"),
        (&["--jwks=empty.jwks", "--jwks-ca=empty.jwks"], "--jwks-ca empty.jwks has no certificate; allowed are"),
        (&["--cors-origins=app.example.com"], "--cors-origins has `app.example.com`; allowed are origins"),
        (&["--cors-origins=https://app.example.com/"], "allowed are origins"),
        (&["--cors-origins=*"], "name the origins"),
        (&["--trusted-documents=nowhere"], "cannot read --trusted-documents nowhere"),
        (&["--trusted-documents=."], "has no documents"),
        (&["--log=a=b=c"], "--log is `a=b=c`"),
    ] {
        let said = failure(&run(folder.path(), &[&["serve", "--port=0"], arguments].concat()));
        assert!(said.contains(part), "{arguments:?}: {said}");
    }
}

#[test]
fn in_production_the_log_is_json_with_the_requests_id_on_each_line() {
    let mut server =
        Server::start(&["--profile=production", "--jwt-secret=thirty-two bytes that are no secret", "--auth=write"]);
    let ask = "GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nhost: localhost\r\nx-request-id: mine-42\r\nconnection: close\r\n\r\n";
    assert!(server.send(ask).ends_with(r#"{"data":{"__typename":"Query"}}"#));
    let line = server.log().find(|line| line.contains("answered")).unwrap();
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        (&line["fields"]["request_id"], &line["fields"]["statements"]),
        (&"mine-42".into(), &0.into()),
        "{line}"
    );
    assert!(server.get("/").starts_with("HTTP/1.1 404"));
}

#[test]
fn what_is_acknowledged_once_the_disk_is_full_is_written() {
    // As many blocks of 512 bytes as files may have: SQLite is refused what it appends, as by a full disk.
    let server = Server::start_limited("trap '' XFSZ; ulimit -f 800", &["--log=off"]);
    let ask = |query: &str| {
        let body = serde_json::json!({ "query": query }).to_string();
        let head = "POST /graphql HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length";
        server.send(&format!("{head}: {}\r\n\r\n{body}", body.len()))
    };
    // SQLite rolls back by itself what it cannot write; whoever does not notice goes on in a transaction that nobody commits.
    let (mut acknowledged, mut since_refused) = (0, 0);
    while since_refused < 20 {
        let answer = ask(r#"mutation { createUser(input: { name: "Ada" }) { user { id } } }"#);
        let is_refused = answer.contains("errors");
        assert!(!is_refused || answer.contains(r#""code":"UNAVAILABLE""#), "{answer}");
        acknowledged += u32::from(!is_refused);
        since_refused += u32::from(is_refused || since_refused > 0);
    }
    let count = ask("{ users { totalCount } }");
    assert!(count.contains(&format!(r#""totalCount":{acknowledged}}}"#)), "{acknowledged} acknowledged, but {count}");
}

/// Has a server answer so many requests on one connection, each of which leaves a line in its log.
fn answer_many(server: &Server, requests: usize) {
    let client = TcpStream::connect(&server.address).unwrap();
    let mut answers = BufReader::new(client.try_clone().unwrap());
    let ask = |connection: &str| {
        format!("GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nhost: localhost\r\nconnection: {connection}\r\n\r\n")
    };
    let asking = thread::spawn(move || {
        let all = ask("keep-alive").repeat(requests - 1) + &ask("close");
        (&client).write_all(all.as_bytes()).unwrap();
    });
    let mut text = String::new();
    answers.read_to_string(&mut text).unwrap();
    asking.join().unwrap();
    assert_eq!(text.matches(r#"{"data":{"__typename":"Query"}}"#).count(), requests);
}

#[test]
fn a_log_that_nobody_reads_stops_nothing() {
    let mut server = Server::start(&[]);
    answer_many(&server, 2_000);
    assert!(server.get("/healthz").ends_with("ok"));
    let id = server.process.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert_eq!(server.process.wait().unwrap().code(), Some(0));
}

#[test]
fn a_log_that_is_read_too_late_tells_how_many_lines_it_lacks() {
    let mut server = Server::start(&[]);
    answer_many(&server, 10_000);
    let told = server.log().find(|line| line.contains("lines of the log were dropped")).unwrap();
    assert!(told.contains("WARN") && told.contains("lines="), "{told}");
}
