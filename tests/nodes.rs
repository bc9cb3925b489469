use expect_test::expect;

use crate::support::school;

#[tokio::test]
async fn every_type_is_found_by_its_id() {
    let query = r#"{ u: node(id: "User:1") { __typename id ... on User { name } } p: node(id: "Post:1") { __typename id } s: node(id: "Student:1") { __typename id }
        c: node(id: "Course:1") { __typename id } e: node(id: "Enrollment:1:2") { __typename id ... on Enrollment { course { title } } } }"#;
    school()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "u":{"__typename":"User","id":"User:1","name":"Ada"},
            "p":{"__typename":"Post","id":"Post:1"},
            "s":{"__typename":"Student","id":"Student:1"},
            "c":{"__typename":"Course","id":"Course:1"},
            "e":{"__typename":"Enrollment","id":"Enrollment:1:2","course":{"title":"Rust"}}
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn nodes_keep_the_order_asked_and_null_stands_for_what_is_not_there() {
    let query = r#"{ nodes(ids: ["Post:2", "User:99", "User:2", "Enrollment:2:1", "Enrollment:2:2", "Post:1", "Post:2"]) { id } }"#;
    school().await.answers(query, expect![[r#"{"data":{"nodes":[{"id":"Post:2"},null,{"id":"User:2"},{"id":"Enrollment:2:1"},null,{"id":"Post:1"},{"id":"Post:2"}]}}"#]]).await;
}

#[tokio::test]
async fn nodes_are_one_statement_a_type() {
    let query =
        r#"{ nodes(ids: ["Post:2", "User:99", "User:2", "Enrollment:2:1", "Enrollment:1:3", "Post:1"]) { id } }"#;
    assert_eq!(school().await.statements(query).await, 3);
}

#[tokio::test]
async fn a_node_needs_its_type() {
    school()
        .await
        .answers(
            r#"{ node(id: 1) { id } }"#,
            expect![[r#"
        {
          "errors":[
            {
              "message":"argument `id` is `1`; allowed is an id with its type, such as `User:500`",
              "locations":[{"line":1,"column":3}],
              "path":["node"],
              "extensions":{"code":"BAD_USER_INPUT"}
            }
          ],
          "data":{"node":null}
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn a_bad_id_among_nodes_is_named_by_its_place() {
    school().await.answers(r#"{ nodes(ids: ["User:1", "Enrollment:1"]) { id } }"#, expect![[r#"
        {
          "errors":[
            {
              "message":"argument `ids.1` is `Enrollment:1`; allowed is an id of the type Enrollment, such as `Enrollment:12:7`",
              "locations":[{"line":1,"column":3}],
              "path":["nodes",1],
              "extensions":{"code":"BAD_USER_INPUT"}
            }
          ],
          "data":{"nodes":[{"id":"User:1"},null]}
        }"#]]).await;
}
