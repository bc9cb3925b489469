//! What is sent of each request to whoever gathers traces.

use std::{
    collections::HashMap,
    fmt::Write,
    process::Command,
    sync::{Arc, Mutex},
};

use axum::{Router, body::Bytes, extract::State, routing::post, serve};
use expect_test::expect;
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value as Any},
    trace::v1::{Span, status::StatusCode},
};
use prost::Message;
use serde_json::json;
use tempfile::tempdir;
use tokio::{net::TcpListener, spawn, task::spawn_blocking};

use crate::{
    program::{Server, run},
    support::{App, Apps, post_json, school_with, socket::Listening},
};

/// What gathers traces: an OTLP receiver.
struct Collector {
    endpoint: String,
    spans: Arc<Mutex<Vec<Span>>>,
}

impl Collector {
    async fn start() -> Self {
        let spans = Arc::<Mutex<Vec<Span>>>::default();
        let gather = async |State(spans): State<Arc<Mutex<Vec<Span>>>>, body: Bytes| {
            let request = ExportTraceServiceRequest::decode(body).unwrap();
            let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
            spans.lock().unwrap().extend(scopes.flat_map(|scope| scope.spans));
        };
        let router = Router::new().route("/v1/traces", post(gather)).with_state(Arc::clone(&spans));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        spawn(async { serve(listener, router).await });
        Self { endpoint, spans }
    }

    /// The school, with traces that are sent here.
    async fn school(&self, arguments: &[&str]) -> Apps {
        let endpoint = format!("--otlp-endpoint={}", self.endpoint);
        school_with(&[&["--max-page-size=1000", &endpoint], arguments].concat()).await
    }

    /// All that was sent of an app, which ends that.
    async fn sent(&self, app: &App) -> Vec<Span> {
        let traces = Arc::clone(app.traces.as_ref().unwrap());
        spawn_blocking(move || traces.end()).await.unwrap();
        std::mem::take(&mut *self.spans.lock().unwrap())
    }
}

/// The spans, each below its parent, in the order in which they began, with these of their attributes.
fn tree(spans: &[Span], attributes: &[&str]) -> String {
    let mut below = HashMap::<_, Vec<_>>::new();
    for span in spans {
        let is_root = !spans.iter().any(|it| it.span_id == span.parent_span_id);
        below.entry(if is_root { &[] } else { &span.parent_span_id[..] }).or_default().push(span);
    }
    let mut text = String::new();
    write_below(&[], &mut below, attributes, 0, &mut text);
    text
}

fn write_below<'a>(
    parent: &[u8],
    below: &mut HashMap<&'a [u8], Vec<&'a Span>>,
    attributes: &[&str],
    depth: usize,
    text: &mut String,
) {
    let mut spans = below.remove(parent).unwrap_or_default();
    spans.sort_by_key(|span| span.start_time_unix_nano);
    for span in spans {
        assert!(span.end_time_unix_nano >= span.start_time_unix_nano);
        write!(text, "{:1$}{2}", "", 2 * depth, span.name).unwrap();
        for attribute in attributes {
            if let Some(value) = value(span, attribute) {
                write!(text, " {attribute}={value}").unwrap();
            }
        }
        text.push('\n');
        write_below(&span.span_id, below, attributes, depth + 1, text);
    }
}

fn value(span: &Span, name: &str) -> Option<String> {
    let is_it = |attribute: &&KeyValue| attribute.key == name;
    match span.attributes.iter().find(is_it)?.value.as_ref()?.value.as_ref()? {
        Any::StringValue(text) => Some(text.clone()),
        Any::IntValue(number) => Some(number.to_string()),
        other => panic!("{name} is {other:?}"),
    }
}

/// The tree of a query, with these attributes of its spans.
async fn tree_of(query: &str, attributes: &[&str]) -> String {
    let collector = Collector::start().await;
    let tree = async |app: &App| {
        app.data(query).await;
        tree(&collector.sent(app).await, attributes)
    };
    collector.school(&[]).await.agree(tree).await
}

