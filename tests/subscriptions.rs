//! Subscriptions over WebSocket: what is told of changes, to whom, and what is told where it cannot be.

use std::{collections::BTreeSet, sync::LazyLock, time::Duration};

use dovetail::{
    api::Schema,
    changes::Changes,
    config::MigrateAction,
    database::{self, Database},
    run::Program,
};
use expect_test::expect;
use school::School;
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::{Value, json};
use shop::Shop;

use crate::support::{
    App, school, school_with, settings,
    socket::{Listening, Socket},
    start_schema,
};

/// All that an event of a post can have.
const POSTS: &str = "subscription { postChanged { kind id ownerId post { title owner { name } } } }";

impl Socket {
    /// What the next event has, without its cursor; or whatever else comes.
    async fn event(&mut self) -> String {
        let text = self.hear().await;
        let mut message: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
        if let Some(extensions) = message["payload"].as_object_mut().and_then(|payload| payload.remove("extensions")) {
            assert!(extensions["dovetail"]["cursor"].is_string(), "{extensions}");
        }
        format!("{message}\n")
    }

    /// The cursor of the next event.
    async fn cursor(&mut self) -> String {
        let message: Value = serde_json::from_str(&self.hear().await).unwrap();
        message["payload"]["extensions"]["dovetail"]["cursor"].as_str().unwrap().to_owned()
    }

    /// So many events.
    async fn events(&mut self, count: usize) -> String {
        let mut events = String::new();
        for _ in 0..count {
            events += &self.event().await;
        }
        events
    }

