//! Requests that nobody would write: whatever comes, the answer is JSON of the right kind, and no fault of the server.
//!
//! A case is a few requests to one server. `PROPTEST_CASES` says how many cases there are; 256, unless it is set.

use std::{cell::RefCell, collections::BTreeMap, sync::LazyLock};

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Method, Request, header},
};
use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::{Index, select},
    test_runner::{Config, TestRunner},
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{App, body, school_with, socket::Listening};

/// How many requests a case has.
const REQUESTS: usize = 16;

/// Names, signs and values: those of the schema, and of the language.
static TOKENS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let schema = include_str!("../schema.graphql");
    let is_name = |text: &&str| text.starts_with(|first: char| first.is_ascii_alphabetic());
    let mut tokens: Vec<_> =
        schema.split(|it: char| !it.is_ascii_alphanumeric() && it != '_').filter(is_name).collect();
    tokens.sort_unstable();
    tokens.dedup();
    let names = tokens.len();
    let others = [
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ":",
        "!",
        "=",
        "@",
        "...",
        "$",
        "$n",
        "|",
        "&",
        "#",
        "\n",
        ",",
        "\u{feff}",
        "é",
        "\0",
        "0",
        "1",
        "-1",
        "2147483647",
        "2147483648",
        "1e400",
        "0.5",
        "\"\"",
        "\"User:1\"",
        "\"\\uD800\"",
        "\"\"\"a\"\"\"",
        "\"%\"",
        "\"_\"",
        "true",
        "false",
        "null",
        "query",
        "mutation",
        "subscription",
        "fragment",
        "on",
        "__typename",
        "__schema",
        "__type",
        "@include(if: true)",
        "@skip(if: $n)",
        "@deprecated",
        "fragment f on Query { ...f }",
        "...f",
        "\"2026-03-01T08:00:00Z\"",
        "\"9999-12-31T23:59:60+99:99\"",
    ];
    // As many of these as of the names, which are a few hundred.
    for index in 0..names {
        tokens.push(others[index % others.len()]);
    }
    tokens
});

/// Requests that are right, to be spoilt.
const RIGHT: [&str; 9] = [
    "query A ( $n : Int ) { users ( first : $n ) { nodes { id name posts ( last : 2 ) { edges { cursor node { title } } } } } }",
    "{ node ( id : \"User:1\" ) { id ... on User { name createdAt } ... on Post { owner { id } } } }",
    "{ nodes ( ids : [ \"User:1\" , \"Course:2\" , \"Enrollment:1:1\" ] ) { __typename id } }",
    "{ posts ( filter : { or : [ { title : { contains : \"A\" } } , { owner : { name : { in : [ \"Ada\" ] } } } ] } , orderBy : [ { field : TITLE , direction : DESC } ] ) { totalCount pageInfo { endCursor hasNextPage } nodes { content } } }",
    "{ a : student ( id : 1 ) { ...s } b : student ( id : 2 ) { ...s } } fragment s on Student { name courses ( first : 1 ) { nodes { title students { totalCount } } } }",
    "{ __schema { types { name fields { name args { name } } } } }",
    "mutation { createUser ( input : { name : \"x\" , posts : [ { title : \"t\" , content : \"c\" } ] } ) { user { id } userErrors { code field } } }",
    "mutation { enroll ( input : { studentId : 1 , courseId : 4 } ) { userErrors { message } } }",
    "mutation { a : deleteUser ( input : { id : 3 } ) { deletedId } b : updatePost ( input : { id : 1 , title : \"\" } ) { userErrors { code } } }",
];

/// The same with variables, whose values are spoilt too.
const WITH_VARIABLES: [(&str, &str); 3] = [
    (
        "query ( $of : UserFilter , $by : [UserOrder!] , $n : Int ) { users ( filter : $of , orderBy : $by , first : $n ) { totalCount nodes { posts ( filter : { owner : $of } ) { totalCount } } } }",
        r#"{"of":{"or":[{"name":{"in":["Ada"],"contains":"a"}},{"posts":{"some":{"title":{"startsWith":"A"}}}}],"createdAt":{"gt":"2026-03-01T08:00:00Z"}},"by":[{"field":"POSTS_COUNT","direction":"DESC"}],"n":2}"#,
    ),
    (
        "query ( $ids : [ID!]! , $in : Boolean = true ) { nodes ( ids : $ids ) { id ... @include ( if : $in ) { ... on User { name } } } }",
        r#"{"ids":["User:1",2,"Enrollment:1:1"],"in":false}"#,
    ),
    (
        "mutation ( $of : CreateUserInput! ) { createUser ( input : $of ) { user { posts { nodes { content } } } userErrors { code path } } }",
        r#"{"of":{"name":"x","posts":[{"title":"t","content":"c"},{"title":"","content":""}]}}"#,
    ),
];