#[tokio::test]
async fn a_request_is_a_span_and_its_parts_are_spans_in_it() {
    let tree =
        tree_of("query Names { users { nodes { name } } }", &["graphql.operation.type", "graphql.operation.name"]);
    expect![[r#"
        query graphql.operation.type=query graphql.operation.name=Names
          GraphQL Document Parsing graphql.operation.type=query graphql.operation.name=Names
          GraphQL Document Validation graphql.operation.type=query graphql.operation.name=Names
          GraphQL Variable Coercion graphql.operation.type=query graphql.operation.name=Names
          GraphQL Operation Planning graphql.operation.type=query graphql.operation.name=Names
          GraphQL Operation Execution graphql.operation.type=query graphql.operation.name=Names
            SELECT users
    "#]]
    .assert_eq(&tree.await);
}

#[tokio::test]
async fn each_batch_is_a_span_with_its_loader_its_keys_and_its_rows() {
    let attributes = ["dovetail.loader", "dovetail.batch.keys", "db.response.returned_rows"];
    let mut trees = String::new();
    for query in [
        "{ user(id: 1) { id name } }",
        "{ posts(first: 100) { nodes { id title owner { id name } } } }",
        "{ users(first: 50) { nodes { id name posts { nodes { id title } } } } }",
        "{ students(first: 50) { nodes { id name courses { nodes { id title } } } } }",
        "{ users(first: 50) { nodes { id posts(first: 3) { nodes { id title } } } } }",
        "{ courses(first: 10) { nodes { id title students(first: 20) { nodes { id name courses { nodes { id title } } } } } } }",
        "{ posts(first: 1000) { nodes { id title content } } }",
        "{ users { totalCount nodes { posts { totalCount } } } }",
    ] {
        trees += &tree_of(query, &attributes).await;
    }
    expect![[r#"
        query
          GraphQL Document Parsing
          GraphQL Document Validation
          GraphQL Variable Coercion
          GraphQL Operation Planning
          GraphQL Operation Execution
            SELECT users dovetail.loader=ById dovetail.batch.keys=1 db.response.returned_rows=1
        query
          GraphQL Document Parsing
          GraphQL Document Validation
          GraphQL Variable Coercion
          GraphQL Operation Planning
          GraphQL Operation Execution
            SELECT posts dovetail.loader=All dovetail.batch.keys=0 db.response.returned_rows=4
            SELECT users dovetail.loader=ById dovetail.batch.keys=2 db.response.returned_rows=2
        query
          GraphQL Document Parsing
          GraphQL Document Validation
          GraphQL Variable Coercion
          GraphQL Operation Planning
          GraphQL Operation Execution
            SELECT users dovetail.loader=All dovetail.batch.keys=0 db.response.returned_rows=3
            SELECT posts dovetail.loader=Children dovetail.batch.keys=3 db.response.returned_rows=4
        query
          GraphQL Document Parsing
          GraphQL Document Validation
          GraphQL Variable Coercion
          GraphQL Operation Planning
          GraphQL Operation Execution
            SELECT students dovetail.loader=All dovetail.batch.keys=0 db.response.returned_rows=3
            SELECT courses dovetail.loader=Children dovetail.batch.keys=3 db.response.returned_rows=4
        query
          GraphQL Document Parsing
          GraphQL Document Validation
          GraphQL Variable Coercion
          GraphQL Operation Planning
          GraphQL Operation Execution
            SELECT users dovetail.loader=All dovetail.batch.keys=0 db.response.returned_rows=3
            SELECT posts dovetail.loader=Children dovetail.batch.keys=3 db.response.returned_rows=4
        query
          GraphQL Document Parsing
          GraphQL Document Validation
          GraphQL Variable Coercion
          GraphQL Operation Planning
          GraphQL Operation Execution
            SELECT courses dovetail.loader=All dovetail.batch.keys=0 db.response.returned_rows=4
            SELECT students dovetail.loader=Children dovetail.batch.keys=4 db.response.returned_rows=4
            SELECT courses dovetail.loader=Children dovetail.batch.keys=2 db.response.returned_rows=4
        query
          GraphQL Document Parsing
          GraphQL Document Validation
          GraphQL Variable Coercion
          GraphQL Operation Planning
          GraphQL Operation Execution
            SELECT posts dovetail.loader=All dovetail.batch.keys=0 db.response.returned_rows=4
        query
          GraphQL Document Parsing
          GraphQL Document Validation
          GraphQL Variable Coercion
          GraphQL Operation Planning
          GraphQL Operation Execution
            SELECT users dovetail.loader=All dovetail.batch.keys=0 db.response.returned_rows=3
            SELECT users dovetail.loader=AllCount dovetail.batch.keys=0 db.response.returned_rows=1
            SELECT posts dovetail.loader=ChildCount dovetail.batch.keys=3 db.response.returned_rows=2
    "#]]
    .assert_eq(&trees);
}

#[tokio::test]
async fn a_statement_is_told_without_the_values_of_its_parameters() {
    let collector = Collector::start().await;
    let apps = collector.school(&[]).await;
    let mut texts = String::new();
    for app in &apps.0 {
        app.data("{ users(filter: { name: { contains: \"Ada\" } }) { nodes { posts { nodes { title } } } } }").await;
        app.data("mutation { createUser(input: { name: \"Gus\" }) { user { name } } }").await;
        texts += &tree(&collector.sent(app).await, &["db.system.name", "db.query.text"]);
    }
    assert!(!texts.contains("Ada") && !texts.contains("Gus"), "{texts}");
    assert!(texts.contains("INSERT INTO \"users\""), "{texts}");
}

#[tokio::test]
async fn a_trace_that_a_trusted_proxy_began_goes_on_and_to_that_of_others_there_is_a_link() {
    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let collector = Collector::start().await;
    let mut told = String::new();
    for arguments in [&["--trusted-proxies=127.0.0.1"][..], &[]] {
        let app = &collector.school(arguments).await.0[0];
        let server = Listening::start(app, &[]).await;
        let headers = [("traceparent", PARENT), ("content-type", "application/json")];
        server.request("POST", "", &headers, &json!({ "query": "{ users { totalCount } }" }).to_string()).await;
        let spans = collector.sent(app).await;
        let root = spans.iter().find(|span| span.name == "query").unwrap();
        let is_in_it = |id: &[u8]| {
            id == [0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd, 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c]
        };
        let links: Vec<_> = root.links.iter().map(|link| is_in_it(&link.trace_id)).collect();
        writeln!(told, "goes on: {}, links: {links:?}", is_in_it(&root.trace_id)).unwrap();
    }
    expect![[r#"
        goes on: true, links: []
        goes on: false, links: [true]
    "#]]
    .assert_eq(&told);
}

#[tokio::test]
async fn a_trusted_proxy_decides_whether_what_it_began_is_traced_and_else_the_setting_does() {
    let collector = Collector::start().await;
    let app = &collector.school(&["--trusted-proxies=127.0.0.1", "--trace-sampling=0"]).await.0[0];
    let server = Listening::start(app, &[]).await;
    for parent in [
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
        "no parent",
    ] {
        let headers = [("traceparent", parent), ("content-type", "application/json")];
        server.request("POST", "", &headers, &json!({ "query": "{ users { totalCount } }" }).to_string()).await;
    }
    let roots = collector.sent(app).await.into_iter().filter(|span| span.name == "query").count();
    assert_eq!(roots, 1);
}

#[tokio::test]
async fn what_is_wrong_is_told_with_its_code_and_is_an_error_if_it_is_the_servers_fault() {
    let collector = Collector::start().await;
    let spans = async |app: &App| {
        app.query("{ nobody }").await;
        app.query("query Q { users(first: -1) { totalCount } }").await;
        app.http(post_json(&json!([{ "query": "{ users { totalCount } }" }, { "query": "{" }]))).await;
        app.sql("DROP TABLE enrollments").await;
        app.query("{ students { nodes { courses { totalCount } } } }").await;
        let roots = collector.sent(app).await.into_iter().filter(|span| span.kind == 2);
        let told = roots.map(|span| {
            let status = span.status.clone().unwrap_or_default();
            let is_error = status.code == StatusCode::Error as i32;
            format!("{} {:?}, error: {is_error}\n", span.name, value(&span, "error.type"))
        });
        told.collect::<String>()
    };
    expect![[r#"
        GraphQL Operation Some("GRAPHQL_VALIDATION_FAILED"), error: false
        query Some("BAD_USER_INPUT"), error: false
        query None, error: false
        GraphQL Operation Some("GRAPHQL_PARSE_FAILED"), error: false
        query Some("INTERNAL"), error: true
    "#]]
    .assert_eq(&collector.school(&["--max-batch=2"]).await.agree(spans).await);
}

#[test]
fn requests_are_answered_and_the_server_ends_though_nobody_gathers_traces() {
    let mut server = Server::start(&["--otlp-endpoint=http://127.0.0.1:9"]);
    let target = "/graphql?query=%7Busers%7BtotalCount%7D%7D";
    assert!(server.get(target).contains("\"totalCount\":0"));
    let process = server.process.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &process]).status().unwrap().success());
    assert!(server.process.wait().unwrap().success());
    let told: Vec<_> = server.log().filter(|line| line.contains("traces")).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("traces cannot be sent (`--otlp-endpoint`), and are lost error=")
            && told[0].contains("refused"),
        "{told:?}"
    );
}

#[test]
fn wrong_settings_of_traces_are_refused_without_their_secrets() {
    let folder = tempdir().unwrap();
    let wrong = |argument| String::from_utf8(run(folder.path(), &["serve", argument]).stderr).unwrap();
    expect![[r#"
        dovetail: --otlp-endpoint is grpc://***@localhost:4318; allowed are URLs such as http://127.0.0.1:4318
        error: invalid value '1.5' for '--trace-sampling <SHARE>': allowed are 0 to 1, such as 0.01

        For more information, try '--help'.
    "#]]
    .assert_eq(&(wrong("--otlp-endpoint=grpc://key:secret@localhost:4318") + &wrong("--trace-sampling=1.5")));
}
