//! The page of GraphiQL, and what it may load.

use async_graphql::http::GraphiQLSource;
use axum::{
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

/// Where the page's scripts and styles come from.
const CDN: &str = "https://esm.sh";

/// The page, for an API at `/graphql`; `header` is sent with each of its requests.
pub fn page(header: Option<(&str, &str)>) -> String {
    let page = GraphiQLSource::build().endpoint("/graphql").title("Dovetail");
    match header {
        Some((name, value)) => page.header(name, value),
        None => page,
    }
    .finish()
}

/// Sends the page. Of scripts in it, just its own run, by their hashes; Monaco, its editor, styles elements by attributes.
pub fn respond(page: String) -> Response {
    let hashes: String = page
        .split("<script")
        .skip(1)
        .filter_map(|script| script.split_once('>')?.1.split_once("</script>"))
        .map(|(script, _)| format!("'sha256-{}' ", BASE64_STANDARD.encode(Sha256::digest(script))))
        .collect();
    let policy = format!(
        "default-src 'none'; script-src {hashes}{CDN} data:; style-src 'unsafe-inline' {CDN}; font-src {CDN} data:; \
         img-src data:; connect-src 'self' {CDN}; worker-src blob: {CDN}; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    let mut response = Html(page).into_response();
    if let Ok(policy) = HeaderValue::try_from(policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}