fn token() -> impl Strategy<Value = &'static str> {
    select(&TOKENS[..])
}

/// A text that is right but for a few of its tokens.
fn spoilt(right: &'static str) -> impl Strategy<Value = String> {
    vec((any::<Index>(), 0..4, token()), 0..4).prop_map(move |edits| {
        let mut tokens: Vec<_> = right.split(' ').collect();
        for (place, edit, token) in edits {
            let place = place.index(tokens.len());
            match edit {
                0 => drop(tokens.remove(place)),
                1 => tokens.insert(place, token),
                2 => tokens[place] = token,
                _ => tokens.insert(place, tokens[place]),
            }
            if tokens.is_empty() {
                tokens.push("{");
            }
        }
        tokens.join(" ")
    })
}

/// JSON that is right but for a part of it.
fn spoilt_json(right: &'static str) -> impl Strategy<Value = Value> {
    let many = (json_value(), 0..3_000_usize).prop_map(|(item, times)| vec![item; times].into());
    let with = prop_oneof![3 => json_value(), 1 => many];
    (vec(any::<Index>(), 0..6), option::weighted(0.7, with)).prop_map(|(steps, with)| {
        let mut value = serde_json::from_str(right).unwrap();
        if let Some(with) = with {
            *part(&mut value, &steps) = with;
        }
        value
    })
}

/// The part of a value that one gets to by these steps, or as far as they go.
fn part<'a>(value: &'a mut Value, steps: &[Index]) -> &'a mut Value {
    let Some((step, steps)) = steps.split_first() else { return value };
    let parts = value.as_array().map_or(0, Vec::len) + value.as_object().map_or(0, |fields| fields.len());
    if parts == 0 {
        return value;
    }
    match value {
        Value::Array(items) => part(step.get_mut(items), steps),
        Value::Object(fields) => part(fields.values_mut().nth(step.index(parts)).unwrap(), steps),
        leaf => leaf,
    }
}

fn text() -> impl Strategy<Value = String> {
    let spoilt = select(&RIGHT[..]).prop_flat_map(spoilt);
    let soup = vec(token(), 0..40).prop_map(|tokens| tokens.join(" "));
    let repeated = (vec(token(), 1..4), 1..3_000_usize).prop_map(|(tokens, times)| tokens.join(" ").repeat(times));
    prop_oneof![9 => spoilt, 2 => soup, 1 => repeated, 1 => any::<String>()]
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        token().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((token(), inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}

fn parameters() -> impl Strategy<Value = Value> {
    let name = select(&["operationName", "variables", "extensions", "documentId", "query", "id", "x"][..]);
    let variables = option::of(json_value()).prop_map(|n| json!({ "n": n }));
    let with_variables = select(&WITH_VARIABLES[..])
        .prop_flat_map(|(text, variables)| (spoilt(text), spoilt_json(variables).prop_map(Some)));
    let asked = prop_oneof![2 => (text(), option::weighted(0.3, variables)), 1 => with_variables];
    (asked, vec((name, json_value()), 0..2)).prop_map(|((text, variables), others)| {
        let mut parameters = json!({ "query": text });
        if let Some(variables) = variables {
            parameters["variables"] = variables;
        }
        for (name, value) in others {
            parameters[name] = value;
        }
        parameters
    })
}

fn request_body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        12 => parameters().prop_map(|it| it.to_string().into_bytes()),
        1 => vec(parameters(), 0..5).prop_map(|it| Value::from(it).to_string().into_bytes()),
        1 => json_value().prop_map(|it| it.to_string().into_bytes()),
        1 => (parameters(), any::<Index>(), any::<u8>()).prop_map(|(it, place, byte)| {
            let mut bytes = it.to_string().into_bytes();
            let place = place.index(bytes.len());
            bytes[place] = byte;
            bytes
        }),
        1 => vec(any::<u8>(), 0..64),
    ]
}

