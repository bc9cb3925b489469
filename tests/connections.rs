use expect_test::expect;
use sea_orm::DbBackend;
use serde_json::{Value, json};

use crate::support::{App, school, start};
use dovetail::config::limits::PageSize;

#[tokio::test]
async fn a_page_has_edges_nodes_and_a_way_on() {
    let query = "{ posts(first: 2) { edges { cursor node { id } } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }";
    school()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "posts":{
              "edges":[
                {"cursor":"WzIsIlF1ZXJ5LnBvc3RzIiwxXQ","node":{"id":"Post:1"}},
                {"cursor":"WzIsIlF1ZXJ5LnBvc3RzIiwyXQ","node":{"id":"Post:2"}}
              ],
              "nodes":[{"id":"Post:1"},{"id":"Post:2"}],
              "pageInfo":{
                "hasNextPage":true,
                "hasPreviousPage":false,
                "startCursor":"WzIsIlF1ZXJ5LnBvc3RzIiwxXQ",
                "endCursor":"WzIsIlF1ZXJ5LnBvc3RzIiwyXQ"
              },
              "totalCount":4
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn an_empty_list_has_an_empty_page() {
    let query = "{ user(id: 3) { posts { edges { cursor } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } } }";
    school()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "user":{
              "posts":{
                "edges":[],
                "nodes":[],
                "pageInfo":{"hasNextPage":false,"hasPreviousPage":false,"startCursor":null,"endCursor":null},
                "totalCount":0
              }
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn first_0_is_an_empty_page_that_knows_whether_there_is_more() {
    school().await.answers("{ a: posts(first: 0) { nodes { id } pageInfo { hasNextPage } } b: posts(last: 0) { nodes { id } pageInfo { hasPreviousPage } } }", expect![[r#"{"data":{"a":{"nodes":[],"pageInfo":{"hasNextPage":true}},"b":{"nodes":[],"pageInfo":{"hasPreviousPage":true}}}}"#]]).await;
}

#[tokio::test]
async fn one_query_pages_each_parent_on_its_own() {
    let query = "{ users { nodes { name posts(first: 1) { nodes { title } pageInfo { hasNextPage } } last: posts(last: 2) { nodes { title } pageInfo { hasPreviousPage } } } } }";
    school()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "users":{
              "nodes":[
                {
                  "name":"Ada",
                  "posts":{"nodes":[{"title":"A1"}],"pageInfo":{"hasNextPage":true}},
                  "last":{"nodes":[{"title":"A2"},{"title":"A3"}],"pageInfo":{"hasPreviousPage":true}}
                },
                {
                  "name":"Bob",
                  "posts":{"nodes":[{"title":"B1"}],"pageInfo":{"hasNextPage":false}},
                  "last":{"nodes":[{"title":"B1"}],"pageInfo":{"hasPreviousPage":false}}
                },
                {
                  "name":"Cleo",
                  "posts":{"nodes":[],"pageInfo":{"hasNextPage":false}},
                  "last":{"nodes":[],"pageInfo":{"hasPreviousPage":false}}
                }
              ]
            }
          }
        }"#]],
        )
        .await;
}

/// The pages of one item each that `list` has in one direction, each with its `hasNextPage` and `hasPreviousPage`.
async fn walk(app: &App, list: impl Fn(&str) -> String, path: &[&str], forwards: bool) -> Vec<(String, bool, bool)> {
    let mut pages = Vec::new();
    let (mut cursor, size, bound) =
        (String::new(), ["last", "first"][usize::from(forwards)], ["before", "after"][usize::from(forwards)]);
    loop {
        assert!(pages.len() < 10, "the walk goes in circles: {pages:?}");
        let data = app.data(&list(&format!("{size}: 1{cursor}"))).await;
        let page = path.iter().fold(&data, |data, field| &data[field]);
        let info = &page["pageInfo"];
        let flag = |name: &str| info[name].as_bool().unwrap();
        let edge = &page["edges"][0];
        pages.push((edge["node"]["id"].as_str().unwrap().to_owned(), flag("hasNextPage"), flag("hasPreviousPage")));
        if !flag(["hasPreviousPage", "hasNextPage"][usize::from(forwards)]) {
            return pages;
        }
        assert_eq!(info["endCursor"], edge["cursor"]);
        cursor = format!(", {bound}: {}", Value::to_string(&edge["cursor"]));
    }
}

const PAGE: &str = "{ edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage endCursor } }";

/// The ids that a walk meets, which are the same in either direction.
async fn walk_both_ways(app: &App, list: impl Fn(&str) -> String, path: &[&str]) -> Vec<(String, bool, bool)> {
    let (forwards, backwards) = (walk(app, &list, path, true).await, walk(app, &list, path, false).await);
    assert!(forwards.iter().map(|page| &page.0).eq(backwards.iter().rev().map(|page| &page.0)), "{backwards:?}");
    forwards
}

#[tokio::test]
async fn walking_a_root_list_meets_each_item_once_in_either_direction() {
    let list = |page: &str| format!("{{ enrollments({page}) {PAGE} }}");
    let pages = school().await.agree(async |app| walk_both_ways(app, list, &["enrollments"]).await).await;
    expect![[r#"[("Enrollment:1:1", true, false), ("Enrollment:1:2", true, true), ("Enrollment:1:3", true, true), ("Enrollment:2:1", false, true)]"#]].assert_eq(&format!("{pages:?}"));
}

#[tokio::test]
async fn walking_a_parents_list_meets_each_child_once_in_either_direction() {
    let list = |page: &str| format!("{{ student(id: 1) {{ courses({page}) {PAGE} }} }}");
    let pages = school().await.agree(async |app| walk_both_ways(app, list, &["student", "courses"]).await).await;
    expect![[r#"[("Course:1", true, false), ("Course:2", true, true), ("Course:3", false, true)]"#]]
        .assert_eq(&format!("{pages:?}"));
}

#[tokio::test]
async fn walking_a_parents_list_of_children_with_two_part_keys_meets_each_once_in_either_direction() {
    let walk = async |parent: &'static str, order: &'static str| {
        let list = move |page: &str| format!("{{ {parent}(id: 1) {{ enrollments({page}{order}) {PAGE} }} }}");
        school().await.agree(async |app| walk_both_ways(app, list, &[parent, "enrollments"]).await).await
    };
    expect![[r#"[("Enrollment:1:1", true, false), ("Enrollment:1:2", true, true), ("Enrollment:1:3", false, true)]"#]]
        .assert_eq(&format!("{:?}", walk("student", "").await));
    expect![[r#"[("Enrollment:1:1", true, false), ("Enrollment:2:1", false, true)]"#]]
        .assert_eq(&format!("{:?}", walk("course", "").await));
    expect![[r#"[("Enrollment:1:1", true, false), ("Enrollment:2:1", false, true)]"#]]
        .assert_eq(&format!("{:?}", walk("course", ", orderBy: {field: ENROLLED_AT, direction: DESC}").await));
}

#[tokio::test]
async fn walking_a_list_by_moments_that_no_answer_can_tell_meets_each_item_once() {
    for app in school().await.0.iter().filter(|app| app.backend() == DbBackend::Postgres) {
        app.sql(
            "UPDATE posts SET created_at = CASE id WHEN 1 THEN timestamptz 'infinity' WHEN 2 THEN '-infinity' \
             WHEN 3 THEN '0044-03-15 12:00:00+00 BC' ELSE '12026-01-01 00:00:00.000001+00' END",
        )
        .await;
        for (direction, expected) in [
            (
                "ASC",
                expect![[
                    r#"[("Post:2", true, false), ("Post:3", true, true), ("Post:4", true, true), ("Post:1", false, true)]"#
                ]],
            ),
            (
                "DESC",
                expect![[
                    r#"[("Post:1", true, false), ("Post:4", true, true), ("Post:3", true, true), ("Post:2", false, true)]"#
                ]],
            ),
        ] {
            let list = |page: &str| {
                format!("{{ posts({page}, orderBy: {{ field: CREATED_AT, direction: {direction} }}) {PAGE} }}")
            };
            expected.assert_eq(&format!("{:?}", walk_both_ways(app, list, &["posts"]).await));
            let below = |page: &str| {
                format!(
                    "{{ user(id: 1) {{ posts({page}, orderBy: {{ field: CREATED_AT, direction: {direction} }}) {PAGE} }} }}"
                )
            };
            assert_eq!(walk_both_ways(app, below, &["user", "posts"]).await.len(), 3);
        }
    }
}

#[tokio::test]
async fn a_cursor_that_cannot_hold_its_moment_fails_alone() {
    for app in &school().await.0 {
        app.sql(match app.backend() {
            DbBackend::Postgres => "UPDATE users SET created_at = '290000-01-01 00:00:00+00' WHERE id = 2",
            _ => "UPDATE users SET created_at = '+12026-01-01 00:00:00' WHERE id = 2",
        })
        .await;
        let by_moment = "users(filter: { id: { eq: 2 } }, orderBy: { field: CREATED_AT })";
        let answer = app.answer(&format!("{{ {by_moment} {{ nodes {{ name }} pageInfo {{ endCursor }} }} }}")).await;
        assert_eq!(
            answer["data"],
            json!({ "users": { "nodes": [{ "name": "Bob" }], "pageInfo": { "endCursor": null } } })
        );
        let error = &answer["errors"][0];
        assert_eq!(error["path"], json!(["users", "pageInfo", "endCursor"]));
        assert_eq!(error["extensions"]["code"], "OUT_OF_RANGE");
    }
}

#[tokio::test]
async fn a_cursor_of_a_moment_in_another_spelling_fails_alone() {
    for app in school().await.0.iter().filter(|app| app.backend() == DbBackend::Sqlite) {
        for spelling in [
            "2026-01-01 00:00:00",
            "2026-01-01T00:00:00Z",
            "2026-01-01T05:30:00+05:30",
            " 2026-01-01T00:00:00+00:00",
            "2026-01-01T00:00:00.100000+00:00",
        ] {
            app.sql(&format!("UPDATE users SET created_at = '{spelling}' WHERE id = 2")).await;
            let by_moment = "users(filter: { id: { eq: 2 } }, orderBy: { field: CREATED_AT })";
            let answer =
                app.answer(&format!("{{ {by_moment} {{ nodes {{ name }} pageInfo {{ endCursor }} }} }}")).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "OUT_OF_RANGE", "{spelling}: {answer}");
            assert_eq!(answer["data"]["users"]["nodes"], json!([{ "name": "Bob" }]), "{spelling}");
        }
    }
}

#[tokio::test]
async fn after_and_before_together_bound_a_page() {
    let apps = school().await;
    let data = apps.0[0].data("{ posts { edges { cursor } } }").await;
    let (first, last) = (&data["posts"]["edges"][0]["cursor"], &data["posts"]["edges"][3]["cursor"]);
    let query = format!(
        "{{ posts(after: {first}, before: {last}) {{ nodes {{ id }} pageInfo {{ hasNextPage hasPreviousPage }} }} }}"
    );
    apps.answers(&query, expect![[r#"{"data":{"posts":{"nodes":[{"id":"Post:2"},{"id":"Post:3"}],"pageInfo":{"hasNextPage":false,"hasPreviousPage":true}}}}"#]]).await;
}

#[tokio::test]
async fn a_cursor_outlives_its_row() {
    let apps = school().await;
    let data = apps.0[0].data("{ posts(first: 2) { pageInfo { endCursor } } }").await;
    apps.query("mutation { deletePost(input: { id: 2 }) { deletedId } }").await;
    let query = format!("{{ posts(after: {}) {{ nodes {{ id }} }} }}", data["posts"]["pageInfo"]["endCursor"]);
    apps.answers(&query, expect![[r#"{"data":{"posts":{"nodes":[{"id":"Post:3"},{"id":"Post:4"}]}}}"#]]).await;
}

#[tokio::test]
async fn what_is_no_cursor_of_the_list_is_bad_user_input() {
    let apps = school().await;
    let data =
        apps.0[0].data("{ posts { pageInfo { endCursor } } user(id: 1) { posts { pageInfo { endCursor } } } }").await;
    apps.answers(
        "{ posts(after: \"Bogus\") { nodes { id } } }",
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
    let other = [
        format!("{{ posts(before: {}) {{ nodes {{ id }} }} }}", data["user"]["posts"]["pageInfo"]["endCursor"]),
        format!("{{ users(after: {}) {{ nodes {{ id }} }} }}", data["posts"]["pageInfo"]["endCursor"]),
        r#"{ posts(after: "") { nodes { id } } }"#.to_owned(),
        // "2:Query.posts:1", "1:Query.posts:1:2", "1:Query.posts:01", and "1:Query.posts:1" with padding.
        r#"{ posts(after: "MjpRdWVyeS5wb3N0czox") { nodes { id } } }"#.to_owned(),
        r#"{ posts(after: "MTpRdWVyeS5wb3N0czoxOjI") { nodes { id } } }"#.to_owned(),
        r#"{ posts(after: "MTpRdWVyeS5wb3N0czowMQ") { nodes { id } } }"#.to_owned(),
        r#"{ posts(after: "MTpRdWVyeS5wb3N0czox=") { nodes { id } } }"#.to_owned(),
    ];
    for query in other {
        let answer = apps.query(&query).await;
        assert!(answer.contains("BAD_USER_INPUT") && answer.contains("is not a cursor of"), "{query}: {answer}");
    }
}

#[tokio::test]
async fn a_page_without_a_size_has_the_default_one() {
    let apps = start(PageSize { default: 2, max: 3 }).await;
    apps.sql("INSERT INTO users (name) VALUES ('a'), ('b'), ('c'), ('d')").await;
    apps.answers(
        "{ users { nodes { name } pageInfo { hasNextPage } } }",
        expect![[r#"{"data":{"users":{"nodes":[{"name":"a"},{"name":"b"}],"pageInfo":{"hasNextPage":true}}}}"#]],
    )
    .await;
    apps.answers(
        "{ users(first: 3) { nodes { name } pageInfo { hasNextPage } } }",
        expect![[
            r#"{"data":{"users":{"nodes":[{"name":"a"},{"name":"b"},{"name":"c"}],"pageInfo":{"hasNextPage":true}}}}"#
        ]],
    )
    .await;
    apps.answers(
        "{ users(first: 4) { nodes { name } } }",
        expect![[r#"
        {
          "errors":[
            {
              "message":"argument `first` is 4; allowed are 0 to 3",
              "locations":[{"line":1,"column":3}],
              "path":["users"],
              "extensions":{"code":"BAD_USER_INPUT"}
            }
          ],
          "data":null
        }"#]],
    )
    .await;
    apps.answers(
        "{ users(last: 4) { nodes { name } } }",
        expect![[r#"
        {
          "errors":[
            {
              "message":"argument `last` is 4; allowed are 0 to 3",
              "locations":[{"line":1,"column":3}],
              "path":["users"],
              "extensions":{"code":"BAD_USER_INPUT"}
            }
          ],
          "data":null
        }"#]],
    )
    .await;
}

#[tokio::test]
async fn a_page_of_an_impossible_size_is_bad_user_input() {
    let apps = school().await;
    apps.answers(
        "{ users(first: -1) { nodes { id } } }",
        expect![[r#"
        {
          "errors":[
            {
              "message":"argument `first` is -1; allowed are 0 to 100",
              "locations":[{"line":1,"column":3}],
              "path":["users"],
              "extensions":{"code":"BAD_USER_INPUT"}
            }
          ],
          "data":null
        }"#]],
    )
    .await;
    apps.answers(
        "{ user(id: 1) { posts(last: 2147483647) { nodes { id } } } }",
        expect![[r#"
        {
          "errors":[
            {
              "message":"argument `last` is 2147483647; allowed are 0 to 100",
              "locations":[{"line":1,"column":17}],
              "path":["user","posts"],
              "extensions":{"code":"BAD_USER_INPUT"}
            }
          ],
          "data":{"user":null}
        }"#]],
    )
    .await;
    apps.answers(
        "{ users(first: 1, last: 1) { nodes { id } } }",
        expect![[r#"
        {
          "errors":[
            {
              "message":"argument `last` is given together with `first`; give one of them",
              "locations":[{"line":1,"column":3}],
              "path":["users"],
              "extensions":{"code":"BAD_USER_INPUT"}
            }
          ],
          "data":null
        }"#]],
    )
    .await;
}
