use expect_test::expect;

use crate::support::school;

#[tokio::test]
async fn a_post_knows_its_owner() {
    school()
        .await
        .answers(
            r#"{ post(id: "Post:3") { id title content createdAt updatedAt owner { id name } } }"#,
            expect![[r#"
            {
              "data":{
                "post":{
                  "id":"Post:3",
                  "title":"A2",
                  "content":"two",
                  "createdAt":"2026-03-01T08:00:00+00:00",
                  "updatedAt":"2026-03-01T08:00:00+00:00",
                  "owner":{"id":"User:1","name":"Ada"}
                }
              }
            }"#]],
        )
        .await;
}

#[tokio::test]
async fn posts_come_in_the_order_of_their_ids() {
    school()
        .await
        .answers(
            "{ posts(first: 3) { nodes { id owner { name } } } }",
            expect![[r#"
        {
          "data":{
            "posts":{
              "nodes":[
                {"id":"Post:1","owner":{"name":"Ada"}},
                {"id":"Post:2","owner":{"name":"Bob"}},
                {"id":"Post:3","owner":{"name":"Ada"}}
              ]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn a_post_is_created_for_an_owner() {
    let mutation = r#"mutation { createPost(input: { ownerId: "User:3", title: "C1", content: "" }) {
        post { id title content owner { name posts { totalCount } } } userErrors { code } } }"#;
    school()
        .await
        .answers(
            mutation,
            expect![[r#"
        {
          "data":{
            "createPost":{
              "post":{"id":"Post:5","title":"C1","content":"","owner":{"name":"Cleo","posts":{"totalCount":1}}},
              "userErrors":[]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn a_post_for_nobody_is_not_found_and_not_written() {
    let apps = school().await;
    let mutation = r#"mutation { createPost(input: { ownerId: 99, title: " ", content: "" }) { post { id } userErrors { code path message } } }"#;
    apps.answers(
        mutation,
        expect![[r#"
        {
          "data":{
            "createPost":{
              "post":null,
              "userErrors":[
                {"code":"BLANK","path":["title"],"message":"must not be blank; allowed are 1 to 200 characters"},
                {"code":"NOT_FOUND","path":["ownerId"],"message":"User:99 does not exist"}
              ]
            }
          }
        }"#]],
    )
    .await;
    apps.answers("{ posts { totalCount } }", expect![[r#"{"data":{"posts":{"totalCount":4}}}"#]]).await;
}

#[tokio::test]
async fn an_owner_of_another_type_is_bad_user_input() {
    school()
        .await
        .answers(
            r#"mutation { createPost(input: { ownerId: "Student:1", title: "t", content: "" }) { post { id } } }"#,
            expect![[r#"
                {
                  "errors":[
                    {
                      "message":"argument `input.ownerId` is `Student:1`; allowed is an id of the type User, such as `User:500` or `500`",
                      "locations":[{"line":1,"column":12}],
                      "path":["createPost"],
                      "extensions":{"code":"BAD_USER_INPUT"}
                    }
                  ],
                  "data":{"createPost":null}
                }"#]],
        )
        .await;
}

#[tokio::test]
async fn a_post_is_changed_in_part() {
    let mutation = r#"mutation {
        a: updatePost(input: { id: 1, content: "" }) { post { title content } userErrors { code } }
        b: updatePost(input: { id: 1, title: "new" }) { post { title content } userErrors { code } }
        c: updatePost(input: { id: 99, title: "", content: "\u0000" }) { post { title } userErrors { code path } } }"#;
    school()
        .await
        .answers(
            mutation,
            expect![[r#"
        {
          "data":{
            "a":{"post":{"title":"A1","content":""},"userErrors":[]},
            "b":{"post":{"title":"new","content":""},"userErrors":[]},
            "c":{
              "post":null,
              "userErrors":[
                {"code":"BLANK","path":["title"]},
                {"code":"INVALID","path":["content"]},
                {"code":"NOT_FOUND","path":["id"]}
              ]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn a_post_is_deleted_once() {
    let mutation = r#"mutation { a: deletePost(input: { id: 1 }) { deletedId userErrors { code } } b: deletePost(input: { id: 1 }) { deletedId userErrors { code path } } }"#;
    school()
        .await
        .answers(
            mutation,
            expect![[r#"
        {
          "data":{
            "a":{"deletedId":"Post:1","userErrors":[]},
            "b":{"deletedId":null,"userErrors":[{"code":"NOT_FOUND","path":["id"]}]}
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn of_what_is_unique_together_the_place_is_told_if_it_is_one() {
    let apps = school().await;
    apps.sql("UPDATE posts SET title = 't' WHERE id = 1").await;
    apps.sql("CREATE UNIQUE INDEX another ON posts (title, content)").await;
    let query = r#"mutation {
      first: createPost(input: { ownerId: 1, title: "t", content: "a" }) { post { title } userErrors { path } }
      again: createPost(input: { ownerId: 1, title: "t", content: "a" }) { post { title } userErrors { code path } }
      update: updatePost(input: { id: 1, content: "a" }) { post { title } userErrors { code path } }
    }"#;
    apps.answers(
        query,
        expect![[r#"
        {
          "data":{
            "first":{"post":{"title":"t"},"userErrors":[]},
            "again":{"post":null,"userErrors":[{"code":"ALREADY_EXISTS","path":[]}]},
            "update":{"post":null,"userErrors":[{"code":"ALREADY_EXISTS","path":["content"]}]}
          }
        }"#]],
    )
    .await;
}