fn headers() -> impl Strategy<Value = Vec<(HeaderName, HeaderValue)>> {
    let names = [
        header::CONTENT_TYPE,
        header::ACCEPT,
        header::ACCEPT_ENCODING,
        header::AUTHORIZATION,
        header::HOST,
        header::ORIGIN,
        header::IF_NONE_MATCH,
        header::CONTENT_LENGTH,
        header::CONTENT_ENCODING,
        HeaderName::from_static("sec-fetch-site"),
        HeaderName::from_static("dovetail-report"),
        HeaderName::from_static("x-request-id"),
    ];
    let known = select(
        &[
            "application/json",
            "application/json; charset=utf-8",
            "application/graphql-response+json",
            "text/plain",
            "*/*",
            "*/*;q=0",
            "application/*;q=0.1, application/json;q=1.5",
            "gzip, br;q=0",
            "zstd",
            "Bearer a.b.c",
            "Basic YTpi",
            "localhost",
            "evil.example.com",
            "null",
            "*",
            "W/\"0\", \"1",
            "same-origin",
            "cross-site",
            "sql",
            "explain",
            "0",
        ][..],
    );
    // The bytes that hyper lets into a header (RFC 9110, section 5.5).
    let byte = prop_oneof![Just(b'\t'), b' '..=b'~', 0x80..=0xff_u8];
    let value = prop_oneof![
        3 => known.prop_map(HeaderValue::from_static),
        1 => vec(byte, 0..24).prop_map(|bytes| HeaderValue::from_bytes(&bytes).unwrap()),
    ];
    vec((select(names.to_vec()), value), 0..3)
}

prop_compose! {
    fn request()(
        kind in 0..10,
        method in select(&[Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::OPTIONS, Method::DELETE][..]),
        path in select(&["/graphql", "/", "/schema.graphql", "/healthz", "/nowhere", "/graphql?query"][..]),
        parameters in parameters(),
        body in request_body(),
        headers in headers(),
    ) -> Request<Vec<u8>> {
        let mut request = match kind {
            // Most are what a client would send.
            0..7 => Request::post("/graphql").header(header::CONTENT_TYPE, "application/json").body(body).unwrap(),
            7 | 8 => {
                let mut query = url::form_urlencoded::Serializer::new(String::new());
                for (name, value) in parameters.as_object().unwrap() {
                    query.append_pair(name, &value.as_str().map_or_else(|| value.to_string(), str::to_owned));
                }
                // What is longer, hyper refuses.
                let query: String = query.finish().chars().take(60_000).collect();
                Request::get(format!("/graphql?{query}")).body(Vec::new()).unwrap()
            }
            _ => Request::builder().method(method).uri(path).body(body).unwrap(),
        };
        for (name, value) in headers {
            request.headers_mut().insert(name, value);
        }
        request
    }
}

/// How often there was which status, and which was the first error's code.
type Tally = RefCell<BTreeMap<(u16, String), u32>>;

