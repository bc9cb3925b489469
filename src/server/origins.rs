//! Which web pages may ask. A browser sends whatever a page wants, from where its user may be let in: behind a firewall, or on
//! the loopback address.

use std::{net::IpAddr, time::Duration};

use anyhow::{Result, ensure};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, uri::Authority};
use tower_http::cors::{Any, CorsLayer};
use url::Url;

use super::protocol::Refusal;
use crate::error::code;

/// How a page's request came about (<https://www.w3.org/TR/fetch-metadata/>); scripts cannot set it.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// How many seconds a browser may keep what it was allowed.
const MAX_AGE: Duration = Duration::from_secs(600);

/// The origins whose pages may ask, besides the server's own.
pub struct Origins {
    others: Vec<HeaderValue>,
    /// Whether just this machine's own names are the server's.
    is_local: bool,
}

impl Origins {
    /// Those of these URLs, or `*`: all. Where `is_local`, a page whose host name has been made to lead to this machine (DNS
    /// rebinding) is none of the server's own.
    ///
    /// # Errors
    /// One line that says what is wrong and what to do.
    pub fn new(others: &[String], is_local: bool) -> Result<Self> {
        for origin in others.iter().filter(|origin| *origin != "*") {
            let is_origin = Url::parse(origin).is_ok_and(|url| url.origin().ascii_serialization() == **origin);
            ensure!(
                is_origin,
                "--cors-origins has `{origin}`; allowed are origins such as https://app.example.com, or *"
            );
        }
        Ok(Self { others: others.iter().map(|origin| origin.parse()).collect::<Result<_, _>>()?, is_local })
    }

    fn any(&self) -> bool {
        self.others.iter().any(|origin| origin == "*")
    }

    /// Refuses what a page of another origin sends. Of what has no such header, a page can send just what it cannot read the
    /// answer of, and that writes nothing: [`super::protocol::read`].
    pub fn check(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let refused = |problem: &str| Err(Refusal::coded(StatusCode::FORBIDDEN, code::FORBIDDEN, problem));
        let is_listed = headers.get(header::ORIGIN).is_some_and(|origin| self.others.contains(origin));
        let site = headers.get(SEC_FETCH_SITE).map(HeaderValue::as_bytes);
        if !matches!(site, None | Some(b"same-origin" | b"none")) && !is_listed && !self.any() {
            return refused("the request is of a web page of another origin; `--cors-origins` allows them");
        }
        if self.is_local && headers.get(header::HOST).is_some_and(|host| !is_loopback(host)) {
            return refused(
                "the header `host` names another machine; without tokens (`--auth`), allowed are `localhost` and loopback \
                 addresses",
            );
        }
        Ok(())
    }

    /// What tells browsers of it; `None` if there are no other origins.
    pub fn cors(&self) -> Option<CorsLayer> {
        let names =
            [header::CONTENT_TYPE, header::AUTHORIZATION, super::REQUEST_ID, HeaderName::from_static(super::REPORT)];
        let cors = CorsLayer::new()
            .allow_methods([Method::GET, Method::POST])
            .allow_headers(names)
            .expose_headers([super::REQUEST_ID, header::RETRY_AFTER, header::WWW_AUTHENTICATE])
            .max_age(MAX_AGE);
        match self.any() {
            true => Some(cors.allow_origin(Any)),
            false if self.others.is_empty() => None,
            false => Some(cors.allow_origin(self.others.clone())),
        }
    }
}

/// Whether a `Host` header names this machine.
fn is_loopback(host: &HeaderValue) -> bool {
    let Ok(authority) = Authority::try_from(host.as_bytes()) else { return false };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    let is_address = || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    name == "localhost" || name.ends_with(".localhost") || is_address()
}
