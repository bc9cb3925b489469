use std::{
    collections::BTreeSet,
    fs::{self, Permissions},
    io::{BufRead, BufReader, Lines, Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
    process::{Child, ChildStdout, Command, Output, Stdio},
};

use dovetail::config::without_secrets;
use expect_test::expect;
use sea_orm::{ConnectionTrait, Database};
use tempfile::{TempDir, tempdir};

use crate::support::{App, PAGES, SCHEMA, TestDatabase, settings, start};

/// The program, in a folder of its own, with nothing in the environment that it would read.
fn dovetail(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dovetail"));
    command.args(arguments).current_dir(folder).env_clear();
    command
}

pub fn run(folder: &Path, arguments: &[&str]) -> Output {
    dovetail(folder, arguments).output().unwrap()
}

/// What the program says when it fails: exit code 1 and one line.
pub fn failure(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!((output.status.code(), text.lines().count()), (Some(1), 1), "{text}");
    text
}

#[test]
fn the_schema_file_is_the_schema() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql");
    let same = fs::read_to_string(file).unwrap_or_default() == SCHEMA.sdl();
    assert!(same, "schema.graphql is out of date; run `cargo run -- schema > schema.graphql`");
}

#[test]
fn the_program_prints_the_schema() {
    assert_eq!(String::from_utf8(run(Path::new("."), &["schema"]).stdout).unwrap(), SCHEMA.sdl());
}

#[test]
fn help_explains_each_option_and_names_its_variable() {
    for command in [
        &["--help"][..],
        &["serve", "--help"],
        &["seed", "--help"],
        &["migrate", "down", "--help"],
        &["migrate", "fresh", "--help"],
    ] {
        let help = String::from_utf8(run(Path::new("."), command).stdout).unwrap();
        let options: Vec<_> = help.split("\n      --").skip(1).collect();
        assert!(!options.is_empty(), "{help}");
        for option in options {
            assert!(option.contains("[env: D"), "{option}");
        }
    }
}

/// `dovetail serve` in a folder of its own, until it is dropped.
pub struct Server {
    pub process: Child,
    /// Its host and port.
    pub address: String,
    /// What it says besides.
    pub lines: Lines<BufReader<ChildStdout>>,
    _folder: TempDir,
}

impl Server {
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_limited(":", arguments)
    }

    /// The same after commands of the shell, which limit it.
    pub fn start_limited(limits: &str, arguments: &[&str]) -> Self {
        let folder = tempdir().unwrap();
        let mut process = Command::new("sh")
            .args(["-c", &format!("{limits}; exec \"$@\""), "sh", env!("CARGO_BIN_EXE_dovetail"), "serve", "--port=0"])
            .args(arguments)
            .current_dir(folder.path())
            .env_clear()
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = address("endpoint  http://", "/graphql", &mut lines).replace("0.0.0.0", "127.0.0.1");
        Self { process, address, lines, _folder: folder }
    }

    /// Where it says that this is served.
    pub fn address_of(&mut self, name: &str, path: &str) -> String {
        address(&format!("{name} http://"), path, &mut self.lines)
    }

    /// The response to an HTTP request after which the connection is closed.
    pub fn send(&self, request: &str) -> String {
        let mut client = TcpStream::connect(&self.address).unwrap();
        client.write_all(request.as_bytes()).unwrap();
        let mut response = String::new();
        client.read_to_string(&mut response).unwrap();
        response
    }

    pub fn get(&self, path: &str) -> String {
        self.send(&format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"))
    }

    /// What it logs.
    pub fn log(&mut self) -> impl Iterator<Item = String> {
        BufReader::new(self.process.stderr.take().unwrap()).lines().map(Result::unwrap)
    }
}

