//! Each limit, crossed by one, and one under it: the tables in docs/settings.md name these tests.

use std::fmt::Write;

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::support::{Apps, body, graphql_request, laid_out, post_json, school, school_with};

/// The answer's text at the limit must have no errors; and that one past it is compared.
async fn meets(apps: &Apps, at: &str, past: &str, expected: Expect) {
    let answer = apps.query(at).await;
    assert!(!answer.contains(r#""errors""#), "{answer}");
    for app in &apps.0 {
        app.statements().take();
    }
    expected.assert_eq(&laid_out(&apps.query(past).await));
    // Nothing ran.
    assert!(apps.0.iter().all(|app| app.statements().take().is_empty()));
}

/// So many of the same, with their numbers.
fn repeat(times: usize, text: impl Fn(usize) -> String) -> String {
    (0..times).map(text).collect()
}

#[tokio::test]
async fn a_body_has_1_mib() {
    let app = &school().await.0[0];
    let status = async |bytes: usize| {
        let query = r#"{"query":"{ __typename }"}"#;
        let request = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
        let body = query.to_owned() + &" ".repeat(bytes - query.len());
        let response = app.http(request.body(body.into()).unwrap()).await;
        (response.status(), crate::support::body(response).await)
    };
    assert_eq!(status(1 << 20).await.0, StatusCode::OK);
    let (refused, text) = status((1 << 20) + 1).await;
    assert_eq!(refused, StatusCode::PAYLOAD_TOO_LARGE);
    expect![[r#"{"errors":[{"message":"the body has more bytes than are allowed: 1048576 (`--max-body-bytes`)","extensions":{"code":"BAD_USER_INPUT"}}]}"#]].assert_eq(&text);
}

#[tokio::test]
async fn a_document_has_15_000_characters() {
    let document = |characters: usize| format!("{:characters$}", "{ __typename } # é");
    meets(
        &school().await,
        &document(15_000),
        &document(15_001),
        expect![[r#"
        {
          "errors":[
            {
              "message":"the document has 15001 characters; allowed are 15000 (`--max-document-characters`)",
              "extensions":{"code":"TOO_COMPLEX"}
            }
          ]
        }"#]],
    )
    .await;
}

#[tokio::test]
async fn a_document_has_5_000_tokens() {
    let document = |tokens: usize| format!("{{ user(id: 1) {{ {} }} }}", "id ".repeat(tokens - 10));
    meets(
        &school().await,
        &document(5_000),
        &document(5_001),
        expect![[r#"
        {
          "errors":[
            {
              "message":"the document has 5001 tokens; allowed are 5000 (`--max-document-tokens`)",
              "extensions":{"code":"TOO_COMPLEX"}
            }
          ]
        }"#]],
    )
    .await;
}

#[tokio::test]
async fn fragments_spread_to_5_000_selections() {
    // Each level doubles.
    let document = |levels: usize| {
        let fragments = repeat(levels, |level| format!("fragment f{level} on Query {{ ...f{0} ...f{0} }} ", level + 1));
        format!("{{ ...f0 }} {fragments} fragment f{levels} on Query {{ __typename }}")
    };
    let apps = school_with(&["--max-root-fields=100000"]).await;
    meets(&apps, &document(9), &document(40), expect![[r#"
        {
          "errors":[
            {
              "message":"the document spreads to 9895604649898 selections and values; allowed are 5000 (`--max-document-tokens`)",
              "extensions":{"code":"TOO_COMPLEX"}
            }
          ]
        }"#]]).await;
}

#[tokio::test]
async fn a_document_is_12_fields_deep() {
    // A list is two fields.
    let document = |leaf: &str| {
        let lists = repeat(4, |_| "posts(first: 1) { nodes { owner { ".to_owned());
        format!(
            "{{ users(first: 1) {{ nodes {{ {} {leaf} {} }} }} }}",
            &lists[..lists.len() / 4 * 3],
            "} } }".repeat(3)
        )
    };
    meets(&school().await, &document("id"), &document("posts { totalCount }"), expect![[r#"
        {
          "errors":[
            {"message":"the document is 13 fields deep; allowed are 12 (`--max-depth`)","extensions":{"code":"TOO_COMPLEX"}}
          ]
        }"#]]).await;
}

#[tokio::test]
async fn the_standard_introspection_is_within_the_limits() {
    // That of graphql-js 16, `getIntrospectionQuery({ specifiedByUrl: true, inputValueDeprecation: true, … })`.
    let apps = school().await;
    let answer = apps.query(include_str!("limits/introspection.graphql")).await;
    assert!(answer.contains(r#""queryType":{"name":"Query""#) && !answer.contains(r#""errors""#), "{}", &answer[..200]);
}

#[tokio::test]
async fn an_introspection_has_two_lists_in_one_another() {
    let document = |below: &str| {
        format!("{{ __schema {{ types {{ fields {{ type {{ possibleTypes {{ name {below} }} }} }} }} }} }}")
    };
    meets(
        &school().await,
        &document(""),
        &document("interfaces { name }"),
        expect![[r#"
        {
          "errors":[
            {
              "message":"`interfaces` nests more lists of an introspection than are allowed: 2",
              "extensions":{"code":"TOO_COMPLEX"}
            }
          ]
        }"#]],
    )
    .await;
}

#[tokio::test]
async fn an_operation_has_200_variables() {
    let document = |variables| {
        let declared = repeat(variables, |index| format!("$a{index}: ID = \"User:1\" "));
        format!("query({declared}) {{ nodes(ids: [{}]) {{ id }} }}", repeat(variables, |index| format!("$a{index} ")))
    };
    meets(
        &school().await,
        &document(200),
        &document(201),
        expect![[r#"
        {
          "errors":[
            {
              "message":"the operation has 201 variables; allowed are 200 (`--max-variables`)",
              "extensions":{"code":"TOO_COMPLEX"}
            }
          ]
        }"#]],
    )
    .await;
}

#[tokio::test]
async fn literals_count_as_often_as_their_fragment_is_spread() {
    let document = |times: usize| {
        let spreads = repeat(times, |index| format!("a{index}: user(id: 1) {{ ...F }} "));
        let ids = "1 ".repeat(488);
        format!("{{ {spreads} }} fragment F on User {{ posts(filter: {{ id: {{ in: [{ids}] }} }}) {{ totalCount }} }}")
    };
    meets(&school().await, &document(9), &document(10), expect![[r#"
        {
          "errors":[
            {
              "message":"the document spreads to 5420 selections and values; allowed are 5000 (`--max-document-tokens`)",
              "extensions":{"code":"TOO_COMPLEX"}
            }
          ]
        }"#]]).await;
}

#[tokio::test]
async fn operations_and_fragments_are_added_up() {
    let document = |operations: usize| {
        let variables = "$n ".repeat(95);
        let operations = repeat(operations, |index| format!("query q{index}($n: ID!) {{ ...F }} "));
        format!("query A {{ __typename }} {operations} fragment F on Query {{ nodes(ids: [{variables}]) {{ id }} }}")
    };
    let request = |operations| json!({ "query": document(operations), "operationName": "A" });
    let apps = school().await;
    let answer =
        async |operations| apps.agree(async |app| body(app.http(post_json(&request(operations))).await).await).await;
    assert_eq!(answer(50).await, r#"{"data":{"__typename":"Query"}}"#);
    expect![[r#"
        {
          "errors":[
            {
              "message":"the document spreads to 5096 selections and values; allowed are 5000 (`--max-document-tokens`)",
              "extensions":{"code":"TOO_COMPLEX"}
            }
          ]
        }"#]].assert_eq(&laid_out(&answer(51).await));
}

#[tokio::test]
async fn selections_are_nested_64_deep_however_often_a_fragment_stands() {
    let document = |levels| {
        let (open, close) = ("... { ".repeat(levels), "} ".repeat(levels));
        format!("{{ {open} ...F ...F {close} }} fragment F on Query {{ ...G }} fragment G on Query {{ __typename }}")
    };
    meets(&school().await, &document(62), &document(63), expect![[r#"{"errors":[{"message":"the document nests more selections than are allowed: 64","extensions":{"code":"TOO_COMPLEX"}}]}"#]]).await;
}

#[tokio::test]
async fn variables_come_to_4_mib_of_arguments() {
    let document = |times| format!("query($id: ID!) {{ nodes(ids: [{}]) {{ id }} }}", "$id ".repeat(times));
    let id = json!({ "id": "x".repeat(1 << 16) });
    let apps = school().await;
    let answer = async |times| apps.agree(async |app| app.query_with(&document(times), &id).await).await;
    assert!(!answer(64).await.contains("TOO_COMPLEX"));
    expect![[r#"
        {
          "errors":[
            {
              "message":"the variables in arguments have 4259840 bytes; allowed are 4194304 (`--max-argument-bytes`)",
              "extensions":{"code":"TOO_COMPLEX"}
            }
          ]
        }"#]]
    .assert_eq(&laid_out(&answer(65).await));
}

#[tokio::test]
async fn a_list_in_an_argument_has_1_000_items() {
    let literal = |items: usize| format!("{{ nodes(ids: [{}]) {{ id }} }}", "1 ".repeat(items));
    let apps = school().await;
    let by_variable = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let answer = async |items| {
        let ids = json!({ "ids": vec!["User:1"; items] });
        apps.agree(async |app| app.query_with(by_variable, &ids).await).await
    };
    assert_eq!(answer(1_000).await.matches("User:1").count(), 1_000);
    let refused = expect![[r#"
        {
          "errors":[
            {
              "message":"a list in an argument has 1001 items; allowed are 1000 (`--max-list-items`)",
              "extensions":{"code":"TOO_COMPLEX"}
            }
          ]
        }"#]];
    refused.assert_eq(&laid_out(&answer(1_001).await));
    refused.assert_eq(&laid_out(&apps.query(&literal(1_001)).await));
}

#[tokio::test]
async fn variables_have_5_000_values_each_as_often_as_arguments_name_it() {
    let apps = school().await;
    let query =
        |times| format!("query($ids: [ID!]!) {{ {} }}", repeat(times, |n| format!("a{n}: nodes(ids: $ids) {{ id }} ")));
    let answer = async |times, items: usize, others: usize| {
        let variables = json!({ "ids": vec!["User:1"; items], "nobody's": vec![json!({ "": 0 }); others] });
        apps.agree(async |app| app.query_with(&query(times), &variables).await).await
    };
    // The list is a value too; what the operation does not declare is none.
    assert!(answer(5, 999, 10_000).await.starts_with(r#"{"data":"#));
    expect![[r#"
        {
          "errors":[
            {
              "message":"the variables in arguments have 5005 values; allowed are 5000 (`--max-variable-values`)",
              "extensions":{"code":"TOO_COMPLEX"}
            }
          ]
        }"#]]
    .assert_eq(&laid_out(&answer(5, 1_000, 0).await));
    expect![[r#"
        {
          "errors":[
            {
              "message":"the variables have more values than are allowed: 5000 (`--max-variable-values`)",
              "extensions":{"code":"TOO_COMPLEX"}
            }
          ]
        }"#]]
    .assert_eq(&laid_out(&answer(1, 5_000, 0).await));
}

#[tokio::test]
async fn a_text_in_an_argument_has_65_536_bytes() {
    let create = "mutation($text: String!) { createUser(input: { name: \"Gil\", posts: [{ title: \"t\", content: $text }] }) { userErrors { code } } }";
    let apps = school().await;
    let answer =
        async |bytes| apps.agree(async |app| app.query_with(create, &json!({ "text": "x".repeat(bytes) })).await).await;
    assert_eq!(answer(65_536).await, r#"{"data":{"createUser":{"userErrors":[]}}}"#);
    expect![[r#"
        {
          "errors":[
            {
              "message":"a text in an argument has 65537 bytes; allowed are 65536 (`--max-text-bytes`)",
              "extensions":{"code":"TOO_COMPLEX"}
            }
          ]
        }"#]]
    .assert_eq(&laid_out(&answer(65_537).await));
}

#[tokio::test]
async fn the_texts_that_are_read_for_an_answer_have_as_many_bytes_as_are_allowed() {
    let apps = school_with(&["--max-response-bytes=100"]).await;
    for (bytes, expected) in [
        (97, expect![[r#"{"data":{"posts":{"nodes":[{"content":"abc"}]}}}"#]]),
        (
            98,
            expect![[r#"
                {
                  "errors":[
                    {
                      "message":"the answer's rows have more bytes than are allowed: 100 (`--max-response-bytes`)",
                      "locations":[{"line":1,"column":3}],
                      "path":["posts"],
                      "extensions":{"code":"TOO_COMPLEX"}
                    }
                  ],
                  "data":null
                }"#]],
        ),
    ] {
        for app in &apps.0 {
            app.sql("UPDATE posts SET content = 'abc' WHERE id = 1").await;
            // The row that tells of a next page.
            app.sql(&format!("UPDATE posts SET content = '{}' WHERE id = 2", "x".repeat(bytes))).await;
        }
        apps.answers("{ posts(first: 1) { nodes { content } } }", expected).await;
    }
}

#[tokio::test]
async fn all_requests_hold_as_many_bytes_as_are_allowed() {
    let apps = school_with(&["--max-memory-bytes=100000"]).await;
    let ask = async |bytes: usize| {
        let request = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
        let query = r#"{"query":"{ __typename }"}"#.to_owned();
        let body = query.clone() + &" ".repeat(bytes - query.len());
        let response = apps.0[0].http(request.body(body.into()).unwrap()).await;
        (response.status(), crate::support::body(response).await)
    };
    // What a request held is free for the next.
    for _ in 0..2 {
        assert_eq!(ask(100_000).await, (StatusCode::OK, r#"{"data":{"__typename":"Query"}}"#.to_owned()));
    }
    let (refused, text) = ask(100_001).await;
    assert_eq!(refused, StatusCode::SERVICE_UNAVAILABLE);
    expect![[r#"
        {
          "errors":[
            {
              "message":"the server's requests hold as many bytes as they may together (`--max-memory-bytes`); try again in a second",
              "extensions":{"code":"UNAVAILABLE"}
            }
          ]
        }"#]].assert_eq(&laid_out(&text));
    let fields = repeat(150, |index| format!("a{index}: id "));
    let query = json!({ "query": format!("{{ user(id: 1) {{ {fields} }} }}") });
    let apps_of = async |most| school_with(&["--max-aliases=200", most]).await.0.remove(0);
    assert_eq!(apps_of("--max-memory-bytes=60000").await.post(&query).await["errors"], Value::Null);
    let refused = apps_of("--max-memory-bytes=50000").await.post(&query).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{refused}");
    apps.sql(&format!("UPDATE posts SET content = '{}'", "x".repeat(60_000))).await;
    apps.answers("{ posts(first: 2) { nodes { content } } }", expect![[r#"
        {
          "errors":[
            {
              "message":"the server's requests hold as many bytes as they may together (`--max-memory-bytes`); try again in a second",
              "locations":[{"line":1,"column":3}],
              "path":["posts"],
              "extensions":{"code":"UNAVAILABLE"}
            }
          ],
          "data":null
        }"#]]).await;
}

#[tokio::test]
async fn an_answer_has_as_many_bytes_as_are_allowed() {
    let data = r#"{"nodes":[{"id":"Post:1","owner":{"name":"Ada"}},{"id":"Post:2","owner":{"name":"Bob"}}]}"#;
    let answer = async |most: usize| {
        let apps = school_with(&[&format!("--max-response-bytes={most}")]).await;
        apps.query("{ posts(first: 2) { nodes { id owner { name } } } }").await
    };
    assert_eq!(answer(data.len()).await, format!(r#"{{"data":{{"posts":{data}}}}}"#));
    expect![[r#"
        {
          "errors":[
            {
              "message":"the answer has more bytes than are allowed: 88 (`--max-response-bytes`)",
              "locations":[{"line":1,"column":21}],
              "path":["posts","nodes"],
              "extensions":{"code":"TOO_COMPLEX"}
            }
          ],
          "data":null
        }"#]]
    .assert_eq(&laid_out(&answer(data.len() - 1).await));
    let apps = school_with(&["--max-response-bytes=1000"]).await;
    apps.answers(
        "{ __schema { types { name } } }",
        expect![[r#"
        {
          "errors":[
            {
              "message":"the answer has more bytes than are allowed: 1000 (`--max-response-bytes`)",
              "locations":[{"line":1,"column":3}],
              "path":["__schema"],
              "extensions":{"code":"TOO_COMPLEX"}
            }
          ],
          "data":{"__schema":null}
        }"#]],
    )
    .await;
}

#[tokio::test]
async fn what_is_answered_after_an_answer_that_is_too_long_is_too_long() {
    let apps = school_with(&["--max-response-bytes=60"]).await;
    let query =
        "{ x: user(id: 1) { posts { nodes { id content } } } y: posts { nodes { owner { id @skip(if: true) } } } }";
    apps.answers(
        query,
        expect![[r#"
        {
          "errors":[
            {
              "message":"the answer has more bytes than are allowed: 60 (`--max-response-bytes`)",
              "locations":[{"line":1,"column":64}],
              "path":["y","nodes"],
              "extensions":{"code":"TOO_COMPLEX"}
            },
            {
              "message":"the answer has more bytes than are allowed: 60 (`--max-response-bytes`)",
              "locations":[{"line":1,"column":28}],
              "path":["x","posts","nodes"],
              "extensions":{"code":"TOO_COMPLEX"}
            }
          ],
          "data":null
        }"#]],
    )
    .await;
}

#[tokio::test]
async fn a_document_has_30_aliases() {
    let document = |aliases| format!("{{ user(id: 1) {{ {} }} }}", repeat(aliases, |index| format!("a{index}: id ")));
    meets(&school().await, &document(30), &document(31), expect![[r#"
        {
          "errors":[
            {"message":"the operation has 31 aliases; allowed are 30 (`--max-aliases`)","extensions":{"code":"TOO_COMPLEX"}}
          ]
        }"#]]).await;
}

#[tokio::test]
async fn an_operation_has_20_root_fields() {
    let document = |fields| {
        format!(
            "{{ ...some }} fragment some on Query {{ {} }}",
            repeat(fields, |index| format!("a{index}: __typename "))
        )
    };
    meets(
        &school().await,
        &document(20),
        &document(21),
        expect![[r#"
        {
          "errors":[
            {
              "message":"the operation has 21 root fields; allowed are 20 (`--max-root-fields`)",
              "extensions":{"code":"TOO_COMPLEX"}
            }
          ]
        }"#]],
    )
    .await;
}

#[tokio::test]
async fn a_field_has_5_directives() {
    // The same directive twice does not fit the schema, which is found later.
    let apps = school_with(&["--max-directives=2"]).await;
    let document = |more: &str| format!("{{ __typename @include(if: true) @skip(if: false) {more} }}");
    meets(&apps, &document(""), &document("@include(if: true)"), expect![[r#"
        {
          "errors":[
            {"message":"one place has 3 directives; allowed are 2 (`--max-directives`)","extensions":{"code":"TOO_COMPLEX"}}
          ]
        }"#]]).await;
    let six = format!("{{ __typename {} }}", "@include(if: true) ".repeat(6));
    expect![[r#"{"errors":[{"message":"one place has 6 directives; allowed are 5 (`--max-directives`)","extensions":{"code":"TOO_COMPLEX"}}]}"#]].assert_eq(&school().await.query(&six).await);
}

#[tokio::test]
async fn a_page_has_100_items() {
    let apps = school().await;
    let document = |size| format!("{{ users(first: {size}) {{ nodes {{ id }} }} }}");
    meets(
        &apps,
        &document(100),
        &document(101),
        expect![[r#"
        {
          "errors":[
            {
              "message":"argument `first` is 101; allowed are 0 to 100",
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
        &document(i32::MAX),
        expect![[r#"
        {
          "errors":[
            {
              "message":"argument `first` is 2147483647; allowed are 0 to 100",
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
async fn an_operation_costs_10_000() {
    let document = |size| {
        format!(
            "{{ users(first: {size}) {{ nodes {{ posts(first: 100) {{ nodes {{ id }} }} }} }} user(id: 1) {{ id }} }}"
        )
    };
    meets(
        &school().await,
        &document(99),
        &document(100),
        expect![[r#"
        {
          "errors":[
            {
              "message":"the operation costs 10001 by its pages, filters and orders; allowed are 10000 (`--max-cost`)",
              "extensions":{"code":"TOO_COMPLEX"}
            }
          ]
        }"#]],
    )
    .await;
}

/// What a query says that it costs.
async fn cost(apps: &Apps, query: &str, variables: Value) -> Value {
    apps.agree(async |app| {
        let request = json!({ "query": query, "variables": variables, "extensions": { "dovetail": { "cost": true } } });
        app.post(&request).await["extensions"]["dovetail"]["cost"].take()
    })
    .await
}

#[tokio::test]
async fn a_cost_is_the_pages_of_lists_multiplied_along_the_way_and_added_up_beside_it() {
    let apps = school().await;
    for (query, variables, expected) in [
        ("{ __typename }", json!({}), 0),
        ("{ users(first: 50) { nodes { postsCount all: postsCount } } }", json!({}), 100),
        ("{ user(id: 1) { name } }", json!({}), 1),
        (
            "{ users(first: 1, filter: { name: { startsWith: \"A\", contains: \"d\" }, posts: { some: { title: { endsWith: \"1\" } } } }) { totalCount } }",
            json!({}),
            121,
        ),
        ("{ users { nodes { name } } }", json!({}), 20),
        ("{ users { totalCount } }", json!({}), 20),
        ("{ users(first: 7) { edges { node { posts(last: 3) { nodes { owner { name } } } } } } }", json!({}), 21),
        (
            "{ users(first: 7) { nodes { posts(first: 3) { nodes { id } } } } posts(first: 5) { totalCount } }",
            json!({}),
            26,
        ),
        ("query A($n: Int) { users(first: $n) { nodes { id } } }", json!({ "n": 9 }), 9),
        ("query A($n: Int) { users(first: $n) { nodes { id } } }", json!({ "n": null }), 20),
        ("query A($n: Int = 4) { users(first: $n) { nodes { id } } }", json!({}), 4),
        (
            "query A($ids: [ID!]!) { nodes(ids: $ids) { ... on User { posts(first: 2) { nodes { id } } } } }",
            json!({ "ids": ["User:1", "User:2", "User:3"] }),
            6,
        ),
        (
            "{ ...f ...f } fragment f on Query { users(first: 2) { nodes { ...g } } } fragment g on User { posts(first: 5) { nodes { id } } }",
            json!({}),
            10,
        ),
        (
            "query A($no: Boolean = false) { users(first: 100) @include(if: $no) { nodes { id } } user(id: 1) { id } }",
            json!({}),
            1,
        ),
        ("{ posts(first: 5) { nodes { a: id b: id c: id d: id e: id f: id g: id h: id i: id j: id } } }", json!({}), 5),
        (
            "{ posts(first: 5) { nodes { a: id b: id c: id d: id e: id f: id g: id h: id i: id j: id k: id l: id m: id n: id o: id p: id q: id r: id s: id t: id } } }",
            json!({}),
            10,
        ),
        (
            r#"mutation { createUser(input: { name: "x" }) { user { posts(first: 8) { nodes { id } } } } }"#,
            json!({}),
            8,
        ),
        (r#"{ users(filter: { name: { eq: "Ada" }, not: { name: { ne: "x" } } }) { totalCount } }"#, json!({}), 20),
        ("{ users(filter: { posts: { some: {}, none: { title: { eq: \"x\" } } } }) { totalCount } }", json!({}), 40),
        (
            "{ posts(filter: { and: [{ owner: { posts: { some: { owner: {} } } } }] }) { totalCount } }",
            json!({}),
            1_130,
        ),
        (
            "query A($of: PostFilter) { users(first: 3) { nodes { posts(first: 2, filter: $of) { totalCount } } } }",
            json!({ "of": { "or": [{ "owner": { "name": { "eq": "x" } } }, { "owner": null }] } }),
            36,
        ),
        ("{ users(orderBy: [{ field: NAME }, { field: POSTS_COUNT }]) { totalCount } }", json!({}), 30),
        (
            "query A($by: [UserOrder!]) { users(orderBy: $by) { totalCount } }",
            json!({ "by": { "field": "POSTS_COUNT" } }),
            30,
        ),
    ] {
        assert_eq!(cost(&apps, query, variables).await, expected, "{query}");
    }
}

#[tokio::test]
async fn variables_count_towards_the_cost() {
    let apps = school_with(&["--max-cost=99"]).await;
    let query = "query A($n: Int) { users(first: $n) { nodes { id } } }";
    let answer = apps.agree(async |app| app.query_with(query, &json!({ "n": 99 })).await).await;
    assert!(answer.starts_with(r#"{"data""#), "{answer}");
    let answer = apps.agree(async |app| app.query_with(query, &json!({ "n": 100 })).await).await;
    expect![[r#"
        {
          "errors":[
            {
              "message":"the operation costs 100 by its pages, filters and orders; allowed are 99 (`--max-cost`)",
              "extensions":{"code":"TOO_COMPLEX"}
            }
          ]
        }"#]]
    .assert_eq(&laid_out(&answer));
}

#[tokio::test]
async fn five_validation_errors_are_told() {
    let apps = school().await;
    let document = |fields| format!("{{ user(id: 1) {{ {} }} }}", repeat(fields, |index| format!("nothing{index} ")));
    for (wrong, told) in [(4, 4), (5, 5), (6, 5)] {
        assert_eq!(apps.query(&document(wrong)).await.matches("Unknown field").count(), told);
    }
}

#[tokio::test]
async fn a_batch_is_off_or_has_as_many_requests_as_are_allowed() {
    let batch = |requests: usize| {
        let request = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
        request.body(Body::from(json!(vec![json!({ "query": "{ __typename }" }); requests]).to_string())).unwrap()
    };
    let app = &school().await.0[0];
    expect![[r#"
        {
          "errors":[
            {
              "message":"the body is an array of requests; allowed is one request, a JSON object (`--max-batch`)",
              "extensions":{"code":"BAD_USER_INPUT"}
            }
          ]
        }"#]]
    .assert_eq(&laid_out(&body(app.http(batch(1)).await).await));
    let app = &school_with(&["--max-batch=3"]).await.0[0];
    assert_eq!(body(app.http(batch(3)).await).await.matches("Query").count(), 3);
    expect![[r#"{"errors":[{"message":"the body has 4 requests; allowed are 1 to 3 (`--max-batch`)","extensions":{"code":"BAD_USER_INPUT"}}]}"#]].assert_eq(&body(app.http(batch(4)).await).await);
    assert_eq!(app.http(batch(0)).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn brackets_are_nested_64_deep_and_what_is_deeper_overflows_no_stack() {
    let document = |levels: usize| format!("{{ nodes(ids: {}{}) {{ id }} }}", "[".repeat(levels), "]".repeat(levels));
    let apps = school().await;
    assert!(apps.query(&document(62)).await.contains("GRAPHQL_VALIDATION_FAILED"));
    apps.answers(&document(63), expect![[r#"{"errors":[{"message":"the document nests more brackets than are allowed: 64","extensions":{"code":"TOO_COMPLEX"}}]}"#]]).await;
    apps.answers(&document(2_000), expect![[r#"{"errors":[{"message":"the document nests more brackets than are allowed: 64","extensions":{"code":"TOO_COMPLEX"}}]}"#]]).await;
}

#[tokio::test]
async fn long_runs_of_what_is_no_token_overflow_no_stack() {
    let apps = school_with(&["--max-document-characters=100000"]).await;
    for run in ["\u{feff}", "#é\n", ", ", "é"] {
        let run = run.repeat(9_000);
        for document in [
            format!("{{ {run} __typename }}"),
            format!("{{ __typename }} # {run}"),
            format!("{{ users(filter: {{name: {{eq: \"{run}\"}}}}) {{ totalCount }} }}"),
            format!("{{ users(filter: {{name: {{eq: \"\"\"{run}\"\"\"}}}}) {{ totalCount }} }}"),
        ] {
            assert!(!apps.query(&document).await.contains("TOO_COMPLEX"));
        }
    }
}

#[tokio::test]
async fn fragments_in_one_another_overflow_no_stack() {
    let mut document = "{ ...f0 }".to_owned();
    for level in 0..400 {
        write!(document, "fragment f{level} on Query {{ ...f{} }} ", level + 1).unwrap();
    }
    school().await.answers(&(document + "fragment f400 on Query { __typename }"), expect![[r#"{"errors":[{"message":"the document nests more selections than are allowed: 64","extensions":{"code":"TOO_COMPLEX"}}]}"#]]).await;
}

#[tokio::test]
async fn more_requests_than_run_and_wait_are_refused_until_there_is_room() {
    let apps = school_with(&["--max-concurrent-requests=1", "--max-queued-requests=1", "--read-connections=1"]).await;
    for app in &apps.0 {
        // Whoever has the connection keeps the others waiting.
        let held = app.database.begin_reading().await.unwrap();
        let ask = || app.http(graphql_request("{ users { totalCount } }"));
        let (mut first, mut second) = (Box::pin(ask()), Box::pin(ask()));
        assert!(futures_util::poll!(&mut first).is_pending() && futures_util::poll!(&mut second).is_pending());
        let refused = ask().await;
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refused.headers()[header::RETRY_AFTER], "1");
        assert!(body(refused).await.contains(r#""code":"UNAVAILABLE""#));
        drop(held);
        for waiting in [first, second] {
            assert_eq!(body(waiting.await).await, r#"{"data":{"users":{"totalCount":3}}}"#);
        }
    }
}
