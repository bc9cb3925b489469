//! GraphiQL: its page, and what the page loads.
//!
//! The build bundles it (`build.rs`); where that was not possible, or is not wanted, the page of `graphiql/cdn.html` loads it from
//! a CDN, and our own modules from here, as they stand.

use std::{borrow::Cow, io::Read};

use axum::{
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use brotli_decompressor::Decompressor;
use rust_embed::Embed;
use sha2::{Digest, Sha256};

use crate::config::Graphiql;

/// The bundle: `index.html`, and files with hashed names, compressed with Brotli. Empty if it was not made.
#[derive(Embed)]
#[folder = "$OUT_DIR/graphiql"]
struct Bundle;

/// The page that has GraphiQL from the CDN.
const CDN_PAGE: &str = include_str!("../../../graphiql/cdn.html");

/// Where that page has it from.
const CDN: &str = "https://esm.sh";

/// Our own modules, which that page loads as they stand.
#[derive(Embed)]
#[folder = "../graphiql/src"]
struct Sources;

/// What the page says of SQL reports, until the server writes what is so.
const NO_REPORT: &str = r#"<meta name="dovetail-report" content="off" />"#;

/// The size of the pieces in which a file is decompressed, in bytes.
const PIECE: usize = 1 << 16;

/// The page as it is served, with what it may load.
#[derive(Clone)]
pub struct Page {
    html: String,
    policy: HeaderValue,
}

impl Page {
    /// The page of this kind, whose requests ask for an SQL report if `reports`; none, if there shall be none.
    pub fn new(kind: Graphiql, reports: bool) -> Option<Self> {
        let bundled = match kind {
            Graphiql::On => Bundle::get("index.html"),
            Graphiql::Cdn => None,
            Graphiql::Off => return None,
        };
        let from_cdn = bundled.is_none();
        let mut html = bundled.map_or(CDN_PAGE.into(), |file| String::from_utf8_lossy(&file.data).into_owned());
        if reports {
            html = html.replace(NO_REPORT, &NO_REPORT.replace("off", "sql"));
        }
        let policy = HeaderValue::try_from(policy(&html, from_cdn)).ok()?;
        Some(Self { html, policy })
    }

    /// Sends the page. It names the current files: it is asked for anew each time.
    pub fn respond(self) -> Response {
        let cache = HeaderValue::from_static("no-cache");
        let headers = [(header::CONTENT_SECURITY_POLICY, self.policy), (header::CACHE_CONTROL, cache)];
        (headers, Html(self.html)).into_response()
    }
}

/// What a page may load: of scripts in it, just its own run, by their hashes. Monaco, its editor, makes styles as it goes.
fn policy(page: &str, from_cdn: bool) -> String {
    let hashes: String = page
        .split("<script")
        .skip(1)
        .filter_map(|script| script.split_once('>')?.1.split_once("</script>"))
        .filter(|(script, _)| !script.is_empty())
        .map(|(script, _)| format!(" 'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(script))))
        .collect();
    let (others, workers) = if from_cdn { (format!(" {CDN}"), format!(" blob: {CDN}")) } else { Default::default() };
    format!(
        "default-src 'none'; script-src 'self'{hashes}{others}; style-src 'self' 'unsafe-inline'{others}; \
         font-src 'self' data:{others}; img-src 'self' data:; connect-src 'self'{others}; worker-src 'self'{workers}; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

/// Sends a file that a page names.
pub async fn file(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let media_type = HeaderValue::from_static(match name.rsplit_once('.') {
        Some((_, "css")) => "text/css; charset=utf-8",
        Some((_, "js")) => "text/javascript; charset=utf-8",
        Some((_, "ttf")) => "font/ttf",
        _ => "application/octet-stream",
    });
    if let Some(file) = Bundle::get(&format!("graphiql/{name}.br")) {
        // Its name is its content's.
        let cache = "public, max-age=31536000, immutable";
        return if accepts_brotli(&headers) {
            sent(media_type, cache, file.data, Some("br"))
        } else {
            sent(media_type, cache, decompressed(&file.data), None)
        };
    }
    match Sources::get(&name) {
        Some(file) => sent(media_type, "no-cache", file.data, None),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn sent(
    media_type: HeaderValue,
    cache: &'static str,
    body: Cow<'static, [u8]>,
    coding: Option<&'static str>,
) -> Response {
    let coding = coding.map(|coding| (header::CONTENT_ENCODING, HeaderValue::from_static(coding)));
    let headers = [
        (header::CONTENT_TYPE, media_type),
        (header::CACHE_CONTROL, HeaderValue::from_static(cache)),
        (header::VARY, HeaderValue::from(header::ACCEPT_ENCODING)),
    ];
    let mut response = (headers, body).into_response();
    response.headers_mut().extend(coding);
    response
}

/// Whether the client takes Brotli (RFC 9110, section 12.5.3). Browsers do not over plain HTTP, but for a loopback address.
fn accepts_brotli(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
        let weight: f32 = weight.trim().trim_start_matches("q=").parse().unwrap_or(0.0);
        name.trim() == "br" && weight > 0.0
    })
}

/// The whole of a compressed file; the layers compress it again as the client accepts.
fn decompressed(file: &[u8]) -> Cow<'static, [u8]> {
    let mut bytes = Vec::new();
    // The build compressed it: what cannot be read is not there.
    let _ = Decompressor::new(file, PIECE).read_to_end(&mut bytes);
    bytes.into()
}
