//! Reading from replicas, and reading what was written before. How real replicas lag and fail is tried by `tests/replicas/run.mjs`.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderMap, Request},
};
use dovetail::{
    config::{ServeOptions, without_secrets},
    database::Database,
    run::Program,
};
use expect_test::expect;
use school::School;
use serde_json::{Value, json};

use crate::support::{App, TestDatabase, body, school, settings};

const WRITE: &str = r#"mutation { updateUser(input: { id: 1, name: "Ida" }) { user { name } } }"#;
const READ: &str = "{ user(id: 1) { name } posts(first: 1) { totalCount } }";

/// A server on PostgreSQL that reads from these, of which `itself` is its database; and what keeps that.
async fn reading_from(replicas: &[&str]) -> Option<(App, App)> {
    let mut apps = school().await.on_postgres()?.0;
    let own = apps.remove(0);
    let urls: Vec<_> = replicas.iter().map(|it| it.replace("itself", &own.url)).collect();
    let app = App::open(&own.url, &settings(&[&format!("--read-database-url={}", urls.join(","))])).await;
    Some((app, own))
}

/// The headers and the body of an answer.
async fn ask(app: &App, request: &Value, after: Option<&str>) -> (HeaderMap, String) {
    let mut post = Request::post("/graphql").header("content-type", "application/json");
    if let Some(after) = after {
        post = post.header("dovetail-after", after);
    }
    let response = app.http(post.body(Body::from(request.to_string())).unwrap()).await;
    (response.headers().clone(), body(response).await)
}

#[tokio::test]
async fn what_a_mutation_wrote_is_read_with_the_token_of_its_answer() {
    let Some((app, _own)) = reading_from(&["itself"]).await else { return };
    let (headers, answer) = ask(&app, &json!({ "query": WRITE }), None).await;
    let token = headers["dovetail-written"].to_str().unwrap();
    let told = format!(
        r#"{{"data":{{"updateUser":{{"user":{{"name":"Ida"}}}}}},"extensions":{{"dovetail":{{"written":"{token}"}}}}}}"#
    );
    assert_eq!(answer, told);
    let read = r#"{"data":{"user":{"name":"Ida"},"posts":{"totalCount":4}}}"#;
    assert_eq!(ask(&app, &json!({ "query": READ }), Some(token)).await.1, read);
    let after = json!({ "query": READ, "extensions": { "dovetail": { "after": token } } });
    assert_eq!(ask(&app, &after, None).await.1, read);
}

#[tokio::test]
async fn what_no_replica_shows_is_read_where_it_was_written() {
    let Some((app, _own)) = reading_from(&["itself"]).await else { return };
    let read = r#"{"data":{"user":{"name":"Ada"},"posts":{"totalCount":4}}}"#;
    assert_eq!(ask(&app, &json!({ "query": READ }), Some("1.999999999999")).await.1, read);
}

#[tokio::test]
async fn replicas_that_are_not_there_are_left_out() {
    let Some((app, _own)) = reading_from(&["postgres://nobody@127.0.0.1:1/nowhere", "itself"]).await else { return };
    for query in ["{ user(id: 1) { name } }", READ] {
        for _ in 0..4 {
            app.data(query).await;
        }
    }
    app.database.replicas.well(0).for_each(|replica| replica.leave_out(&"the test"));
    app.data(READ).await;
}

#[tokio::test]
async fn another_database_is_no_replica() {
    let Some(other) = TestDatabase::create().await else { return };
    let Some((app, _own)) = reading_from(&[&other.url()]).await else { return };
    assert_eq!(app.database.replicas.well(0).count(), 0);
    app.data(READ).await;
}

#[tokio::test]
async fn what_a_replica_lacks_is_read_elsewhere() {
    let Some((app, _own)) = reading_from(&["itself?options=-csearch_path%3Dnowhere"]).await else { return };
    for query in ["{ user(id: 1) { name } }", READ] {
        app.data(query).await;
    }
    assert_eq!(app.database.replicas.well(0).count(), 0);
}

#[tokio::test]
async fn a_replica_that_is_none_or_there_twice_ends_the_start() {
    let Some(database) = TestDatabase::create().await else { return };
    let url = &database.url();
    let mut said = Vec::new();
    for replicas in ["sqlite:school.db", "", "postgres://u:SECRET,PW@h/x", &format!("{url},{url}")] {
        let ServeOptions { database, pools, http, .. } = settings(&[&format!("--read-database-url={replicas}")]);
        let limit = Duration::from_secs(http.request_timeout);
        let opened = Database::open(&database.at(url), &pools, limit, School::migrations()).await;
        said.push(format!("{:#}", opened.unwrap_err()).replace(&without_secrets(url), "URL"));
    }
    expect![[r#"
        --read-database-url is for another database; allowed are `postgres://USER:PASSWORD@HOST:PORT/NAME`, separated by commas
        --read-database-url is for another database; allowed are `postgres://USER:PASSWORD@HOST:PORT/NAME`, separated by commas
        --read-database-url: cannot open postgres:***: it is no URL (invalid port number); in a user and a password, `/` is written `%2F`, `?` `%3F`, `#` `%23`, and `,` `%2C`
        --read-database-url has URL twice"#]].assert_eq(&said.join("\n"));
}

#[tokio::test]
async fn a_query_whose_replica_breaks_is_answered_all_the_same() {
    let Some((app, _own)) = reading_from(&["itself"]).await else { return };
    for replica in app.database.replicas.well(0) {
        replica.reader().unwrap().close_by_ref().await.unwrap();
    }
    for query in ["{ user(id: 1) { name } }", READ] {
        app.data(query).await;
    }
}

#[tokio::test]
async fn where_there_are_no_replicas_there_is_no_token_and_one_changes_nothing() {
    for app in &school().await.0 {
        let (headers, answer) = ask(app, &json!({ "query": WRITE }), Some("1.7")).await;
        assert!(!headers.contains_key("dovetail-written") && !answer.contains("written"), "{answer}");
        let read = r#"{"data":{"user":{"name":"Ida"},"posts":{"totalCount":4}}}"#;
        assert_eq!(ask(app, &json!({ "query": READ }), Some("1.7")).await.1, read);
    }
}

#[tokio::test]
async fn a_token_that_is_none_is_refused() {
    let mut refusals = Vec::new();
    for app in &school().await.0 {
        for token in ["", "1.", "1.-1", "2.7", "1.99999999999999999999", "é"] {
            refusals.push(ask(app, &json!({ "query": READ }), Some(token)).await.1);
        }
        let both = Request::post("/graphql").header("dovetail-after", "1.7").header("dovetail-after", "1.8");
        let both = both.header("content-type", "application/json").body(json!({ "query": READ }).to_string().into());
        assert!(body(app.http(both.unwrap()).await).await.contains("is there twice"));
        let number = json!({ "query": READ, "extensions": { "dovetail": { "after": 7 } } });
        assert!(ask(app, &number, None).await.1.contains("BAD_USER_INPUT"));
    }
    // Whatever it was.
    refusals.dedup();
    expect![[r#"{"errors":[{"message":"`extensions.dovetail`: `after` is no token that a mutation's answer had as `written`; allowed are the booleans `sql`, `explain`, `cost` and `live`, and `after`, a token","extensions":{"code":"BAD_USER_INPUT"}}]}"#]].assert_eq(&refusals.join("\n"));
}
