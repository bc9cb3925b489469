//! The form of an answer, and why a request is not answered. Sections are those of GraphQL over HTTP
//! (<https://graphql.github.io/graphql-over-http/draft/>).

use std::cmp::Reverse;

use async_graphql::{Response as Answer, ServerError};
use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use mediatype::{
    MediaType, MediaTypeList, Name, ReadParams,
    names::{self, _STAR, APPLICATION, CHARSET, JSON as JSON_NAME, Q, TEXT},
};

use super::event_stream::message::whole;
use crate::{
    error::{self, code},
    graphql::to_json,
    memory::Full,
};

/// After how many seconds what was refused for want of room, or of a database, is worth another try.
pub const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// What requests are, and older answers.
pub const JSON: MediaType<'_> = MediaType::new(APPLICATION, JSON_NAME);
const GRAPHQL_RESPONSE: MediaType<'_> =
    MediaType::from_parts(APPLICATION, Name::new_unchecked("graphql-response"), Some(JSON_NAME), &[]);
const EVENT_STREAM: MediaType<'_> = MediaType::new(TEXT, names::EVENT_STREAM);

/// How an answer is sent, which decides its status too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `application/json`: the status says what became of HTTP (section 6.4.1). Older clients expect it.
    Json,
    /// `application/graphql-response+json`: the status says what became of GraphQL too (section 6.4.2).
    GraphqlResponse,
    /// `text/event-stream`: an event says what became of GraphQL (graphql-sse, distinct connections mode).
    EventStream,
}

impl Format {
    /// The one that the client prefers; `application/json` where it has no preference, as the specification's section 6.1
    /// has it.
    pub fn accepted(headers: &HeaderMap) -> Result<Self, Refusal> {
        let lines = headers.get_all(header::ACCEPT).iter().map(|line| String::from_utf8_lossy(line.as_bytes()));
        let field = lines.collect::<Vec<_>>().join(",");
        if field.trim_matches([',', ' ', '\t']).is_empty() {
            return Ok(Self::Json);
        }
        // What is no media range allows nothing, and spoils nothing.
        let ranges: Vec<_> = MediaTypeList::new(&field).filter_map(Result::ok).collect();
        let formats = [Self::Json, Self::GraphqlResponse, Self::EventStream].into_iter();
        let preferred = formats.filter_map(|format| Some((format.preference(&ranges)?, format)));
        preferred.rev().max_by_key(|(preference, _)| *preference).map(|(_, format)| format).ok_or_else(|| {
            Refusal::new(
                StatusCode::NOT_ACCEPTABLE,
                "the header `accept` allows no answer; allowed are `application/graphql-response+json`, \
                 `application/json` and `text/event-stream`",
            )
        })
    }

    /// How much a client wants it that accepts these media ranges (RFC 9110, section 12.5.1): by the weight of the range that
    /// names it most exactly, then by whether its type is named, then by who is named first. `None` if the client does not.
    fn preference(self, ranges: &[MediaType<'_>]) -> Option<(u16, u8, Reverse<usize>)> {
        let fitting = ranges.iter().enumerate().filter_map(|(place, range)| {
            let (types, charset) = self.exactness(range)?;
            Some(((types, charset, Reverse(place)), weight(range)))
        });
        let ((types, _, place), weight) = fitting.max()?;
        (weight > 0).then_some((weight, types, place))
    }

    /// How exactly a media range names it: how many of its types, and whether its charset, which is its only parameter. A
    /// parameter that it has not does not contradict it.
    fn exactness(self, range: &MediaType<'_>) -> Option<(u8, bool)> {
        let kind = match self {
            Self::Json => JSON,
            Self::GraphqlResponse => GRAPHQL_RESPONSE,
            Self::EventStream => EVENT_STREAM,
        };
        let types = if range.ty == _STAR && range.subty == _STAR {
            0
        } else if range.ty == kind.ty && range.subty == _STAR {
            1
        } else if range.essence() == kind {
            2
        } else {
            return None;
        };
        is_utf8(range).then(|| (types, range.get_param(CHARSET).is_some()))
    }

    /// The same, or JSON in place of a stream.
    pub fn unstreamed(self) -> Self {
        if self == Self::EventStream { Self::Json } else { self }
    }

    /// The body that an answer has, which is JSON.
    pub fn body(self, json: Vec<u8>) -> Vec<u8> {
        match self {
            Self::Json | Self::GraphqlResponse => json,
            Self::EventStream => whole(&json),
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::EventStream => "text/event-stream; charset=utf-8",
        }
    }
}

/// The weight of a media range, in thousandths (RFC 9110, section 12.4.2). One that is no weight says nothing.
fn weight(range: &MediaType<'_>) -> u16 {
    let weight = range.get_param(Q).and_then(|weight| weight.as_str().parse::<f32>().ok());
    weight.filter(|weight| (0.0..=1.0).contains(weight)).map_or(1_000, |weight| (weight * 1_000.0).round() as u16)
}

/// Whether it names no other charset than ours.
pub fn is_utf8(kind: &MediaType<'_>) -> bool {
    kind.get_param(CHARSET).is_none_or(|charset| charset.unquoted_str().eq_ignore_ascii_case("utf-8"))
}

/// Why a request is not answered: in most cases, nothing of it ran.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    /// One or more.
    errors: Vec<ServerError>,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Refusal {
    /// Of what is wrong with the HTTP request: `message` says what, and what is allowed.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self::coded(status, code::BAD_USER_INPUT, message)
    }

