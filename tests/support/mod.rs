//! One line of set-up: [`school`] (a few rows), [`seeded`] (many), or [`start`] (none), each on both databases.

mod layout;
mod postgres;
pub mod socket;
pub mod stream;
pub mod walk;

use std::{
    fmt::Debug,
    io,
    sync::{Arc, LazyLock, Mutex, Once},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, Response, StatusCode, header},
};
use clap::Parser;
use dovetail::{
    api::{Api, Persisted, Schema},
    config::{Cli, MigrateAction, ServeOptions, limits::PageSize},
    database::{self, Database},
    profile,
    run::Program,
    server::{self, Routes, Traces},
};
use expect_test::Expect;
use school::{
    School,
    seed::{SeedOptions, seed},
};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;
use tracing::subscriber::set_global_default;

pub use layout::laid_out;
use postgres::pooler;

pub use postgres::TestDatabase;

/// The schema of the school, made once.
pub static SCHEMA: LazyLock<&Schema> = LazyLock::new(|| School::schema().unwrap());

/// Page sizes that no test of anything else meets.
pub const PAGES: PageSize = PageSize { default: 20, max: 100 };

/// The settings of `dovetail serve` with these arguments; and, unless they say otherwise, a few connections, and a time limit that no test of anything else
/// meets on a busy machine.
pub fn settings(arguments: &[&str]) -> ServeOptions {
    let usual = ["--read-connections=3", "--write-connections=3", "--request-timeout=120"];
    let is_given = |usual: &str| arguments.iter().any(|it| it.split('=').next() == usual.split('=').next());
    let usual = usual.into_iter().filter(|usual| !is_given(usual));
    let cli =
        Cli::<school::Command>::parse_from(["dovetail"].into_iter().chain(usual).chain(arguments.iter().copied()));
    profile::settle(*cli.serve).unwrap()
}

/// The server over one database that nobody else has.
pub struct App {
    pub database: Database,
    pub url: String,
    /// That of the database itself, past a pooler.
    pub direct_url: String,
    pub router: Router,
    /// What traces requests.
    pub traces: Option<Arc<Traces>>,
    /// The same server without its fast way of answering.
    ordinary: Router,
    statements: Statements,
    /// Where the database's file is.
    _folder: Option<TempDir>,
    /// Last, for the pools above must be gone first.
    _postgres: Option<TestDatabase>,
}

/// The SQL that ran, transaction control apart.
#[derive(Clone, Default)]
pub struct Statements {
    texts: Arc<Mutex<Vec<String>>>,
    latest: Arc<Mutex<String>>,
    hook: Arc<Mutex<Option<Hook>>>,
}

type Hook = Box<dyn FnOnce() + Send>;

impl Statements {
    fn record(&self, statement: &Statement) {
        self.texts.lock().unwrap().push(statement.sql.clone());
        *self.latest.lock().unwrap() = statement.to_string();
        let hook = self.hook.lock().unwrap().take();
        if let Some(hook) = hook {
            hook();
        }
    }

    /// All that ran since this was last asked.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.texts.lock().unwrap())
    }

    /// The latest, with its parameters' values in their places.
    pub fn latest(&self) -> String {
        self.latest.lock().unwrap().clone()
    }

    /// Runs `hook` when the next statement has run.
    pub fn after_next(&self, hook: impl FnOnce() + Send + 'static) {
        *self.hook.lock().unwrap() = Some(Box::new(hook));
    }
}

/// A log for all threads, which nobody reads. Without it, a place in the code that logs may find that nobody listens just when a test
/// begins to listen on another thread, and keeps that for good.
static LOG: Once = Once::new();

impl App {
    /// The school's server over this database.
    pub async fn open(url: &str, settings: &ServeOptions) -> Self {
        Self::over(*SCHEMA, &migrate, url, settings, None, None).await
    }

