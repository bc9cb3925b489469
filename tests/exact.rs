//! The letter of the specification (GraphQL, September 2025), where servers leave it: documents that are not valid, variables that
//! do not fit, fields that stand twice.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::support::{App, Apps, laid_out, school};

/// The one answer to a query with these variables.
async fn answers_with(apps: &Apps, query: &str, variables: Value, expected: Expect) {
    expected.assert_eq(&laid_out(&apps.agree(async |app| app.query_with(query, &variables).await).await));
}

async fn users(app: &App) -> Value {
    app.data("{ users { totalCount } }").await["users"]["totalCount"].clone()
}

/// What a mutation answers, and how many users there are then.
async fn writes(mutation: &str, variables: Value, expected: Expect, users_then: u64) {
    let apps = school().await;
    answers_with(&apps, mutation, variables, expected).await;
    assert_eq!(apps.agree(users).await, json!(users_then));
}

#[tokio::test]
async fn a_mutation_that_is_selected_twice_runs_once() {
    writes(
        r#"mutation { createUser(input: {name: "twin"}) { user { name } } createUser(input: {name: "twin"}) { userErrors { code } } }"#,
        json!({}),
        expect![[r#"{"data":{"createUser":{"user":{"name":"twin"},"userErrors":[]}}}"#]],
        4,
    )
    .await;
}

#[tokio::test]
async fn a_mutation_in_two_fragments_runs_once() {
    writes(
        r#"mutation { ...A ... on Mutation { createUser(input: {name: "twin"}) { user { posts { totalCount } } } } }
           fragment A on Mutation { createUser(input: {name: "twin"}) { user { name } } }"#,
        json!({}),
        expect![[r#"{"data":{"createUser":{"user":{"name":"twin","posts":{"totalCount":0}}}}}"#]],
        4,
    )
    .await;
}

#[tokio::test]
async fn one_key_of_two_rows_is_refused_across_fragments() {
    school()
        .await
        .answers("{ user(id: 1) { name } ...F } fragment F on Query { user(id: 2) { id } }", expect![[r#"
            {
              "errors":[
                {
                  "message":"Fields \"user\" conflict: they have different arguments. Use different aliases on the fields.",
                  "locations":[{"line":1,"column":3},{"line":1,"column":53}],
                  "extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}
                }
              ]
            }"#]])
        .await;
}

#[tokio::test]
async fn one_key_of_two_fields_is_refused_in_sub_selections() {
    school().await.answers("{ users { nodes { a: name } } users { nodes { a: id } } }", expect![[r#"
        {
          "errors":[
            {
              "message":"Fields \"a\" conflict: \"name\" and \"id\" are different fields. Use different aliases on the fields.",
              "locations":[{"line":1,"column":19},{"line":1,"column":47}],
              "extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}
            }
          ]
        }"#]]).await;
}

#[tokio::test]
async fn fields_of_one_key_are_merged_over_fragments_lists_and_types() {
    school().await.answers(
        "{ users(first: 1) { nodes { id posts(first: 1) { nodes { id } } } } ...F node(id: \"Post:1\") { id ...on Post { title } ... on User { title: name } } }
         fragment F on Query { users(first: 1) { nodes { posts(first: 1) { nodes { title } totalCount } } } }",
        expect![[r#"
            {
              "data":{
                "users":{"nodes":[{"id":"User:1","posts":{"nodes":[{"id":"Post:1","title":"A1"}],"totalCount":3}}]},
                "node":{"id":"Post:1","title":"A1"}
              }
            }"#]],
    )
    .await;
}

#[tokio::test]
async fn a_variable_without_a_value_is_found_before_anything_is_written() {
    writes(
        "mutation($n: String!, $id: ID!) { a: createUser(input: {name: $n}) { user { id } } b: deleteUser(input: {id: $id}) { deletedId } }",
        json!({ "n": "half" }),
        expect![[r#"
            {
              "errors":[
                {
                  "message":"Variable \"$id\" has no value; its type is \"ID!\".",
                  "locations":[{"line":1,"column":23}],
                  "extensions":{"code":"BAD_USER_INPUT"}
                }
              ]
            }"#]],
        3,
    )
    .await;
}

#[tokio::test]
async fn a_literal_that_can_never_fit_is_found_before_anything_is_written() {
    writes(
        r#"mutation { a: createUser(input: {name: "half"}) { user { id } } b: deleteUser(input: "x") { deletedId } }"#,
        json!({}),
        expect![[r#"
            {
              "errors":[
                {
                  "message":"Invalid value for \"input\": `\"x\"`; its type is \"DeleteUserInput!\".",
                  "locations":[{"line":1,"column":86}],
                  "extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}
                }
              ]
            }"#]],
        3,
    )
    .await;
}

#[tokio::test]
async fn an_unknown_input_field_is_refused_beside_an_omitted_variable() {
    answers_with(
        &school().await,
        r#"query($n: String) { users(filter: {name: {eq: $n}, nmae: {eq: "x"}}) { totalCount } }"#,
        json!({}),
        expect![[r#"
            {
              "errors":[
                {
                  "message":"Invalid value for \"nmae\": No field with name nmae on input type UserFilter.",
                  "locations":[{"line":1,"column":52}],
                  "extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}
                }
              ]
            }"#]],
    )
    .await;
}

#[tokio::test]
async fn skip_and_include_see_defaults() {
    writes(
        r#"mutation($no: Boolean = true) { createUser(input: {name: "skipme"}) @skip(if: $no) { user { id } } }"#,
        json!({}),
        expect![[r#"{"data":{}}"#]],
        3,
    )
    .await;
}

#[tokio::test]
async fn an_input_field_stands_once() {
    school()
        .await
        .answers(
            "{ users(filter: {id: {eq: 1, id: {eq: 2}}}) { nodes { id } } }",
            expect![[r#"
        {
          "errors":[
            {
              "message":"Invalid value for \"id.id\": No field with name id on input type IDFilter.",
              "locations":[{"line":1,"column":30}],
              "extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}
            }
          ]
        }"#]],
        )
        .await;
    school()
        .await
        .answers(
            "{ users(filter: {id: {eq: 1}, id: {eq: 2}}) { nodes { id } } }",
            expect![[r#"
        {
          "errors":[
            {
              "message":"Invalid value for \"filter\": Object with multiple entries for field id.",
              "locations":[{"line":1,"column":31}],
              "extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}
            }
          ]
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn a_variable_of_another_type_is_refused() {
    answers_with(
        &school().await,
        "query($e: Boolean!) { users(filter: {id: {eq: $e}}) { totalCount } }",
        json!({ "e": "User:1" }),
        expect![[r#"
            {
              "errors":[
                {
                  "message":"Variable $e of type Boolean! cannot be used here, where ID is expected.",
                  "locations":[{"line":1,"column":47}],
                  "extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}
                }
              ]
            }"#]],
    )
    .await;
}

#[tokio::test]
async fn a_value_of_another_type_than_its_variables_is_refused_with_its_place() {
    answers_with(
        &school().await,
        "query($f: UserFilter, $n: Int) { users(filter: $f, first: $n) { totalCount } }",
        json!({ "f": { "and": [{ "name": { "eq": 1 } }, { "nmae": {} }] }, "n": "1", "unknown": [{}] }),
        expect![[r#"
            {
              "errors":[
                {
                  "message":"Invalid value for \"$f.and.0.name.eq\": `1`; its type is \"String\".",
                  "locations":[{"line":1,"column":7}],
                  "extensions":{"code":"BAD_USER_INPUT"}
                },
                {
                  "message":"Invalid value for \"$f.and.1.nmae\": No field with name nmae on input type UserFilter.",
                  "locations":[{"line":1,"column":7}],
                  "extensions":{"code":"BAD_USER_INPUT"}
                },
                {
                  "message":"Invalid value for \"$n\": `\"1\"`; its type is \"Int\".",
                  "locations":[{"line":1,"column":23}],
                  "extensions":{"code":"BAD_USER_INPUT"}
                }
              ]
            }"#]],
    )
    .await;
}

#[tokio::test]
async fn strings_are_what_they_say() {
    let names = r#"{"n": "😀"}"#;
    let query = r#"mutation { a: createUser(input: {name: "\ud83d\ude00 \u{1F600} é"}) { user { name } } b: createUser(input: {name: """
            quotes \""" and
              a slash \n"""}) { user { name } } }"#;
    answers_with(
        &school().await,
        query,
        serde_json::from_str(names).unwrap(),
        expect![[
            r#"{"data":{"a":{"user":{"name":"😀 😀 é"}},"b":{"user":{"name":"quotes \"\"\" and\n  a slash \\n"}}}}"#
        ]],
    )
    .await;
}

#[tokio::test]
async fn blanks_and_comments_stand_anywhere() {
    answers_with(
        &school().await,
        "query # a comment\n A($ \u{feff}, # $ another\n id: [ ID ! ] !) { nodes(ids: $ id) { id } }",
        json!({ "id": "User:1" }),
        expect![[r#"{"data":{"nodes":[{"id":"User:1"}]}}"#]],
    )
    .await;
}

#[tokio::test]
async fn a_failed_mutation_does_not_hide_what_the_others_wrote() {
    writes(
        r#"mutation { a: createUser(input: {name: "Dora"}) { user { name } } b: deleteCourse(input: {id: "User:1"}) { deletedId } c: createUser(input: {name: "Edna"}) { user { name } } }"#,
        json!({}),
        expect![[r#"
            {
              "errors":[
                {
                  "message":"argument `input.id` is `User:1`; allowed is an id of the type Course, such as `Course:500` or `500`",
                  "locations":[{"line":1,"column":67}],
                  "path":["b"],
                  "extensions":{"code":"BAD_USER_INPUT"}
                }
              ],
              "data":{"a":{"user":{"name":"Dora"}},"b":null,"c":{"user":{"name":"Edna"}}}
            }"#]],
        5,
    )
    .await;
}

#[tokio::test]
async fn an_error_under_a_list_has_its_whole_path_either_way() {
    let query = "{ posts(first: 2) { nodes { owner { posts(first: -1) { nodes { id } } } } } }";
    let apps = school().await;
    apps.answers(
        query,
        expect![[r#"
        {
          "errors":[
            {
              "message":"argument `first` is -1; allowed are 0 to 100",
              "locations":[{"line":1,"column":37}],
              "path":["posts","nodes",0,"owner","posts"],
              "extensions":{"code":"BAD_USER_INPUT"}
            }
          ],
          "data":null
        }"#]],
    )
    .await;
    let path = json!(["posts", "nodes", 0, "owner", "posts"]);
    for app in &apps.0 {
        let answer: Value = serde_json::from_str(&app.query_ordinarily(query, &json!({})).await).unwrap();
        assert_eq!(answer["errors"][0]["path"], path);
    }
}

#[tokio::test]
async fn what_is_skipped_costs_nothing() {
    school().await.answers(
        "{ users(first: 100) @include(if: false) { nodes { posts(first: 100) { nodes { owner { posts { totalCount } } } } } } user(id: 1) { id } }",
        expect![[r#"{"data":{"user":{"id":"User:1"}}}"#]],
    )
    .await;
}

#[tokio::test]
async fn null_in_the_place_of_a_default_fails_its_own_field() {
    answers_with(
        &school().await,
        "query($id: ID = 1) { user(id: $id) { name } post(id: 1) { title } }",
        json!({ "id": null }),
        expect![[r#"
            {
              "errors":[
                {
                  "message":"argument `id` is null; its type is `ID!`",
                  "locations":[{"line":1,"column":31}],
                  "path":["user"],
                  "extensions":{"code":"BAD_USER_INPUT"}
                }
              ],
              "data":{"user":null,"post":{"title":"A1"}}
            }"#]],
    )
    .await;
}

#[tokio::test]
async fn an_id_is_a_text_however_many_digits_it_has() {
    school().await.answers("{ user(id: 123456789012345678901234567890) { name } }", expect![[r#"
        {
          "errors":[
            {
              "message":"argument `id` is `123456789012345678901234567890`; allowed is an id of the type User, such as `User:500` or `500`",
              "locations":[{"line":1,"column":3}],
              "path":["user"],
              "extensions":{"code":"BAD_USER_INPUT"}
            }
          ],
          "data":{"user":null}
        }"#]]).await;
}

#[tokio::test]
async fn definitions_are_refused() {
    let apps = school().await;
    apps.answers(
        "{ __typename } type A { b: Int }",
        expect![[r#"
        {
          "errors":[
            {
              "message":"Syntax error: Unexpected token.",
              "locations":[{"line":1,"column":16}],
              "extensions":{"code":"GRAPHQL_PARSE_FAILED"}
            }
          ]
        }"#]],
    )
    .await;
}

#[tokio::test]
async fn unknown_directives_are_refused_anywhere() {
    for document in [
        "query @no { __typename }",
        "query($a: Int @no) { users(first: $a) { totalCount } }",
        "{ __typename @no }",
        "{ ... @no { __typename } }",
        "{ ...F @no } fragment F on Query { __typename }",
        "{ ...F } fragment F on Query @no { __typename }",
    ] {
        let answer = school().await.query(document).await;
        assert!(answer.starts_with(r#"{"errors":[{"message":"#) && answer.contains("`@no`"), "{answer}");
    }
}

#[tokio::test]
async fn a_conflict_is_told_once_by_its_fields_name() {
    school().await.answers("{ posts(first: 1) { totalCount } posts(first: 2) { totalCount } }", expect![[r#"
        {
          "errors":[
            {
              "message":"Fields \"posts\" conflict: they have different arguments. Use different aliases on the fields.",
              "locations":[{"line":1,"column":3},{"line":1,"column":34}],
              "extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}
            }
          ]
        }"#]]).await;
}

#[tokio::test]
async fn what_introspection_says_is_of_this_schema() {
    school().await.answers(
        r#"{ __type(name: "Node") { interfaces { name } possibleTypes { name } } float: __type(name: "Float") { name } __schema { description queryType { __typename kind name } }
             order: __type(name: "OrderDirection") { isOneOf enumValues { name } }
             mutation: __type(name: "Mutation") { fields { type { kind } } }
             schema: __type(name: "__Schema") { fields { name type { kind } } } }"#,
        expect![[r#"
            {
              "data":{
                "__type":{
                  "interfaces":[],
                  "possibleTypes":[{"name":"User"},{"name":"Post"},{"name":"Student"},{"name":"Course"},{"name":"Enrollment"}]
                },
                "float":null,
                "__schema":{"description":null,"queryType":{"__typename":"__Type","kind":"OBJECT","name":"Query"}},
                "order":{"isOneOf":null,"enumValues":[{"name":"ASC"},{"name":"DESC"}]},
                "mutation":{
                  "fields":[
                    {"type":{"kind":"OBJECT"}},
                    {"type":{"kind":"OBJECT"}},
                    {"type":{"kind":"OBJECT"}},
                    {"type":{"kind":"OBJECT"}},
                    {"type":{"kind":"OBJECT"}},
                    {"type":{"kind":"OBJECT"}},
                    {"type":{"kind":"OBJECT"}},
                    {"type":{"kind":"OBJECT"}},
                    {"type":{"kind":"OBJECT"}},
                    {"type":{"kind":"OBJECT"}},
                    {"type":{"kind":"OBJECT"}},
                    {"type":{"kind":"OBJECT"}},
                    {"type":{"kind":"OBJECT"}},
                    {"type":{"kind":"OBJECT"}}
                  ]
                },
                "schema":{
                  "fields":[
                    {"name":"description","type":{"kind":"SCALAR"}},
                    {"name":"types","type":{"kind":"NON_NULL"}},
                    {"name":"queryType","type":{"kind":"NON_NULL"}},
                    {"name":"mutationType","type":{"kind":"OBJECT"}},
                    {"name":"subscriptionType","type":{"kind":"OBJECT"}},
                    {"name":"directives","type":{"kind":"NON_NULL"}}
                  ]
                }
              }
            }"#]],
    )
    .await;
}

#[tokio::test]
async fn fragments_that_double_at_each_of_40_levels_are_refused_at_once() {
    let fragments: String = (0..40)
        .map(|level| format!("fragment F{level} on Query {{ ...F{0} x: __typename ...F{0} }} ", level + 1))
        .collect();
    school()
        .await
        .answers(&format!("{{ ...F0 }} {fragments} fragment F40 on Query {{ __typename }}"), expect![[r#"
            {
              "errors":[
                {
                  "message":"the document spreads to 13194139533183 selections and values; allowed are 5000 (`--max-document-tokens`)",
                  "extensions":{"code":"TOO_COMPLEX"}
                }
              ]
            }"#]])
        .await;
}

#[tokio::test]
async fn what_a_mutation_answers_is_of_its_own_moment_whoever_deletes_beside_it() {
    for app in &school().await.0 {
        for round in 0..15 {
            let named = format!(r#"mutation {{ createUser(input: {{ name: "o{round}" }}) {{ user {{ id }} }} }}"#);
            let owner = app.data(&named).await["createUser"]["user"]["id"].as_str().unwrap().to_owned();
            let student =
                format!(r#"mutation {{ createStudent(input: {{ name: "s{round}" }}) {{ student {{ id }} }} }}"#);
            let student = app.data(&student).await["createStudent"]["student"]["id"].as_str().unwrap().to_owned();
            let posts = format!(
                r#"mutation {{ createPost(input: {{ ownerId: "{owner}", title: "t", content: "" }}) {{ post {{ owner {{ id posts {{ nodes {{ owner {{ name }} }} }} }} }} userErrors {{ code }} }}
                    enroll(input: {{ studentId: "{student}", courseId: 1 }}) {{ enrollment {{ student {{ id }} course {{ students {{ nodes {{ courses {{ totalCount }} }} }} }} }} userErrors {{ code }} }} }}"#
            );
            let delete = format!(
                r#"mutation {{ deleteUser(input: {{ id: "{owner}" }}) {{ deletedId }} deleteStudent(input: {{ id: "{student}" }}) {{ deletedId }} }}"#
            );
            let (one, other, two, deleted) =
                tokio::join!(app.data(&posts), app.data(&posts), app.data(&posts), app.data(&delete));
            assert_eq!(deleted["deleteUser"]["deletedId"], json!(owner));
            for answer in [one, other, two] {
                let (post, errors) = (&answer["createPost"]["post"], &answer["createPost"]["userErrors"]);
                // Written, and answered with what was there then; or refused.
                assert_eq!(post["owner"]["id"] == json!(owner), *errors == json!([]), "{answer}");
                let (enrollment, errors) = (&answer["enroll"]["enrollment"], &answer["enroll"]["userErrors"]);
                assert_eq!(enrollment["student"]["id"] == json!(student), *errors == json!([]), "{answer}");
            }
        }
    }
}

#[tokio::test]
async fn mutations_that_are_in_the_way_of_each_other_all_succeed() {
    for app in &school().await.0 {
        let rename = |name: usize| {
            format!(
                r#"mutation {{ updateUser(input: {{ id: 1, name: "n{name}" }}) {{ user {{ name }} userErrors {{ code }} }} }}"#
            )
        };
        let renames: Vec<_> = (0..40).map(rename).collect();
        let answers = futures_util::future::join_all(renames.iter().map(|rename| app.data(rename))).await;
        for (index, answer) in answers.iter().enumerate() {
            assert_eq!(answer["updateUser"]["user"]["name"], json!(format!("n{index}")));
        }
    }
}

#[tokio::test]
async fn a_mutation_whose_answer_cannot_be_read_wrote_nothing() {
    for app in &school().await.0 {
        app.sql("DROP TABLE enrollments").await;
        let answer = app
            .answer(
                r#"mutation { updateStudent(input: { id: 1, name: "Don" }) { student { courses { totalCount } } } }"#,
            )
            .await;
        assert_eq!(answer["data"], json!({ "updateStudent": null }));
        assert_eq!(answer["errors"].as_array().map(Vec::len), Some(1), "{answer}");
        assert_eq!(app.data("{ student(id: 1) { name } }").await["student"]["name"], "Dan");
    }
}

#[tokio::test]
async fn a_mutation_whose_answer_fails_in_part_is_written_and_told() {
    let mutation = r#"mutation { updateUser(input: {id: 1, name: "v"}) { user { posts { totalCount } a: posts(first: -1) { totalCount } } userErrors { code } } }"#;
    for app in &school().await.0 {
        for _ in 0..20 {
            let answer = app.answer(mutation).await;
            assert_eq!(answer["data"], json!({ "updateUser": { "user": null, "userErrors": [] } }));
            assert_eq!(answer["errors"][0]["path"], json!(["updateUser", "user", "a"]));
        }
        assert_eq!(app.data("{ user(id: 1) { name } }").await["user"]["name"], "v");
    }
}

#[tokio::test]
async fn a_place_is_counted_in_the_lines_of_the_text() {
    school()
        .await
        .answers(
            "query($ # é\n\u{feff}id: ID!) {\n  user(id: $\nid) { nope } }",
            expect![[r#"
        {
          "errors":[
            {
              "message":"Unknown field \"nope\" on type \"User\".",
              "locations":[{"line":4,"column":7}],
              "extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}
            }
          ]
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn an_id_is_an_integer_of_any_size_in_variables_too() {
    answers_with(
        &school().await,
        "mutation($id: ID!) { createUser(input: { name: \"Dot\" }) { userErrors { code } } deleteUser(input: { id: $id }) { deletedId } }",
        json!({ "id": u64::MAX }),
        expect![[r#"
            {
              "errors":[
                {
                  "message":"argument `input.id` is `18446744073709551615`; allowed is an id of the type User, such as `User:500` or `500`",
                  "locations":[{"line":1,"column":81}],
                  "path":["deleteUser"],
                  "extensions":{"code":"BAD_USER_INPUT"}
                }
              ],
              "data":{"createUser":{"userErrors":[]},"deleteUser":null}
            }"#]],
    )
    .await;
}

#[tokio::test]
async fn introspection_is_as_deep_as_brackets_are() {
    let types = "ofType { ".repeat(50);
    let query = format!("{{ __type(name: \"User\") {{ {types} name {} }} }}", "} ".repeat(50));
    school().await.answers(&query, expect![[r#"{"data":{"__type":{"ofType":null}}}"#]]).await;
}

#[tokio::test]
async fn five_errors_of_variables_are_told() {
    answers_with(
        &school().await,
        "query($ids: [ID!]!, $more: [ID!]!) { nodes(ids: $ids) { id } more: nodes(ids: $more) { id } }",
        json!({ "ids": [{}, {}, {}, {}], "more": [{}, {}] }),
        expect![[r#"
            {
              "errors":[
                {
                  "message":"Invalid value for \"$ids.0\": `{}`; its type is \"ID!\".",
                  "locations":[{"line":1,"column":7}],
                  "extensions":{"code":"BAD_USER_INPUT"}
                },
                {
                  "message":"Invalid value for \"$ids.1\": `{}`; its type is \"ID!\".",
                  "locations":[{"line":1,"column":7}],
                  "extensions":{"code":"BAD_USER_INPUT"}
                },
                {
                  "message":"Invalid value for \"$ids.2\": `{}`; its type is \"ID!\".",
                  "locations":[{"line":1,"column":7}],
                  "extensions":{"code":"BAD_USER_INPUT"}
                },
                {
                  "message":"Invalid value for \"$ids.3\": `{}`; its type is \"ID!\".",
                  "locations":[{"line":1,"column":7}],
                  "extensions":{"code":"BAD_USER_INPUT"}
                },
                {
                  "message":"Invalid value for \"$more.0\": `{}`; its type is \"ID!\".",
                  "locations":[{"line":1,"column":21}],
                  "extensions":{"code":"BAD_USER_INPUT"}
                }
              ]
            }"#]],
    )
    .await;
}

#[tokio::test]
async fn a_variable_with_a_default_that_is_null_is_an_error_of_the_field() {
    let apps = school().await;
    let null = json!({ "it": null });
    for (query, expected) in [
        (
            "query($it: String = \"x\") { users(filter: { name: { in: [$it] } }) { totalCount } }",
            expect![[r#"
            {
              "errors":[
                {
                  "message":"argument `filter.name.in.0` is null; its type is `String!`",
                  "locations":[{"line":1,"column":42}],
                  "path":["users"],
                  "extensions":{"code":"BAD_USER_INPUT"}
                }
              ],
              "data":null
            }"#]],
        ),
        (
            "query($it: PostFilter = {}) { users(first: 1) { nodes { posts(filter: { or: [$it] }) { totalCount } } } }",
            expect![[r#"
                {
                  "errors":[
                    {
                      "message":"argument `filter.or.0` is null; its type is `PostFilter!`",
                      "locations":[{"line":1,"column":71}],
                      "path":["users","nodes",0,"posts"],
                      "extensions":{"code":"BAD_USER_INPUT"}
                    }
                  ],
                  "data":null
                }"#]],
        ),
        (
            "query($it: OrderDirection) { users(orderBy: { field: NAME, direction: $it }) { totalCount } }",
            expect![[r#"
                {
                  "errors":[
                    {
                      "message":"argument `orderBy.direction` is null; its type is `OrderDirection!`",
                      "locations":[{"line":1,"column":45}],
                      "path":["users"],
                      "extensions":{"code":"BAD_USER_INPUT"}
                    }
                  ],
                  "data":null
                }"#]],
        ),
        (
            "query($it: ID = 1) { a: user(id: $it) { name } b: user(id: 2) { name } }",
            expect![[r#"
            {
              "errors":[
                {
                  "message":"argument `id` is null; its type is `ID!`",
                  "locations":[{"line":1,"column":34}],
                  "path":["a"],
                  "extensions":{"code":"BAD_USER_INPUT"}
                }
              ],
              "data":{"a":null,"b":{"name":"Bob"}}
            }"#]],
        ),
        (
            "mutation($it: String = \"x\") { createUser(input: { name: $it }) { userErrors { code } } }",
            expect![[r#"
            {
              "errors":[
                {
                  "message":"argument `input.name` is null; its type is `String!`",
                  "locations":[{"line":1,"column":49}],
                  "path":["createUser"],
                  "extensions":{"code":"BAD_USER_INPUT"}
                }
              ],
              "data":{"createUser":null}
            }"#]],
        ),
    ] {
        answers_with(&apps, query, null.clone(), expected).await;
    }
}

#[tokio::test]
async fn an_if_that_is_null_does_not_hold() {
    let query = "query($it: Boolean = true) { user(id: 1) { id @include(if: $it) name @skip(if: $it) } }";
    answers_with(&school().await, query, json!({ "it": null }), expect![[r#"{"data":{"user":{"name":"Ada"}}}"#]]).await;
}
