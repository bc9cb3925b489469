//! The program: its name, its schema, and what it does without arguments.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Output, Stdio},
};

use expect_test::expect;
use tempfile::tempdir;

use crate::support::SCHEMA;

fn shop(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shop"));
    command.args(arguments).current_dir(folder).env_clear();
    command
}

fn said(Output { stdout, stderr, .. }: Output) -> String {
    String::from_utf8([stdout, stderr].concat()).unwrap()
}

#[test]
fn the_schema_file_is_the_schema() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql");
    let same = fs::read_to_string(file).unwrap_or_default() == SCHEMA.sdl();
    assert!(same, "schema.graphql is out of date; run `cargo run -p shop -- schema > examples/shop/schema.graphql`");
}

#[test]
fn the_program_says_its_own_name_version_and_database() {
    let folder = tempdir().unwrap();
    assert_eq!(said(shop(folder.path(), &["--version"]).output().unwrap()), "shop 0.1.0\n");
    for command in [&["--help"][..], &["serve", "--help"], &["migrate", "up", "--help"]] {
        let help = said(shop(folder.path(), command).output().unwrap());
        assert!(help.contains("Usage: shop") && help.contains("[default: sqlite:shop.db]"), "{help}");
    }
    let wrong = shop(folder.path(), &["--database-url", "nonsense"]).output().unwrap();
    expect![[r#"
        shop: the database URL begins with `:`; allowed are `sqlite:FILE` and `postgres://USER:PASSWORD@HOST:PORT/NAME`: set --database-url or DATABASE_URL
    "#]].assert_eq(&said(wrong));
}

#[test]
fn without_arguments_it_serves_its_demo_from_an_embedded_database() {
    let folder = tempdir().unwrap();
    let mut server = shop(folder.path(), &[]).env("DOVETAIL_PORT", "0").stdout(Stdio::piped()).spawn().unwrap();
    let first = BufReader::new(server.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!((&*first, folder.path().join("shop.db").exists()), ("Dovetail is ready.", true));
}
