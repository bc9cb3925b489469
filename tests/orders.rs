use expect_test::expect;
use school::seed::SeedOptions;
use sea_orm::DbBackend;
use serde_json::{Value, json};

use crate::{
    batching::rows_read,
    support::{App, PAGES, school, seeded, start},
};

#[tokio::test]
async fn texts_are_ordered_by_code_point() {
    let apps = start(PAGES).await;
    for app in &apps.0 {
        // The last two are the other way round by UTF-16 units; an English collation would mix the cases.
        app.sql("INSERT INTO users (name) VALUES ('b'), ('B'), ('a'), ('é'), ('Z'), ('\u{1F600}'), ('\u{FFFD}')").await;
    }
    apps.answers("{ users(orderBy: { field: NAME }) { nodes { name } } }", expect![[r#"
        {
          "data":{
            "users":{"nodes":[{"name":"B"},{"name":"Z"},{"name":"a"},{"name":"b"},{"name":"é"},{"name":"�"},{"name":"😀"}]}
          }
        }"#]]).await;
}

#[tokio::test]
async fn what_is_equal_by_all_keys_is_ordered_by_id_ascending() {
    let query = "{ users(orderBy: { field: CREATED_AT, direction: DESC }) { nodes { id } } last: users(last: 2, orderBy: { field: CREATED_AT, direction: DESC }) { nodes { id } } down: users(orderBy: [{ field: CREATED_AT }, { field: ID, direction: DESC }]) { nodes { id } } }";
    school()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "users":{"nodes":[{"id":"User:1"},{"id":"User:2"},{"id":"User:3"}]},
            "last":{"nodes":[{"id":"User:2"},{"id":"User:3"}]},
            "down":{"nodes":[{"id":"User:3"},{"id":"User:2"},{"id":"User:1"}]}
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn a_list_is_ordered_by_a_parents_column_or_by_the_number_of_children() {
    let query = "{
      posts(orderBy: [{ field: OWNER_NAME, direction: DESC }, { field: TITLE, direction: DESC }]) { nodes { title } }
      users(orderBy: { field: POSTS_COUNT, direction: DESC }) { nodes { name } }
      courses(orderBy: [{ field: STUDENTS_COUNT }, { field: TITLE, direction: DESC }]) { nodes { title } }
      enrollments(orderBy: [{ field: COURSE_TITLE, direction: DESC }, { field: STUDENT_NAME, direction: DESC }]) { nodes { id } }
      student(id: 1) { courses(orderBy: { field: STUDENTS_COUNT, direction: DESC }) { edges { enrolledAt node { title } } } }
    }";
    school()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "posts":{"nodes":[{"title":"B1"},{"title":"A3"},{"title":"A2"},{"title":"A1"}]},
            "users":{"nodes":[{"name":"Ada"},{"name":"Bob"},{"name":"Cleo"}]},
            "courses":{"nodes":[{"title":"Nothing"},{"title":"SQL"},{"title":"Rust"},{"title":"Logic"}]},
            "enrollments":{
              "nodes":[{"id":"Enrollment:1:3"},{"id":"Enrollment:1:2"},{"id":"Enrollment:2:1"},{"id":"Enrollment:1:1"}]
            },
            "student":{
              "courses":{
                "edges":[
                  {"enrolledAt":"2026-03-01T08:00:00+00:00","node":{"title":"Logic"}},
                  {"enrolledAt":"2026-03-01T08:00:00+00:00","node":{"title":"Rust"}},
                  {"enrolledAt":"2026-03-01T08:00:00+00:00","node":{"title":"SQL"}}
                ]
              }
            }
          }
        }"#]],
        )
        .await;
}

