//! GraphQL over Server-Sent Events: one operation a stream, and many over one.

use expect_test::expect;
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use tokio::spawn;

use crate::{
    support::{
        App, body, graphql_request, school,
        socket::{Listening, listening},
        stream::Streamed,
    },
    tokens::{moment, sign},
};

/// What is told of users.
const USERS: &str = "subscription { userChanged { kind id user { name } } }";

/// A mutation, which waits while a test holds the only connection that writes.
const WRITE: &str = r#"mutation { createUser(input: { name: "Eve" }) { user { name } userErrors { code } } }"#;

impl Streamed {
    /// The next event, whose cursor it returns beside it.
    async fn event(&mut self) -> (String, String) {
        let text = self.message().await;
        let data = text.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
        let mut data: Value = serde_json::from_str(data).unwrap();
        let cursor = data.as_object_mut().unwrap().remove("extensions").unwrap()["dovetail"]["cursor"].take();
        let cursor = cursor.as_str().unwrap().to_owned();
        assert!(text.starts_with(&format!("event: next\nid: {cursor}\ndata: ")), "{text}");
        (format!("{data}\n"), cursor)
    }

    /// The status, and all that is said until the end.
    async fn told(mut self) -> String {
        let head = format!("{} {}", self.status, self.header("content-type"));
        format!("{head}\n{}\n", self.rest().await)
    }
}