    /// The server of a schema over this database, in which `create` makes the tables.
    async fn over(
        schema: &'static Schema,
        create: &impl AsyncFn(&Database),
        url: &str,
        settings: &ServeOptions,
        folder: Option<TempDir>,
        postgres: Option<TestDatabase>,
    ) -> Self {
        LOG.call_once(|| {
            let log = tracing_subscriber::fmt().with_env_filter("dovetail=info").with_writer(io::sink);
            set_global_default(log.finish()).unwrap();
        });
        let limit = Duration::from_secs(settings.http.request_timeout);
        let options = settings.database.at(url);
        let open = async || Database::open(&options, &settings.pools, limit, School::migrations()).await.unwrap();
        let mut database = open().await;
        create(&database).await;
        if pooler().is_some() {
            // Connections to a pooler know the types that were there when they were opened.
            database = open().await;
        }
        let statements = Statements::default();
        for pool in [&mut database.reader, &mut database.writer] {
            let statements = statements.clone();
            pool.set_metric_callback(move |info| statements.record(info.statement));
        }
        let api = Api::new(schema, database.clone(), settings.api, Persisted::open(&settings.documents).unwrap());
        let Routes { api: router, traces, .. } =
            server::routes(api.clone(), settings, "dovetail", "1.2.3").await.unwrap();
        let ordinary = server::routes(api.without_fast_way(), settings, "dovetail", "1.2.3").await.unwrap().api;
        let direct_url = postgres.as_ref().map_or_else(|| url.to_owned(), TestDatabase::direct_url);
        Self {
            database,
            url: url.to_owned(),
            direct_url,
            router,
            traces,
            ordinary,
            statements,
            _folder: folder,
            _postgres: postgres,
        }
    }

    async fn sqlite(schema: &'static Schema, settings: &ServeOptions, create: &impl AsyncFn(&Database)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        Self::over(schema, create, &url, settings, Some(folder), None).await
    }

    async fn postgres(
        schema: &'static Schema,
        settings: &ServeOptions,
        create: &impl AsyncFn(&Database),
    ) -> Option<Self> {
        let postgres = TestDatabase::create().await?;
        Some(Self::over(schema, create, &postgres.url(), settings, None, Some(postgres)).await)
    }

    pub fn backend(&self) -> DbBackend {
        self.database.writer.get_database_backend()
    }

    pub fn statements(&self) -> &Statements {
        &self.statements
    }

    /// Runs SQL behind the server's back.
    pub async fn sql(&self, sql: &str) {
        self.database.writer.execute_unprepared(sql).await.unwrap();
    }

    /// The HTTP response to an HTTP request.
    pub async fn http(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// The text of the answer to a GraphQL query.
    pub async fn query(&self, query: &str) -> String {
        self.query_with(query, &Value::Null).await
    }

    /// The same with values for the query's variables.
    pub async fn query_with(&self, query: &str, variables: &Value) -> String {
        text(&self.router, query, variables).await
    }

    /// The same, answered by async-graphql's own executor alone.
    pub async fn query_ordinarily(&self, query: &str, variables: &Value) -> String {
        text(&self.ordinary, query, variables).await
    }

    /// The answer to a request with this body.
    pub async fn post(&self, request: &Value) -> Value {
        serde_json::from_str(&body(self.http(post_json(request)).await).await).unwrap()
    }

    /// The answer to a GraphQL query.
    pub async fn answer(&self, query: &str) -> Value {
        serde_json::from_str(&self.query(query).await).unwrap()
    }

    /// The data of the answer, which must have no errors.
    pub async fn data(&self, query: &str) -> Value {
        let mut answer = self.answer(query).await;
        assert_eq!(answer.get("errors"), None);
        answer["data"].take()
    }
}

async fn text(router: &Router, query: &str, variables: &Value) -> String {
    let request = post_json(&json!({ "query": query, "variables": variables }));
    let response = router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    body(response).await
}

/// A POST of a GraphQL query, as every client sends it.
pub fn graphql_request(query: &str) -> Request<Body> {
    post_json(&json!({ "query": query }))
}

/// A POST request with this JSON.
pub fn post_json(body: &Value) -> Request<Body> {
    let body = body.to_string().into();
    Request::post("/graphql").header(header::CONTENT_TYPE, "application/json").body(body).unwrap()
}

/// The text of a response.
pub async fn body(response: Response<Body>) -> String {
    String::from_utf8(to_bytes(response.into_body(), usize::MAX).await.unwrap().into()).unwrap()
}

async fn migrate(database: &Database) {
    database::migrate(&database.writer, School::migrations(), MigrateAction::Up).await.unwrap();
}

/// The same server over each of the databases.
pub struct Apps(pub Vec<App>);

impl Apps {
    /// The one over PostgreSQL, if there is one.
    pub fn on_postgres(mut self) -> Option<Self> {
        self.0.retain(|app| app.backend() == DbBackend::Postgres);
        (!self.0.is_empty()).then_some(self)
    }

