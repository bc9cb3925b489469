use expect_test::expect;

use crate::support::school;

#[tokio::test]
async fn a_course_has_students_and_the_edges_tell_since_when() {
    let query = "{ course(id: 1) { id title createdAt updatedAt students { totalCount edges { enrolledAt node { id name } } } } }";
    school()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "course":{
              "id":"Course:1",
              "title":"Logic",
              "createdAt":"2026-03-01T08:00:00+00:00",
              "updatedAt":"2026-03-01T08:00:00+00:00",
              "students":{
                "totalCount":2,
                "edges":[
                  {"enrolledAt":"2026-03-01T08:00:00+00:00","node":{"id":"Student:1","name":"Dan"}},
                  {"enrolledAt":"2026-03-01T08:00:00+00:00","node":{"id":"Student:2","name":"Eve"}}
                ]
              }
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn courses_come_in_the_order_of_their_ids() {
    school()
        .await
        .answers(
            "{ courses { nodes { title students { nodes { name } } } } }",
            expect![[r#"
        {
          "data":{
            "courses":{
              "nodes":[
                {"title":"Logic","students":{"nodes":[{"name":"Dan"},{"name":"Eve"}]}},
                {"title":"Rust","students":{"nodes":[{"name":"Dan"}]}},
                {"title":"SQL","students":{"nodes":[{"name":"Dan"}]}},
                {"title":"Nothing","students":{"nodes":[]}}
              ]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn a_course_is_created_changed_and_deleted() {
    let mutation = r#"mutation {
        createCourse(input: { title: "Maths" }) { course { id title students { totalCount } } userErrors { code } }
        updateCourse(input: { id: 5, title: "Mathematics" }) { course { title } userErrors { code } }
        deleteCourse(input: { id: 5 }) { deletedId userErrors { code } } }"#;
    school()
        .await
        .answers(
            mutation,
            expect![[r#"
        {
          "data":{
            "createCourse":{"course":{"id":"Course:5","title":"Maths","students":{"totalCount":0}},"userErrors":[]},
            "updateCourse":{"course":{"title":"Mathematics"},"userErrors":[]},
            "deleteCourse":{"deletedId":"Course:5","userErrors":[]}
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn a_title_is_not_blank_and_not_too_long() {
    let long = "t".repeat(201);
    let mutation = format!(
        r#"mutation {{ a: createCourse(input: {{ title: "" }}) {{ course {{ id }} userErrors {{ code path message }} }}
            b: updateCourse(input: {{ id: 1, title: "{long}" }}) {{ course {{ id }} userErrors {{ code path message }} }} }}"#
    );
    school().await.answers(&mutation, expect![[r#"
        {
          "data":{
            "a":{
              "course":null,
              "userErrors":[{"code":"BLANK","path":["title"],"message":"must not be blank; allowed are 1 to 200 characters"}]
            },
            "b":{
              "course":null,
              "userErrors":[{"code":"TOO_LONG","path":["title"],"message":"has 201 characters; allowed are 1 to 200"}]
            }
          }
        }"#]]).await;
}

#[tokio::test]
async fn deleting_a_course_ends_its_enrollments() {
    let apps = school().await;
    apps.query("mutation { deleteCourse(input: { id: 1 }) { deletedId } }").await;
    apps.answers(
        "{ students { nodes { courses { nodes { id } } } } }",
        expect![[r#"
        {
          "data":{
            "students":{
              "nodes":[
                {"courses":{"nodes":[{"id":"Course:2"},{"id":"Course:3"}]}},
                {"courses":{"nodes":[]}},
                {"courses":{"nodes":[]}}
              ]
            }
          }
        }"#]],
    )
    .await;
}
