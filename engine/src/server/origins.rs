//! Which web pages may ask. A browser sends whatever a page wants, from where its user may be let in: behind a firewall, or on
//! the loopback address.

use std::{sync::Arc, time::Duration};

use anyhow::{Result, ensure};
use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, Version, header, uri::Authority},
    middleware::Next,
    response::Response,
};
use tower_http::cors::{Any, CorsLayer};
use url::{Host, Url};

use super::{
    admission::Peer,
    endpoint::refuse,
    names::{AFTER, LAST_EVENT_ID, REPORT, REQUEST_ID, STREAM_TOKEN, WRITTEN},
    refusal::Refusal,
};
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

    /// Of what has neither header that tells where a page is from, a page can send just what it cannot read the answer of, and
    /// that writes nothing: [`super::protocol::read`].
    fn check(&self, request: &Request) -> Result<(), Refusal> {
        let headers = request.headers();
        let refused = |problem: &str| Err(Refusal::coded(StatusCode::FORBIDDEN, code::FORBIDDEN, problem));
        // What the request's target names has precedence over the header (RFC 9112, section 3.2.2).
        let hosts: Vec<_> = match request.uri().authority() {
            Some(target) => vec![target.as_str().as_bytes()],
            None => headers.get_all(header::HOST).iter().map(HeaderValue::as_bytes).collect(),
        };
        let origin = headers.get(header::ORIGIN);
        let is_own = match headers.get(SEC_FETCH_SITE) {
            Some(site) => site == "same-origin" || site == "none",
            // Browsers send it just to where nobody listens in: over TLS, or on the same machine.
            None => origin.is_none_or(|origin| hosts.iter().any(|host| is_of(origin, host))),
        };
        let is_allowed = self.any() || origin.is_some_and(|origin| self.others.contains(origin));
        // A link on any page may lead to GraphiQL.
        let is_page = request.uri().path() == "/";
        if !is_own && !is_allowed && !is_page {
            return refused("the request is of a web page of another origin; `--cors-origins` allows them");
        }
        if self.is_local && !hosts.iter().all(|host| is_loopback(host)) {
            return refused(
                "the header `host` names another machine; without tokens (`--auth`), allowed are `localhost` and loopback \
                 addresses",
            );
        }
        Ok(())
    }

    /// What tells browsers of it; `None` if there are no other origins.
    pub fn cors(&self) -> Option<CorsLayer> {
        let ours = [REQUEST_ID, LAST_EVENT_ID, STREAM_TOKEN, REPORT, AFTER];
        let names: Vec<_> = [header::CONTENT_TYPE, header::AUTHORIZATION].into_iter().chain(ours).collect();
        let cors = CorsLayer::new()
            .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
            .allow_headers(names)
            .expose_headers([REQUEST_ID, WRITTEN, header::RETRY_AFTER, header::WWW_AUTHENTICATE])
            .max_age(MAX_AGE);
        match self.any() {
            true => Some(cors.allow_origin(Any)),
            false if self.others.is_empty() => None,
            false => Some(cors.allow_origin(self.others.clone())),
        }
    }
}

/// Refuses what a page of another origin sends, and what is for another host where that is to be this machine.
pub async fn check(State(origins): State<Arc<Origins>>, request: Request, next: Next) -> Response {
    match origins.check(&request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refuse(&request, refusal),
    }
}

/// Refuses what a connection brought and does not say which host it is for.
pub async fn check_host(request: Request, next: Next) -> Response {
    let is_brought = request.extensions().get::<Peer>().is_some();
    if !is_brought || names_host(&request) {
        return next.run(request).await;
    }
    let problem =
        "the request does not say which host it is for; allowed is one header `host`, such as `localhost:8000`";
    refuse(&request, Refusal::new(StatusCode::BAD_REQUEST, problem))
}

/// Whether a request says which host it is for, as all must (RFC 9112, section 3.2) but those of HTTP/1.0.
fn names_host(request: &Request) -> bool {
    let hosts: Vec<_> = request.headers().get_all(header::HOST).iter().collect();
    let is_header_right = match hosts[..] {
        [] => request.version() < Version::HTTP_11,
        [host] => host.is_empty() || host_in(host.as_bytes()).is_some(),
        _ => false,
    };
    let target = request.uri().authority();
    is_header_right && target.is_none_or(|target| host_in(target.as_str().as_bytes()).is_some())
}

/// The host in `host` or `host:port`, if it is one (RFC 3986, sections 3.2.2 and 3.2.3).
fn host_in(authority: &[u8]) -> Option<String> {
    let authority = Authority::try_from(authority).ok()?;
    let host = authority.host();
    // Before the host there is nothing: a user's name would be for somebody else to read.
    let port = authority.as_str().strip_prefix(host)?;
    let is_port = port.strip_prefix(':').unwrap_or(port).bytes().all(|byte| byte.is_ascii_digit());
    let is_host = !host.starts_with('[') || Host::parse(host).is_ok();
    (is_port && is_host).then(|| host.to_owned())
}

/// Whether an origin is that of the pages of `host` or `host:port`, whichever their scheme is: a proxy may have changed it.
fn is_of(origin: &HeaderValue, host: &[u8]) -> bool {
    let origin = origin.to_str().ok().and_then(|origin| Url::parse(origin).ok());
    origin.zip(str::from_utf8(host).ok()).is_some_and(|(origin, host)| {
        let own = Url::parse(&format!("{}://{host}", origin.scheme()));
        own.is_ok_and(|own| own.origin() == origin.origin())
    })
}

/// Whether `host` or `host:port` names this machine, as a browser understands it.
fn is_loopback(authority: &[u8]) -> bool {
    match host_in(authority).map(|host| Host::parse(&host)) {
        Some(Ok(Host::Domain(name))) => {
            let name = name.strip_suffix('.').unwrap_or(&name);
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Ok(Host::Ipv4(address))) => address.is_loopback(),
        Some(Ok(Host::Ipv6(address))) => address.to_canonical().is_loopback(),
        _ => false,
    }
}