    /// The same of one change, of which those who ask for different things are told in no order.
    async fn events_of_one(&mut self, count: usize) -> String {
        let events = self.events(count).await;
        events.split_inclusive('\n').collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Begins a subscription, and waits until it is there: what is committed from then on is told.
    async fn begin(&mut self, id: &str, query: &str) {
        self.subscribe(id, query).await;
        // What is asked over the same socket is no older than the subscription.
        self.all_of("wait", "{ user(id: 1) { id } }").await;
    }
}

#[tokio::test]
async fn each_change_is_told_once_whoever_makes_it_with_what_is_selected_of_it() {
    let talk = async |app: &App| {
        let server = Listening::start(app, &[]).await;
        let mut socket = server.connected().await;
        socket.begin("1", POSTS).await;
        app.data(r#"mutation { createPost(input: { ownerId: 2, title: "B2", content: "" }) { post { id } } }"#).await;
        let mut events = socket.events(1).await;
        app.data(r#"mutation { updatePost(input: { id: 5, title: "B3" }) { post { id } } }"#).await;
        events += &socket.events(1).await;
        app.sql("UPDATE posts SET owner_id = 3 WHERE id = 5").await;
        events += &socket.events(1).await;
        app.data("mutation { deleteUser(input: { id: 3 }) { deletedId } }").await;
        events + &socket.events(1).await
    };
    expect![[r#"
        {"id":"1","payload":{"data":{"postChanged":{"id":"Post:5","kind":"CREATED","ownerId":"User:2","post":{"owner":{"name":"Bob"},"title":"B2"}}}},"type":"next"}
        {"id":"1","payload":{"data":{"postChanged":{"id":"Post:5","kind":"UPDATED","ownerId":"User:2","post":{"owner":{"name":"Bob"},"title":"B3"}}}},"type":"next"}
        {"id":"1","payload":{"data":{"postChanged":{"id":"Post:5","kind":"UPDATED","ownerId":"User:3","post":{"owner":{"name":"Cleo"},"title":"B3"}}}},"type":"next"}
        {"id":"1","payload":{"data":{"postChanged":{"id":"Post:5","kind":"DELETED","ownerId":"User:3","post":null}}},"type":"next"}
    "#]].assert_eq(&school().await.agree(talk).await);
}

#[tokio::test]
async fn whoever_asks_for_a_key_is_told_of_it_alone_before_or_after_the_change() {
    let talk = async |app: &App| {
        let server = Listening::start(app, &[]).await;
        let mut socket = server.connected().await;
        socket.begin("of Ada", "subscription { postChanged(ownerId: 1) { kind id ownerId } }").await;
        socket.begin("of Bob", r#"subscription { change: postChanged(ownerId: "User:2") { kind id ownerId } }"#).await;
        socket.begin("both", "subscription { postChanged(id: 2, ownerId: 2) { kind } }").await;
        socket.begin("Dan's Rust", "subscription { enrollmentChanged(studentId: 1, courseId: 2) { kind id } }").await;
        app.sql("UPDATE posts SET title = 'A1, again' WHERE id = 1").await;
        let mut events = socket.events(1).await;
        app.sql("UPDATE posts SET title = 'B1, again' WHERE id = 2").await;
        events += &socket.events_of_one(2).await;
        app.sql("UPDATE posts SET owner_id = 2 WHERE id = 1").await;
        events += &socket.events_of_one(2).await;
        app.sql("DELETE FROM enrollments WHERE course_id = 1").await;
        app.data("mutation { deleteStudent(input: { id: 1 }) { deletedId } }").await;
        events + &socket.events(1).await
    };
    expect![[r#"
        {"id":"of Ada","payload":{"data":{"postChanged":{"id":"Post:1","kind":"UPDATED","ownerId":"User:1"}}},"type":"next"}
        {"id":"both","payload":{"data":{"postChanged":{"kind":"UPDATED"}}},"type":"next"}
        {"id":"of Bob","payload":{"data":{"change":{"id":"Post:2","kind":"UPDATED","ownerId":"User:2"}}},"type":"next"}
        {"id":"of Ada","payload":{"data":{"postChanged":{"id":"Post:1","kind":"UPDATED","ownerId":"User:2"}}},"type":"next"}
        {"id":"of Bob","payload":{"data":{"change":{"id":"Post:1","kind":"UPDATED","ownerId":"User:2"}}},"type":"next"}
        {"id":"Dan's Rust","payload":{"data":{"enrollmentChanged":{"id":"Enrollment:1:2","kind":"DELETED"}}},"type":"next"}
    "#]].assert_eq(&school().await.agree(talk).await);
}

#[tokio::test]
async fn a_filter_lets_pass_what_satisfies_it_when_it_is_told_and_what_is_deleted() {
    let talk = async |app: &App| {
        let server = Listening::start(app, &[]).await;
        let mut socket = server.connected().await;
        let filter = r#"filter: { title: { startsWith: "A" }, owner: { posts: { some: { title: { eq: "A1" } } } } }"#;
        let query = format!("subscription {{ postChanged(ownerId: 1, {filter}) {{ kind id post {{ title }} }} }}");
        socket.begin("posts", &query).await;
        let filter = r#"filter: { course: { title: { ne: "Rust" } } }"#;
        socket.begin("enrollments", &format!("subscription {{ enrollmentChanged({filter}) {{ kind id }} }}")).await;
        app.sql("UPDATE posts SET title = 'No A' WHERE id = 3").await;
        app.sql("UPDATE posts SET title = 'A1, of Bob' WHERE id = 2").await;
        app.sql("UPDATE posts SET title = 'A1' WHERE id = 1").await;
        let text = socket.hear().await;
        let message: Value = serde_json::from_str(&text).unwrap();
        let after = &message["payload"]["extensions"]["dovetail"]["cursor"];
        let mut events = format!("{}\n", message["payload"]["data"]);
        app.sql("UPDATE posts SET title = 'A3' WHERE id = 4").await;
        events += &socket.events(1).await;
        app.sql("DELETE FROM posts WHERE id = 3").await;
        events += &socket.events(1).await;
        app.sql("UPDATE enrollments SET student_id = student_id WHERE student_id = 1").await;
        events += &socket.events(2).await;
        let again = query.replace("ownerId: 1", &format!("after: {after}"));
        socket.subscribe("again", &again).await;
        let wrong = query.replace("{ eq: \"A1\" }", "{ eq: \"A1\" }, owner: { id: { eq: \"Post:1\" } }");
        events += &socket.events(2).await;
        events + &socket.all_of("wrong", &wrong).await
    };
    expect![[r#"
        {"postChanged":{"id":"Post:1","kind":"UPDATED","post":{"title":"A1"}}}
        {"id":"posts","payload":{"data":{"postChanged":{"id":"Post:4","kind":"UPDATED","post":{"title":"A3"}}}},"type":"next"}
        {"id":"posts","payload":{"data":{"postChanged":{"id":"Post:3","kind":"DELETED","post":null}}},"type":"next"}
        {"id":"enrollments","payload":{"data":{"enrollmentChanged":{"id":"Enrollment:1:1","kind":"UPDATED"}}},"type":"next"}
        {"id":"enrollments","payload":{"data":{"enrollmentChanged":{"id":"Enrollment:1:3","kind":"UPDATED"}}},"type":"next"}
        {"id":"again","payload":{"data":{"postChanged":{"id":"Post:4","kind":"UPDATED","post":{"title":"A3"}}}},"type":"next"}
        {"id":"again","payload":{"data":{"postChanged":{"id":"Post:3","kind":"DELETED","post":null}}},"type":"next"}
        {"id":"wrong","type":"error","payload":[{"message":"argument `filter.owner.posts.some.owner.id.eq` is `Post:1`; allowed is an id of the type User, such as `User:500` or `500`","extensions":{"code":"BAD_USER_INPUT"}}]}
    "#]].assert_eq(&school().await.agree(talk).await);
}

#[tokio::test]
async fn a_row_whose_key_changes_is_gone_and_another_is_new() {
    let talk = async |app: &App| {
        let server = Listening::start(app, &[]).await;
        let mut socket = server.connected().await;
        socket
            .begin("1", "subscription { enrollmentChanged { kind id studentId enrollment { course { title } } } }")
            .await;
        app.sql("UPDATE enrollments SET course_id = 4 WHERE student_id = 2").await;
        socket.events(2).await
    };
    expect![[r#"
        {"id":"1","payload":{"data":{"enrollmentChanged":{"enrollment":null,"id":"Enrollment:2:1","kind":"DELETED","studentId":"Student:2"}}},"type":"next"}
        {"id":"1","payload":{"data":{"enrollmentChanged":{"enrollment":{"course":{"title":"Nothing"}},"id":"Enrollment:2:4","kind":"CREATED","studentId":"Student:2"}}},"type":"next"}
    "#]].assert_eq(&school().await.agree(talk).await);
}

#[tokio::test]
async fn a_subscription_goes_on_after_a_cursor_wherever_it_is_asked_for() {
    let talk = async |app: &App| {
        let server = Listening::start(app, &[]).await;
        let mut socket = server.connected().await;
        socket.begin("1", "subscription { userChanged { id } }").await;
        app.sql("UPDATE users SET name = 'Ada, again' WHERE id = 1").await;
        let cursor = socket.cursor().await;
        app.sql("UPDATE users SET name = 'Bob, again' WHERE id = 2").await;
        app.sql("DELETE FROM users WHERE id = 3").await;
        app.sql("INSERT INTO students (name) VALUES ('Gil')").await;
        // Another instance.
        let other = App::open(&app.url, &settings(&[])).await;
        let other = Listening::start(&other, &[]).await;
        let mut socket = other.connected().await;
        let after = format!(r#"subscription {{ userChanged(after: "{cursor}") {{ kind user {{ name }} }} }}"#);
        socket.subscribe("2", &after).await;
        let missed = socket.events(2).await;
        app.sql("UPDATE users SET name = 'Ada, at last' WHERE id = 1").await;
        missed + &socket.events(1).await
    };
    expect![[r#"
        {"id":"2","payload":{"data":{"userChanged":{"kind":"UPDATED","user":{"name":"Bob, again"}}}},"type":"next"}
        {"id":"2","payload":{"data":{"userChanged":{"kind":"DELETED","user":null}}},"type":"next"}
        {"id":"2","payload":{"data":{"userChanged":{"kind":"UPDATED","user":{"name":"Ada, at last"}}}},"type":"next"}
    "#]]
    .assert_eq(&school().await.agree(talk).await);
}

#[tokio::test]
async fn whoever_may_have_missed_a_change_is_told() {
    let talk = async |app: &App| {
        let server = Listening::start(app, &[]).await;
        let mut socket = server.connected().await;
        socket.begin("1", "subscription { userChanged { id } }").await;
        app.sql("UPDATE users SET name = 'Ada, again' WHERE id = 1").await;
        let cursor = socket.cursor().await;
        let after = |cursor: &str| format!(r#"subscription {{ userChanged(after: "{cursor}") {{ id }} }}"#);
        let forged = socket.all_of("2", &after("bm90aGluZw")).await;
        app.sql("UPDATE users SET name = 'Ada' WHERE id = 1").await;
        app.sql("UPDATE users SET name = 'Bob' WHERE id = 2").await;
        socket.events(2).await;
        let many = socket.all_of("3", &after(&cursor)).await;
        Changes::of(app.database.clone()).prune(Duration::ZERO).await.unwrap();
        let pruned = socket.all_of("4", &after(&cursor)).await;
        // As every migration does.
        app.sql("UPDATE dovetail_epoch SET id = 'another'").await;
        let migrated = socket.hear().await;
        forged + &many + &pruned + &migrated
    };
    expect![[r#"
        {"id":"2","type":"error","payload":[{"message":"argument `after` is no cursor of an event; allowed is what an event has as `extensions.dovetail.cursor`","extensions":{"code":"BAD_USER_INPUT"}}]}
        {"id":"3","type":"error","payload":[{"message":"there are more changes since than are told: 1 (`--max-missed-changes`); load again what you subscribed to, and subscribe anew","extensions":{"code":"CHANGES_LOST"}}]}
        {"id":"4","type":"error","payload":[{"message":"not all changes since are there any more; load again what you subscribed to, and subscribe anew","extensions":{"code":"CHANGES_LOST"}}]}
        {"id":"1","type":"error","payload":[{"message":"not all changes since are there any more; load again what you subscribed to, and subscribe anew","extensions":{"code":"CHANGES_LOST"}}]}"#]].assert_eq(&school_with(&["--max-missed-changes=1"]).await.agree(talk).await);
}

#[tokio::test]
async fn a_transaction_that_commits_late_is_told_late_and_holds_nobody_back() {
    let talk = async |app: &App| {
        let server = Listening::start(app, &[]).await;
        let mut socket = server.connected().await;
        socket.begin("1", "subscription { userChanged { kind id user { name } } }").await;
        let early = app.database.writer.begin().await.unwrap();
        early.execute_unprepared("UPDATE users SET name = 'early' WHERE id = 1").await.unwrap();
        app.sql("UPDATE users SET name = 'late' WHERE id = 2").await;
        let late = socket.events(1).await;
        early.execute_unprepared("UPDATE users SET name = 'at last' WHERE id = 3").await.unwrap();
        early.commit().await.unwrap();
        late + &socket.events(2).await
    };
    // SQLite has one writer.
    let Some(apps) = school().await.on_postgres() else { return };
    expect![[r#"
        {"id":"1","payload":{"data":{"userChanged":{"id":"User:2","kind":"UPDATED","user":{"name":"late"}}}},"type":"next"}
        {"id":"1","payload":{"data":{"userChanged":{"id":"User:1","kind":"UPDATED","user":{"name":"early"}}}},"type":"next"}
        {"id":"1","payload":{"data":{"userChanged":{"id":"User:3","kind":"UPDATED","user":{"name":"at last"}}}},"type":"next"}
    "#]].assert_eq(&apps.agree(talk).await);
}

#[tokio::test]
async fn a_change_is_told_of_a_transaction_whose_number_was_given_again_after_a_crash() {
    let talk = async |app: &App| {
        let server = Listening::start(app, &[]).await;
        let mut socket = server.connected().await;
        socket.begin("1", "subscription { userChanged { kind id } }").await;
        app.sql("UPDATE users SET name = 'Ben' WHERE id = 2").await;
        let cursor = socket.cursor().await;
        // As after a crash, if the transaction before had been rolled back and was not written yet.
        app.sql(
            "INSERT INTO dovetail_changes (xid, source, before, after) SELECT xid, source, '{\"id\": 3}', '{\"id\": 3}' \
             FROM dovetail_changes ORDER BY number DESC LIMIT 1",
        )
        .await;
        let told = socket.events(1).await;
        socket.say(r#"{"id":"1","type":"complete"}"#).await;
        socket.subscribe("2", &format!(r#"subscription {{ userChanged(after: "{cursor}") {{ kind id }} }}"#)).await;
        told + &socket.events(1).await
    };
    // SQLite gives no number again.
    let Some(apps) = school().await.on_postgres() else { return };
    expect![[r#"
        {"id":"1","payload":{"data":{"userChanged":{"id":"User:3","kind":"UPDATED"}}},"type":"next"}
        {"id":"2","payload":{"data":{"userChanged":{"id":"User:3","kind":"UPDATED"}}},"type":"next"}
    "#]]
    .assert_eq(&apps.agree(talk).await);
}

#[tokio::test]
async fn old_changes_are_removed_while_a_transaction_runs_that_is_older() {
    let talk = async |app: &App| {
        let server = Listening::start(app, &[]).await;
        let mut socket = server.connected().await;
        socket.begin("1", "subscription { userChanged { kind id } }").await;
        let old = app.database.writer.begin().await.unwrap();
        old.execute_unprepared("UPDATE users SET name = 'old' WHERE id = 1").await.unwrap();
        app.sql("UPDATE users SET name = 'new' WHERE id = 2").await;
        let mut events = socket.events(1).await;
        Changes::of(app.database.clone()).prune(Duration::ZERO).await.unwrap();
        app.sql("UPDATE users SET name = 'newer' WHERE id = 3").await;
        events += &socket.events(1).await;
        old.commit().await.unwrap();
        events + &socket.events(1).await
    };
    let Some(apps) = school().await.on_postgres() else { return };
    expect![[r#"
        {"id":"1","payload":{"data":{"userChanged":{"id":"User:2","kind":"UPDATED"}}},"type":"next"}
        {"id":"1","payload":{"data":{"userChanged":{"id":"User:3","kind":"UPDATED"}}},"type":"next"}
        {"id":"1","payload":{"data":{"userChanged":{"id":"User:1","kind":"UPDATED"}}},"type":"next"}
    "#]]
    .assert_eq(&apps.agree(talk).await);
}

#[tokio::test]
async fn what_one_subscription_cannot_be_told_ends_that_alone() {
    let arguments = &["--max-response-bytes=20000"];
    let talk = async |app: &App| {
        let server = Listening::start(app, arguments).await;
        let mut socket = server.connected().await;
        socket.begin("long", "subscription { postChanged { post { content } } }").await;
        socket.begin("short", "subscription { postChanged { post { title } } }").await;
        app.sql(&format!("UPDATE posts SET content = '{}' WHERE id = 1", "x".repeat(30_000))).await;
        socket.events_of_one(2).await
    };
    expect![[r#"
        {"id":"long","payload":[{"extensions":{"code":"TOO_COMPLEX"},"message":"the events' rows have more bytes than are allowed: 20000 (`--max-response-bytes`)"}],"type":"error"}
        {"id":"short","payload":{"data":{"postChanged":{"post":{"title":"A1"}}}},"type":"next"}
    "#]].assert_eq(&school_with(arguments).await.agree(talk).await);
}

#[tokio::test]
async fn what_takes_long_to_read_for_one_holds_nobody_else_up() {
    let talk = async |app: &App| {
        let server = Listening::start(app, &[]).await;
        let mut socket = server.connected().await;
        socket.begin("1", "subscription { userChanged { user { name posts { nodes { title } } } } }").await;
        socket
            .begin("2", "subscription { userChanged { user { name courses: posts(first: 1) { totalCount } } } }")
            .await;
        socket.begin("3", "subscription { userChanged { user { name } } }").await;
        let lock = app.database.writer.begin().await.unwrap();
        lock.execute_unprepared("LOCK TABLE posts").await.unwrap();
        app.sql("UPDATE users SET name = 'Bob, again' WHERE id = 2").await;
        let mut events = socket.events(1).await;
        // Nobody waits for it any more.
        socket.say(r#"{"id":"2","type":"complete"}"#).await;
        lock.rollback().await.unwrap();
        events += &socket.events(1).await;
        events
    };
    let Some(apps) = school().await.on_postgres() else { return };
    expect![[r#"
        {"id":"3","payload":{"data":{"userChanged":{"user":{"name":"Bob, again"}}}},"type":"next"}
        {"id":"1","payload":{"data":{"userChanged":{"user":{"name":"Bob, again","posts":{"nodes":[{"title":"B1"}]}}}}},"type":"next"}
    "#]].assert_eq(&apps.agree(talk).await);
}

#[tokio::test]
async fn an_error_below_the_object_leaves_what_is_known_of_the_change() {
    let talk = async |app: &App| {
        let server = Listening::start(app, &[]).await;
        let mut socket = server.connected().await;
        socket.begin("1", "subscription { userChanged { kind id user { posts(first: 101) { nodes { id } } } } }").await;
        app.sql("UPDATE users SET name = 'Bob, again' WHERE id = 2").await;
        socket.events(1).await
    };
    expect![[r#"
        {"id":"1","payload":{"data":{"userChanged":{"id":"User:2","kind":"UPDATED","user":null}},"errors":[{"extensions":{"code":"BAD_USER_INPUT"},"locations":[{"column":45,"line":1}],"message":"argument `first` is 101; allowed are 0 to 100","path":["userChanged","user","posts"]}]},"type":"next"}
    "#]].assert_eq(&school().await.agree(talk).await);
}

#[tokio::test]
async fn what_is_rolled_back_is_not_told() {
    let talk = async |app: &App| {
        let server = Listening::start(app, &[]).await;
        let mut socket = server.connected().await;
        socket.begin("1", "subscription { userChanged { kind id } }").await;
        let never = app.database.begin_writing().await.unwrap();
        never.execute_unprepared("UPDATE users SET name = 'never' WHERE id = 1").await.unwrap();
        never.rollback().await.unwrap();
        app.sql("UPDATE users SET name = 'ever' WHERE id = 2").await;
        socket.events(1).await
    };
    expect![[r#"
        {"id":"1","payload":{"data":{"userChanged":{"id":"User:2","kind":"UPDATED"}}},"type":"next"}
    "#]]
    .assert_eq(&school().await.agree(talk).await);
}

#[tokio::test]
async fn a_table_that_is_emptied_at_once_ends_its_subscriptions() {
    let talk = async |app: &App| {
        let server = Listening::start(app, &[]).await;
        let mut socket = server.connected().await;
        socket.begin("1", "subscription { userChanged { kind id } }").await;
        socket.begin("2", POSTS).await;
        app.sql("TRUNCATE posts").await;
        let ended = socket.hear().await;
        app.sql("UPDATE users SET name = 'ever' WHERE id = 2").await;
        format!("{ended}\n{}", socket.events(1).await)
    };
    let Some(apps) = school().await.on_postgres() else { return };
    expect![[r#"
        {"id":"2","type":"error","payload":[{"message":"not all changes since are there any more; load again what you subscribed to, and subscribe anew","extensions":{"code":"CHANGES_LOST"}}]}
        {"id":"1","payload":{"data":{"userChanged":{"id":"User:2","kind":"UPDATED"}}},"type":"next"}
    "#]].assert_eq(&apps.agree(talk).await);
}

#[tokio::test]
async fn a_role_that_may_write_rows_alone_is_told_of_too() {
    let talk = async |app: &App| {
        let server = Listening::start(app, &[]).await;
        let mut socket = server.connected().await;
        socket.begin("1", "subscription { userChanged { kind id } }").await;
        let role = format!("writer_{}", app.url.rsplit('/').next().unwrap());
        app.sql(&format!("CREATE ROLE {role}; GRANT SELECT, UPDATE ON users TO {role}")).await;
        let transaction = app.database.writer.begin().await.unwrap();
        for sql in [&format!("SET LOCAL ROLE {role}"), "UPDATE users SET name = 'Bob' WHERE id = 2"] {
            transaction.execute_unprepared(sql).await.unwrap();
        }
        transaction.commit().await.unwrap();
        app.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
        socket.events(1).await
    };
    let Some(apps) = school().await.on_postgres() else { return };
    expect![[r#"
        {"id":"1","payload":{"data":{"userChanged":{"id":"User:2","kind":"UPDATED"}}},"type":"next"}
    "#]]
    .assert_eq(&apps.agree(talk).await);
}

#[tokio::test]
async fn the_statements_of_a_moments_events_depend_neither_on_them_nor_on_the_subscribers() {
    let count = async |app: &App, subscribers: usize| {
        let server = Listening::start(app, &[]).await;
        let mut socket = server.connected().await;
        for id in 1..=subscribers {
            let query =
                format!("subscription {{ userChanged(id: {id}) {{ user {{ name posts {{ nodes {{ title }} }} }} }} }}");
            socket.begin(&id.to_string(), &query).await;
        }
        app.statements().take();
        app.sql("UPDATE users SET name = 'again'").await;
        socket.events(subscribers).await;
        app.statements().take().len()
    };
    let both = async |app: &App| {
        for _ in 3..30 {
            app.sql("INSERT INTO users (name) VALUES ('new')").await;
        }
        [count(app, 3).await, count(app, 30).await]
    };
    assert_eq!(school().await.agree(both).await, [2, 2]);
}

#[tokio::test]
async fn a_subscriber_that_takes_its_events_too_slowly_is_told_so_and_can_go_on() {
    let talk = async |app: &App| {
        let server = Listening::start(app, &[]).await;
        let mut socket = server.connected().await;
        let query = "subscription { postChanged { post { a: content b: content c: content d: content title } } }";
        socket.begin("1", query).await;
        let content = "x".repeat(65_000);
        for count in 0..100 {
            app.sql(&format!("UPDATE posts SET title = '{count}', content = '{content}' WHERE id = 1")).await;
        }
        let mut last = Value::Null;
        loop {
            let mut message: Value = serde_json::from_str(&socket.hear().await).unwrap();
            if message["type"] != "next" {
                let cursor = last["extensions"]["dovetail"]["cursor"].as_str().unwrap();
                let after =
                    format!(r#"subscription {{ postChanged(id: 1, after: "{cursor}") {{ post {{ title }} }} }}"#);
                socket.subscribe("2", &after).await;
                return format!("{message}\n{}", socket.events(1).await);
            }
            last = message["payload"].take();
        }
    };
    expect![[r#"
        {"id":"1","payload":[{"extensions":{"code":"SUBSCRIBER_TOO_SLOW"},"message":"more bytes of events wait than may: 100000 (`--max-waiting-event-bytes`); subscribe `after` the last cursor"}],"type":"error"}
        {"id":"2","payload":{"data":{"postChanged":{"post":{"title":"99"}}}},"type":"next"}
    "#]].assert_eq(&school_with(&["--max-waiting-event-bytes=100000"]).await.agree(talk).await);
}

#[tokio::test]
async fn a_subscription_has_one_root_field_that_is_known_beforehand() {
    let app = school().await.0.remove(0);
    let server = Listening::start(&app, &[]).await;
    let mut socket = server.connected().await;
    let mut told = String::new();
    for query in [
        "subscription { userChanged { id } postChanged { id } }",
        "subscription { ...two } fragment two on Subscription { userChanged { id } ... { postChanged { id } } }",
        "subscription { __typename }",
        "subscription { userChanged { id } __typename }",
        "subscription ($is: Boolean = true) { userChanged @include(if: $is) { id } }",
        "subscription { ... @skip(if: false) { userChanged { id } } }",
        "subscription { userChanged { id } other: userChanged { id } }",
        "subscription { nobodyChanged { id } }",
        r#"subscription { userChanged(id: "Post:1") { id } }"#,
        r#"subscription { postChanged(ownerId: "") { id } }"#,
        r#"subscription { postChanged(after: "") { id } }"#,
        "subscription { userChanged { user { posts(first: 100) { nodes { owner { posts(first: 100) { nodes { owner { posts(first: 100) { nodes { id } } } } } } } } } } }",
    ] {
        told += &socket.all_of("1", query).await;
    }
    expect![[r#"
        {"id":"1","type":"error","payload":[{"message":"A subscription has several root fields; allowed is one.","locations":[{"line":1,"column":35}],"extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}
        {"id":"1","type":"error","payload":[{"message":"A subscription has several root fields; allowed is one.","locations":[{"line":1,"column":81}],"extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}
        {"id":"1","type":"error","payload":[{"message":"The root field of a subscription is one of introspection.","locations":[{"line":1,"column":16}],"extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}
        {"id":"1","type":"error","payload":[{"message":"The root field of a subscription is one of introspection.","locations":[{"line":1,"column":35}],"extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}
        {"id":"1","type":"error","payload":[{"message":"The root field of a subscription has `@include`, which is not allowed there.","locations":[{"line":1,"column":50}],"extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}
        {"id":"1","type":"error","payload":[{"message":"The root field of a subscription has `@skip`, which is not allowed there.","locations":[{"line":1,"column":20}],"extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}
        {"id":"1","type":"error","payload":[{"message":"A subscription has several root fields; allowed is one.","locations":[{"line":1,"column":35}],"extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}
        {"id":"1","type":"error","payload":[{"message":"Unknown field \"nobodyChanged\" on type \"Subscription\".","locations":[{"line":1,"column":16}],"extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}
        {"id":"1","type":"error","payload":[{"message":"argument `id` is `Post:1`; allowed is an id of the type User, such as `User:500` or `500`","extensions":{"code":"BAD_USER_INPUT"}}]}
        {"id":"1","type":"error","payload":[{"message":"argument `ownerId` is ``; allowed is an id of the type User, such as `User:500` or `500`","extensions":{"code":"BAD_USER_INPUT"}}]}
        {"id":"1","type":"error","payload":[{"message":"argument `after` is no cursor of an event; allowed is what an event has as `extensions.dovetail.cursor`","extensions":{"code":"BAD_USER_INPUT"}}]}
        {"id":"1","type":"error","payload":[{"message":"the operation costs 1000000 by its pages, filters and orders; allowed are 10000 (`--max-cost`)","extensions":{"code":"TOO_COMPLEX"}}]}
    "#]].assert_eq(&told);
}

#[tokio::test]
async fn what_merges_to_one_root_field_is_one() {
    let talk = async |app: &App| {
        let server = Listening::start(app, &[]).await;
        let mut socket = server.connected().await;
        let query = "subscription { userChanged { id } ...again } fragment again on Subscription { userChanged { kind __typename } }";
        socket.begin("1", query).await;
        app.sql("UPDATE users SET name = 'ever' WHERE id = 2").await;
        socket.events(1).await
    };
    expect![[r#"
        {"id":"1","payload":{"data":{"userChanged":{"__typename":"UserChange","id":"User:2","kind":"UPDATED"}}},"type":"next"}
    "#]].assert_eq(&school().await.agree(talk).await);
}

#[tokio::test]
async fn a_subscription_has_no_report() {
    let app = school().await.0.remove(0);
    let server = Listening::start(&app, &[]).await;
    let mut socket = server.connected().await;
    let query = "subscription { userChanged { id } }";
    let payload = json!({ "query": query, "extensions": { "dovetail": { "sql": true } } });
    let report = socket.ask(&json!({ "id": "1", "type": "subscribe", "payload": payload }).to_string()).await;
    expect![[r#"{"id":"1","type":"error","payload":[{"message":"`extensions.dovetail`: a subscription has no report","extensions":{"code":"BAD_USER_INPUT"}}]}"#]].assert_eq(&report);
}

#[tokio::test]
async fn there_are_so_many_subscriptions_and_no_more() {
    let arguments = &["--max-subscriptions=4", "--max-sender-share=50"];
    let app = school_with(arguments).await.0.remove(0);
    let server = Listening::start(&app, arguments).await;
    let mut socket = server.connected().await;
    let query = "subscription { userChanged { id } }";
    socket.begin("1", query).await;
    socket.begin("2", query).await;
    let refused = socket.all_of("3", query).await;
    socket.say(r#"{"id":"1","type":"complete"}"#).await;
    socket.begin("4", query).await;
    app.sql("UPDATE users SET name = 'ever' WHERE id = 2").await;
    expect![[r#"
        {"id":"3","type":"error","payload":[{"message":"this sender has as many subscriptions as it may have: 2 (`--max-sender-share` of `--max-subscriptions`)","extensions":{"code":"UNAVAILABLE"}}]}
        {"id":"2","payload":{"data":{"userChanged":{"id":"User:2"}}},"type":"next"}
        {"id":"4","payload":{"data":{"userChanged":{"id":"User:2"}}},"type":"next"}
    "#]].assert_eq(&(refused + &socket.events_of_one(2).await));
}

#[tokio::test]
async fn a_server_that_stops_closes_the_sockets_of_its_subscriptions() {
    let app = school().await.0.remove(0);
    let server = Listening::start(&app, &[]).await;
    let mut socket = server.connected().await;
    socket.begin("1", "subscription { userChanged { id } }").await;
    let stopped = server.stop();
    expect!["1001 the server stops"].assert_eq(&socket.hear().await);
    stopped.await.unwrap();
}

#[tokio::test]
async fn changes_are_recorded_from_the_first_migration_on_and_again_after_each() {
    for app in &school().await.0 {
        let writer = &app.database.writer;
        let recorded = School::migrations().recorded();
        assert!(database::recording::is_in_place(writer, &recorded).await.unwrap());
        database::recording::remove(writer).await.unwrap();
        assert!(!database::recording::is_in_place(writer, &recorded).await.unwrap());
        database::ensure_migrated(writer, School::migrations(), "dovetail").await.map_or_else(
            |error| assert!(error.to_string().ends_with("run `dovetail migrate up`"), "{error}"),
            |()| assert_eq!(app.backend(), DbBackend::Sqlite),
        );
        for action in
            [MigrateAction::Up, MigrateAction::Down { steps: 8 }, MigrateAction::Up, MigrateAction::Fresh { yes: true }]
        {
            database::migrate(writer, School::migrations(), action).await.unwrap();
            assert!(database::recording::is_in_place(writer, &recorded).await.unwrap());
        }
    }
}

#[tokio::test]
async fn keys_of_any_kind_and_of_several_parts_are_told_and_asked_for() {
    static SCHEMA: LazyLock<&Schema> = LazyLock::new(|| Shop::schema().unwrap());
    let apps = start_schema(*SCHEMA, &[], async |database: &Database| {
        database::migrate(&database.writer, Shop::migrations(), MigrateAction::Up).await.unwrap();
        Shop::fill_demo(&database.writer).await.unwrap();
    })
    .await;
    let talk = async |app: &App| {
        let server = Listening::start(app, &[]).await;
        let mut socket = server.connected().await;
        let items =
            app.data("{ parcelItems(first: 1) { nodes { id line { id order { id customer { id } } } } } }").await;
        let line = &items["parcelItems"]["nodes"][0]["line"];
        let (line, order, customer) = (&line["id"], &line["order"]["id"], &line["order"]["customer"]["id"]);
        for (id, query) in [
            ("text", "categoryChanged { kind id parentId category { parent { name } } }".to_owned()),
            ("its parent", r#"categoryChanged(parentId: "Category:a%3Ab") { kind id parentId }"#.to_owned()),
            ("uuid", format!("orderChanged(customerId: {customer}, id: {order}) {{ kind id customerId }}")),
            ("three", format!("orderLineChanged(id: {line}) {{ kind id orderId productId orderLine {{ quantity }} }}")),
            ("to three", format!("parcelItemChanged(lineId: {line}) {{ kind id lineId }}")),
        ] {
            socket.subscribe(id, &format!("subscription {{ {query} }}")).await;
        }
        socket.all_of("wait", "{ customer(id: 1) { id } }").await;
        let mut events = String::new();
        for (sql, count) in [
            ("INSERT INTO categories (code, name) VALUES ('a:b', 'A')", 1),
            ("INSERT INTO categories (code, name, parent_code) VALUES ('c', 'C', 'a:b')", 2),
            ("UPDATE categories SET parent_code = NULL WHERE code = 'c'", 2),
            ("UPDATE categories SET code = 'd' WHERE code = 'c'", 2),
            ("UPDATE order_lines SET quantity = 9", 1),
            ("UPDATE parcel_items SET quantity = 9", 1),
            ("UPDATE orders SET customer_id = customer_id", 1),
        ] {
            app.sql(sql).await;
            events += &socket.events_of_one(count).await;
        }
        events
    };
    expect![[r#"
        {"id":"text","payload":{"data":{"categoryChanged":{"category":{"parent":null},"id":"Category:a%3Ab","kind":"CREATED","parentId":null}}},"type":"next"}
        {"id":"its parent","payload":{"data":{"categoryChanged":{"id":"Category:c","kind":"CREATED","parentId":"Category:a%3Ab"}}},"type":"next"}
        {"id":"text","payload":{"data":{"categoryChanged":{"category":{"parent":{"name":"A"}},"id":"Category:c","kind":"CREATED","parentId":"Category:a%3Ab"}}},"type":"next"}
        {"id":"its parent","payload":{"data":{"categoryChanged":{"id":"Category:c","kind":"UPDATED","parentId":null}}},"type":"next"}
        {"id":"text","payload":{"data":{"categoryChanged":{"category":{"parent":null},"id":"Category:c","kind":"UPDATED","parentId":null}}},"type":"next"}
        {"id":"text","payload":{"data":{"categoryChanged":{"category":null,"id":"Category:c","kind":"DELETED","parentId":null}}},"type":"next"}
        {"id":"text","payload":{"data":{"categoryChanged":{"category":{"parent":null},"id":"Category:d","kind":"CREATED","parentId":null}}},"type":"next"}
        {"id":"three","payload":{"data":{"orderLineChanged":{"id":"OrderLine:0198c6a5-7000-7000-8000-000000000001:2:1","kind":"UPDATED","orderId":"Order:0198c6a5-7000-7000-8000-000000000001","orderLine":{"quantity":9},"productId":"Product:2"}}},"type":"next"}
        {"id":"to three","payload":{"data":{"parcelItemChanged":{"id":"ParcelItem:1","kind":"UPDATED","lineId":"OrderLine:0198c6a5-7000-7000-8000-000000000001:2:1"}}},"type":"next"}
        {"id":"uuid","payload":{"data":{"orderChanged":{"customerId":"Customer:2","id":"Order:0198c6a5-7000-7000-8000-000000000001","kind":"UPDATED"}}},"type":"next"}
    "#]].assert_eq(&apps.agree(talk).await);
}