    /// Runs a statement on each of them.
    pub async fn sql(&self, sql: &str) {
        for app in &self.0 {
            app.sql(sql).await;
        }
    }

    /// The one finding that a probe makes on all of them.
    pub async fn agree<T: PartialEq + Debug>(&self, probe: impl AsyncFn(&App) -> T) -> T {
        let mut findings = Vec::new();
        for app in &self.0 {
            findings.push(probe(app).await);
        }
        assert!(findings.iter().all(|finding| *finding == findings[0]), "the databases disagree: {findings:#?}");
        findings.remove(0)
    }

    /// The one answer that all of them give, to the byte.
    pub async fn query(&self, query: &str) -> String {
        self.agree(async |app| app.query(query).await).await
    }

    /// Compares the one answer, laid out, with what is expected.
    pub async fn answers(&self, query: &str, expected: Expect) {
        expected.assert_eq(&laid_out(&self.query(query).await));
    }

    /// The number of statements that the query runs; its answer must have no errors.
    pub async fn statements(&self, query: &str) -> usize {
        self.agree(async |app| {
            app.statements.take();
            app.data(query).await;
            app.statements.take().len()
        })
        .await
    }
}

/// No rows.
pub async fn start(pages: PageSize) -> Apps {
    let (default, max) = (format!("--default-page-size={}", pages.default), format!("--max-page-size={}", pages.max));
    start_with(&[&default, &max, "--max-cost=1000000", "--sql-report"]).await
}

/// The same, of `dovetail serve` with these arguments.
pub async fn start_with(arguments: &[&str]) -> Apps {
    start_schema(*SCHEMA, arguments, migrate).await
}

/// The servers of a schema, over tables that `create` makes.
pub async fn start_schema(schema: &'static Schema, arguments: &[&str], create: impl AsyncFn(&Database)) -> Apps {
    let settings = settings(arguments);
    // First, so that a throwaway server lives on while any test runs.
    let postgres = App::postgres(schema, &settings, &create).await;
    Apps([App::sqlite(schema, &settings, &create).await].into_iter().chain(postgres).collect())
}

/// The same on PostgreSQL alone, if there is one.
pub async fn start_postgres(schema: &'static Schema, create: impl AsyncFn(&Database)) -> Option<Apps> {
    App::postgres(schema, &settings(&["--sql-report"]), &create).await.map(|app| Apps(vec![app]))
}

/// Made-up rows, as `dovetail seed` makes them.
pub async fn seeded(amounts: SeedOptions, page_size: PageSize) -> Apps {
    let apps = start(page_size).await;
    for app in &apps.0 {
        seed(&app.database.writer, amounts).await.unwrap();
        app.statements.take();
    }
    apps
}

/// A few rows: Ada has three posts, Bob one, Cleo none; Dan takes three courses, Eve one, Fay none, and nobody takes
/// the fourth.
pub async fn school() -> Apps {
    school_with(&["--sql-report"]).await
}

/// The same, of `dovetail serve` with these arguments.
pub async fn school_with(arguments: &[&str]) -> Apps {
    let apps = start_with(arguments).await;
    let day = "'2026-03-01T08:00:00+00:00'";
    for app in &apps.0 {
        for sql in [
            format!(
                "INSERT INTO users (name, created_at, updated_at) VALUES ('Ada', {day}, {day}), ('Bob', {day}, {day}), ('Cleo', {day}, {day})"
            ),
            format!(
                "INSERT INTO posts (title, content, owner_id, created_at, updated_at) VALUES ('A1', 'one', 1, {day}, {day}), \
                 ('B1', '', 2, {day}, {day}), ('A2', 'two', 1, {day}, {day}), ('A3', 'three', 1, {day}, {day})"
            ),
            format!(
                "INSERT INTO students (name, created_at, updated_at) VALUES ('Dan', {day}, {day}), ('Eve', {day}, {day}), ('Fay', {day}, {day})"
            ),
            format!(
                "INSERT INTO courses (title, created_at, updated_at) VALUES ('Logic', {day}, {day}), ('Rust', {day}, {day}), \
                 ('SQL', {day}, {day}), ('Nothing', {day}, {day})"
            ),
            format!(
                "INSERT INTO enrollments (student_id, course_id, enrolled_at) VALUES (1, 1, {day}), (1, 2, {day}), (1, 3, {day}), (2, 1, {day})"
            ),
        ] {
            app.sql(&sql).await;
        }
        app.statements.take();
    }
    apps
}
