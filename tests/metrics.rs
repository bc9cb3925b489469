//! What is counted, as Prometheus reads it.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
};

use expect_test::expect;
use serde_json::json;
use tempfile::tempdir;

use crate::{
    program::{Server, run},
    support::socket::Socket,
};

/// A server, and where its metrics are.
struct Measured {
    server: Server,
    address: String,
}

impl Measured {
    fn start(arguments: &[&str]) -> Self {
        let mut server = Server::start(&[&["--metrics-address=127.0.0.1:0"], arguments].concat());
        let address = server.address_of("metrics  ", "/metrics");
        Self { server, address }
    }

    fn ask(&self, query: &str) -> String {
        let query: String = query.bytes().map(|byte| format!("%{byte:02x}")).collect();
        self.server.get(&format!("/graphql?query={query}"))
    }

    fn get(&self, path: &str) -> String {
        let mut client = TcpStream::connect(&self.address).unwrap();
        write!(client, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        client.read_to_string(&mut text).unwrap();
        text
    }

    /// The lines of the metrics that begin with one of these.
    fn lines(&self, begin: &[&str]) -> String {
        let text = self.get("/metrics");
        let is_wanted = |line: &&str| begin.iter().any(|begin| line.starts_with(begin));
        text.lines().filter(is_wanted).map(|line| format!("{line}\n")).collect()
    }
}

#[test]
fn metrics_are_served_on_an_address_of_their_own() {
    let measured = Measured::start(&[]);
    assert!(measured.server.get("/metrics").starts_with("HTTP/1.1 404"));
    assert!(measured.get("/graphql").starts_with("HTTP/1.1 404"));
    let text = measured.get("/metrics");
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    assert!(text.contains("\r\ncontent-type: text/plain; version=0.0.4\r\n"), "{text}");
}

#[test]
fn requests_are_counted_by_their_type_and_by_the_code_of_their_first_error() {
    let measured = Measured::start(&[]);
    measured.ask("query Mine { users { totalCount nodes { posts { totalCount } } } }");
    measured.ask("{ nobody }");
    measured.ask("{");
    measured.ask("{ users(first: -1) { totalCount } }");
    measured.ask("mutation { deleteUser(id: 1) { deletedId } }");
    expect![[r#"
        dovetail_request_statements_sum 2
        graphql_server_request_duration_seconds_count{error_type="",graphql_operation_name="",graphql_operation_type="query"} 1
        graphql_server_request_duration_seconds_count{error_type="BAD_USER_INPUT",graphql_operation_name="",graphql_operation_type="query"} 1
        graphql_server_request_duration_seconds_count{error_type="GRAPHQL_PARSE_FAILED",graphql_operation_name="",graphql_operation_type=""} 1
        graphql_server_request_duration_seconds_count{error_type="GRAPHQL_VALIDATION_FAILED",graphql_operation_name="",graphql_operation_type=""} 2
    "#]].assert_eq(
        &measured.lines(&["graphql_server_request_duration_seconds_count", "dovetail_request_statements_sum"]),
    );
}

#[test]
fn operations_are_named_where_their_documents_are_trusted() {
    let folder = tempdir().unwrap();
    let manifest = json!({ "one": "query Trusted { users { totalCount } }" });
    fs::write(folder.path().join("manifest.json"), manifest.to_string()).unwrap();
    let measured =
        Measured::start(&[&format!("--trusted-documents={}", folder.path().display()), "--trusted-documents-mode=log"]);
    measured.ask("query Trusted { users { totalCount } }");
    measured.server.get("/graphql?documentId=one");
    measured.ask("query Strange { users { totalCount } }");
    expect![[r#"
        graphql_server_request_duration_seconds_count{error_type="",graphql_operation_name="",graphql_operation_type="query"} 1
        graphql_server_request_duration_seconds_count{error_type="",graphql_operation_name="Trusted",graphql_operation_type="query"} 2
    "#]].assert_eq(&measured.lines(&["graphql_server_request_duration_seconds_count"]));
}

#[test]
fn refusals_are_counted_by_the_setting_that_they_name() {
    let measured = Measured::start(&["--max-depth=3", "--max-cost=10"]);
    measured.ask("{ users { nodes { posts { nodes { title } } } } }");
    measured.ask("{ users(first: 100) { nodes { name } } }");
    measured.ask("{ nobody }");
    // The client's own words.
    measured.ask("{ user(id: \"--max-memory-bytes\") { id } }");
    expect![[r#"
        dovetail_refusals_total{setting="--max-cost"} 1
        dovetail_refusals_total{setting="--max-depth"} 1
    "#]]
    .assert_eq(&measured.lines(&["dovetail_refusals_total"]));
}

#[tokio::test]
async fn connections_and_sockets_that_are_refused_are_counted_too() {
    let measured = Measured::start(&["--max-connections=4", "--max-socket-operations=1"]);
    let address = &measured.server.address;
    let mut socket = Socket::open(address, &[("sec-websocket-protocol", "graphql-transport-ws")]).await.unwrap();
    let mut kept = TcpStream::connect(address).unwrap();
    kept.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    kept.read_exact(&mut [0; 16]).unwrap();
    assert!(TcpStream::connect(address).unwrap().read_to_string(&mut String::new()).is_ok_and(|bytes| bytes == 0));
    socket.ask(r#"{"type":"connection_init"}"#).await;
    socket.subscribe("a", "subscription { userChanged { id } }").await;
    socket.subscribe("b", "{ __typename }").await;
    let closed = socket.hear().await;
    assert_eq!(closed, "4429 too many operations run; allowed are 1 (`--max-socket-operations`)");
    expect![[r#"
        dovetail_refusals_total{setting="--max-sender-share"} 1
        dovetail_refusals_total{setting="--max-socket-operations"} 1
    "#]]
    .assert_eq(&measured.lines(&["dovetail_refusals_total"]));
}

#[test]
fn batches_and_known_documents_are_counted() {
    let measured = Measured::start(&["--demo"]);
    for _ in 0..2 {
        measured.ask("{ users(first: 3) { nodes { posts { totalCount } } } }");
    }
    expect![[r#"
        dovetail_batch_keys_sum 6
        dovetail_batch_keys_count 2
        dovetail_document_cache_hits_total 1
        dovetail_document_cache_misses_total 1
    "#]]
    .assert_eq(&measured.lines(&["dovetail_batch_keys_sum", "dovetail_batch_keys_count", "dovetail_document_cache"]));
}

#[test]
fn what_there_is_room_for_is_told_beside_what_is_taken() {
    let measured = Measured::start(&[]);
    // A connection that is kept, beside that by which the metrics are read.
    let mut kept = TcpStream::connect(&measured.server.address).unwrap();
    kept.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    kept.read_exact(&mut [0; 16]).unwrap();
    let begin = [
        "graphql_server_active",
        "dovetail_active",
        "dovetail_connections",
        "dovetail_held",
        "dovetail_subscriptions",
        "db_client_connections_max",
    ];
    expect![[r#"
        db_client_connections_max{pool_name="changes"} 1
        db_client_connections_max{pool_name="reading"} 10
        db_client_connections_max{pool_name="replicas"} 0
        db_client_connections_max{pool_name="writing"} 1
        dovetail_active_requests_limit 500
        dovetail_connections 2
        dovetail_connections_limit 4096
        dovetail_held_bytes 0
        dovetail_held_limit_bytes 134217728
        dovetail_subscriptions 0
        dovetail_subscriptions_limit 20000
        graphql_server_active_requests 0
    "#]]
    .assert_eq(&measured.lines(&begin));
}

#[test]
fn the_version_is_told_with_its_commit() {
    let measured = Measured::start(&[]);
    let said = String::from_utf8(run(Path::new("."), &["--version"]).stdout).unwrap();
    let version = said.strip_prefix("dovetail ").unwrap().trim();
    let (_, commit) = version.strip_prefix(env!("CARGO_PKG_VERSION")).unwrap().split_once(" (").unwrap();
    assert!(commit.len() > 8 && commit.ends_with(')'), "{version}");
    assert!(measured.server.get("/version").ends_with(&format!("\r\n\r\n{version}")));
    assert_eq!(measured.lines(&["dovetail_build_info"]), format!("dovetail_build_info{{version=\"{version}\"}} 1\n"));
}
