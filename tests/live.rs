//! Live queries: what is answered again, when, and what is not.

use std::collections::BTreeMap;

use expect_test::expect;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sea_orm::{ConnectionTrait, Database, DbBackend};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{
    App, body, post_json, school, school_with,
    socket::{Listening, Socket},
};

/// The server answers again as soon as it may.
const AT_ONCE: &[&str] = &["--min-live-interval-ms=10"];

/// The parameters of a live query.
fn live(query: &str) -> Value {
    json!({ "query": query, "extensions": { "dovetail": { "live": true } } })
}

impl Socket {
    /// Asks for a live query, and returns its first answer.
    async fn live(&mut self, id: &str, query: &str) -> String {
        let message = json!({ "id": id, "type": "subscribe", "payload": live(query) });
        self.ask(&message.to_string()).await + "\n"
    }

    /// The next message.
    async fn line(&mut self) -> String {
        self.hear().await + "\n"
    }
}

#[tokio::test]
async fn a_live_query_is_answered_again_when_its_answer_is_another() {
    let talk = async |app: &App| {
        let server = Listening::start(app, AT_ONCE).await;
        let mut socket = server.connected().await;
        let query = "{ users(first: 2) { nodes { name postsCount } } }";
        let mut answers = socket.live("1", query).await;
        app.data(r#"mutation { createPost(input: { ownerId: 2, title: "B2", content: "" }) { post { id } } }"#).await;
        answers += &socket.line().await;
        // Nothing of the answer.
        app.sql("UPDATE posts SET title = 'A1, again' WHERE id = 1").await;
        app.sql("UPDATE users SET name = 'Cleopatra' WHERE id = 3").await;
        app.sql("DELETE FROM users WHERE id = 1").await;
        answers += &socket.line().await;
        socket.say(r#"{"id":"1","type":"complete"}"#).await;
        answers + &socket.all_of("1", query).await
    };
    expect![[r#"
        {"id":"1","type":"next","payload":{"data":{"users":{"nodes":[{"name":"Ada","postsCount":3},{"name":"Bob","postsCount":1}]}}}}
        {"id":"1","type":"next","payload":{"data":{"users":{"nodes":[{"name":"Ada","postsCount":3},{"name":"Bob","postsCount":2}]}}}}
        {"id":"1","type":"next","payload":{"data":{"users":{"nodes":[{"name":"Bob","postsCount":2},{"name":"Cleopatra","postsCount":0}]}}}}
        {"id":"1","type":"next","payload":{"data":{"users":{"nodes":[{"name":"Bob","postsCount":2},{"name":"Cleopatra","postsCount":0}]}}}}
        {"id":"1","type":"complete"}
    "#]].assert_eq(&school_with(AT_ONCE).await.agree(talk).await);
}

#[tokio::test]
async fn what_a_query_did_not_read_runs_no_statement() {
    let talk = async |app: &App| {
        let server = Listening::start(app, AT_ONCE).await;
        let mut socket = server.connected().await;
        socket.live("1", "{ post(id: 1) { title owner { name } } }").await;
        socket.live("2", "{ users { nodes { id } } }").await;
        app.statements().take();
        app.sql("UPDATE posts SET title = 'of Bob' WHERE id = 2").await;
        app.sql("UPDATE courses SET title = 'another'").await;
        app.sql("DELETE FROM users WHERE id = 3").await;
        let others = socket.line().await;
        let asked = app.statements().take().iter().filter(|sql| sql.contains("\"posts\"")).count();
        app.sql("UPDATE users SET name = 'Ada, again' WHERE id = 1").await;
        format!("{others}{}{asked} statements", socket.line().await)
    };
    expect![[r#"
        {"id":"2","type":"next","payload":{"data":{"users":{"nodes":[{"id":"User:1"},{"id":"User:2"}]}}}}
        {"id":"1","type":"next","payload":{"data":{"post":{"title":"A1","owner":{"name":"Ada, again"}}}}}
        0 statements"#]]
    .assert_eq(&school_with(AT_ONCE).await.agree(talk).await);
}

#[tokio::test]
async fn whatever_is_written_every_live_query_has_the_answer_in_the_end() {
    let queries = [
        "{ users { nodes { name postsCount } totalCount } }",
        "{ user(id: 1) { name posts(first: 2, orderBy: { field: TITLE }) { nodes { title } } } }",
        "{ users(filter: { posts: { some: { title: { startsWith: \"1\" } } } }) { totalCount } }",
        "{ posts(orderBy: { field: OWNER_NAME }, first: 3) { nodes { id owner { name } } } }",
        "{ users(orderBy: { field: POSTS_COUNT, direction: DESC }) { nodes { id } } }",
        "{ posts(filter: { owner: { name: { contains: \"2\" } } }) { totalCount } }",
        "{ nodes(ids: [\"Post:1\", \"User:2\", \"Post:9\", \"Student:1\"]) { id ... on Post { title } ... on User { name } } }",
        "{ student(id: 1) { name courses { edges { enrolledAt node { title studentsCount } } } } }",
        "{ courses(filter: { students: { none: { name: { eq: \"3\" } } } }) { nodes { students { nodes { name } } } } }",
        "{ enrollments(first: 3) { nodes { student { name } course { title } } } }",
    ];
    // As long as no ping comes before the end.
    let arguments = &[AT_ONCE[0], "--client-timeout=600"];
    let talk = async |app: &App| {
        let server = Listening::start(app, arguments).await;
        let mut socket = server.connected().await;
        let mut last = BTreeMap::new();
        for (id, query) in queries.iter().enumerate() {
            let first = socket.live(&id.to_string(), query).await;
            assert!(!first.contains("errors"), "{first}");
            last.insert(id.to_string(), first);
        }
        let mut random = StdRng::seed_from_u64(17);
        for _ in 0..200 {
            let (row, other, text) = (random.random_range(1..6), random.random_range(1..6), random.random_range(0..5));
            let sql = match random.random_range(0..9) {
                0 => format!("UPDATE users SET name = '{text}' WHERE id = {row}"),
                1 => format!("UPDATE posts SET title = '{text}' WHERE id = {row}"),
                2 => format!(
                    "UPDATE posts SET owner_id = (SELECT MAX(id) FROM users WHERE id <= {row} OR id = 1) WHERE id = {other}"
                ),
                3 => format!("DELETE FROM posts WHERE id = {row}"),
                4 => format!("UPDATE students SET name = '{text}' WHERE id = {row}"),
                5 => format!("UPDATE courses SET title = '{text}' WHERE id = {row}"),
                6 => format!("DELETE FROM enrollments WHERE student_id = {row} AND course_id = {other}"),
                7 => format!(
                    "INSERT INTO enrollments (student_id, course_id, enrolled_at) SELECT s.id, c.id, '2026-03-01T08:00:00+00:00' \
                     FROM students s, courses c WHERE s.id = {row} AND c.id = {other} ON CONFLICT DO NOTHING"
                ),
                _ => format!("DELETE FROM users WHERE id = {} AND id > 1", row * other),
            };
            app.sql(&sql).await;
        }
        for (id, query) in queries.iter().enumerate() {
            let answer: Value = serde_json::from_str(&app.query(query).await).unwrap();
            let has = |last: &BTreeMap<String, String>| {
                serde_json::from_str::<Value>(&last[&id.to_string()]).unwrap()["payload"] == answer
            };
            while !has(&last) {
                let line = socket.line().await;
                let message: Value = serde_json::from_str(&line).unwrap();
                let of = message["id"]
                    .as_str()
                    .unwrap_or_else(|| panic!("{query}: {} is not {answer}", last[&id.to_string()]));
                last.insert(of.to_owned(), line);
            }
        }
    };
    school_with(arguments).await.agree(talk).await;
}

#[tokio::test]
async fn a_live_query_that_reads_more_keys_than_are_kept_hears_of_any_row() {
    let talk = async |app: &App| {
        let values =
            (10..1_100).map(|id| format!("({id}, 'Many', '2026-03-01T08:00:00+00:00', '2026-03-01T08:00:00+00:00')"));
        let values = values.collect::<Vec<_>>().join(", ");
        app.sql(&format!("INSERT INTO users (id, name, created_at, updated_at) VALUES {values}")).await;
        let server = Listening::start(app, AT_ONCE).await;
        let mut socket = server.connected().await;
        let ids = (10..1_100).map(|id| format!("\"User:{id}\"")).collect::<Vec<_>>().join(", ");
        socket.live("1", &format!("{{ nodes(ids: [{ids}]) {{ ... on User {{ name }} }} }}")).await;
        app.sql("UPDATE users SET name = 'One' WHERE id = 1099").await;
        socket.line().await.matches("One").count()
    };
    let arguments =
        &[AT_ONCE[0], "--max-list-items=2000", "--max-document-tokens=20000", "--max-document-characters=50000"];
    assert_eq!(school_with(arguments).await.agree(talk).await, 1);
}

#[tokio::test]
async fn a_live_query_is_answered_again_when_the_changes_are_recorded_anew_or_a_table_is_emptied() {
    let talk = async |app: &App| {
        let server = Listening::start(app, AT_ONCE).await;
        let mut socket = server.connected().await;
        let mut answers = socket.live("1", "{ user(id: 2) { name } posts { totalCount } }").await;
        app.sql("UPDATE dovetail_epoch SET id = 'another'").await;
        app.sql("UPDATE users SET name = 'Ben' WHERE id = 2").await;
        answers += &socket.line().await;
        app.sql(if app.backend() == DbBackend::Postgres { "TRUNCATE posts" } else { "DELETE FROM posts" }).await;
        answers + &socket.line().await
    };
    expect![[r#"
        {"id":"1","type":"next","payload":{"data":{"user":{"name":"Bob"},"posts":{"totalCount":4}}}}
        {"id":"1","type":"next","payload":{"data":{"user":{"name":"Ben"},"posts":{"totalCount":4}}}}
        {"id":"1","type":"next","payload":{"data":{"user":{"name":"Ben"},"posts":{"totalCount":0}}}}
    "#]]
    .assert_eq(&school_with(AT_ONCE).await.agree(talk).await);
}

#[tokio::test]
async fn a_live_query_whose_database_is_away_is_answered_when_it_is_back() {
    let talk = async |app: &App| {
        let server = Listening::start(app, AT_ONCE).await;
        let mut socket = server.connected().await;
        let first = socket.live("1", "{ user(id: 1) { name } }").await;
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        let admin = Database::connect(&app.direct_url).await.unwrap();
        admin.execute_unprepared("UPDATE users SET name = 'Adele' WHERE id = 1").await.unwrap();
        admin.execute_unprepared(end).await.unwrap();
        first + &socket.line().await
    };
    let Some(apps) = school_with(AT_ONCE).await.on_postgres() else { return };
    expect![[r#"
        {"id":"1","type":"next","payload":{"data":{"user":{"name":"Ada"}}}}
        {"id":"1","type":"next","payload":{"data":{"user":{"name":"Adele"}}}}
    "#]]
    .assert_eq(&apps.agree(talk).await);
}

#[tokio::test]
async fn a_sender_spends_what_each_answer_costs_and_waits_for_what_it_has_not() {
    let arguments = &[AT_ONCE[0], "--rate-cost-per-minute=60"];
    let app = school_with(arguments).await.0.remove(0);
    let server = Listening::start(&app, arguments).await;
    let mut socket = server.connected().await;
    // 20 of the first answer: 40 are left, which two more take. One a second comes back.
    socket.live("1", "{ users(first: 20) { nodes { name } } }").await;
    let mut answers = 0;
    while answers < 2 {
        app.sql(&format!("UPDATE users SET name = '{answers}' WHERE id = 1")).await;
        socket.line().await;
        answers += 1;
    }
    let refused = socket.all_of("2", "{ users(first: 20) { nodes { name } } }").await;
    expect![[r#"
        {"id":"2","type":"error","payload":[{"message":"this sender's requests cost more than they may in a minute (`--rate-cost-per-minute`)","extensions":{"code":"UNAVAILABLE"}}]}
    "#]].assert_eq(&refused);
}

#[tokio::test]
async fn a_live_query_is_answered_at_most_so_often() {
    let arguments = &["--min-live-interval-ms=100"];
    let app = school_with(arguments).await.0.remove(0);
    let server = Listening::start(&app, arguments).await;
    let mut socket = server.connected().await;
    let begun = Instant::now();
    socket.live("1", "{ user(id: 1) { name } }").await;
    for number in 0..=300 {
        app.sql(&format!("UPDATE users SET name = '{number}' WHERE id = 1")).await;
    }
    let mut answers = 1;
    while !socket.hear().await.contains("\"300\"") {
        answers += 1;
    }
    assert!(answers <= begun.elapsed().as_millis() / 100 + 1, "{answers} in {:?}", begun.elapsed());
}

#[tokio::test]
async fn a_live_query_is_sent_as_an_event_stream_without_cursors() {
    let talk = async |app: &App| {
        let server = Listening::start(app, AT_ONCE).await;
        let body = live("{ user(id: 1) { name } }").to_string();
        let mut stream = server.request("POST", "", &[("accept", "text/event-stream")], &body).await;
        let first = stream.message().await;
        app.sql("UPDATE users SET name = 'Ada, again' WHERE id = 1").await;
        first + &stream.message().await
    };
    expect![[r#"
        event: next
        data: {"data":{"user":{"name":"Ada"}}}

        event: next
        data: {"data":{"user":{"name":"Ada, again"}}}

    "#]]
    .assert_eq(&school_with(AT_ONCE).await.agree(talk).await);
}

#[tokio::test]
async fn what_cannot_be_live_is_told_so() {
    let app = school().await.0.remove(0);
    let mut told = body(app.http(post_json(&live("{ users { totalCount } }"))).await).await + "\n";
    let server = Listening::start(&app, &[]).await;
    let mut socket = server.connected().await;
    told += &socket.live("1", "mutation { deleteUser(input: { id: 1 }) { deletedId } }").await;
    told += &socket.live("2", "subscription { userChanged { id } }").await;
    told += &socket.live("3", "{ nobody }").await;
    told += &socket.live("4", r#"{ user(id: "Post:1") { name } }"#).await;
    let mut request = live("{ users { totalCount } }");
    request["extensions"]["dovetail"]["sql"] = true.into();
    told += &socket.ask(&json!({ "id": "5", "type": "subscribe", "payload": request }).to_string()).await;
    expect![[r#"
        {"errors":[{"message":"a live query is asked for over a WebSocket (`graphql-transport-ws`), or as `text/event-stream`","extensions":{"code":"BAD_USER_INPUT"}}]}
        {"id":"1","type":"error","payload":[{"message":"`extensions.dovetail.live`: only a query is answered again, and without a report of its SQL","extensions":{"code":"BAD_USER_INPUT"}}]}
        {"id":"2","type":"error","payload":[{"message":"`extensions.dovetail.live`: only a query is answered again, and without a report of its SQL","extensions":{"code":"BAD_USER_INPUT"}}]}
        {"id":"3","type":"error","payload":[{"message":"Unknown field \"nobody\" on type \"Query\".","locations":[{"line":1,"column":3}],"extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}
        {"id":"4","type":"next","payload":{"errors":[{"message":"argument `id` is `Post:1`; allowed is an id of the type User, such as `User:500` or `500`","locations":[{"line":1,"column":3}],"path":["user"],"extensions":{"code":"BAD_USER_INPUT"}}],"data":{"user":null}}}
        {"id":"5","type":"error","payload":[{"message":"`extensions.dovetail.live`: only a query is answered again, and without a report of its SQL","extensions":{"code":"BAD_USER_INPUT"}}]}"#]].assert_eq(&told);
}