/// The titles of a walk over all posts, by title descending, two a page; between two pages somebody acts.
async fn walk(app: &App, act: impl AsyncFn(&App, usize)) -> Vec<String> {
    let (mut titles, mut after) = (Vec::new(), String::new());
    for page in 0.. {
        assert!(page < 10, "the walk goes in circles: {titles:?}");
        let order = "orderBy: { field: TITLE, direction: DESC }";
        let data = app
            .data(&format!(
                "{{ posts(first: 2, {order}{after}) {{ nodes {{ title }} pageInfo {{ hasNextPage endCursor }} }} }}"
            ))
            .await;
        let posts = &data["posts"];
        titles.extend(posts["nodes"].as_array().unwrap().iter().map(|post| post["title"].as_str().unwrap().to_owned()));
        if posts["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = format!(", after: {}", posts["pageInfo"]["endCursor"]);
        act(app, page).await;
    }
    titles
}

#[tokio::test]
async fn rows_that_come_and_go_between_pages_double_and_lose_no_other() {
    let apps = start(PAGES).await;
    apps.sql("INSERT INTO users (name) VALUES ('u')").await;
    apps.sql("INSERT INTO posts (title, content, owner_id) VALUES ('a', '', 1), ('b', '', 1), ('b', '', 1), ('c', '', 1), ('d', '', 1), ('e', '', 1)").await;
    let act = async |app: &App, page: usize| match page {
        // Behind the cursor, before it, and the cursor's own row.
        0 => app.sql("INSERT INTO posts (title, content, owner_id) VALUES ('f', '', 1), ('cc', '', 1)").await,
        1 => app.sql("DELETE FROM posts WHERE title IN ('c', 'd')").await,
        _ => {}
    };
    let titles = apps.agree(async |app| walk(app, act).await).await;
    expect![[r#"["e", "d", "cc", "c", "b", "b", "a"]"#]].assert_eq(&format!("{titles:?}"));
}

#[tokio::test]
async fn a_cursor_of_another_order_is_bad_user_input() {
    let apps = school().await;
    let cursor = async |arguments: &str| -> Value {
        let data = apps.0[0].data(&format!("{{ posts({arguments}) {{ pageInfo {{ endCursor }} }} }}")).await;
        data["posts"]["pageInfo"]["endCursor"].clone()
    };
    let by_title = cursor("orderBy: { field: TITLE }").await;
    apps.answers(
        &format!("{{ posts(after: {by_title}) {{ nodes {{ id }} }} }}"),
        expect![[r#"
        {
          "errors":[
            {
              "message":"argument `after` is not a cursor of `Query.posts`; give a `cursor` that this list returned",
              "locations":[{"line":1,"column":3}],
              "path":["posts"],
              "extensions":{"code":"BAD_USER_INPUT"}
            }
          ],
          "data":null
        }"#]],
    )
    .await;
    for order in
        ["{ field: TITLE, direction: DESC }", "{ field: OWNER_NAME }", "[{ field: TITLE }, { field: CREATED_AT }]"]
    {
        let answer =
            apps.query(&format!("{{ posts(orderBy: {order}, before: {by_title}) {{ nodes {{ id }} }} }}")).await;
        assert!(answer.contains("BAD_USER_INPUT") && answer.contains("is not a cursor of"), "{order}: {answer}");
    }
    // Keys behind the id decide nothing, and a filter does not move a place.
    let same = format!(
        r#"{{ posts(orderBy: [{{ field: TITLE }}, {{ field: ID }}, {{ field: CREATED_AT }}], filter: {{ content: {{ ne: "x" }} }}, after: {by_title}) {{ nodes {{ id }} }} }}"#
    );
    apps.answers(&same, expect![[r#"{"data":{"posts":{"nodes":[]}}}"#]]).await;
}

#[tokio::test]
async fn a_forged_cursor_is_bad_user_input() {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    let apps = school().await;
    let list = "Query.posts CREATED_AT ASC";
    let query = |forged: &str| {
        let field = if forged.contains("TITLE") { "TITLE" } else { "CREATED_AT" };
        let cursor = BASE64_URL_SAFE_NO_PAD.encode(forged);
        format!(r#"{{ posts(orderBy: {{ field: {field} }}, after: "{cursor}") {{ nodes {{ id }} }} }}"#)
    };
    apps.answers(
        &query(&format!(r#"[2,"{list}","2026-03-01T08:00:00Z",3]"#)),
        expect![[r#"{"data":{"posts":{"nodes":[{"id":"Post:4"}]}}}"#]],
    )
    .await;
    for forged in [
        format!(r#"[1,"{list}","2026-03-01T08:00:00Z",1]"#),
        format!(r#"[2,"{list}","2026-03-01T08:00:00Z"]"#),
        format!(r#"[2,"{list}","2026-03-01T08:00:00Z",1,1]"#),
        format!(r#"[2,"{list}","2026-03-01T08:00:00Z","1"]"#),
        format!(r#"[2,"{list}",5,1]"#),
        format!(r#"[2,"{list}","+12026-03-01T08:00:00Z",1]"#),
        format!(r#"[2,"{list}","2026-03-01T08:00:00.000Z",1]"#),
        format!(r#"[2,"{list}","2026-03-01T08:00:00Z",9223372036854775808]"#),
        format!(r#"[2, "{list}","2026-03-01T08:00:00Z",1]"#),
        r#"[2,"Query.posts TITLE ASC","\u0000",1]"#.to_owned(),
        r#"{"a":1}"#.to_owned(),
        "[".repeat(10_000),
    ] {
        let answer = apps.query(&query(&forged)).await;
        assert!(
            answer.contains("BAD_USER_INPUT") && answer.contains("is not a cursor of"),
            "{forged:.60}: {answer:.300}"
        );
    }
}

#[tokio::test]
async fn a_late_page_reads_no_more_rows_than_the_first_in_each_order() {
    let amounts = SeedOptions {
        users: 100,
        posts_per_user: 30,
        students: 0,
        courses: 0,
        enrollments_per_student: 0,
        rng_seed: 1,
    };
    for app in &seeded(amounts, PAGES).await.0 {
        for field in ["ID", "TITLE", "CREATED_AT", "UPDATED_AT", "OWNER_NAME"] {
            for direction in ["ASC", "DESC"] {
                let list = format!("posts(orderBy: {{ field: {field}, direction: {direction} }}");
                let late = app.data(&format!("{{ {list}, last: 60) {{ pageInfo {{ startCursor }} }} }}")).await;
                let late = &late["posts"]["pageInfo"]["startCursor"];
                let first = format!("{{ {list}) {{ nodes {{ id }} }} }}");
                let late = format!("{{ {list}, after: {late}) {{ nodes {{ id }} }} }}");
                if app.backend() == DbBackend::Postgres {
                    let (first, late) = (rows_read(app, &first).await, rows_read(app, &late).await);
                    // Rows that are equal by the key are read as far as the page goes, and sorted: the posts of one name.
                    assert!(first <= 120.0 && late <= 120.0, "{list}: {first} {late}");
                } else {
                    let wish = json!({ "query": late, "extensions": { "dovetail": { "explain": true } } });
                    let plan = app.post(&wish).await["extensions"]["dovetail"]["sql"][0]["plan"].take();
                    let sorts_all = plan.as_array().unwrap().contains(&json!("USE TEMP B-TREE FOR ORDER BY"));
                    assert!(!sorts_all, "{list}: {plan:#}");
                }
            }
        }
    }
}