/// The host and port in the next line that has them between these.
fn address(begin: &str, end: &str, lines: &mut Lines<BufReader<ChildStdout>>) -> String {
    let address = |line: String| Some(line.trim().strip_prefix(begin)?.strip_suffix(end)?.to_owned());
    lines.find_map(|line| address(line.unwrap())).unwrap()
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_demo_serves_from_an_embedded_database_until_it_is_stopped() {
    let folder = tempdir().unwrap();
    let mut server =
        dovetail(folder.path(), &["serve", "--demo", "--port", "0"]).stdout(Stdio::piped()).spawn().unwrap();
    let lines: Vec<_> = BufReader::new(server.stdout.take().unwrap()).lines().take(4).map(Result::unwrap).collect();
    server.kill().unwrap();
    server.wait().unwrap();
    let address = lines[1].trim().strip_prefix("GraphiQL").unwrap().trim().to_owned();
    assert_eq!(lines[2].trim(), format!("endpoint  {address}graphql"));
    assert_eq!(lines[3].trim(), format!("schema    {address}schema.graphql"));
    assert!(folder.path().join("dovetail.db").exists());
}

#[test]
fn a_demo_reports_its_sql_and_logs_the_counts() {
    let mut server = Server::start(&["--demo"]);
    let body = r#"{"query":"{ users(first: 2) { nodes { posts(first: 1) { nodes { id } } } } }","extensions":{"dovetail":{"sql":true}}}"#;
    let head = "POST /graphql HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length";
    let answer = server.send(&format!("{head}: {}\r\n\r\n{body}", body.len()));
    assert!(answer.contains(r#""extensions":{"dovetail":{"sql":[{"#), "{answer}");
    let line = server.log().find(|line| line.contains("answered")).unwrap();
    // A row more than each page tells whether there are more.
    assert!(line.contains("errors=0 statements=2 rows=7 milliseconds="), "{line}");
}

#[test]
fn a_wrong_url_is_one_line_and_exit_code_1() {
    let folder = tempdir().unwrap();
    for (url, part) in [
        ("mysql://localhost/x", "allowed are `sqlite:FILE` and `postgres://"),
        ("nonsense", "allowed are `sqlite:FILE` and `postgres://"),
        ("sqlite:/nowhere/at/all.db", "does its folder exist"),
        ("postgres://u:secret@127.0.0.1:1/x", "is the server running"),
    ] {
        let said = failure(&run(folder.path(), &["--database-url", url]));
        assert!(said.contains(part) && !said.contains("secret"), "{said}");
    }
}

#[test]
fn a_file_that_is_no_database_is_one_line_and_exit_code_1() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("dovetail.db"), "not a database, but long enough to look at").unwrap();
    let said = failure(&run(folder.path(), &[]));
    assert!(said.contains("choose another --database-url"), "{said}");
}

#[tokio::test]
async fn a_locked_file_is_one_line_and_exit_code_1() {
    let folder = tempdir().unwrap();
    let url = format!("sqlite:{}?mode=rwc", folder.path().join("dovetail.db").display());
    let holder = Database::connect(url).await.unwrap();
    holder
        .execute_unprepared("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE held (id INTEGER)")
        .await
        .unwrap();
    let said = failure(&run(folder.path(), &[]));
    assert!(said.contains("another process holds its lock"), "{said}");
}

#[test]
fn a_port_in_use_is_one_line_and_exit_code_1() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let said = failure(&run(tempdir().unwrap().path(), &["--port", &port, "--log", "off"]));
    assert!(said.contains("Choose another with --host and --port"), "{said}");
}

