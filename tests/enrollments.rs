use expect_test::expect;
use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::support::school;

#[tokio::test]
async fn an_enrollment_is_found_by_its_two_ids() {
    let query = r#"{ a: enrollment(studentId: 1, courseId: "Course:2") { id enrolledAt student { name } course { title } } b: enrollment(studentId: 3, courseId: 1) { id } }"#;
    school()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "a":{
              "id":"Enrollment:1:2",
              "enrolledAt":"2026-03-01T08:00:00+00:00",
              "student":{"name":"Dan"},
              "course":{"title":"Rust"}
            },
            "b":null
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn enrollments_come_in_the_order_of_student_and_course() {
    school()
        .await
        .answers(
            "{ enrollments { totalCount nodes { id student { name } course { title } } } }",
            expect![[r#"
            {
              "data":{
                "enrollments":{
                  "totalCount":4,
                  "nodes":[
                    {"id":"Enrollment:1:1","student":{"name":"Dan"},"course":{"title":"Logic"}},
                    {"id":"Enrollment:1:2","student":{"name":"Dan"},"course":{"title":"Rust"}},
                    {"id":"Enrollment:1:3","student":{"name":"Dan"},"course":{"title":"SQL"}},
                    {"id":"Enrollment:2:1","student":{"name":"Eve"},"course":{"title":"Logic"}}
                  ]
                }
              }
            }"#]],
        )
        .await;
}

#[tokio::test]
async fn a_student_is_enrolled() {
    let mutation = "mutation { enroll(input: { studentId: 3, courseId: 4 }) { enrollment { id student { courses { totalCount } } } userErrors { code } } }";
    school().await.answers(mutation, expect![[r#"{"data":{"enroll":{"enrollment":{"id":"Enrollment:3:4","student":{"courses":{"totalCount":1}}},"userErrors":[]}}}"#]]).await;
}

#[tokio::test]
async fn enrolling_twice_is_already_exists() {
    let mutation = "mutation { enroll(input: { studentId: 1, courseId: 1 }) { enrollment { id } userErrors { code path message } } }";
    school().await.answers(mutation, expect![[r#"
        {
          "data":{
            "enroll":{
              "enrollment":null,
              "userErrors":[{"code":"ALREADY_EXISTS","path":["courseId"],"message":"Student:1 is enrolled in Course:1 already"}]
            }
          }
        }"#]]).await;
}

#[tokio::test]
async fn enrolling_nobody_in_nothing_is_not_found_twice() {
    let mutation = "mutation { enroll(input: { studentId: 99, courseId: 98 }) { enrollment { id } userErrors { code path message } } }";
    school()
        .await
        .answers(
            mutation,
            expect![[r#"
        {
          "data":{
            "enroll":{
              "enrollment":null,
              "userErrors":[
                {"code":"NOT_FOUND","path":["studentId"],"message":"Student:99 does not exist"},
                {"code":"NOT_FOUND","path":["courseId"],"message":"Course:98 does not exist"}
              ]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn of_ten_who_enrol_the_same_at_once_one_wins_and_the_others_are_told() {
    for app in &school().await.0 {
        let mutation =
            "mutation { enroll(input: { studentId: 3, courseId: 4 }) { enrollment { id } userErrors { code } } }";
        let answers = join_all((0..10).map(|_| app.query(mutation))).await;
        let count = |text: &str| answers.iter().filter(|answer| answer.contains(text)).count();
        assert_eq!((count(r#""userErrors":[]"#), count("ALREADY_EXISTS")), (1, 9), "{answers:?}");
    }
}

#[tokio::test]
async fn enrolling_while_the_course_is_being_deleted_is_not_found() {
    for app in &school().await.0 {
        let deletion = app.database.writer.begin().await.unwrap();
        deletion.execute_unprepared("DELETE FROM courses WHERE id = 4").await.unwrap();
        let enroll =
            app.query("mutation { enroll(input: { studentId: 3, courseId: 4 }) { userErrors { code path } } }");
        let commit = async {
            // SQLite's one writer is taken; on PostgreSQL the enrollment waits for a lock.
            let waiting =
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
            let waiting = Statement::from_string(app.backend(), waiting);
            while app.backend() == DbBackend::Postgres
                && app.database.reader.query_one_raw(waiting.clone()).await.unwrap().is_none()
            {}
            deletion.commit().await.unwrap();
        };
        let (answer, ()) = tokio::join!(enroll, commit);
        assert_eq!(answer, r#"{"data":{"enroll":{"userErrors":[{"code":"NOT_FOUND","path":["courseId"]}]}}}"#);
    }
}

#[tokio::test]
async fn withdrawing_returns_both_without_each_other() {
    let mutation = "mutation { withdraw(input: { studentId: 1, courseId: 1 }) { deletedId
        student { courses { nodes { title } } } course { students { nodes { name } } } userErrors { code } } }";
    school()
        .await
        .answers(
            mutation,
            expect![[r#"
        {
          "data":{
            "withdraw":{
              "deletedId":"Enrollment:1:1",
              "student":{"courses":{"nodes":[{"title":"Rust"},{"title":"SQL"}]}},
              "course":{"students":{"nodes":[{"name":"Eve"}]}},
              "userErrors":[]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn withdrawing_who_is_not_enrolled_is_not_found() {
    let mutation = "mutation { withdraw(input: { studentId: 3, courseId: 1 }) { deletedId student { id } course { id } userErrors { code path message } } }";
    school()
        .await
        .answers(
            mutation,
            expect![[r#"
        {
          "data":{
            "withdraw":{
              "deletedId":null,
              "student":null,
              "course":null,
              "userErrors":[{"code":"NOT_FOUND","path":["courseId"],"message":"Student:3 is not enrolled in Course:1"}]
            }
          }
        }"#]],
        )
        .await;
}
