use expect_test::expect;

use crate::support::school;

#[tokio::test]
async fn a_student_has_courses_and_the_edges_tell_since_when() {
    let query = "{ student(id: 1) { id name createdAt updatedAt courses { totalCount edges { enrolledAt node { id title } } } } }";
    school()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "student":{
              "id":"Student:1",
              "name":"Dan",
              "createdAt":"2026-03-01T08:00:00+00:00",
              "updatedAt":"2026-03-01T08:00:00+00:00",
              "courses":{
                "totalCount":3,
                "edges":[
                  {"enrolledAt":"2026-03-01T08:00:00+00:00","node":{"id":"Course:1","title":"Logic"}},
                  {"enrolledAt":"2026-03-01T08:00:00+00:00","node":{"id":"Course:2","title":"Rust"}},
                  {"enrolledAt":"2026-03-01T08:00:00+00:00","node":{"id":"Course:3","title":"SQL"}}
                ]
              }
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn students_come_in_the_order_of_their_ids() {
    school()
        .await
        .answers(
            "{ students { nodes { name courses { nodes { title } } } } }",
            expect![[r#"
        {
          "data":{
            "students":{
              "nodes":[
                {"name":"Dan","courses":{"nodes":[{"title":"Logic"},{"title":"Rust"},{"title":"SQL"}]}},
                {"name":"Eve","courses":{"nodes":[{"title":"Logic"}]}},
                {"name":"Fay","courses":{"nodes":[]}}
              ]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn a_student_is_created_with_courses() {
    let mutation = r#"mutation { createStudent(input: { name: "Gus", courseIds: [4, "Course:2"] }) {
        student { id courses { nodes { id } } } userErrors { code } } }"#;
    school()
        .await
        .answers(
            mutation,
            expect![[r#"
        {
          "data":{
            "createStudent":{
              "student":{"id":"Student:4","courses":{"nodes":[{"id":"Course:2"},{"id":"Course:4"}]}},
              "userErrors":[]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn all_problems_of_a_new_student_are_told_at_once_and_nothing_is_written() {
    let apps = school().await;
    let mutation = r#"mutation { createStudent(input: { name: "", courseIds: [1, 99, 1, 98] }) { student { id } userErrors { code path message } } }"#;
    apps.answers(
        mutation,
        expect![[r#"
        {
          "data":{
            "createStudent":{
              "student":null,
              "userErrors":[
                {"code":"BLANK","path":["name"],"message":"must not be blank; allowed are 1 to 100 characters"},
                {"code":"NOT_FOUND","path":["courseIds","1"],"message":"Course:99 does not exist"},
                {"code":"ALREADY_EXISTS","path":["courseIds","2"],"message":"Course:1 is listed twice"},
                {"code":"NOT_FOUND","path":["courseIds","3"],"message":"Course:98 does not exist"}
              ]
            }
          }
        }"#]],
    )
    .await;
    apps.answers(
        "{ students { totalCount } enrollments { totalCount } }",
        expect![[r#"{"data":{"students":{"totalCount":3},"enrollments":{"totalCount":4}}}"#]],
    )
    .await;
}

#[tokio::test]
async fn a_course_id_of_another_type_is_bad_user_input() {
    school()
        .await
        .answers(
            r#"mutation { createStudent(input: { name: "Gus", courseIds: [1, "User:1"] }) { student { id } } }"#,
            expect![[r#"
                {
                  "errors":[
                    {
                      "message":"argument `input.courseIds.1` is `User:1`; allowed is an id of the type Course, such as `Course:500` or `500`",
                      "locations":[{"line":1,"column":12}],
                      "path":["createStudent"],
                      "extensions":{"code":"BAD_USER_INPUT"}
                    }
                  ],
                  "data":{"createStudent":null}
                }"#]],
        )
        .await;
}

#[tokio::test]
async fn a_student_is_changed_and_deleted_with_the_enrollments() {
    let apps = school().await;
    let mutation = r#"mutation { updateStudent(input: { id: 1, name: "Don" }) { student { name } userErrors { code } }
        deleteStudent(input: { id: 1 }) { deletedId userErrors { code } } }"#;
    apps.answers(
        mutation,
        expect![[r#"
        {
          "data":{
            "updateStudent":{"student":{"name":"Don"},"userErrors":[]},
            "deleteStudent":{"deletedId":"Student:1","userErrors":[]}
          }
        }"#]],
    )
    .await;
    apps.answers(
        "{ students { nodes { id } } courses { totalCount } enrollments { nodes { id } } }",
        expect![[r#"
        {
          "data":{
            "students":{"nodes":[{"id":"Student:2"},{"id":"Student:3"}]},
            "courses":{"totalCount":4},
            "enrollments":{"nodes":[{"id":"Enrollment:2:1"}]}
          }
        }"#]],
    )
    .await;
}

#[tokio::test]
async fn a_student_has_enrollments_which_are_filtered_and_counted() {
    let query = "{ students { nodes { name enrollments(filter: { course: { title: { ne: \"Logic\" } } }) { totalCount nodes { id enrolledAt course { title } } } } } }";
    school()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "students":{
              "nodes":[
                {
                  "name":"Dan",
                  "enrollments":{
                    "totalCount":2,
                    "nodes":[
                      {"id":"Enrollment:1:2","enrolledAt":"2026-03-01T08:00:00+00:00","course":{"title":"Rust"}},
                      {"id":"Enrollment:1:3","enrolledAt":"2026-03-01T08:00:00+00:00","course":{"title":"SQL"}}
                    ]
                  }
                },
                {"name":"Eve","enrollments":{"totalCount":0,"nodes":[]}},
                {"name":"Fay","enrollments":{"totalCount":0,"nodes":[]}}
              ]
            }
          }
        }"#]],
        )
        .await;
}
