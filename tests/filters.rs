use expect_test::expect;
use serde_json::json;

use crate::support::{PAGES, school, school_with, start};

/// The names of the students that a filter leaves, of those who have one of these names.
async fn left(names: &[&str], filter: &str) -> String {
    let apps = start(PAGES).await;
    for app in &apps.0 {
        for name in names {
            app.data(&format!(
                "mutation {{ createStudent(input: {{ name: {} }}) {{ student {{ id }} }} }}",
                json!(name)
            ))
            .await;
        }
    }
    let query = format!("{{ students(filter: {filter}) {{ totalCount nodes {{ name }} }} }}");
    apps.query(&query).await.replace(r#"{"data":{"students":"#, "")
}

#[tokio::test]
async fn contains_is_literal_and_case_sensitive() {
    let names = ["50%", "50 percent", "a_b", "axb", "bA", "A_B", r"a\b", "Éva", "éva", "日本語"];
    expect![[r#"{"totalCount":1,"nodes":[{"name":"50%"}]}}}"#]]
        .assert_eq(&left(&names, r#"{ name: { contains: "%" } }"#).await);
    expect![[r#"{"totalCount":1,"nodes":[{"name":"a_b"}]}}}"#]]
        .assert_eq(&left(&names, r#"{ name: { contains: "a_" } }"#).await);
    expect![[r#"{"totalCount":1,"nodes":[{"name":"a\\b"}]}}}"#]]
        .assert_eq(&left(&names, r#"{ name: { contains: "\\" } }"#).await);
    expect![[r#"{"totalCount":3,"nodes":[{"name":"a_b"},{"name":"axb"},{"name":"a\\b"}]}}}"#]]
        .assert_eq(&left(&names, r#"{ name: { startsWith: "a" } }"#).await);
    expect![[r#"{"totalCount":1,"nodes":[{"name":"éva"}]}}}"#]]
        .assert_eq(&left(&names, r#"{ name: { startsWith: "é" } }"#).await);
    expect![[r#"{"totalCount":3,"nodes":[{"name":"a_b"},{"name":"axb"},{"name":"a\\b"}]}}}"#]]
        .assert_eq(&left(&names, r#"{ name: { endsWith: "b" } }"#).await);
    expect![[r#"{"totalCount":1,"nodes":[{"name":"日本語"}]}}}"#]]
        .assert_eq(&left(&names, r#"{ name: { endsWith: "本語" } }"#).await);
    expect![[r#"{"totalCount":10,"nodes":[{"name":"50%"},{"name":"50 percent"},{"name":"a_b"},{"name":"axb"},{"name":"bA"},{"name":"A_B"},{"name":"a\\b"},{"name":"Éva"},{"name":"éva"},{"name":"日本語"}]}}}"#]]
        .assert_eq(&left(&names, r#"{ name: { contains: "", startsWith: "", endsWith: "" } }"#).await);
}

#[tokio::test]
async fn some_none_and_every_reach_through_relations() {
    let query = r#"{
      some: users(filter: { posts: { some: { title: { startsWith: "A" } } } }) { totalCount nodes { name } }
      none: users(filter: { posts: { none: { title: { startsWith: "A" } } } }) { totalCount nodes { name } }
      every: users(filter: { posts: { every: { title: { startsWith: "A" } } } }) { totalCount nodes { name } }
      idle: users(filter: { posts: { none: {} } }) { totalCount nodes { name } }
      busy: students(filter: { courses: { some: { students: { some: { name: { eq: "Eve" } } } } } }) { totalCount nodes { name } }
      owner: posts(filter: { owner: { name: { ne: "Ada" } } }) { totalCount nodes { title } }
      enrollments(filter: { student: { name: { eq: "Dan" } }, course: { title: { in: ["Rust", "SQL"] } } }) { totalCount nodes { id } }
    }"#;
    school()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "some":{"totalCount":1,"nodes":[{"name":"Ada"}]},
            "none":{"totalCount":2,"nodes":[{"name":"Bob"},{"name":"Cleo"}]},
            "every":{"totalCount":2,"nodes":[{"name":"Ada"},{"name":"Cleo"}]},
            "idle":{"totalCount":1,"nodes":[{"name":"Cleo"}]},
            "busy":{"totalCount":2,"nodes":[{"name":"Dan"},{"name":"Eve"}]},
            "owner":{"totalCount":1,"nodes":[{"title":"B1"}]},
            "enrollments":{"totalCount":2,"nodes":[{"id":"Enrollment:1:2"},{"id":"Enrollment:1:3"}]}
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn and_or_and_not_combine() {
    let query = r#"{
      a: users(filter: { or: [{ name: { eq: "Ada" } }, { name: { eq: "Bob" } }], not: { id: { eq: 1 } } }) { nodes { name } }
      all: users(filter: { and: [], not: { or: [] } }) { nodes { name } }
      none: users(filter: { or: [] }) { totalCount nodes { name } }
      in: users(filter: { name: { in: [] } }) { nodes { name } }
      ids: users(filter: { id: { in: ["User:3", "2"], ne: 3 } }) { nodes { name } }
    }"#;
    school()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "a":{"nodes":[{"name":"Bob"}]},
            "all":{"nodes":[{"name":"Ada"},{"name":"Bob"},{"name":"Cleo"}]},
            "none":{"totalCount":0,"nodes":[]},
            "in":{"nodes":[]},
            "ids":{"nodes":[{"name":"Bob"}]}
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn what_is_null_or_left_out_restricts_nothing() {
    let query = "query ($name: String) { users(filter: { name: { eq: $name, contains: null }, posts: { some: null }, and: null }) { totalCount } posts(filter: null) { totalCount } }";
    school().await.answers(query, expect![[r#"{"data":{"users":{"totalCount":3},"posts":{"totalCount":4}}}"#]]).await;
}

#[tokio::test]
async fn each_parents_children_are_filtered_on_their_own() {
    let query = r#"{ users { nodes { name posts(first: 1, filter: { title: { contains: "A" } }) { totalCount nodes { title } pageInfo { hasNextPage } } } } }"#;
    school()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "users":{
              "nodes":[
                {"name":"Ada","posts":{"totalCount":3,"nodes":[{"title":"A1"}],"pageInfo":{"hasNextPage":true}}},
                {"name":"Bob","posts":{"totalCount":0,"nodes":[],"pageInfo":{"hasNextPage":false}}},
                {"name":"Cleo","posts":{"totalCount":0,"nodes":[],"pageInfo":{"hasNextPage":false}}}
              ]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn a_moment_finer_than_a_microsecond_is_compared_exactly() {
    let apps = start(PAGES).await;
    apps.sql("INSERT INTO users (name, created_at) VALUES ('u', '2026-03-01T08:00:00.000001+00:00')").await;
    let query = r#"{
      eq: users(filter: { createdAt: { eq: "2026-03-01T08:00:00.000001Z" } }) { totalCount }
      zone: users(filter: { createdAt: { eq: "2026-03-01T10:00:00.000001+02:00" } }) { totalCount }
      not: users(filter: { createdAt: { eq: "2026-03-01T08:00:00.0000011Z" } }) { totalCount }
      lt: users(filter: { createdAt: { lt: "2026-03-01T08:00:00.0000011Z" } }) { totalCount }
      gte: users(filter: { createdAt: { gte: "2026-03-01T08:00:00.0000011Z" } }) { totalCount }
      gt: users(filter: { createdAt: { gt: "2026-03-01T08:00:00.0000009Z" } }) { totalCount }
    }"#;
    apps.answers(
        query,
        expect![[r#"
        {
          "data":{
            "eq":{"totalCount":1},
            "zone":{"totalCount":1},
            "not":{"totalCount":0},
            "lt":{"totalCount":1},
            "gte":{"totalCount":0},
            "gt":{"totalCount":1}
          }
        }"#]],
    )
    .await;
}

#[tokio::test]
async fn the_last_moment_that_can_be_written_bounds_everything() {
    let query = r#"{
      lte: users(filter: { createdAt: { lte: "9999-12-31T23:59:59.9999999Z" } }) { totalCount }
      lt: users(filter: { createdAt: { lt: "9999-12-31T23:59:59.999999999999Z" } }) { totalCount }
      eq: users(filter: { createdAt: { eq: "9999-12-31T23:59:59.9999999Z" } }) { totalCount }
      gte: users(filter: { createdAt: { gte: "9999-12-31T23:59:59.9999999Z" } }) { totalCount }
      gt: users(filter: { createdAt: { gt: "9999-12-31T23:59:59.9999999Z" } }) { totalCount }
      first: users(filter: { createdAt: { gte: "0000-01-01T00:00:00Z" } }) { totalCount }
    }"#;
    school()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "lte":{"totalCount":3},
            "lt":{"totalCount":3},
            "eq":{"totalCount":0},
            "gte":{"totalCount":0},
            "gt":{"totalCount":0},
            "first":{"totalCount":3}
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn a_moment_finer_than_a_nanosecond_is_compared_exactly() {
    let query = r#"{
      eq: users(filter: { createdAt: { eq: "2026-03-01T08:00:00.0000000001Z" } }) { totalCount }
      lt: users(filter: { createdAt: { lt: "2026-03-01T08:00:00.0000000001Z" } }) { totalCount }
      gte: users(filter: { createdAt: { gte: "2026-03-01T08:00:00.0000000001Z" } }) { totalCount }
      same: users(filter: { createdAt: { eq: "2026-03-01T08:00:00.000000000000Z" } }) { totalCount }
    }"#;
    school().await.answers(query, expect![[r#"{"data":{"eq":{"totalCount":0},"lt":{"totalCount":3},"gte":{"totalCount":0},"same":{"totalCount":3}}}"#]]).await;
}

#[tokio::test]
async fn a_moment_is_what_rfc_3339_writes() {
    let apps = school().await;
    let literal =
        |text: &str| format!("{{ users(filter: {{ createdAt: {{ gt: {} }} }}) {{ totalCount }} }}", json!(text));
    let by_variable = "query ($at: DateTime) { users(filter: { createdAt: { gt: $at } }) { totalCount } }";
    for text in [
        "2026-01-01T00:00:00Z",
        "2026-01-01t00:00:00z",
        "2026-01-01T00:00:00.5+23:59",
        "2026-01-01T00:00:00-00:00",
        "2016-12-31T23:59:60Z",
        "2017-01-01T00:59:60+01:00",
        "0000-01-01T00:00:00Z",
    ] {
        let found = r#"{"data":{"users":{"totalCount":3}}}"#;
        assert_eq!(apps.query(&literal(text)).await, found, "{text}");
        assert_eq!(
            apps.agree(async |app| app.query_with(by_variable, &json!({ "at": text })).await).await,
            found,
            "{text}"
        );
    }
    for text in [
        "2026-1-1T0:0:0Z",
        " 2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00Z ",
        "2026-01-01 00:00:00Z",
        "2026-01-01T00:00:00 Z",
        "2026-01-01T00:00:00+0000",
        "2026-01-01T00:00:00+00",
        "2026-01-01T00:00:00\u{2212}01:00",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00Z",
        "2026-01-01",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00,5Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:61Z",
        "2026-01-01T00:00:60Z",
        "2026-01-01T23:59:60+01:00",
        "2026-01-01T00:00:00+24:00",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "+10000-01-01T00:00:00Z",
        "-0001-01-01T00:00:00Z",
        "12026-01-01T00:00:00Z",
        "20260101T000000Z",
        "infinity",
        "",
    ] {
        let by_variable = apps.agree(async |app| app.query_with(by_variable, &json!({ "at": text })).await).await;
        for (answer, code) in
            [(apps.query(&literal(text)).await, "GRAPHQL_VALIDATION_FAILED"), (by_variable, "BAD_USER_INPUT")]
        {
            assert!(answer.contains("as RFC 3339 writes it") && answer.contains(code), "{text}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_moment_that_its_offset_takes_out_of_the_years_is_bad_user_input() {
    let apps = school().await;
    for (text, met) in [
        ("9999-12-31T23:59:59-23:59", "is +10000-01-01 23:58:59 UTC; allowed are the years 0 to 9999"),
        ("0000-01-01T00:00:00+23:59", "is -0001-12-31 00:01:00 UTC; allowed are the years 0 to 9999"),
    ] {
        let answer =
            apps.query(&format!("{{ users(filter: {{ createdAt: {{ lt: \"{text}\" }} }}) {{ totalCount }} }}")).await;
        assert!(answer.contains(met) && answer.contains("BAD_USER_INPUT"), "{answer}");
    }
}

#[tokio::test]
async fn a_row_that_the_program_made_at_a_whole_second_is_equal_to_that_second() {
    // What SQLite's default once wrote, which the latest migration mends.
    let apps = start(PAGES).await;
    for app in &apps.0 {
        app.data(
            "mutation { createUser(input: { name: \"u\", posts: [{ title: \"p\", content: \"\" }] }) { user { id } } }",
        )
        .await;
        let data = app.data("{ users { nodes { createdAt updatedAt posts { nodes { createdAt } } } } }").await;
        let user = &data["users"]["nodes"][0];
        assert_eq!(user["createdAt"], user["updatedAt"]);
        for (field, moment) in [("createdAt", &user["createdAt"]), ("updatedAt", &user["updatedAt"])] {
            let equal =
                app.data(&format!("{{ users(filter: {{ {field}: {{ eq: {moment} }} }}) {{ totalCount }} }}")).await;
            assert_eq!(equal["users"]["totalCount"], 1);
        }
        let moment = &user["posts"]["nodes"][0]["createdAt"];
        let equal =
            app.data(&format!("{{ posts(filter: {{ createdAt: {{ eq: {moment} }} }}) {{ totalCount }} }}")).await;
        assert_eq!(equal["posts"]["totalCount"], 1);
    }
}

#[tokio::test]
async fn values_that_no_row_can_have_are_bad_user_input() {
    let apps = school().await;
    apps.answers(r#"{ users(filter: { posts: { some: { id: { in: ["Post:1", "User:1"] } } } }) { totalCount } }"#, expect![[r#"
        {
          "errors":[
            {
              "message":"argument `filter.posts.some.id.in.1` is `User:1`; allowed is an id of the type Post, such as `Post:500` or `500`",
              "locations":[{"line":1,"column":3}],
              "path":["users"],
              "extensions":{"code":"BAD_USER_INPUT"}
            }
          ],
          "data":null
        }"#]]).await;
    apps.answers(
        r#"{ users(filter: { and: [{ name: { startsWith: "a\u0000" } }] }) { totalCount } }"#,
        expect![[r#"
        {
          "errors":[
            {
              "message":"argument `filter.and.0.name.startsWith` contains the character U+0000; allowed are all others",
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
        r#"{ users(filter: { createdAt: { gt: "9999-12-31T23:00:00-01:00" } }) { totalCount } }"#,
        expect![[r#"
        {
          "errors":[
            {
              "message":"argument `filter.createdAt.gt` is +10000-01-01 00:00:00 UTC; allowed are the years 0 to 9999",
              "locations":[{"line":1,"column":3}],
              "path":["users"],
              "extensions":{"code":"BAD_USER_INPUT"}
            }
          ],
          "data":null
        }"#]],
    )
    .await;
    let answer = apps.query(r#"{ users(filter: { createdAt: { gt: "yesterday" } }) { totalCount } }"#).await;
    assert!(answer.contains("GRAPHQL_VALIDATION_FAILED"), "{answer}");
    let answer = apps.query("{ users(filter: { nam: { eq: 1 } }) { totalCount } }").await;
    assert!(answer.contains("GRAPHQL_VALIDATION_FAILED"), "{answer}");
}

#[tokio::test]
async fn a_filter_may_have_50_conditions_and_no_more() {
    let apps = school().await;
    let filter = |pairs: usize, id: &str| {
        let pairs = vec![r#"{ name: { contains: "o" } }"#; pairs].join(", ");
        format!("{{ users(filter: {{ or: [{pairs}], id: {{ {id} }} }}) {{ totalCount }} }}")
    };
    apps.answers(&filter(24, "ne: 1, eq: 2"), expect![[r#"{"data":{"users":{"totalCount":1}}}"#]]).await;
    apps.answers(
        &filter(25, "ne: 1"),
        expect![[r#"
        {
          "errors":[
            {
              "message":"the filter of `users` has 51 conditions; allowed are 50 (`--max-filter-conditions`)",
              "extensions":{"code":"TOO_COMPLEX"}
            }
          ]
        }"#]],
    )
    .await;
}

#[tokio::test]
async fn a_filter_may_reach_3_relations_deep_and_no_deeper() {
    let apps = school_with(&["--max-cost=100000"]).await;
    apps.answers(
        "{ users(filter: { posts: { some: { owner: { posts: { some: {} } } } } }) { totalCount } }",
        expect![[r#"{"data":{"users":{"totalCount":2}}}"#]],
    )
    .await;
    apps.answers(
        "{ users(filter: { posts: { some: { owner: { posts: { some: { owner: {} } } } } } }) { totalCount } }",
        expect![[r#"
        {
          "errors":[
            {
              "message":"argument `filter.posts.some.owner.posts.some.owner` is 4 relations deep; allowed are 3",
              "locations":[{"line":1,"column":3}],
              "path":["users"],
              "extensions":{"code":"TOO_COMPLEX"}
            }
          ],
          "data":null
        }"#]],
    )
    .await;
}
