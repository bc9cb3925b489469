use axum::http::{Request, StatusCode, header};
use expect_test::expect;
use school::seed::SeedOptions;
use sea_orm::DbBackend;
use serde_json::{Value, json};

use crate::support::{App, PAGES, body, laid_out, school, seeded, start_with};

/// The answer to a query that asks for a report.
async fn reported(app: &App, query: &str, wishes: Value) -> Value {
    app.post(&json!({ "query": query, "extensions": { "dovetail": wishes } })).await
}

/// What a report says of each statement, but for its time and its text.
fn said(answer: &Value) -> String {
    let sql = answer["extensions"]["dovetail"]["sql"].as_array().unwrap();
    let said = |it: &Value| format!("{} keys {} rows {}", it["path"].as_str().unwrap(), it["keys"], it["rows"]);
    let mut lines: Vec<_> = sql.iter().map(said).collect();
    lines.sort_unstable();
    lines.join("\n")
}

#[tokio::test]
async fn a_page_of_users_with_a_page_and_a_count_of_each_ones_posts_is_three_statements() {
    let amounts =
        SeedOptions { users: 80, posts_per_user: 9, students: 0, courses: 0, enrollments_per_student: 0, rng_seed: 1 };
    let query = r#"{ users(first: 50, orderBy: {field: POSTS_COUNT, direction: DESC}) { nodes { posts(first: 3, orderBy: {field: CREATED_AT, direction: DESC}, filter: {title: {contains: "a"}}) { totalCount nodes { title } } } } }"#;
    let apps = seeded(amounts, PAGES).await;
    let said = apps.agree(async |app| said(&reported(app, query, json!({ "sql": true })).await)).await;
    expect![[r#"
        users keys 0 rows 51
        users.nodes.posts keys 50 rows 200
        users.nodes.posts keys 50 rows 50"#]]
    .assert_eq(&said);
}

/// The columns that each statement selects.
fn selected(answer: &Value) -> String {
    let columns = ["id", "name", "title", "content", "created_at", "updated_at", "owner_id", "enrolled_at"];
    let of = |it: &Value| {
        let list = it["text"].as_str().unwrap().split_once(" FROM ").unwrap().0;
        let selects = |column: &&&str| ["", "link_"].iter().any(|of| list.contains(&format!("\"{of}{column}\"")));
        format!(
            "{}: {}",
            it["path"].as_str().unwrap(),
            columns.iter().filter(selects).copied().collect::<Vec<_>>().join(" ")
        )
    };
    let mut lines: Vec<_> = answer["extensions"]["dovetail"]["sql"].as_array().unwrap().iter().map(of).collect();
    lines.sort_unstable();
    lines.join("\n")
}

#[tokio::test]
async fn only_the_columns_that_are_asked_for_are_selected() {
    let query = "{
      posts { nodes { title owner { id } } }
      users { nodes { posts { edges { node { updatedAt } } } } }
      students { nodes { courses(orderBy: { field: TITLE }) { nodes { id } } } }
      courses { nodes { createdAt students { edges { enrolledAt node { name } } } } }
    }";
    let selected =
        school().await.agree(async |app| selected(&reported(app, query, json!({ "sql": true })).await)).await;
    expect![[r#"
        courses.nodes.students: id name enrolled_at
        courses: id created_at
        posts.nodes.owner: id
        posts: id title owner_id
        students.nodes.courses: id
        students: id
        users.nodes.posts: id updated_at
        users: id"#]]
    .assert_eq(&selected);
}

#[tokio::test]
async fn a_fragment_or_an_alias_or_a_second_field_is_looked_ahead_too() {
    let query = r#"query ($yes: Boolean!) {
      a: posts(first: 1) { nodes { ...Title } } b: posts(first: 1) { nodes { body: content } }
      node(id: "Post:1") @skip(if: $yes) { id }
    } fragment Title on Post { ... @include(if: $yes) { ... on Node { ... on Post { headline: title owner { ...Name } } } } }
      fragment Name on User { name }"#;
    let apps = school().await;
    let answer = apps.agree(async |app| app.query_with(query, &json!({ "yes": true })).await).await;
    expect![[r#"{"data":{"a":{"nodes":[{"headline":"A1","owner":{"name":"Ada"}}]},"b":{"nodes":[{"body":"one"}]}}}"#]]
        .assert_eq(&answer);
}

#[tokio::test]
async fn a_report_names_the_path_that_caused_each_statement() {
    let query = r#"{ first: users(first: 2) { edges { node { works: posts(last: 1) { nodes { owner { name } } } } } } node(id: "Course:1") { ... on Course { students { totalCount } } } }"#;
    let said = school().await.agree(async |app| said(&reported(app, query, json!({ "sql": true })).await)).await;
    expect![[r#"
        first keys 0 rows 3
        first.edges.node.works keys 2 rows 3
        first.edges.node.works.nodes.owner keys 2 rows 2
        node keys 1 rows 1
        node.students keys 1 rows 1"#]]
    .assert_eq(&said);
}

#[tokio::test]
async fn a_report_of_a_mutation_has_what_it_wrote_and_what_its_payload_read() {
    let query = r#"mutation { createUser(input: { name: "Gil", posts: [{ title: "G1", content: "" }, { title: "G2", content: "" }] }) { user { posts { nodes { title } } } } }"#;
    let said = school().await.agree(async |app| said(&reported(app, query, json!({ "sql": true })).await)).await;
    expect![[r#"
        createUser keys 0 rows 1
        createUser keys 0 rows 2
        createUser.user.posts keys 1 rows 2"#]]
    .assert_eq(&said);
}

#[tokio::test]
async fn explain_adds_the_databases_plan() {
    for app in &school().await.0 {
        let answer = reported(app, "{ user(id: 1) { name } }", json!({ "explain": true })).await;
        let sql = answer["extensions"]["dovetail"]["sql"].as_array().unwrap();
        let plan = sql[0]["plan"][0].as_str().unwrap();
        let begin =
            if app.backend() == DbBackend::Postgres { "on users r" } else { "SEARCH r USING INTEGER PRIMARY KEY" };
        assert!(sql.len() == 1 && plan.contains(begin), "{sql:#?}");
        assert!(sql[0]["milliseconds"].as_f64().unwrap() > 0.0);
        assert_eq!(answer["data"]["user"]["name"], "Ada");
    }
}

#[tokio::test]
async fn without_a_wish_there_is_no_report() {
    for app in &school().await.0 {
        let none = app.post(&json!({ "query": "{ user(id: 1) { id } }" })).await;
        assert_eq!(none["extensions"], Value::Null);
        for wishes in [json!({ "sql": false }), Value::Null] {
            let none = reported(app, "{ user(id: 1) { id } }", wishes).await;
            assert_eq!((&none["extensions"], &none["errors"]), (&Value::Null, &Value::Null));
        }
    }
}

#[tokio::test]
async fn a_wish_that_is_none_is_bad_user_input() {
    let apps = school().await;
    let answer =
        apps.agree(async |app| reported(app, "{ __typename }", json!({ "sqll": true })).await.to_string()).await;
    expect![[r#"
        {
          "errors":[
            {
              "extensions":{"code":"BAD_USER_INPUT"},
              "message":"`extensions.dovetail`: unknown field `sqll`, expected one of `sql`, `explain`, `cost`, `live`, `after`; allowed are the booleans `sql`, `explain`, `cost` and `live`, and `after`, a token"
            }
          ]
        }"#]]
        .assert_eq(&laid_out(&answer));
    let answer = reported(&apps.0[0], "{ __typename }", json!(1)).await.to_string();
    expect![[r#"
        {
          "errors":[
            {
              "extensions":{"code":"BAD_USER_INPUT"},
              "message":"`extensions.dovetail`: it is no object; allowed are the booleans `sql`, `explain`, `cost` and `live`, and `after`, a token"
            }
          ]
        }"#]]
    .assert_eq(&laid_out(&answer));
    let answer = reported(&apps.0[0], "{ __typename }", json!({ "sql": 1 })).await.to_string();
    assert!(answer.contains("BAD_USER_INPUT"), "{answer}");
}

#[tokio::test]
async fn a_server_that_does_not_allow_it_runs_nothing_and_says_forbidden() {
    let apps = start_with(&[]).await;
    let wish = json!({ "sql": true });
    let query = r#"mutation { createUser(input: { name: "x" }) { user { id } } }"#;
    let answer = apps.agree(async |app| reported(app, query, wish.clone()).await.to_string()).await;
    expect![[r#"{"errors":[{"extensions":{"code":"FORBIDDEN"},"message":"the SQL report is off on this server; its setting `--sql-report` allows it"}]}"#]]
        .assert_eq(&answer);
    apps.answers("{ users { totalCount } }", expect![[r#"{"data":{"users":{"totalCount":0}}}"#]]).await;
}

#[tokio::test]
async fn a_header_asks_for_a_report() {
    let apps = school().await;
    let post = |wish: &str| {
        let request = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
        request.header("dovetail-report", wish).body(r#"{"query":"{ user(id: 1) { id } }"}"#.into()).unwrap()
    };
    let app = &apps.0[0];
    let answer: Value = serde_json::from_str(&body(app.http(post("sql")).await).await).unwrap();
    assert_eq!(said(&answer), "user keys 1 rows 1");
    let refused = app.http(post("all")).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    expect![[r#"
        {
          "errors":[
            {
              "message":"the header `dovetail-report` has another value; allowed are `sql` and `explain`",
              "extensions":{"code":"BAD_USER_INPUT"}
            }
          ]
        }"#]]
    .assert_eq(&laid_out(&body(refused).await));
}
