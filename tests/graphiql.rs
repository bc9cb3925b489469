//! The page of GraphiQL and its files, as HTTP; in a browser, `tests/browser/` tries it.

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header},
};
use brotli_decompressor::Decompressor;

use crate::support::{App, start_with};

/// The response's status, headers and bytes.
async fn get(app: &App, path: &str, accept_encoding: &str) -> (StatusCode, HeaderMap, Vec<u8>) {
    let request = Request::get(path).header(header::ACCEPT_ENCODING, accept_encoding).body(Body::empty()).unwrap();
    let (head, body) = app.http(request).await.into_parts();
    (head.status, head.headers, to_bytes(body, usize::MAX).await.unwrap().to_vec())
}

async fn page(app: &App) -> (String, String) {
    let (_, headers, page) = get(app, "/", "identity").await;
    (String::from_utf8(page).unwrap(), headers["content-security-policy"].to_str().unwrap().to_owned())
}

/// The files of ours that a page names: those of the bundle if there is one, and the modules of the CDN's page.
fn files(page: &str) -> Vec<String> {
    let names = page.split("./graphiql/").skip(1);
    names.map(|rest| format!("/graphiql/{}", rest.split(['"', '\'']).next().unwrap())).collect()
}

#[tokio::test]
async fn each_file_of_the_page_is_there_whatever_encoding_is_accepted() {
    for kind in ["--graphiql=on", "--graphiql=cdn"] {
        let app = &start_with(&[kind]).await.0[0];
        let files = files(&page(app).await.0);
        assert!(files.len() >= 3, "{files:?}");
        for file in files {
            let (status, headers, plain) = get(app, &file, "identity").await;
            assert!(status == 200 && plain.len() > 50, "{file}");
            assert!(headers["content-type"].to_str().unwrap().starts_with("text/"), "{file}");
            let (_, headers, sent) = get(app, &file, "gzip;q=0.5, br").await;
            if headers.contains_key(header::CONTENT_ENCODING) {
                assert_eq!(headers["content-encoding"], "br");
                let mut text = Vec::new();
                std::io::copy(&mut Decompressor::new(&sent[..], 4_096), &mut text).unwrap();
                assert!(text == plain && sent.len() < plain.len(), "{file}");
            }
            let (_, headers, _) = get(app, &file, "br;q=0").await;
            assert!(!headers.contains_key(header::CONTENT_ENCODING), "{file}");
        }
    }
}

#[tokio::test]
async fn a_file_that_no_page_names_is_not_there() {
    let app = &start_with(&[]).await.0[0];
    for path in
        ["/graphiql/nothing.css", "/graphiql/..%2FCargo.toml", "/graphiql/..%2Findex.html", "/graphiql/", "/index.html"]
    {
        assert_eq!(get(app, path, "br").await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn of_scripts_the_page_runs_its_own_and_those_of_its_cdn() {
    let (page, policy) = page(&start_with(&["--graphiql=cdn"]).await.0[0]).await;
    // The import map and the module that begins.
    assert_eq!(policy.matches("'sha256-").count(), 2, "{policy}");
    assert!(page.contains("https://esm.sh/graphiql@") && policy.contains("script-src 'self' 'sha256-"), "{policy}");
    let scripts = policy.split("; ").find(|it| it.starts_with("script-src")).unwrap();
    assert!(
        scripts.ends_with(" https://esm.sh") && !scripts.contains("unsafe") && !scripts.contains("data:"),
        "{scripts}"
    );
}

#[tokio::test]
async fn the_versions_of_the_cdn_are_those_of_the_bundle() {
    let versions: serde_json::Value = serde_json::from_str(include_str!("../graphiql/package.json")).unwrap();
    let page = include_str!("../graphiql/cdn.html");
    for name in [
        "@graphiql/plugin-explorer",
        "@graphiql/react",
        "@graphiql/toolkit",
        "graphiql",
        "graphql",
        "graphql-sse",
        "react",
    ] {
        let version = versions["dependencies"][name].as_str().unwrap();
        let is_it = |rest: &str| rest.strip_prefix(version).is_some_and(|rest| rest.starts_with(['"', '?', '/']));
        assert!(page.split(&format!("esm.sh/{name}@")).skip(1).all(is_it), "{name} {version}");
    }
}

#[tokio::test]
async fn the_page_asks_for_sql_reports_where_the_server_gives_them() {
    for kind in ["--graphiql=on", "--graphiql=cdn"] {
        let (asks, does_not) = (r#"name="dovetail-report" content="sql""#, r#"name="dovetail-report" content="off""#);
        assert!(page(&start_with(&[kind, "--sql-report"]).await.0[0]).await.0.contains(asks));
        assert!(page(&start_with(&[kind]).await.0[0]).await.0.contains(does_not));
    }
}