#[tokio::test]
async fn a_stream_has_the_answer_and_its_end() {
    let talk = async |app: &App| {
        let server = Listening::start(app, &[]).await;
        let mut told = server.stream("{ users { nodes { name } } }", &[]).await.told().await;
        told += &server.stream(WRITE, &[]).await.told().await;
        let get = server.request("GET", "?query=%7Buser(id:4)%7Bname%7D%7D", &[("accept", "text/event-stream")], "");
        told += &get.await.told().await;
        told + &server.stream(r#"{ user(id: 4) { name } post(id: "User:1") { title } }"#, &[]).await.told().await
    };
    expect![[r#"
        200 text/event-stream; charset=utf-8
        event: next
        data: {"data":{"users":{"nodes":[{"name":"Ada"},{"name":"Bob"},{"name":"Cleo"}]}}}

        event: complete
        data: 


        200 text/event-stream; charset=utf-8
        event: next
        data: {"data":{"createUser":{"user":{"name":"Eve"},"userErrors":[]}}}

        event: complete
        data: 


        200 text/event-stream; charset=utf-8
        event: next
        data: {"data":{"user":{"name":"Eve"}}}

        event: complete
        data: 


        200 text/event-stream; charset=utf-8
        event: next
        data: {"errors":[{"message":"argument `id` is `User:1`; allowed is an id of the type Post, such as `Post:500` or `500`","locations":[{"line":1,"column":24}],"path":["post"],"extensions":{"code":"BAD_USER_INPUT"}}],"data":{"user":{"name":"Eve"},"post":null}}

        event: complete
        data: 


    "#]].assert_eq(&school().await.agree(talk).await);
}

#[tokio::test]
async fn what_a_request_asks_is_refused_by_an_event_and_what_is_no_request_by_its_status() {
    let (_app, server) = listening(&[]).await;
    let stream = ("accept", "text/event-stream");
    let mut told = server.stream("{ nobody { name } }", &[]).await.told().await;
    told += &server.stream("subscription { userChanged { id } postChanged { id } }", &[]).await.told().await;
    told += &server.request("POST", "", &[stream], "{").await.told().await;
    let write = format!("?query={}", WRITE.replace(' ', "%20").replace('"', "%22"));
    told += &server.request("GET", &write, &[stream], "").await.told().await;
    told += &server.stream("{ __typename }", &[("origin", "http://elsewhere.example")]).await.told().await;
    expect![[r#"
        200 text/event-stream; charset=utf-8
        event: next
        data: {"errors":[{"message":"Unknown field \"nobody\" on type \"Query\".","locations":[{"line":1,"column":3}],"extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}

        event: complete
        data: 


        200 text/event-stream; charset=utf-8
        event: next
        data: {"errors":[{"message":"A subscription has several root fields; allowed is one.","locations":[{"line":1,"column":35}],"extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}

        event: complete
        data: 


        200 text/event-stream; charset=utf-8
        event: next
        data: {"errors":[{"message":"the body is not JSON: EOF while parsing an object at line 1 column 1","extensions":{"code":"BAD_USER_INPUT"}}]}

        event: complete
        data: 


        405 application/json; charset=utf-8
        {"errors":[{"message":"a GET is for queries; allowed for a mutation is POST","extensions":{"code":"BAD_USER_INPUT"}}]}
        403 application/json; charset=utf-8
        {"errors":[{"message":"the request is of a web page of another origin; `--cors-origins` allows them","extensions":{"code":"FORBIDDEN"}}]}
    "#]].assert_eq(&told);
}

#[tokio::test]
async fn the_stream_is_for_who_prefers_it() {
    let (_app, server) = listening(&[]).await;
    let mut kinds = String::new();
    for accept in [
        "text/event-stream",
        "text/event-stream, multipart/mixed",
        "text/*",
        "application/graphql-response+json, application/json, text/event-stream",
        "application/json;q=0.5, text/event-stream;q=0.6",
        "*/*",
    ] {
        let response = server.request("POST", "", &[("accept", accept)], r#"{"query":"{ __typename }"}"#).await;
        kinds += &format!("{accept}: {}\n", response.header("content-type"));
    }
    expect![[r#"
        text/event-stream: text/event-stream; charset=utf-8
        text/event-stream, multipart/mixed: text/event-stream; charset=utf-8
        text/*: text/event-stream; charset=utf-8
        application/graphql-response+json, application/json, text/event-stream: application/graphql-response+json; charset=utf-8
        application/json;q=0.5, text/event-stream;q=0.6: text/event-stream; charset=utf-8
        */*: application/json; charset=utf-8
    "#]].assert_eq(&kinds);
}

#[tokio::test]
async fn events_have_cursors_after_which_a_browser_goes_on() {
    let talk = async |app: &App| {
        let server = Listening::start(app, &[]).await;
        let mut stream = server.stream(USERS, &[("accept-encoding", "gzip")]).await;
        let mut events = stream.hear().await;
        app.sql("UPDATE users SET name = 'Ben' WHERE id = 2").await;
        let (first, cursor) = stream.event().await;
        app.sql("UPDATE users SET name = 'Bea' WHERE id = 2").await;
        app.sql("DELETE FROM users WHERE id = 3").await;
        let (second, last) = stream.event().await;
        events += &(first + &second + &stream.event().await.0 + "again:\n");
        // As `EventSource` does, whose address stays the same.
        let target = format!("?query=subscription%7BuserChanged(after:%22{cursor}%22)%7Bkind%20id%7D%7D");
        let headers = [("accept", "text/event-stream"), ("last-event-id", last.as_str())];
        let mut again = server.request("GET", &target, &headers, "").await;
        events += &again.event().await.0;
        let wrong = server.stream(USERS, &[("last-event-id", "1")]).await;
        format!("{}\n{events}{}", stream.header("x-accel-buffering"), wrong.told().await)
    };
    expect![[r#"
        no
        :

        {"data":{"userChanged":{"id":"User:2","kind":"UPDATED","user":{"name":"Ben"}}}}
        {"data":{"userChanged":{"id":"User:2","kind":"UPDATED","user":{"name":"Bea"}}}}
        {"data":{"userChanged":{"id":"User:3","kind":"DELETED","user":null}}}
        again:
        {"data":{"userChanged":{"id":"User:3","kind":"DELETED"}}}
        200 text/event-stream; charset=utf-8
        event: next
        data: {"errors":[{"message":"argument `after` is no cursor of an event; allowed is what an event has as `extensions.dovetail.cursor`","extensions":{"code":"BAD_USER_INPUT"}}]}

        event: complete
        data: 


    "#]].assert_eq(&school().await.agree(talk).await);
}

#[tokio::test]
async fn a_subscription_that_ends_says_why_as_its_last_event() {
    let arguments = ["--jwt-secret=thirty-two bytes that are no secret", "--auth=all", "--jwt-leeway=0"];
    let (app, server) = listening(&arguments).await;
    let token = |expiry| {
        let claims = json!({ "aud": null, "scope": "read", "exp": moment(expiry) });
        format!("Bearer {}", sign(Algorithm::HS256, None, claims))
    };
    let mut told = server.stream(USERS, &[]).await.told().await;
    told += &server.stream(USERS, &[("authorization", &token(1))]).await.told().await;
    let mut lost = server.stream(USERS, &[("authorization", &token(60))]).await;
    lost.hear().await;
    app.sql("DELETE FROM dovetail_epoch").await;
    app.sql("UPDATE users SET name = 'Ben' WHERE id = 2").await;
    told += &lost.told().await;
    expect![[r#"
        401 application/json; charset=utf-8
        {"errors":[{"message":"this needs a token, in the header `authorization`","extensions":{"code":"UNAUTHENTICATED"}}]}
        200 text/event-stream; charset=utf-8
        event: next
        data: {"errors":[{"message":"the token has expired","extensions":{"code":"UNAUTHENTICATED"}}]}

        event: complete
        data: 


        200 text/event-stream; charset=utf-8
        event: next
        data: {"errors":[{"message":"not all changes since are there any more; load again what you subscribed to, and subscribe anew","extensions":{"code":"CHANGES_LOST"}}]}

        event: complete
        data: 


    "#]].assert_eq(&told);
}

#[tokio::test]
async fn a_stream_is_kept_and_its_seat_is_free_once_its_client_is_gone() {
    let (_app, server) = listening(&["--client-timeout=1", "--max-subscriptions=1"]).await;
    let mut stream = server.stream(USERS, &[]).await;
    let heard = [stream.hear().await, stream.hear().await, stream.hear().await];
    assert_eq!(heard, [":\n\n"; 3]);
    let refused = server.stream(USERS, &[]).await.told().await;
    drop(stream);
    while server.stream(USERS, &[]).await.status != 200 {}
    expect![[r#"
        503 application/json; charset=utf-8
        {"errors":[{"message":"the server has as many subscriptions as it can take (`--max-subscriptions`); try again later","extensions":{"code":"UNAVAILABLE"}}]}
    "#]].assert_eq(&refused);
}

#[tokio::test]
async fn a_server_that_stops_ends_the_streams_of_subscriptions_for_their_clients_to_ask_another() {
    let (_app, server) = listening(&["--shutdown-timeout=600"]).await;
    let mut one = server.stream(USERS, &[]).await;
    let shared = Shared::open(&server).await;
    shared.asking.ask("1", USERS).await;
    let (mut many, stopped) = (shared.stream, server.stop());
    assert_eq!((one.rest().await, many.rest().await), (String::new(), String::new()));
    stopped.await.unwrap();
}

/// A stream that carries several operations.
struct Shared {
    asking: Asking,
    stream: Streamed,
}

/// Who asks for what it carries.
#[derive(Clone)]
struct Asking {
    address: String,
    token: String,
}

impl Asking {
    /// The response to a request for an operation.
    async fn ask(&self, id: &str, query: &str) -> String {
        let body = json!({ "query": query, "extensions": { "operationId": id } }).to_string();
        self.request("POST", "", &body).await
    }

    /// The response to a request that ends an operation.
    async fn complete(&self, target: &str) -> String {
        self.request("DELETE", target, "").await
    }

    async fn request(&self, method: &str, target: &str, body: &str) -> String {
        let header = ("x-graphql-event-stream-token", self.token.as_str());
        Streamed::of(&self.address, method, target, &[header], body).await.told().await
    }
}

impl Shared {
    async fn open(server: &Listening) -> Self {
        let mut reserved = server.request("PUT", "", &[], "").await;
        assert_eq!((reserved.status, reserved.header("content-type")), (201, "text/plain; charset=utf-8"));
        let token = reserved.hear().await;
        let target = format!("?token={token}");
        let stream = server.request("GET", &target, &[("accept", "text/event-stream")], "").await;
        Self { asking: Asking { address: server.address.clone(), token }, stream }
    }

    /// The next event, without its cursor; or whatever else comes.
    async fn event(&mut self) -> String {
        let text = self.stream.message().await;
        let data = text.lines().find_map(|line| line.strip_prefix("data: ")).unwrap_or_default();
        let mut data: Value = serde_json::from_str(data).unwrap_or_default();
        if let Some(payload) = data.get_mut("payload").and_then(Value::as_object_mut) {
            payload.remove("extensions");
        }
        format!("{} {data}\n", text.lines().next().unwrap_or_default())
    }
}

#[tokio::test]
async fn a_stream_carries_what_other_requests_ask_for() {
    let talk = async |app: &App| {
        let server = Listening::start(app, &[]).await;
        let mut shared = Shared::open(&server).await;
        let mut told = shared.asking.ask("users", USERS).await;
        told += &shared.asking.ask("query", "{ user(id: 1) { name } }").await;
        told += &(shared.event().await + &shared.event().await);
        told += &shared.asking.ask("write", WRITE).await;
        let mut events = [shared.event().await, shared.event().await, shared.event().await];
        events.sort();
        told += &events.concat();
        told += &shared.asking.complete("?operationId=users").await;
        app.sql("DELETE FROM users WHERE id = 4").await;
        told += &shared.asking.ask("users", "{ user(id: 4) { name } }").await;
        told + &shared.event().await + &shared.event().await
    };
    expect![[r#"
        202 

        202 

        event: next {"id":"query","payload":{"data":{"user":{"name":"Ada"}}}}
        event: complete {"id":"query"}
        202 

        event: complete {"id":"write"}
        event: next {"id":"users","payload":{"data":{"userChanged":{"id":"User:4","kind":"CREATED","user":{"name":"Eve"}}}}}
        event: next {"id":"write","payload":{"data":{"createUser":{"user":{"name":"Eve"},"userErrors":[]}}}}
        200 

        202 

        event: next {"id":"users","payload":{"data":{"user":null}}}
        event: complete {"id":"users"}
    "#]].assert_eq(&school().await.agree(talk).await);
}

#[tokio::test]
async fn what_is_wrong_with_a_request_over_a_shared_stream_is_its_response() {
    let (_app, server) = listening(&["--max-socket-operations=2"]).await;
    let shared = Shared::open(&server).await;
    let mut told = shared.asking.ask("1", "{ nobody { name } }").await;
    told += &shared.asking.ask("", "{ __typename }").await;
    told += &shared.asking.ask(&"1".repeat(129), "{ __typename }").await;
    told += &shared.asking.ask("1", USERS).await;
    told += &shared.asking.ask("1", USERS).await;
    told += &shared.asking.ask("2", USERS).await;
    told += &shared.asking.ask("3", "{ __typename }").await;
    told += &shared.asking.complete("").await;
    told += &shared.asking.complete("?operationId=3").await;
    told += &server.request("GET", &format!("?token={}", shared.asking.token), &[], "").await.told().await;
    told += &server.request("GET", "?token=1", &[], "").await.told().await;
    told += &server.request("DELETE", "?operationId=1", &[], "").await.told().await;
    let batch = server.request("POST", &format!("?token={}", shared.asking.token), &[], "[]").await;
    told += &batch.told().await;
    expect![[r#"
        400 application/graphql-response+json; charset=utf-8
        {"errors":[{"message":"Unknown field \"nobody\" on type \"Query\".","locations":[{"line":1,"column":3}],"extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}
        400 application/graphql-response+json; charset=utf-8
        {"errors":[{"message":"`extensions.operationId` is missing or wrong; allowed is a text of 1 to 128 bytes","extensions":{"code":"BAD_USER_INPUT"}}]}
        400 application/graphql-response+json; charset=utf-8
        {"errors":[{"message":"`extensions.operationId` is missing or wrong; allowed is a text of 1 to 128 bytes","extensions":{"code":"BAD_USER_INPUT"}}]}
        202 

        409 application/graphql-response+json; charset=utf-8
        {"errors":[{"message":"an operation with this `extensions.operationId` runs already","extensions":{"code":"BAD_USER_INPUT"}}]}
        202 

        429 application/graphql-response+json; charset=utf-8
        {"errors":[{"message":"too many operations run; allowed are 2 (`--max-socket-operations`)","extensions":{"code":"UNAVAILABLE"}}]}
        400 application/graphql-response+json; charset=utf-8
        {"errors":[{"message":"the parameter `operationId` is missing: the id of the operation that is to end","extensions":{"code":"BAD_USER_INPUT"}}]}
        200 

        409 application/graphql-response+json; charset=utf-8
        {"errors":[{"message":"the event stream with this token is open already; allowed is one connection","extensions":{"code":"BAD_USER_INPUT"}}]}
        404 application/graphql-response+json; charset=utf-8
        {"errors":[{"message":"no event stream of this sender has this token; allowed is one that a PUT reserved, until it ends","extensions":{"code":"BAD_USER_INPUT"}}]}
        400 application/graphql-response+json; charset=utf-8
        {"errors":[{"message":"a DELETE ends what runs over an event stream, whose token is missing","extensions":{"code":"BAD_USER_INPUT"}}]}
        400 application/graphql-response+json; charset=utf-8
        {"errors":[{"message":"the body is an array of requests; allowed is one request, a JSON object (`--max-batch`)","extensions":{"code":"BAD_USER_INPUT"}}]}
    "#]].assert_eq(&told);
}

#[tokio::test]
async fn a_shared_stream_is_of_who_reserved_it_and_ends_with_its_connection() {
    let arguments = ["--jwt-secret=thirty-two bytes that are no secret", "--auth=all", "--max-subscriptions=1"];
    let (_app, server) = listening(&arguments).await;
    let token = |subject| {
        let claims = json!({ "aud": null, "sub": subject, "scope": "read" });
        format!("Bearer {}", sign(Algorithm::HS256, None, claims))
    };
    let (ada, bob) = (token("Ada"), token("Bob"));
    let stream = server.request("PUT", "", &[("authorization", &ada)], "").await.hear().await;
    let target = format!("?token={stream}");
    let mut told = server.request("GET", &target, &[("authorization", &bob)], "").await.told().await;
    let open = server.request("GET", &target, &[("authorization", &ada)], "").await;
    told += &server.request("PUT", "", &[("authorization", &bob)], "").await.told().await;
    drop(open);
    while server.request("PUT", "", &[("authorization", &bob)], "").await.status != 201 {}
    told += &server.request("GET", &target, &[("authorization", &ada)], "").await.told().await;
    expect![[r#"
        404 application/graphql-response+json; charset=utf-8
        {"errors":[{"message":"no event stream of this sender has this token; allowed is one that a PUT reserved, until it ends","extensions":{"code":"BAD_USER_INPUT"}}]}
        503 application/graphql-response+json; charset=utf-8
        {"errors":[{"message":"the server has as many subscriptions as it can take (`--max-subscriptions`); try again later","extensions":{"code":"UNAVAILABLE"}}]}
        404 application/graphql-response+json; charset=utf-8
        {"errors":[{"message":"no event stream of this sender has this token; allowed is one that a PUT reserved, until it ends","extensions":{"code":"BAD_USER_INPUT"}}]}
    "#]].assert_eq(&told);
}

#[tokio::test]
async fn what_runs_over_a_shared_stream_ends_with_it_though_nothing_is_written() {
    let arguments = &["--max-subscriptions=3", "--max-sender-share=100"];
    let (_app, server) = listening(arguments).await;
    let shared = Shared::open(&server).await;
    shared.asking.ask("1", USERS).await;
    shared.asking.ask("2", USERS).await;
    drop(shared);
    while server.stream(USERS, &[]).await.status != 200 {}
    let (two, three) = tokio::join!(server.stream(USERS, &[]), server.stream(USERS, &[]));
    assert_eq!([two.status, three.status], [200, 200]);
}

#[tokio::test]
async fn a_reservation_that_nobody_opens_is_gone_in_time() {
    let (_app, server) = listening(&["--client-timeout=1", "--max-subscriptions=1"]).await;
    assert_eq!(server.request("PUT", "", &[], "").await.status, 201);
    while server.request("PUT", "", &[], "").await.status != 201 {}
}

#[tokio::test]
async fn what_runs_for_a_shared_stream_is_answered_before_the_server_stops() {
    let (app, server) = listening(&["--shutdown-timeout=600"]).await;
    let held = app.database.writer.begin().await.unwrap();
    let Shared { asking, mut stream } = Shared::open(&server).await;
    let mut idle = server.stream(USERS, &[]).await;
    let asked = spawn({
        let asking = asking.clone();
        async move { asking.ask("1", WRITE).await }
    });
    while !asking.ask("1", "{ nobody }").await.starts_with("409") {}
    let stopped = server.stop();
    // It is told to stop when this one ends.
    idle.rest().await;
    held.rollback().await.unwrap();
    let told = asked.await.unwrap() + &stream.rest().await;
    stopped.await.unwrap();
    expect![[r#"
        202 

        event: next
        data: {"id":"1","payload":{"data":{"createUser":{"user":{"name":"Eve"},"userErrors":[]}}}}

        event: complete
        data: {"id":"1"}

    "#]]
    .assert_eq(&told);
}

#[tokio::test]
async fn a_subscription_is_no_answer_of_json() {
    let app = school().await.0.remove(0);
    let response = app.http(graphql_request(USERS)).await;
    expect![[r#"400 {"errors":[{"message":"a subscription is asked for over a WebSocket (`graphql-transport-ws`), or as `text/event-stream`","extensions":{"code":"BAD_USER_INPUT"}}]}"#]].assert_eq(&format!("{} {}", response.status().as_u16(), body(response).await));
}
