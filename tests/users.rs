use expect_test::expect;

use crate::support::{PAGES, laid_out, school, start};

#[tokio::test]
async fn a_user_is_found_by_id_and_by_bare_key() {
    let query =
        r#"{ a: user(id: 1) { id name createdAt updatedAt } b: user(id: "1") { id } c: user(id: "User:1") { id } }"#;
    school().await.answers(query, expect![[r#"
        {
          "data":{
            "a":{"id":"User:1","name":"Ada","createdAt":"2026-03-01T08:00:00+00:00","updatedAt":"2026-03-01T08:00:00+00:00"},
            "b":{"id":"User:1"},
            "c":{"id":"User:1"}
          }
        }"#]]).await;
}

#[tokio::test]
async fn a_user_who_is_not_there_is_null() {
    school().await.answers(r#"{ user(id: 99) { id } }"#, expect![[r#"{"data":{"user":null}}"#]]).await;
}

#[tokio::test]
async fn an_id_of_another_type_is_bad_user_input() {
    school()
        .await
        .answers(
            r#"{ user(id: "Post:1") { id } }"#,
            expect![[r#"
        {
          "errors":[
            {
              "message":"argument `id` is `Post:1`; allowed is an id of the type User, such as `User:500` or `500`",
              "locations":[{"line":1,"column":3}],
              "path":["user"],
              "extensions":{"code":"BAD_USER_INPUT"}
            }
          ],
          "data":{"user":null}
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn an_id_has_one_spelling() {
    let apps = school().await;
    for id in ["", "User:", "User:01", "+1", "1:1", "User:User:1", "one", "99999999999999999999", "user:1"] {
        let answer = apps.query(&format!("{{ user(id: {id:?}) {{ id }} }}")).await;
        assert!(answer.contains("BAD_USER_INPUT") && answer.contains("argument `id`"), "{id}: {answer}");
    }
}

#[tokio::test]
async fn users_come_in_the_order_of_their_ids() {
    school()
        .await
        .answers(
            "{ users { totalCount nodes { id name } } }",
            expect![[r#"
        {
          "data":{
            "users":{
              "totalCount":3,
              "nodes":[{"id":"User:1","name":"Ada"},{"id":"User:2","name":"Bob"},{"id":"User:3","name":"Cleo"}]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn a_user_is_created_with_posts() {
    let mutation = r#"mutation { createUser(input: { name: "Gil", posts: [{ title: "G1", content: "" }, { title: "G2", content: "x" }] }) {
        user { id name posts { totalCount nodes { id title content owner { id } } } } userErrors { code } } }"#;
    school()
        .await
        .answers(
            mutation,
            expect![[r#"
        {
          "data":{
            "createUser":{
              "user":{
                "id":"User:4",
                "name":"Gil",
                "posts":{
                  "totalCount":2,
                  "nodes":[
                    {"id":"Post:5","title":"G1","content":"","owner":{"id":"User:4"}},
                    {"id":"Post:6","title":"G2","content":"x","owner":{"id":"User:4"}}
                  ]
                }
              },
              "userErrors":[]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn all_problems_of_a_new_user_are_told_at_once() {
    let long = "é".repeat(201);
    let mutation = format!(
        r#"mutation {{ createUser(input: {{ name: " \t\u3000", posts: [{{ title: "fine", content: "a\u0000b" }}, {{ title: "{long}", content: "" }}] }}) {{
            user {{ id }} userErrors {{ code path message }} }} }}"#
    );
    school()
        .await
        .answers(
            &mutation,
            expect![[r#"
        {
          "data":{
            "createUser":{
              "user":null,
              "userErrors":[
                {"code":"BLANK","path":["name"],"message":"must not be blank; allowed are 1 to 100 characters"},
                {"code":"INVALID","path":["posts","0","content"],"message":"must not contain the character U+0000"},
                {"code":"TOO_LONG","path":["posts","1","title"],"message":"has 201 characters; allowed are 1 to 200"}
              ]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn a_refused_user_leaves_nothing_behind() {
    let apps = school().await;
    let mutation = r#"mutation { createUser(input: { name: "Gil", posts: [{ title: "G1", content: "" }, { title: "", content: "" }] }) { user { id } } }"#;
    apps.query(mutation).await;
    apps.answers(
        "{ users { totalCount } posts { totalCount } }",
        expect![[r#"{"data":{"users":{"totalCount":3},"posts":{"totalCount":4}}}"#]],
    )
    .await;
}

#[tokio::test]
async fn a_name_is_measured_in_characters() {
    let apps = start(PAGES).await;
    let create = |name: String| {
        format!(
            r#"mutation {{ createUser(input: {{ name: "{name}" }}) {{ user {{ id }} userErrors {{ code path }} }} }}"#
        )
    };
    apps.answers(
        &create("𝄞".repeat(100)),
        expect![[r#"{"data":{"createUser":{"user":{"id":"User:1"},"userErrors":[]}}}"#]],
    )
    .await;
    apps.answers(
        &create("𝄞".repeat(101)),
        expect![[r#"{"data":{"createUser":{"user":null,"userErrors":[{"code":"TOO_LONG","path":["name"]}]}}}"#]],
    )
    .await;
}

#[tokio::test]
async fn what_an_update_leaves_out_stays() {
    let mutation = r#"mutation {
        a: updateUser(input: { id: 1 }) { user { name updatedAt } userErrors { code } }
        b: updateUser(input: { id: 1, name: null }) { user { name updatedAt } userErrors { code } }
        c: updateUser(input: { id: "User:1", name: "Ida" }) { user { name createdAt posts(first: 1) { nodes { title owner { name } } } } userErrors { code } } }"#;
    school()
        .await
        .answers(
            mutation,
            expect![[r#"
        {
          "data":{
            "a":{"user":{"name":"Ada","updatedAt":"2026-03-01T08:00:00+00:00"},"userErrors":[]},
            "b":{"user":{"name":"Ada","updatedAt":"2026-03-01T08:00:00+00:00"},"userErrors":[]},
            "c":{
              "user":{
                "name":"Ida",
                "createdAt":"2026-03-01T08:00:00+00:00",
                "posts":{"nodes":[{"title":"A1","owner":{"name":"Ida"}}]}
              },
              "userErrors":[]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn an_update_moves_updated_at() {
    for app in &school().await.0 {
        let data = app
            .data(r#"mutation { updateUser(input: { id: 1, name: "Ida" }) { user { createdAt updatedAt } } }"#)
            .await;
        let user = &data["updateUser"]["user"];
        assert!(user["updatedAt"].as_str() > user["createdAt"].as_str(), "{user}");
    }
}

#[tokio::test]
async fn an_update_tells_all_problems_at_once() {
    school()
        .await
        .answers(
            r#"mutation { updateUser(input: { id: 99, name: "" }) { user { id } userErrors { code path message } } }"#,
            expect![[r#"
                {
                  "data":{
                    "updateUser":{
                      "user":null,
                      "userErrors":[
                        {"code":"BLANK","path":["name"],"message":"must not be blank; allowed are 1 to 100 characters"},
                        {"code":"NOT_FOUND","path":["id"],"message":"User:99 does not exist"}
                      ]
                    }
                  }
                }"#]],
        )
        .await;
}

#[tokio::test]
async fn deleting_a_user_deletes_the_posts() {
    let apps = school().await;
    apps.answers(
        r#"mutation { deleteUser(input: { id: 1 }) { deletedId userErrors { code } } }"#,
        expect![[r#"{"data":{"deleteUser":{"deletedId":"User:1","userErrors":[]}}}"#]],
    )
    .await;
    apps.answers(
        "{ users { nodes { name } } posts { nodes { title } } }",
        expect![[
            r#"{"data":{"users":{"nodes":[{"name":"Bob"},{"name":"Cleo"}]},"posts":{"nodes":[{"title":"B1"}]}}}"#
        ]],
    )
    .await;
}

#[tokio::test]
async fn deleting_nobody_is_not_found() {
    school()
        .await
        .answers(
            r#"mutation { deleteUser(input: { id: 99 }) { deletedId userErrors { code path message } } }"#,
            expect![[r#"
                {
                  "data":{
                    "deleteUser":{"deletedId":null,"userErrors":[{"code":"NOT_FOUND","path":["id"],"message":"User:99 does not exist"}]}
                  }
                }"#]],
        )
        .await;
}

#[tokio::test]
async fn users_have_numbers_of_posts_by_one_statement_a_field() {
    let query = "{ users { nodes { name postsCount titled: postsCount(filter: { title: { startsWith: \"A\" } }) posts(first: 1) { nodes { title } } } } }";
    for app in &school().await.0 {
        expect![[r#"
            {
              "data":{
                "users":{
                  "nodes":[
                    {"name":"Ada","postsCount":3,"titled":3,"posts":{"nodes":[{"title":"A1"}]}},
                    {"name":"Bob","postsCount":1,"titled":0,"posts":{"nodes":[{"title":"B1"}]}},
                    {"name":"Cleo","postsCount":0,"titled":0,"posts":{"nodes":[]}}
                  ]
                }
              }
            }"#]]
        .assert_eq(&laid_out(&app.query(query).await));
        assert_eq!(app.statements().take().len(), 4);
    }
}

#[tokio::test]
async fn a_number_of_nobodys_posts_is_not_asked_for() {
    let query = "{ users(first: 0) { nodes { postsCount(filter: { id: { eq: \"User:1\" } }) } } }";
    school().await.answers(query, expect![[r#"{"data":{"users":{"nodes":[]}}}"#]]).await;
}
