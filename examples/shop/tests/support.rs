//! One line of set-up: [`shop`].

use std::{sync::LazyLock, time::Duration};

use axum::{Router, body::Body, body::to_bytes, http::Request};
use clap::Parser;
use dovetail::api::{Api, Persisted, Schema};
use dovetail::config::{Cli, MigrateAction};
use dovetail::database::{Database, migrate};
use dovetail::run::{NoCommands, Program};
use dovetail::{profile, server};
use expect_test::Expect;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use shop::Shop;
use tempfile::{TempDir, tempdir};
use tower::ServiceExt;

use crate::{
    layout::laid_out,
    postgres::{TestDatabase, pooler},
};

pub static SCHEMA: LazyLock<&Schema> = LazyLock::new(|| Shop::schema().unwrap());

/// The shop with its demo rows, over each of the databases, which last as long.
pub struct Apps {
    pub all: Vec<Router>,
    _databases: (TempDir, Option<TestDatabase>),
}

pub async fn shop() -> Apps {
    let (folder, postgres) = (tempdir().unwrap(), TestDatabase::create().await);
    let file = format!("sqlite:{}", folder.path().join("shop.db").display());
    if let Some(postgres) = &postgres {
        // Few rows are read without an index, unless that is out of the question; which makes plans look worth compiling. Not in the URL:
        // a pooler would refuse it.
        let direct = sea_orm::Database::connect(postgres.direct_url()).await.unwrap();
        for setting in ["enable_seqscan", "enable_sort", "jit"] {
            let set = format!("ALTER DATABASE %I SET {setting} = off");
            let set = format!("DO $$ BEGIN EXECUTE format('{set}', current_database()); END $$");
            direct.execute_unprepared(&set).await.unwrap();
        }
        direct.close().await.unwrap();
    }
    let mut all = Vec::new();
    for url in [file].into_iter().chain(postgres.as_ref().map(TestDatabase::url)) {
        let arguments = ["shop", "--read-connections=3", "--write-connections=3", "--sql-report", "--max-cost=100000"];
        let settings = profile::settle(*Cli::<NoCommands>::parse_from(arguments).serve).unwrap();
        let (limit, migrations) = (Duration::from_secs(60), Shop::migrations());
        let options = settings.database.at(&url);
        let open = async || Database::open(&options, &settings.pools, limit, migrations).await.unwrap();
        let mut database = open().await;
        migrate(&database.writer, migrations, MigrateAction::Up).await.unwrap();
        if pooler().is_some() {
            // Connections to a pooler know the types that were there when they were opened.
            database = open().await;
        }
        Shop::fill_demo(&database.writer).await.unwrap();
        let api = Api::new(*SCHEMA, database, settings.api, Persisted::open(&settings.documents).unwrap());
        all.push(server::routes(api, &settings, "dovetail", "1.2.3").await.unwrap().api);
    }
    Apps { all, _databases: (folder, postgres) }
}

/// The text of the answer to this request.
pub async fn ask(app: &Router, request: Value) -> String {
    let post = Request::post("/graphql").header("content-type", "application/json");
    let response = app.clone().oneshot(post.body(Body::from(request.to_string())).unwrap()).await;
    String::from_utf8(to_bytes(response.unwrap().into_body(), usize::MAX).await.unwrap().into()).unwrap()
}

impl Apps {
    /// The one answer of all databases.
    pub async fn query(&self, query: &str) -> String {
        let mut answers = Vec::new();
        for app in &self.all {
            answers.push(ask(app, json!({ "query": query })).await);
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "the databases disagree: {answers:#?}");
        answers.remove(0)
    }

    pub async fn answers(&self, query: &str, expected: Expect) {
        expected.assert_eq(&laid_out(&self.query(query).await));
    }
}