    /// The same with another code than that of bad input.
    pub fn coded(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self { status, errors: vec![error::of_request(ServerError::new(message, None), code)], header: None }
    }

    /// The same with a header of the response.
    pub fn with(self, name: HeaderName, value: HeaderValue) -> Self {
        Self { header: Some((name, value)), ..self }
    }

    /// Of what is wrong with the HTTP request, which nobody can answer.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// There is no room for it now, or nothing that could answer it: `message` says of what.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::coded(StatusCode::SERVICE_UNAVAILABLE, code::UNAVAILABLE, message).with(header::RETRY_AFTER, RETRY_AFTER)
    }

    /// Of a fault of the server, which the log tells.
    pub fn internal() -> Self {
        Self::coded(StatusCode::INTERNAL_SERVER_ERROR, code::INTERNAL, "internal error")
    }

    /// A method that no GraphQL request has; or that this one must not have.
    pub fn method(message: &str, allowed: &'static str) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, message).with(header::ALLOW, HeaderValue::from_static(allowed))
    }

    /// What is told the client: the status, and errors.
    pub fn told(&self) -> (StatusCode, &[ServerError]) {
        (self.status, &self.errors)
    }

    /// After how many seconds it is worth another try, if it is.
    pub fn retry_after(&self) -> Option<u64> {
        let (_, value) = self.header.as_ref().filter(|(name, _)| name == header::RETRY_AFTER)?;
        value.to_str().ok()?.parse().ok()
    }

    /// What is told the client.
    pub fn into_errors(self) -> Vec<ServerError> {
        self.errors
    }

    /// As an answer, without its status.
    pub fn into_answer(self) -> Answer {
        Answer::from_errors(self.errors)
    }

    /// Sends it in the shape of an answer. What is wrong with the document alone is no matter of HTTP to the older format, and nothing
    /// that a request asks for is to an event stream: browsers tell their pages of no other status than 200.
    pub fn respond(self, format: Format) -> Response {
        // What has a place is in the document, or in the values of its variables.
        let is_of_document =
            |error: &ServerError| !error.locations.is_empty() || code::of(error) != code::BAD_USER_INPUT;
        let status = match format {
            Format::Json if self.status == StatusCode::BAD_REQUEST && self.errors.iter().all(is_of_document) => {
                StatusCode::OK
            }
            Format::EventStream if self.status == StatusCode::BAD_REQUEST => StatusCode::OK,
            _ => self.status,
        };
        let header = self.header.clone();
        let format = if status == StatusCode::OK { format } else { format.unstreamed() };
        let mut response = send(format.body(to_json(&self.into_answer())).into(), status, format);
        if let Some((name, value)) = header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

impl From<Vec<ServerError>> for Refusal {
    /// Of what is wrong with the GraphQL request.
    fn from(errors: Vec<ServerError>) -> Self {
        let any_is = |code| errors.iter().any(|error| code::of(error) == code);
        if any_is(code::UNAVAILABLE) {
            let header = Some((header::RETRY_AFTER, RETRY_AFTER));
            return Self { status: StatusCode::SERVICE_UNAVAILABLE, errors, header };
        }
        let status = if any_is(code::FORBIDDEN) { StatusCode::FORBIDDEN } else { StatusCode::BAD_REQUEST };
        Self { status, errors, header: None }
    }
}

impl From<Full> for Refusal {
    fn from(full: Full) -> Self {
        Self::unavailable(full.problem())
    }
}

/// Sends what is in the format already.
pub fn send(bytes: Bytes, status: StatusCode, format: Format) -> Response {
    (status, [(header::CONTENT_TYPE, format.content_type())], bytes).into_response()
}
