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
use serde_json::{Value, json};
use shop::Shop;
use tempfile::{TempDir, tempdir};
use tower::ServiceExt;

use crate::{layout::laid_out, postgres::TestDatabase};

pub static SCHEMA: LazyLock<&Schema> = LazyLock::new(|| Shop::schema().unwrap());

/// The shop with its demo rows, over each of the databases, which last as long.
pub struct Apps {
    pub all: Vec<Router>,
    _databases: (TempDir, Option<TestDatabase>),
}

pub async fn shop() -> Apps {
    let (folder, postgres) = (tempdir().unwrap(), TestDatabase::create().await);
    let file = format!("sqlite:{}", folder.path().join("shop.db").display());
    // Few rows are read without an index, unless that is out of the question; which makes plans look worth compiling.
    let options = "options=-cenable_seqscan=off%20-cenable_sort=off%20-cjit=off";
    let mut all = Vec::new();
    for url in [file].into_iter().chain(postgres.iter().map(|it| format!("{}?{options}", it.url()))) {
        let arguments = ["shop", "--read-connections=3", "--write-connections=3", "--sql-report", "--max-cost=100000"];
        let settings = profile::settle(*Cli::<NoCommands>::parse_from(arguments).serve).unwrap();
        let (limit, migrations) = (Duration::from_secs(60), Shop::migrations());
        let database = Database::open(&url, &settings.pools, limit, migrations).await.unwrap();
        migrate(&database.writer, migrations, MigrateAction::Up).await.unwrap();
        Shop::fill_demo(&database.writer).await.unwrap();
        let api = Api::new(*SCHEMA, database, settings.api, Persisted::open(&settings.documents).unwrap());
        all.push(server::router(api, &settings).await.unwrap());
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
