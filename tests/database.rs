use std::time::{Duration, Instant};

use dovetail::{
    config::{MigrateAction, ServeOptions},
    database::{Database, migrate, status},
    run::Program,
};
use school::School;
use sea_orm::{ConnectionTrait, SqlErr};

use crate::support::{PAGES, school, settings, start};

/// White space as Unicode has it, which is what `char::is_whitespace` says.
fn white_space() -> String {
    (char::MIN..=char::MAX).filter(|character| character.is_whitespace()).collect()
}

#[tokio::test]
async fn the_database_itself_refuses_blank_and_too_long_labels() {
    for app in &start(PAGES).await.0 {
        for (table, column, max) in
            [("users", "name", 100), ("posts", "title", 200), ("students", "name", 100), ("courses", "title", 200)]
        {
            let owner = (", content, owner_id", ", '', (SELECT MIN(id) FROM users)");
            let more = if table == "posts" { owner } else { ("", "") };
            let insert = async |text: &str| {
                let sql = format!("INSERT INTO {table} ({column}{}) VALUES ('{text}'{})", more.0, more.1);
                app.database.writer.execute_unprepared(&sql).await.is_ok()
            };
            for refused in [String::new(), white_space(), "é".repeat(max + 1)] {
                assert!(!insert(&refused).await, "{table}.{column} took {refused:?}");
            }
            for taken in ["é".repeat(max), format!("{}x", white_space())] {
                assert!(insert(&taken).await, "{table}.{column} refused {taken:?}");
            }
        }
    }
}

#[tokio::test]
async fn the_database_itself_keeps_references_whole() {
    for app in &school().await.0 {
        for sql in [
            "INSERT INTO posts (title, content, owner_id) VALUES ('t', '', 99)",
            "INSERT INTO enrollments (student_id, course_id) VALUES (1, 99)",
        ] {
            let error = app.database.writer.execute_unprepared(sql).await.unwrap_err();
            assert!(matches!(error.sql_err(), Some(SqlErr::ForeignKeyConstraintViolation(_))), "{error:?}");
        }
        let error = app
            .database
            .writer
            .execute_unprepared("INSERT INTO enrollments (student_id, course_id) VALUES (1, 1)")
            .await
            .unwrap_err();
        assert!(matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))), "{error:?}");
    }
}

#[tokio::test]
async fn what_runs_for_a_request_is_interrupted_past_its_time_and_what_comes_then_is_not() {
    let counts =
        "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 10000) SELECT count(*) FROM c";
    let folder = tempfile::tempdir().unwrap();
    for url in [format!("sqlite:{}", folder.path().join("school.db").display()), "sqlite::memory:".to_owned()] {
        let database = {
            let ServeOptions { database, pools, .. } = settings(&[]);
            Database::open(&database.at(&url), &pools, Duration::MAX, School::migrations()).await.unwrap()
        };
        let late = async || {
            let transaction = database.begin_writing().await.unwrap();
            transaction.execute_unprepared(counts).await
        };
        assert!(database.attend(Some(Instant::now()), late()).await.is_err(), "{url}");
        late().await.unwrap();
    }
}

#[tokio::test]
async fn the_reader_cannot_write() {
    for app in &school().await.0 {
        assert!(app.database.reader.execute_unprepared("DELETE FROM users").await.is_err());
    }
}

#[tokio::test]
async fn a_key_is_never_given_out_twice() {
    for app in &school().await.0 {
        app.data("mutation { deleteUser(input: { id: 3 }) { deletedId } }").await;
        let data = app.data(r#"mutation { createUser(input: { name: "Gil" }) { user { id } } }"#).await;
        assert_eq!(data["createUser"]["user"]["id"], "User:4");
    }
}

#[tokio::test]
async fn migrations_run_down_and_up_again() {
    for app in &start(PAGES).await.0 {
        let (writer, migrations) = (&app.database.writer, School::migrations());
        migrate(writer, migrations, MigrateAction::Down { steps: u32::MAX }).await.unwrap();
        assert!(writer.execute_unprepared("SELECT 1 FROM users").await.is_err());
        let statuses = status(writer, migrations).await.unwrap();
        assert!(statuses.iter().all(|migration| migration.status().to_string() == "Pending"));
        migrate(writer, migrations, MigrateAction::Up).await.unwrap();
        migrate(writer, migrations, MigrateAction::Fresh { yes: true }).await.unwrap();
        app.sql("INSERT INTO users (name) VALUES ('Ada')").await;
    }
}