#[test]
fn a_variable_that_no_setting_has_is_one_line_and_exit_code_1() {
    let variables = [("DOVETAIL_MAX_DEPHT", "3"), ("DOVETAIL_MIGRATE_STEP", "1"), ("DOVETAIL_GRAPHIQL", "off")];
    let output = dovetail(Path::new("."), &["schema"]).envs(variables).output().unwrap();
    expect![["
        dovetail: DOVETAIL_MAX_DEPHT is no setting; did you mean DOVETAIL_MAX_DEPTH?; DOVETAIL_MIGRATE_STEP is no setting; did you mean DOVETAIL_MIGRATE_STEPS?
    "]].assert_eq(&failure(&output));
}

#[test]
fn page_sizes_that_do_not_fit_are_one_line_and_exit_code_1() {
    let said = failure(&run(tempdir().unwrap().path(), &["--default-page-size", "11", "--max-page-size", "10"]));
    assert!(said.contains("--default-page-size is 11; allowed are 0 to 10"), "{said}");
}

#[tokio::test]
async fn a_pending_migration_on_postgresql_is_one_line_and_exit_code_1() {
    let Some(database) = TestDatabase::create().await else { return };
    let folder = tempdir().unwrap();
    let url = ["--database-url", &database.url()];
    let said = failure(&run(folder.path(), &url));
    assert!(said.contains("8 migrations are pending on this database; run `dovetail migrate up`"), "{said}");
    let migrated = run(folder.path(), &["migrate", "up", url[0], url[1]]);
    assert!(migrated.status.success() && String::from_utf8(migrated.stdout).unwrap().matches("Applied").count() == 8);
}

#[test]
fn the_database_may_stand_before_a_command_and_options_of_serving_may_not() {
    let folder = tempdir().unwrap();
    let migrated = run(folder.path(), &["--database-url", "sqlite:first.db", "migrate", "up"]);
    assert!(migrated.status.success() && folder.path().join("first.db").exists());
    let refused = run(folder.path(), &["--port", "1", "migrate", "up"]);
    assert_eq!((refused.status.code(), folder.path().join("dovetail.db").exists()), (Some(2), false));
    expect![[r#"
        error: --port stands before `migrate`, which does not have it there; allowed are --config, --database-url and --prepared-statements, and behind `migrate`, its own options

        Usage: dovetail [OPTIONS] [COMMAND]

        For more information, try '--help'.
    "#]].assert_eq(&String::from_utf8(refused.stderr).unwrap());
}

#[test]
fn settings_are_of_the_command_line_or_the_environment_or_a_file_or_the_default() {
    let folder = tempdir().unwrap();
    let file = "port = 1\nmax-depth = 2\nmax-cost = 3\ncors-origins = ['https://a.example', 'https://b.example']\ndemo = true\nsql-report = false\n\
                trace-sampling = 0.25\notlp-endpoint = 'http://key:secret@collector:4318'\n\
                database-url = 'postgres://me:secret@db/x'\njwt-secret = 'thirty-two bytes that are no secret'\n";
    fs::write(folder.path().join("s.toml"), file).unwrap();
    let mut command = dovetail(folder.path(), &["config", "--config", "s.toml", "--max-depth=9"]);
    let output = command.env("DOVETAIL_MAX_COST", "8").output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let names = [
        "port",
        "max-depth",
        "max-cost",
        "cors-origins",
        "demo",
        "sql-report",
        "database-url",
        "jwt-secret",
        "jwks",
        "auth",
        "trace-sampling",
        "otlp-endpoint",
    ];
    let is_asked = |line: &&str| names.contains(&line.trim_start_matches("# ").split(' ').next().unwrap());
    expect![[r#"
        database-url = "postgres://***@db/x" # s.toml
        port = 1 # s.toml
        max-depth = 9 # the command line
        max-cost = 8 # DOVETAIL_MAX_COST
        sql-report = false # s.toml
        demo = true # s.toml
        auth = "all" # default
        jwt-secret = "***" # s.toml
        # jwks is not set
        otlp-endpoint = "http://***@collector:4318" # s.toml
        trace-sampling = 0.25 # s.toml
        cors-origins = ["https://a.example", "https://b.example"] # s.toml"#]]
    .assert_eq(&said.lines().filter(is_asked).collect::<Vec<_>>().join("\n"));
    // But for secrets, what is printed is such a file.
    fs::write(folder.path().join("again.toml"), said.replace("jwt-secret", "# jwt-secret")).unwrap();
    let again = String::from_utf8(run(folder.path(), &["config", "--config", "again.toml"]).stdout).unwrap();
    assert!(again.contains("\nmax-depth = 9 # again.toml\n"), "{again}");
}

#[test]
fn what_is_wrong_in_a_file_of_settings_is_one_line_and_exit_code_1() {
    let folder = tempdir().unwrap();
    let mut said = Vec::new();
    for wrong in [
        "prot = 1",
        "port = 'x'",
        "port = 99999",
        "port = [1]",
        "demo = 3",
        "a = 1\n= 2",
        "[port]",
        "config = 'x'",
        "jwks = 'a'\njwt-secret = 'b'",
    ] {
        fs::write(folder.path().join("s.toml"), wrong).unwrap();
        said.push(failure(&run(folder.path(), &["--config", "s.toml"])));
    }
    said.push(failure(&run(folder.path(), &["--config", "none.toml"])));
    expect![[r#"
        dovetail: the settings in s.toml: `prot` is no setting; did you mean `port`?
        dovetail: the settings in s.toml: invalid value 'x' for '--port <PORT>': invalid digit found in string
        dovetail: the settings in s.toml: invalid value '99999' for '--port <PORT>': 99999 is not in 0..=65535
        dovetail: the settings in s.toml: `port` is of the type array; allowed is a text or a number
        dovetail: the settings in s.toml: `demo` is true or false
        dovetail: the settings in s.toml: line 2: unquoted keys cannot be empty, expected letters, numbers, `-`, `_`
        dovetail: the settings in s.toml: `port` is of the type table; allowed is a text or a number
        dovetail: the settings in s.toml: `config` is no setting; did you mean `log`?
        dovetail: the settings in s.toml: the argument '--jwt-secret <SECRET>' cannot be used with '--jwks <FILE|URL>'
        dovetail: the settings in none.toml: No such file or directory (os error 2)
    "#]]
    .assert_eq(&said.concat());
}

#[test]
fn other_commands_take_what_they_have_of_a_file_of_settings() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("s.toml"), "database-url = 'sqlite:named.db'\nport = 1").unwrap();
    for command in [&["--config", "s.toml", "migrate", "up"], &["migrate", "up", "--config", "s.toml"]] {
        assert!(run(folder.path(), command).status.success());
    }
    assert!(folder.path().join("named.db").exists() && !folder.path().join("dovetail.db").exists());
}

#[test]
fn a_database_url_without_a_file_is_one_line_and_exit_code_1() {
    for url in ["sqlite:", "sqlite://", "sqlite:?mode=rwc"] {
        let said = failure(&run(tempdir().unwrap().path(), &["--database-url", url]));
        assert!(said.contains("the database URL names no file; allowed is `sqlite:FILE`"), "{said}");
    }
}

#[test]
fn an_output_that_nobody_reads_is_no_reason_to_stop() {
    let mut schema = dovetail(tempdir().unwrap().path(), &["schema"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(schema.stdout.take());
    assert!(schema.wait().unwrap().success());
}

#[tokio::test]
async fn four_migrations_at_once_of_a_new_database_succeed() {
    let folder = tempdir().unwrap();
    let (urls, _postgres) = urls(&folder).await;
    for url in urls {
        let start = |_| dovetail(folder.path(), &["migrate", "up", "--database-url", &url]).spawn().unwrap();
        let processes: Vec<_> = (0..4).map(start).collect();
        let succeeded = processes.into_iter().map(|mut process| process.wait().unwrap().success());
        assert_eq!(succeeded.collect::<Vec<_>>(), [true; 4], "{url}");
    }
}

#[test]
fn four_demos_at_once_on_a_new_file_are_ready() {
    let folder = tempdir().unwrap();
    let start = |_| dovetail(folder.path(), &["--demo", "--port=0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut servers: Vec<_> = (0..4).map(start).collect();
    let said = |server: &mut Child| BufReader::new(server.stdout.take().unwrap()).lines().next().map(Result::unwrap);
    let said: Vec<_> = servers.iter_mut().map(said).collect();
    for mut server in servers {
        server.kill().unwrap();
        server.wait().unwrap();
    }
    assert_eq!(said, vec![Some("Dovetail is ready.".to_owned()); 4]);
}

/// The databases that a test of the program has for itself: a file that is not there yet, and one on PostgreSQL.
async fn urls(folder: &TempDir) -> (Vec<String>, Option<TestDatabase>) {
    let postgres = TestDatabase::create().await;
    let file = format!("sqlite:{}", folder.path().join("new.db").display());
    (postgres.iter().map(TestDatabase::url).chain([file]).collect(), postgres)
}

/// The program, on a terminal where somebody types this.
fn run_on_terminal(arguments: &[&str], typed: &str) -> Output {
    let command = [&[env!("CARGO_BIN_EXE_dovetail")], arguments].concat().join(" ");
    let mut terminal = Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    terminal.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    terminal.wait_with_output().unwrap()
}

#[tokio::test]
async fn fresh_drops_rows_only_once_somebody_agreed() {
    let folder = tempdir().unwrap();
    let (urls, _postgres) = urls(&folder).await;
    for url in urls {
        let warning = format!("This drops all tables of {} with all rows.", without_secrets(&url));
        let url = format!("--database-url={url}");
        let fresh = |more: &[&str]| run(folder.path(), &[&["migrate", "fresh", &url], more].concat());
        let is_empty = || run(folder.path(), &["seed", "--users=1", "--students=0", &url]).status.success();
        assert!(fresh(&["--yes"]).status.success() && is_empty() && !is_empty());
        let refusal = format!("dovetail: {warning} There is no terminal to ask on: to go on, say --yes\n");
        assert_eq!(failure(&fresh(&[])), refusal);
        for (typed, agrees) in [("\n", false), ("n\n", false), ("y\n", true)] {
            let output = run_on_terminal(&["migrate", "fresh", &url], typed);
            let said = String::from_utf8(output.stdout).unwrap();
            assert!(said.contains(&format!("{warning} Go on? [y/N] ")), "{said}");
            assert_eq!((output.status.success(), is_empty()), (agrees, agrees), "{said}");
        }
    }
}

#[test]
fn a_new_file_is_its_owners_alone_and_another_keeps_its_mode() {
    let folder = tempdir().unwrap();
    let old = folder.path().join("old.db");
    fs::write(&old, "").unwrap();
    fs::set_permissions(&old, Permissions::from_mode(0o640)).unwrap();
    let urls = ["new.db", "old.db"].map(|file| format!("--database-url=sqlite:{}", folder.path().join(file).display()));
    let _servers = urls.map(|url| Server::start(&[&url]));
    let files = fs::read_dir(folder.path()).unwrap().map(Result::unwrap);
    let modes = files.map(|it| format!("{} {:o}", it.file_name().display(), it.metadata().unwrap().mode() & 0o777));
    let modes: BTreeSet<_> = modes.collect();
    expect![[r#"
        {
            "new.db 600",
            "new.db-shm 600",
            "new.db-wal 600",
            "old.db 640",
            "old.db-shm 640",
            "old.db-wal 640",
        }
    "#]]
    .assert_debug_eq(&modes);
}

#[tokio::test]
async fn the_same_seed_makes_the_same_rows_and_only_in_an_empty_database() {
    let urls = |folder: &TempDir| format!("sqlite:{}", folder.path().join("seeded.db").display());
    let amounts = [
        "--users",
        "5",
        "--posts-per-user",
        "3",
        "--students",
        "4",
        "--courses",
        "3",
        "--enrollments-per-student",
        "2",
    ];
    let seed = |url: &str, more: &[&str], folder: &TempDir| {
        run(folder.path(), &[&["seed", "--database-url", url][..], &amounts, more].concat())
    };
    let (one, two, other) = (tempdir().unwrap(), tempdir().unwrap(), tempdir().unwrap());
    assert!(seed(&urls(&one), &[], &one).status.success());
    assert!(seed(&urls(&two), &[], &two).status.success());
    assert!(seed(&urls(&other), &["--rng-seed", "2"], &other).status.success());
    let rows = async |folder: &TempDir| {
        let app = App::open(&urls(folder), &settings(&[])).await;
        let query = "{ users { nodes { name createdAt posts { nodes { id title content } } } } students { nodes { name courses { edges { enrolledAt node { title } } } } } }";
        app.query(query).await
    };
    assert_eq!(rows(&one).await, rows(&two).await);
    assert_ne!(rows(&one).await, rows(&other).await);
    let said = failure(&seed(&urls(&one), &[], &one));
    assert!(said.contains("seed fills an empty one"), "{said}");
    let said = failure(&run(other.path(), &["seed", "--courses", "2", "--enrollments-per-student", "3"]));
    assert!(said.contains("--enrollments-per-student is 3; allowed are 0 to 2"), "{said}");
}

#[tokio::test]
async fn the_pages_beside_the_endpoint_are_served() {
    use axum::{body::Body, http::Request};
    let app = &start(PAGES).await.0[0];
    for (path, part) in [("/", "graphiql"), ("/schema.graphql", "type Query"), ("/healthz", "ok")] {
        let response = app.http(Request::get(path).body(Body::empty()).unwrap()).await;
        assert!(response.status().is_success(), "{path}");
        assert!(crate::support::body(response).await.contains(part), "{path}");
    }
}
