use axum::{
    body::Body,
    http::{Request, header},
};
use expect_test::expect;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DbBackend};
use serde_json::{Value, json};

use crate::support::{body, graphql_request, school, start_with};

#[tokio::test]
async fn a_text_that_is_not_graphql_fails_to_parse() {
    school()
        .await
        .answers(
            "{ users { nodes ",
            expect![[r#"
        {
          "errors":[
            {
              "message":"Syntax error: Unexpected EOF.",
              "locations":[{"line":1,"column":17}],
              "extensions":{"code":"GRAPHQL_PARSE_FAILED"}
            }
          ]
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn a_field_that_is_not_there_fails_to_validate() {
    school()
        .await
        .answers(
            "{ users { nodes { nickname } } }",
            expect![[r#"
        {
          "errors":[
            {
              "message":"Unknown field \"nickname\" on type \"User\".",
              "locations":[{"line":1,"column":19}],
              "extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}
            }
          ]
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn an_argument_of_another_kind_fails_to_validate() {
    school()
        .await
        .answers(
            "{ users(first: \"two\") { nodes { id } } }",
            expect![[r#"
        {
          "errors":[
            {
              "message":"Invalid value for \"first\": `\"two\"`; its type is \"Int\".",
              "locations":[{"line":1,"column":16}],
              "extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}
            }
          ]
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn an_integer_past_32_bits_has_a_code() {
    school()
        .await
        .answers(
            "{ users(first: 3000000000) { nodes { id } } }",
            expect![[r#"
        {
          "errors":[
            {
              "message":"Invalid value for \"first\": `3000000000`; allowed are -2147483648 to 2147483647.",
              "locations":[{"line":1,"column":16}],
              "extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}
            }
          ]
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn a_database_error_is_internal_and_its_text_stays_inside() {
    for app in &school().await.0 {
        app.sql("DROP TABLE posts").await;
        for query in [
            "{ posts { nodes { id } } }",
            "{ users { nodes { posts { nodes { id } } } } }",
            "{ post(id: 1) { id } }",
            r#"mutation { createPost(input: { ownerId: 1, title: "t", content: "" }) { post { id } } }"#,
            r#"mutation { deletePost(input: { id: 1 }) { deletedId } }"#,
        ] {
            let answer = app.query(query).await;
            let error = &serde_json::from_str::<Value>(&answer).unwrap()["errors"][0];
            assert_eq!(
                (&error["message"], &error["extensions"]["code"]),
                (&"internal error".into(), &"INTERNAL".into()),
                "{answer}"
            );
            assert!(
                !["table", "relation", "exist", "SELECT", "sql"].iter().any(|word| answer.contains(word)),
                "{answer}"
            );
        }
    }
}

#[tokio::test]
async fn a_value_that_the_database_has_and_its_type_has_not_is_an_error_of_that_field() {
    for app in &school().await.0 {
        let moments = match app.backend() {
            DbBackend::Postgres => [
                ("'infinity'", "OUT_OF_RANGE"),
                ("'-infinity'", "OUT_OF_RANGE"),
                ("'0044-03-15 BC'", "OUT_OF_RANGE"),
                ("'12026-01-01'", "OUT_OF_RANGE"),
                ("'290000-01-01'", "OUT_OF_RANGE"),
            ],
            _ => [
                ("'+12026-01-01 00:00:00'", "OUT_OF_RANGE"),
                ("'nonsense'", "INTERNAL"),
                ("x'ff'", "INTERNAL"),
                ("CAST(x'ff' AS TEXT)", "INTERNAL"),
                ("9223372036854775807", "INTERNAL"),
            ],
        };
        for (moment, code) in moments {
            app.sql(&format!("UPDATE users SET created_at = {moment} WHERE id = 2")).await;
            app.sql(&format!("UPDATE enrollments SET enrolled_at = {moment}")).await;
            for (query, path) in [
                ("{ users { nodes { id createdAt } } }", json!(["users", "nodes", 1, "createdAt"])),
                ("{ users { edges { node { createdAt } } } }", json!(["users", "edges", 1, "node", "createdAt"])),
                ("{ user(id: 2) { createdAt } }", json!(["user", "createdAt"])),
                (
                    "{ student(id: 2) { courses { edges { enrolledAt } } } }",
                    json!(["student", "courses", "edges", 0, "enrolledAt"]),
                ),
            ] {
                for answer in [app.query(query).await, app.query_ordinarily(query, &Value::Null).await] {
                    let answer: Value = serde_json::from_str(&answer).unwrap();
                    let error = &answer["errors"][0];
                    assert_eq!(
                        (&error["path"], &error["extensions"]["code"]),
                        (&path, &code.into()),
                        "{moment}: {answer}"
                    );
                }
            }
            let names =
                app.data("{ users(orderBy: { field: CREATED_AT }) { totalCount nodes { id name updatedAt } } }").await;
            assert_eq!(names["users"]["nodes"].as_array().unwrap().len(), 3, "{moment}");
        }
    }
}

#[tokio::test]
async fn a_row_with_such_a_value_can_be_changed() {
    for app in &school().await.0 {
        app.sql(match app.backend() {
            DbBackend::Postgres => "UPDATE users SET created_at = 'infinity' WHERE id = 2",
            _ => "UPDATE users SET created_at = 'nonsense' WHERE id = 2",
        })
        .await;
        let text = app
            .query("mutation { updateUser(input: { id: 2, name: \"Bo\" }) { user { id name } userErrors { code } } }")
            .await;
        expect![[r#"{"data":{"updateUser":{"user":{"id":"User:2","name":"Bo"},"userErrors":[]}}}"#]].assert_eq(&text);
    }
}

#[tokio::test]
async fn an_internal_error_names_the_request_of_the_header() {
    for app in &school().await.0 {
        app.sql("DROP TABLE posts").await;
        let mut request = graphql_request("{ posts { nodes { id } } }");
        request.headers_mut().insert("x-request-id", "mine-42".parse().unwrap());
        let response = app.http(request).await;
        assert_eq!(response.headers()["x-request-id"], "mine-42");
        assert!(body(response).await.contains(r#""requestId":"mine-42""#));
    }
}

#[tokio::test]
async fn a_database_that_is_gone_is_unavailable() {
    let apps = school().await;
    for app in &apps.0 {
        app.database.reader.close_by_ref().await.unwrap();
        app.database.writer.close_by_ref().await.unwrap();
    }
    for query in ["{ users { nodes { id } } }", "mutation { deleteUser(input: { id: 1 }) { deletedId } }"] {
        for app in &apps.0 {
            let answer = app.answer(query).await;
            let error = &answer["errors"][0];
            assert_eq!(
                (&error["message"], &error["extensions"]["code"]),
                (&"the database is unavailable".into(), &"UNAVAILABLE".into())
            );
        }
    }
}

#[tokio::test]
async fn what_comes_after_a_failed_statement_fails_of_the_same() {
    for app in &school().await.0 {
        app.sql("DROP TABLE posts").await;
        let answer = app.answer("{ post(id: 1) { id } user(id: 1) { id } }").await;
        assert_eq!(answer["data"], serde_json::json!({ "post": null, "user": null }));
        assert_eq!(app.data("{ user(id: 1) { name } }").await["user"]["name"], "Ada");
    }
}

#[tokio::test]
async fn half_an_answer_keeps_the_half_that_worked() {
    for app in &school().await.0 {
        app.sql("DROP TABLE posts").await;
        let answer = app.answer("{ user(id: 1) { name } post(id: 1) { title } }").await;
        assert_eq!(answer["data"], serde_json::json!({ "user": { "name": "Ada" }, "post": null }));
        assert_eq!(answer["errors"][0]["path"], serde_json::json!(["post"]));
    }
}

#[tokio::test]
async fn a_request_may_say_null_for_what_it_leaves_out() {
    for app in &school().await.0 {
        let text = r#"{"query":"query A($id: ID!) { user(id: $id) { name } } query B { __typename }","operationName":"A","variables":{"id":1},"extensions":null}"#;
        let nulls = r#"{"query":"{ __typename }","operationName":null,"variables":null,"extensions":null}"#;
        for (text, answer) in
            [(text, r#"{"data":{"user":{"name":"Ada"}}}"#), (nulls, r#"{"data":{"__typename":"Query"}}"#)]
        {
            let request = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
            assert_eq!(body(app.http(request.body(Body::from(text)).unwrap()).await).await, answer);
        }
    }
}

#[tokio::test]
async fn what_takes_too_long_is_ended_also_on_the_database_and_the_server_goes_on() {
    let apps = start_with(&["--request-timeout=1", "--read-connections=1"]).await;
    let count = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i > 0) SELECT count(*) FROM c";
    for app in &apps.0 {
        app.sql("INSERT INTO courses (title) VALUES ('Logic')").await;
        app.sql("ALTER TABLE courses RENAME TO courses_in_time").await;
        app.sql(&format!("CREATE VIEW courses AS SELECT * FROM courses_in_time WHERE ({count}) > 0")).await;
        // Of the whole request, if the database does not notice first.
        let text = body(app.http(graphql_request("{ courses { nodes { id } } }")).await).await;
        assert!(text.contains(r#""code":"TIMEOUT""#) && text.contains("ask for less"), "{text}");
    }
    // The one connection that reads is free again.
    apps.answers("{ users { totalCount } }", expect![[r#"{"data":{"users":{"totalCount":0}}}"#]]).await;
}

#[tokio::test]
async fn a_database_that_writes_no_longer_or_waits_for_no_lock_is_unavailable() {
    for app in school().await.0.iter().filter(|app| app.backend() == DbBackend::Postgres) {
        for code in ["25006", "55P03"] {
            app.sql(&format!(
                "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no' USING ERRCODE = '{code}'; END $$"
            ))
            .await;
            app.sql("CREATE OR REPLACE TRIGGER refuse BEFORE INSERT ON users EXECUTE FUNCTION refuse()").await;
            let answer = app.answer(r#"mutation { createUser(input: { name: "x" }) { user { id } } }"#).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{answer}");
        }
    }
}

#[tokio::test]
async fn what_takes_too_long_to_write_is_ended_too() {
    let apps = start_with(&[
        "--request-timeout=1",
        "--max-cost=100000000",
        "--max-page-size=1000",
        "--max-aliases=2000",
        "--max-response-bytes=10000000000",
        "--max-memory-bytes=10000000000",
    ])
    .await;
    for app in &apps.0 {
        app.sql("INSERT INTO users (name) VALUES ('a'), ('b'), ('c'), ('d')").await;
        let text = "x".repeat(20_000);
        app.sql(&format!("INSERT INTO posts (title, content, owner_id) SELECT 't', '{text}', a.id FROM users a, users b, users c, users d")).await;
        let columns: String = (0..1_000).map(|index| format!("a{index}:content ")).collect();
        // Some gigabytes.
        let query = format!("{{ users {{ nodes {{ posts {{ nodes {{ {columns} }} }} }} }} }}");
        let answer = body(app.http(graphql_request(&query)).await).await;
        assert!(answer.contains(r#""code":"TIMEOUT""#), "{}", &answer[..answer.len().min(300)]);
    }
}

#[tokio::test]
async fn a_database_that_lets_nobody_in_is_unavailable() {
    for app in school().await.0.iter().filter(|app| app.backend() == DbBackend::Postgres) {
        let mut direct = ConnectOptions::new(&app.direct_url);
        direct.max_connections(1);
        let direct = Database::connect(direct).await.unwrap();
        for sql in [
            "UPDATE pg_database SET datallowconn = false WHERE datname = current_database()",
            "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        ] {
            direct.execute_unprepared(sql).await.unwrap();
        }
        for _ in 0..2 {
            let answer = app.answer("{ users { totalCount } }").await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{answer}");
        }
    }
}

#[tokio::test]
async fn a_parent_that_is_missing_is_an_error_at_its_child() {
    for app in &school().await.0 {
        let stray = "UPDATE posts SET owner_id = 777 WHERE id = 4";
        match app.backend() {
            DbBackend::Postgres => {
                app.sql(&format!("SET session_replication_role = replica; {stray}; RESET session_replication_role"))
                    .await;
            }
            _ => app.sql(&format!("PRAGMA foreign_keys = OFF; {stray}; PRAGMA foreign_keys = ON")).await,
        }
        for (query, path) in [
            ("{ posts { nodes { id owner { name } } } }", json!(["posts", "nodes", 3, "owner"])),
            ("{ posts { edges { node { o: owner { name } } } } }", json!(["posts", "edges", 3, "node", "o"])),
        ] {
            assert_eq!(app.answer(query).await["errors"][0]["path"], path);
        }
    }
}
