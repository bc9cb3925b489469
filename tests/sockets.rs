//! GraphQL over WebSocket, over a socket.

use expect_test::expect;
use futures_util::FutureExt;
use jsonwebtoken::Algorithm;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    support::{
        App, school,
        socket::{Listening, listening},
    },
    tokens::{moment, sign},
};

/// A mutation, which waits while a test holds the only connection that writes.
const WRITE: &str = r#"mutation { createUser(input: { name: "Eve" }) { user { name } userErrors { code } } }"#;

#[tokio::test]
async fn queries_and_mutations_are_answered_and_completed() {
    let talk = async |app: &App| {
        let server = Listening::start(app, &[]).await;
        let mut socket = server.connected().await;
        let query = socket.all_of("1", "query Names { users { nodes { name } } }").await;
        let write = socket.all_of("2", WRITE).await;
        let both = socket.all_of("a b", r#"{ user(id: 4) { name } post(id: "User:1") { title } }"#).await;
        query + &write + &both
    };
    expect![[r#"
        {"id":"1","type":"next","payload":{"data":{"users":{"nodes":[{"name":"Ada"},{"name":"Bob"},{"name":"Cleo"}]}}}}
        {"id":"1","type":"complete"}
        {"id":"2","type":"next","payload":{"data":{"createUser":{"user":{"name":"Eve"},"userErrors":[]}}}}
        {"id":"2","type":"complete"}
        {"id":"a b","type":"next","payload":{"errors":[{"message":"argument `id` is `User:1`; allowed is an id of the type Post, such as `Post:500` or `500`","locations":[{"line":1,"column":24}],"path":["post"],"extensions":{"code":"BAD_USER_INPUT"}}],"data":{"user":{"name":"Eve"},"post":null}}}
        {"id":"a b","type":"complete"}
    "#]]
    .assert_eq(&school().await.agree(talk).await);
}

#[tokio::test]
async fn what_does_not_run_is_an_error_which_nothing_follows_and_its_id_is_free_again() {
    let (_app, server) = listening(&[]).await;
    let mut socket = server.connected().await;
    let wrong = socket.all_of("1", "{ nobody { name } }").await;
    let right = socket.all_of("1", "{ user(id: 1) { name } }").await;
    expect![[r#"
        {"id":"1","type":"error","payload":[{"message":"Unknown field \"nobody\" on type \"Query\".","locations":[{"line":1,"column":3}],"extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}
        {"id":"1","type":"next","payload":{"data":{"user":{"name":"Ada"}}}}
        {"id":"1","type":"complete"}
    "#]].assert_eq(&(wrong + &right));
}

#[tokio::test]
async fn a_socket_that_breaks_the_protocol_is_closed_by_the_protocols_code() {
    let (_app, server) = listening(&["--max-socket-message-bytes=2000"]).await;
    let init = r#"{"type":"connection_init"}"#;
    let long = format!(r#"{{"type":"pong","payload":"{}"}}"#, "x".repeat(2_000));
    let ping = format!(r#"{{"type":"ping","payload":"{}"}}"#, "x".repeat(1_024));
    let id = format!(r#"{{"type":"complete","id":"{}"}}"#, "x".repeat(129));
    let mut closed = String::new();
    for messages in [
        vec![r#"{"id":"1","type":"subscribe","payload":{"query":"{ user(id: 1) { name } }"}}"#],
        vec![init, init],
        vec!["{"],
        vec!["[]"],
        vec![r#"{"type":"connection_init","payload":1}"#],
        vec![r#"{"type":"connection_init","payload":{"authorization":1}}"#],
        vec![init, r#"{"type":"start"}"#],
        vec![init, r#"{"type":"subscribe","payload":{"query":"{ __typename }"}}"#],
        vec![init, r#"{"id":"","type":"subscribe","payload":{"query":"{ __typename }"}}"#],
        vec![init, r#"{"id":1,"type":"subscribe","payload":{"query":"{ __typename }"}}"#],
        vec![init, r#"{"id":"1","type":"subscribe"}"#],
        vec![init, r#"{"id":"1","type":"subscribe","payload":"{ __typename }"}"#],
        vec![init, r#"{"id":"1","type":"subscribe","payload":{"query":1}}"#],
        vec![init, r#"{"type":"complete"}"#],
        vec![&long],
        vec![&ping],
        vec![init, &id],
    ] {
        let mut socket = server.socket().await;
        let mut last = String::new();
        for message in messages {
            last = socket.ask(message).await;
        }
        closed += &format!("{last}\n");
    }
    let mut binary = server.socket().await;
    binary.send(Message::binary(init)).await;
    closed += &binary.hear().await;
    expect![[r#"
        4401 Unauthorized: no connection is acknowledged
        4429 Too many initialisation requests
        4400 a message is wrong: EOF while parsing an object at line 1 column 1
        4400 a message is no JSON object
        4400 the payload of `connection_init` is no JSON object
        4400 the payload of `connection_init` is wrong: invalid type: integer `1`, expected a string at line 1 column 18
        4400 a message has another `type`; allowed are `connection_init`, `subscribe`, `complete`, `ping` and `pong`
        4400 a `subscribe` has no `id`, a text of 1 to 128 bytes
        4400 a `subscribe` has no `id`, a text of 1 to 128 bytes
        4400 a message is wrong: invalid type: integer `1`, expected a string at line 1 column 7
        4400 a `subscribe` has no `payload`, an object
        4400 the request is no JSON object, which alone is allowed
        4400 `query` is of another type; allowed is a string
        4400 a `complete` has no `id`, a text of 1 to 128 bytes
        1009 a message has more bytes than are allowed: 2000 (`--max-socket-message-bytes`)
        4400 the payload of a `ping` has more bytes than are allowed: 1024
        4400 a `complete` has no `id`, a text of 1 to 128 bytes
        4400 a message is binary; allowed are texts"#]]
    .assert_eq(&closed);
}

#[tokio::test]
async fn an_operation_runs_until_it_is_completed_whatever_waits() {
    let (app, server) = listening(&["--write-connections=1"]).await;
    let mut socket = server.connected().await;
    let held = app.database.writer.begin().await.unwrap();
    socket.subscribe("1", WRITE).await;
    socket.say(r#"{"id":"1","type":"complete"}"#).await;
    let mut talk = socket.all_of("1", "{ user(id: 1) { name } }").await;
    // Nothing is heard of what was ended, nor of what never was.
    socket.say(r#"{"id":"2","type":"complete"}"#).await;
    held.rollback().await.unwrap();
    talk += &socket.all_of("2", "{ users { totalCount } }").await;
    expect![[r#"
        {"id":"1","type":"next","payload":{"data":{"user":{"name":"Ada"}}}}
        {"id":"1","type":"complete"}
        {"id":"2","type":"next","payload":{"data":{"users":{"totalCount":3}}}}
        {"id":"2","type":"complete"}
    "#]]
    .assert_eq(&talk);
}

#[tokio::test]
async fn an_id_names_one_operation_at_a_time_and_a_socket_has_so_many() {
    let (app, server) = listening(&["--write-connections=1", "--max-socket-operations=2"]).await;
    let _held = app.database.writer.begin().await.unwrap();
    let mut closed = String::new();
    for ids in [["1", "1", "2"], ["1", "2", "3"]] {
        let mut socket = server.connected().await;
        for id in ids {
            socket.subscribe(id, WRITE).await;
        }
        closed += &format!("{}\n", socket.hear().await);
    }
    expect![[r#"
        4409 Subscriber for 1 already exists
        4429 too many operations run; allowed are 2 (`--max-socket-operations`)
    "#]]
    .assert_eq(&closed);
}

#[tokio::test]
async fn pings_are_answered_and_who_answers_none_is_let_go() {
    let (_app, server) = listening(&["--client-timeout=1"]).await;
    let mut socket = server.socket().await;
    let mut talk = vec![
        socket.ask(r#"{"type":"ping"}"#).await,
        socket.ask(r#"{"type":"ping","payload":{"at":[1.50,"é"]}}"#).await,
        socket.ask(r#"{"type":"connection_init"}"#).await,
    ];
    talk.push(socket.hear().await);
    while !talk.last().is_some_and(|last| last.starts_with("3008")) {
        let heard = socket.hear().await;
        if talk.last() != Some(&heard) {
            talk.push(heard);
        }
    }
    talk.push(server.socket().await.hear().await);
    expect![[r#"
        {"type":"pong"}
        {"type":"pong","payload":{"at":[1.50,"é"]}}
        {"type":"connection_ack"}
        {"type":"ping"}
        3008 no ping was answered in time (`--client-timeout`)
        4408 no `connection_init` came in time (`--client-timeout`)"#]]
    .assert_eq(&talk.join("\n"));
}

#[tokio::test]
async fn a_token_comes_with_the_request_or_the_first_message_and_its_end_ends_the_socket() {
    let arguments = ["--jwt-secret=thirty-two bytes that are no secret", "--auth=all", "--jwt-leeway=0"];
    let (_app, server) = listening(&arguments).await;
    let token = |changes| format!("Bearer {}", sign(Algorithm::HS256, None, changes));
    let right = token(json!({ "aud": null, "scope": "read" }));
    let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
    let init = |payload| json!({ "type": "connection_init", "payload": payload }).to_string();
    let mut talk = String::new();

    let mut socket = server.socket_with(&[protocol, ("authorization", &right)]).await.unwrap();
    talk += &format!("{}\n", socket.ask(&init(json!(null))).await);
    talk += &socket.all_of("1", "{ user(id: 1) { name } }").await;
    talk += &socket.all_of("2", WRITE).await;
    let refused = server.socket_with(&[protocol, ("authorization", "Bearer x")]).await.err();
    talk += &format!("{refused:?}\n");

    let late = token(json!({ "aud": null, "exp": moment(-1) }));
    for payload in [
        json!({ "authorization": right }),
        json!({ "Authorization": right, "more": [1] }),
        json!({ "headers": { "Authorization": right } }),
        json!({ "authorization": late }),
        json!({ "authorization": "Bearer x" }),
        json!({}),
    ] {
        talk += &format!("{}\n", server.socket().await.ask(&init(payload)).await);
    }
    let mut ending = server.socket().await;
    let soon = token(json!({ "aud": null, "exp": moment(1) }));
    talk += &ending.ask(&init(json!({ "authorization": soon }))).await;
    talk += &format!("\n{}", ending.hear().await);
    expect![[r#"
        {"type":"connection_ack"}
        {"id":"1","type":"next","payload":{"data":{"user":{"name":"Ada"}}}}
        {"id":"1","type":"complete"}
        {"id":"2","type":"error","payload":[{"message":"the token lacks the scope `write`","extensions":{"code":"FORBIDDEN"}}]}
        Some(401)
        {"type":"connection_ack"}
        {"type":"connection_ack"}
        {"type":"connection_ack"}
        4403 the token has expired
        4403 the token is malformed, or its algorithm is none
        4403 this needs a token, in the header `authorization`
        {"type":"connection_ack"}
        4401 the token has expired"#]].assert_eq(&talk);
}

#[tokio::test]
async fn a_socket_of_another_protocol_is_told_so_and_one_of_another_origin_is_refused() {
    let (_app, server) = listening(&[]).await;
    let told = server.socket_with(&[]).await.unwrap().hear().await;
    expect!["4406 the socket's protocol is another; allowed is `graphql-transport-ws`"].assert_eq(&told);
    let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
    let foreign = server.socket_with(&[protocol, ("origin", "http://elsewhere.example")]).await.err();
    assert_eq!(foreign, Some(403));
}

#[tokio::test]
async fn a_socket_is_a_connection_until_it_ends() {
    let (_app, server) = listening(&["--max-connections=1"]).await;
    let mut socket = server.connected().await;
    let mut other = TcpStream::connect(&server.address).await.unwrap();
    other.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    let mut answered = Box::pin(other.read_to_string(&mut answer));
    socket.all_of("1", "{ user(id: 1) { name } }").await;
    assert!((&mut answered).now_or_never().is_none());
    socket.0.close(None).await.unwrap();
    answered.await.unwrap();
    assert!(answer.ends_with("ok"), "{answer}");
}

#[tokio::test]
async fn what_runs_over_a_socket_finishes_once_the_server_is_told_to_stop() {
    let (app, server) = listening(&["--write-connections=1"]).await;
    let (mut idle, mut socket) = (server.connected().await, server.connected().await);
    let held = app.database.writer.begin().await.unwrap();
    socket.subscribe("1", WRITE).await;
    // It is there already when this is answered.
    let before = socket.all_of("2", "{ user(id: 1) { name } }").await;
    let stopped = server.stop();
    let mut talk = format!("{before}{}\n", idle.hear().await);
    held.rollback().await.unwrap();
    for _ in 0..3 {
        talk += &format!("{}\n", socket.hear().await);
    }
    stopped.await.unwrap();
    expect![[r#"
        {"id":"2","type":"next","payload":{"data":{"user":{"name":"Ada"}}}}
        {"id":"2","type":"complete"}
        1001 the server stops
        {"id":"1","type":"next","payload":{"data":{"createUser":{"user":{"name":"Eve"},"userErrors":[]}}}}
        {"id":"1","type":"complete"}
        1001 the server stops
    "#]]
    .assert_eq(&talk);
}

#[tokio::test]
async fn a_server_that_stops_begins_nothing_over_a_socket() {
    let (app, server) = listening(&["--write-connections=1"]).await;
    let (mut idle, mut socket) = (server.connected().await, server.connected().await);
    let held = app.database.writer.begin().await.unwrap();
    socket.subscribe("1", WRITE).await;
    socket.all_of("2", "{ user(id: 1) { name } }").await;
    let stopped = server.stop();
    // It is told to stop when this one is closed.
    idle.hear().await;
    let refused = socket.all_of("3", "{ user(id: 1) { name } }").await;
    held.rollback().await.unwrap();
    stopped.await.unwrap();
    expect![[r#"
        {"id":"3","type":"error","payload":[{"message":"the server stops; ask another, or later","extensions":{"code":"UNAVAILABLE"}}]}
    "#]].assert_eq(&refused);
}

#[tokio::test]
async fn a_socket_has_so_many_pings_of_its_own() {
    let (_app, server) = listening(&[]).await;
    let mut socket = server.socket().await;
    for _ in 0..101 {
        socket.send(Message::Ping("x".into())).await;
    }
    expect!["1008 too many pings of WebSocket; allowed are 100 in 15s"].assert_eq(&socket.hear().await);
}

#[tokio::test]
async fn an_answer_of_any_size_is_one_message() {
    let (app, server) = listening(&["--max-text-bytes=1000000", "--max-socket-message-bytes=1000000"]).await;
    app.sql("UPDATE posts SET content = 'é' || replace(hex(zeroblob(100000)), '0', '€') WHERE id = 1").await;
    let mut socket = server.connected().await;
    let answer = socket.all_of("1", "{ post(id: 1) { content } }").await;
    assert_eq!(answer.matches('€').count(), 200_000);
    assert!(answer.ends_with("\n{\"id\":\"1\",\"type\":\"complete\"}\n"));
}

#[tokio::test]
async fn what_does_not_finish_over_a_socket_is_cut_off() {
    let (app, server) = listening(&["--write-connections=1", "--shutdown-timeout=0"]).await;
    let mut socket = server.connected().await;
    let _held = app.database.writer.begin().await.unwrap();
    socket.subscribe("1", WRITE).await;
    socket.all_of("2", "{ user(id: 1) { name } }").await;
    server.stop().await.unwrap();
    assert!(!socket.hear().await.contains("next"));
}