/// Sends the request, and says what is wrong with its answer.
async fn wrong(app: &App, request: Request<Vec<u8>>, tally: &Tally) -> Option<String> {
    let is_head = request.method() == Method::HEAD;
    let asked = format!(
        "{} {} {:?} {}",
        request.method(),
        request.uri(),
        request.headers(),
        String::from_utf8_lossy(request.body())
    );
    let encoded = request.headers().contains_key(header::ACCEPT_ENCODING);
    let response = app.http(request.map(Body::from)).await;
    let status = response.status();
    let is_json = response.headers().get(header::CONTENT_TYPE).is_some_and(|it| it.to_str().unwrap().contains("json"));
    if encoded && response.headers().contains_key(header::CONTENT_ENCODING) {
        return status.is_server_error().then(|| format!("{asked}: {status}"));
    }
    let text = body(response).await;
    let answer: Option<Value> = serde_json::from_str(&text).ok();
    let code = answer.as_ref().map_or(&Value::Null, |answer| &answer["errors"][0]["extensions"]["code"]);
    *tally.borrow_mut().entry((status.as_u16(), code.as_str().unwrap_or_default().to_owned())).or_default() += 1;
    let is_excused = text.contains(r#""code":"UNAVAILABLE""#) || text.contains(r#""code":"TIMEOUT""#);
    let is_wrong = (status.is_server_error() && !is_excused)
        || text.contains(r#""code":"INTERNAL""#)
        || (is_json && !is_head && !text.is_empty() && answer.is_none());
    is_wrong.then(|| format!("{asked}: {status} {text}"))
}

#[test]
fn whatever_is_asked_the_answer_is_no_fault_of_the_server() {
    let runtime = Runtime::new().unwrap();
    let apps = runtime.block_on(school_with(&[
        "--max-batch=3",
        "--sql-report",
        "--insecure-open",
        "--max-text-bytes=30",
        "--max-response-bytes=3000",
        "--max-memory-bytes=100000",
    ]));
    let app = &apps.0[0];
    let tally = Tally::default();
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let failed = runner.run(&vec(request(), REQUESTS), |requests| {
        for request in requests {
            let wrong = runtime.block_on(wrong(app, request, &tally));
            prop_assert!(wrong.is_none(), "{}", wrong.unwrap_or_default());
        }
        Ok(())
    });
    assert!(failed.is_ok(), "{}", failed.unwrap_err());
    // A generator that the first check stops tests nothing.
    println!("{tally:?}");
    let met = |status: u16, code: &str| tally.borrow().contains_key(&(status, code.to_owned()));
    assert!(
        met(200, "") && met(400, "BAD_USER_INPUT") && met(200, "GRAPHQL_VALIDATION_FAILED") && met(200, "TOO_COMPLEX")
    );
    // It lives, and says what it said before.
    assert!(runtime.block_on(app.query("{ __typename }")).contains("Query"));
}

/// A message of a client of `graphql-transport-ws`, right in most cases.
fn message() -> impl Strategy<Value = Message> {
    let id = || select(&["1", "2", "3", "", "é"][..]);
    let subscribe =
        (id(), parameters()).prop_map(|(id, payload)| json!({ "type": "subscribe", "id": id, "payload": payload }));
    let simple =
        (select(&["complete", "ping", "pong", "connection_init", "start"][..]), id(), option::of(json_value()))
            .prop_map(|(kind, id, payload)| json!({ "type": kind, "id": id, "payload": payload }));
    let spoilt = spoilt_json(r#"{"type":"subscribe","id":"4","payload":{"query":"{ user(id: 1) { name } }"}}"#);
    let complete = id().prop_map(|id| json!({ "type": "complete", "id": id }));
    let json = prop_oneof![10 => subscribe, 3 => complete, 1 => simple, 1 => spoilt];
    let bytes = || vec(any::<u8>(), 0..64);
    prop_oneof![
        40 => json.prop_map(|json| Message::text(json.to_string())),
        1 => text().prop_map(Message::text),
        1 => bytes().prop_map(Message::binary),
        1 => bytes().prop_map(|bytes| Message::Ping(bytes.into())),
        1 => bytes().prop_map(|bytes| Message::Pong(bytes.into())),
    ]
}

/// What a socket says to these messages, by kind; each is of the protocol.
async fn said(server: &Listening, messages: Vec<Message>) -> Vec<String> {
    const END: &str = r#"{"type":"pong","payload":"the end"}"#;
    let mut socket = server.connected().await;
    for message in messages {
        socket.send(message).await;
    }
    socket.say(&END.replace("pong", "ping")).await;
    let mut kinds = Vec::new();
    loop {
        let heard = socket.hear().await;
        if heard == END {
            return kinds;
        }
        match serde_json::from_str::<Value>(&heard)
            .ok()
            .and_then(|message| Some(message.get("type")?.as_str()?.to_owned()))
        {
            Some(kind) => kinds.push(kind),
            None => {
                kinds.push(heard.split(' ').next().unwrap().to_owned());
                return kinds;
            }
        }
    }
}

#[test]
fn whatever_comes_over_a_socket_it_is_answered_or_closed_by_a_code() {
    let runtime = Runtime::new().unwrap();
    let arguments =
        ["--insecure-open", "--max-socket-operations=3", "--max-socket-message-bytes=20000", "--max-text-bytes=30"];
    let (app, server) = runtime.block_on(async {
        let app = school_with(&arguments).await.0.remove(0);
        let server = Listening::start(&app, &arguments).await;
        (app, server)
    });
    let tally = RefCell::new(BTreeMap::<String, u32>::new());
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let failed = runner.run(&vec(message(), 1..REQUESTS), |messages| {
        for kind in runtime.block_on(said(&server, messages)) {
            let is_known = ["next", "error", "complete", "pong", "4400", "4409", "4429", "1009"].contains(&&*kind);
            prop_assert!(is_known, "{kind}");
            *tally.borrow_mut().entry(kind).or_default() += 1;
        }
        Ok(())
    });
    assert!(failed.is_ok(), "{}", failed.unwrap_err());
    println!("{tally:?}");
    assert!(["next", "error", "complete", "4400", "4409"].iter().all(|kind| tally.borrow().contains_key(*kind)));
    assert!(runtime.block_on(app.query("{ __typename }")).contains("Query"));
}
