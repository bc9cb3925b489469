//! What `dovetail doctor` and `dovetail healthcheck` find.

use std::process::Output;

use expect_test::expect;
use sea_orm::DbBackend;
use tempfile::tempdir;
use url::Url;

use crate::{
    program::{Server, run},
    support::{App, school, school_with},
};

/// What is said of a database: the standard output, and whether all is well.
fn said(output: Output) -> (String, bool) {
    (String::from_utf8(output.stdout).unwrap(), output.status.success())
}

fn examined(app: &App, arguments: &[&str]) -> (String, bool) {
    let url = format!("--database-url={}", app.direct_url);
    said(run(tempdir().unwrap().path(), &[&["doctor", &url], arguments].concat()))
}

/// What is said of a database, without what is its server's.
fn of_database(said: &str) -> String {
    let of_server = ["PostgreSQL", "SQLite", "fsync", "synchronous_commit", "connections"];
    let lines = said.lines().filter(|line| !of_server.iter().any(|it| line.contains(it)));
    lines.map(|line| format!("{line}\n")).collect()
}

#[tokio::test]
async fn a_database_that_is_well_is_said_to_be() {
    let mut all = String::new();
    for app in &school().await.0 {
        let (said, is_well) = examined(app, &[]);
        assert!(is_well, "{said}");
        all += &of_database(&said);
    }
    expect![[r#"
        ok     the file is sound
        ok     all migrations are applied, and changes are recorded as they are read
        ok     each of 18 lists and orders has an index
        ok     all migrations are applied, and changes are recorded as they are read
        ok     each of 18 lists and orders has an index
    "#]]
    .assert_eq(&all);
}

#[tokio::test]
async fn it_is_said_what_is_wrong_and_what_to_do() {
    let mut all = String::new();
    for app in &school().await.0 {
        app.sql("DELETE FROM seaql_migrations WHERE version LIKE '%_index_orders'").await;
        let (said, is_well) = examined(app, &[]);
        assert!(!is_well, "{said}");
        all += &of_database(&said);
    }
    expect![[r#"
        ok     the file is sound
        wrong  1 migration is pending on this database; run `dovetail migrate up`
        wrong  1 migration is pending on this database; run `dovetail migrate up`
    "#]]
    .assert_eq(&all);
}

#[tokio::test]
async fn lists_and_orders_without_an_index_are_named() {
    let mut all = String::new();
    for app in &school().await.0 {
        app.sql("DROP INDEX posts_owner_id_id").await;
        app.sql("DROP INDEX posts_owner_id_created_at_id").await;
        app.sql("DROP INDEX users_name_id").await;
        all += &of_database(&examined(app, &[]).0);
    }
    expect![[r#"
        ok     the file is sound
        ok     all migrations are applied, and changes are recorded as they are read
        note   no index serves `users` in the order NAME: make one on `users` that begins with (name), and then has the key
        note   no index serves `User.posts`: make one on `posts` that begins with (owner_id), and then has the key
        ok     all migrations are applied, and changes are recorded as they are read
        note   no index serves `users` in the order NAME: make one on `users` that begins with (name COLLATE "C"), and then has the key
        note   no index serves `User.posts`: make one on `posts` that begins with (owner_id), and then has the key
    "#]].assert_eq(&all);
}

#[tokio::test]
async fn a_column_that_is_missing_and_an_index_in_another_order_are_found() {
    let mut all = String::new();
    for app in &school().await.0 {
        app.sql("DROP INDEX users_updated_at_id").await;
        app.sql("ALTER TABLE users DROP COLUMN updated_at").await;
        app.sql("DROP INDEX students_name_id").await;
        let how = if app.backend() == DbBackend::Sqlite { "COLLATE NOCASE" } else { "varchar_pattern_ops" };
        app.sql(&format!("CREATE INDEX another ON students (name {how}, id)")).await;
        all += &of_database(&examined(app, &[]).0);
    }
    expect![[r#"
        ok     the file is sound
        ok     all migrations are applied, and changes are recorded as they are read
        wrong  what the program reads is not there, or may not be read: no such column: users.updated_at
        note   no index serves `users` in the order UPDATED_AT: make one on `users` that begins with (updated_at), and then has the key
        note   no index serves `students` in the order NAME: make one on `students` that begins with (name), and then has the key
        ok     all migrations are applied, and changes are recorded as they are read
        wrong  what the program reads is not there, or may not be read: column users.updated_at does not exist
        note   no index serves `users` in the order UPDATED_AT: make one on `users` that begins with (updated_at), and then has the key
        note   no index serves `students` in the order NAME: make one on `students` that begins with (name COLLATE "C"), and then has the key
    "#]].assert_eq(&all);
}

#[test]
fn a_file_that_cannot_be_written_is_found() {
    let folder = tempdir().unwrap();
    assert!(run(folder.path(), &["migrate", "up"]).status.success());
    let (said, is_well) = said(run(folder.path(), &["doctor", "--database-url=sqlite:dovetail.db?mode=ro"]));
    assert!(!is_well && said.contains("wrong  the file cannot be written: "), "{said}");
}

/// As whom to examine a database who may do nothing with its tables yet.
async fn of_reader(app: &App) -> String {
    let create = "CREATE ROLE reader_of_dovetail LOGIN PASSWORD 'reader'";
    app.sql(&format!("DO $$ BEGIN {create}; EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$")).await;
    let mut url = Url::parse(&app.direct_url).unwrap();
    url.set_username("reader_of_dovetail").unwrap();
    url.set_password(Some("reader")).unwrap();
    format!("--database-url={url}")
}

#[tokio::test]
async fn a_user_that_may_not_see_the_migrations_is_told_so() {
    let Some(apps) = school_with(&[]).await.on_postgres() else { return };
    let app = &apps.0[0];
    let url = of_reader(app).await;
    let folder = tempdir().unwrap();
    let mut all = String::new();
    for revoke in ["", "REVOKE USAGE ON SCHEMA public FROM PUBLIC"] {
        app.sql(revoke).await;
        for command in [&["doctor"][..], &["migrate", "status"]] {
            let output = run(folder.path(), &[command, &[&url]].concat());
            assert!(!output.status.success());
            all += &of_database(&String::from_utf8([output.stdout, output.stderr].concat()).unwrap());
        }
    }
    expect![[r#"
        wrong  permission denied for table seaql_migrations; --database-url is to name a user that may, or it is to be granted to this one
        dovetail: wrong: 1 of what was found
        dovetail: permission denied for table seaql_migrations; --database-url is to name a user that may, or it is to be granted to this one
        wrong  no schema of the search_path ("$user", public) is there and may be used: GRANT USAGE ON SCHEMA … to the user
        dovetail: wrong: 1 of what was found
        dovetail: no schema of the search_path ("$user", public) is there and may be used: GRANT USAGE ON SCHEMA … to the user
    "#]].assert_eq(&all);
}

#[tokio::test]
async fn a_user_that_may_not_write_and_too_few_connections_are_found() {
    let Some(apps) = school_with(&[]).await.on_postgres() else { return };
    let app = &apps.0[0];
    let url = of_reader(app).await;
    app.sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader_of_dovetail").await;
    let (said, is_well) = said(run(tempdir().unwrap().path(), &["doctor", &url, "--read-connections=9000"]));
    app.sql("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM reader_of_dovetail").await;
    assert!(!is_well);
    assert!(said.contains("an instance takes up to 9015 connections, and may have"), "{said}");
    let said = of_database(&said);
    expect![[r#"
        ok     all migrations are applied, and changes are recorded as they are read
        note   the user may not INSERT, UPDATE, DELETE on "users": where mutations do, GRANT INSERT, UPDATE, DELETE ON "users" TO it
        note   the user may not INSERT, UPDATE, DELETE on "posts": where mutations do, GRANT INSERT, UPDATE, DELETE ON "posts" TO it
        note   the user may not INSERT, UPDATE, DELETE on "students": where mutations do, GRANT INSERT, UPDATE, DELETE ON "students" TO it
        note   the user may not INSERT, UPDATE, DELETE on "courses": where mutations do, GRANT INSERT, UPDATE, DELETE ON "courses" TO it
        note   the user may not INSERT, UPDATE, DELETE on "enrollments": where mutations do, GRANT INSERT, UPDATE, DELETE ON "enrollments" TO it
        wrong  the user may not DELETE on dovetail_changes, so that no subscription works: GRANT DELETE ON dovetail_changes TO it
        wrong  the user may not UPDATE on dovetail_epoch, so that no subscription works: GRANT UPDATE ON dovetail_epoch TO it
        ok     each of 18 lists and orders has an index
    "#]].assert_eq(&said);
}

#[test]
fn a_server_that_is_ready_is_healthy_and_one_that_is_not_there_is_not() {
    let server = Server::start(&[]);
    let port = format!("--port={}", server.address.split_once(':').unwrap().1);
    let ask = || run(tempdir().unwrap().path(), &["healthcheck", "--host=0.0.0.0", "--insecure-open", &port]);
    assert!(ask().status.success());
    drop(server);
    let failed = ask();
    assert!(!failed.status.success());
    assert!(String::from_utf8(failed.stderr).unwrap().starts_with("dovetail: the server is not ready: "));
}
