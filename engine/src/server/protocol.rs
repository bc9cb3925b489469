//! GraphQL over HTTP (<https://graphql.github.io/graphql-over-http/draft/>): which HTTP requests are GraphQL requests, and how
//! their answers are sent.

use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};

use async_graphql::{Response as Answer, ServerError, Value as Data};
use axum::{
    body::{Body, Bytes, HttpBody},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse, Response},
};
use futures_util::StreamExt;
use mediatype::{
    MediaType, MediaTypeList, Name, ReadParams,
    names::{_STAR, APPLICATION, CHARSET, JSON as JSON_NAME, Q},
};
use serde_json::{
    from_slice, from_str,
    value::{RawValue, to_raw_value},
};
use url::form_urlencoded;

use super::admission::Place;
use crate::{
    config::limits::HttpLimits,
    error::{self, code},
    graphql::{Parameters, kind, ran, to_json},
    memory::{Full, Held},
};

const JSON: MediaType<'_> = MediaType::new(APPLICATION, JSON_NAME);
const GRAPHQL_RESPONSE: MediaType<'_> =
    MediaType::from_parts(APPLICATION, Name::new_unchecked("graphql-response"), Some(JSON_NAME), &[]);

/// How an answer is sent, which decides its status too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `application/json`: the status says what became of HTTP (section 6.4.1). Older clients expect it.
    Json,
    /// `application/graphql-response+json`: the status says what became of GraphQL too (section 6.4.2).
    GraphqlResponse,
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
        let formats = [Self::Json, Self::GraphqlResponse].into_iter();
        let preferred = formats.filter_map(|format| Some((format.preference(&ranges)?, format)));
        preferred.rev().max_by_key(|(preference, _)| *preference).map(|(_, format)| format).ok_or_else(|| {
            Refusal::new(
                StatusCode::NOT_ACCEPTABLE,
                "the header `accept` allows no answer; allowed are `application/graphql-response+json` and \
                 `application/json`",
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

    fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        }
    }
}

/// The weight of a media range, in thousandths (RFC 9110, section 12.4.2). One that is no weight says nothing.
fn weight(range: &MediaType<'_>) -> u16 {
    let weight = range.get_param(Q).and_then(|weight| weight.as_str().parse::<f32>().ok());
    weight.filter(|weight| (0.0..=1.0).contains(weight)).map_or(1_000, |weight| (weight * 1_000.0).round() as u16)
}

/// Whether it names no other charset than ours.
fn is_utf8(kind: &MediaType<'_>) -> bool {
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

    fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// There is no room for it now, or nothing that could answer it: `message` says of what.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::coded(StatusCode::SERVICE_UNAVAILABLE, code::UNAVAILABLE, message).with(header::RETRY_AFTER, RETRY_AFTER)
    }

    /// A method that no GraphQL request has; or that this one must not have.
    pub fn method(message: &str, allowed: &'static str) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, message).with(header::ALLOW, HeaderValue::from_static(allowed))
    }

    /// For the log: the status, how many errors are told the client, and the first of them.
    pub fn told(&self) -> (StatusCode, usize, &str) {
        (self.status, self.errors.len(), self.errors.first().map_or("", |error| &error.message))
    }

    /// As an answer, without its status.
    pub fn into_answer(self) -> Answer {
        Answer::from_errors(self.errors)
    }

    /// Sends it in the shape of an answer. What is wrong with the document alone is no matter of HTTP to the older format.
    pub fn respond(self, format: Format) -> Response {
        // What has a place is in the document, or in the values of its variables.
        let is_of_document =
            |error: &ServerError| !error.locations.is_empty() || !has_code(error, code::BAD_USER_INPUT);
        let status = match format {
            Format::Json if self.status == StatusCode::BAD_REQUEST && self.errors.iter().all(is_of_document) => {
                StatusCode::OK
            }
            _ => self.status,
        };
        let header = self.header.clone();
        let mut response = send(to_json(&self.into_answer()).into(), status, format);
        if let Some((name, value)) = header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

impl From<Vec<ServerError>> for Refusal {
    /// Of what is wrong with the GraphQL request.
    fn from(errors: Vec<ServerError>) -> Self {
        let any_is = |code| errors.iter().any(|error| has_code(error, code));
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

fn has_code(error: &ServerError, code: &str) -> bool {
    let found = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
    matches!(found, Some(Data::String(found)) if found == code)
}

/// The bytes of an answer, with the place of its request: both are there until the last of them is sent.
struct Sent {
    json: Vec<u8>,
    _place: Arc<Place>,
}

impl AsRef<[u8]> for Sent {
    fn as_ref(&self) -> &[u8] {
        &self.json
    }
}

/// Sends an answer in the format.
pub fn respond(answer: &Answer, format: Format, place: Arc<Place>) -> Response {
    let status = match format {
        Format::Json => StatusCode::OK,
        Format::GraphqlResponse if !ran(answer) => StatusCode::BAD_REQUEST,
        Format::GraphqlResponse if is_unavailable(answer) => StatusCode::SERVICE_UNAVAILABLE,
        Format::GraphqlResponse => StatusCode::OK,
    };
    let json = Bytes::from_owner(Sent { json: to_json(answer), _place: place });
    let mut response = send(json, status, format);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
    }
    response
}

/// After how many seconds what was refused for want of room, or of a database, is worth another try.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// Whether it has no data at all, because of a database that was not there.
fn is_unavailable(answer: &Answer) -> bool {
    let is_empty = match &answer.data {
        Data::Null => true,
        Data::Object(fields) => fields.values().all(|field| *field == Data::Null),
        _ => false,
    };
    is_empty && !answer.errors.is_empty() && answer.errors.iter().all(|error| has_code(error, code::UNAVAILABLE))
}

/// Sends several answers in the format, in the order of their requests.
pub fn respond_all(answers: &[Answer], format: Format, place: Arc<Place>) -> Response {
    let mut json = vec![b'['];
    for (index, answer) in answers.iter().enumerate() {
        if index > 0 {
            json.push(b',');
        }
        json.extend_from_slice(&to_json(answer));
    }
    json.push(b']');
    send(Bytes::from_owner(Sent { json, _place: place }), StatusCode::OK, format)
}

fn send(json: Bytes, status: StatusCode, format: Format) -> Response {
    (status, [(header::CONTENT_TYPE, format.content_type())], json).into_response()
}

/// What an HTTP request asks.
pub enum Asked {
    /// One GraphQL request, by its parameters.
    One(Parameters),
    /// Several, to be answered with a list.
    Many(Vec<Result<Parameters, Refusal>>),
}

/// Reads the GraphQL requests in an HTTP request, whose bytes are `held` from then on.
pub async fn read(head: &Parts, body: Body, limits: &HttpLimits, held: &Held) -> Result<Asked, Refusal> {
    if matches!(head.method, Method::GET | Method::HEAD) {
        held.take(head.uri.query().unwrap_or_default().len())?;
        return in_query(&head.uri).and_then(|request| checked(&request)).map(Asked::One);
    }
    check_content_type(&head.headers)?;
    check_codings(&head.headers)?;
    let body = collected(body, limits.max_body_bytes, held).await?;
    let request: &RawValue =
        from_slice(&body).map_err(|error| Refusal::bad_request(format!("the body is not JSON: {error}")))?;
    if kind(request) != b'[' {
        return checked(request).map(Asked::One);
    }
    let most = limits.max_batch;
    if most == 0 {
        return Err(Refusal::bad_request(
            "the body is an array of requests; allowed is one request, a JSON object (`--max-batch`)",
        ));
    }
    let requests: Vec<&RawValue> = from_str(request.get()).unwrap_or_default();
    let found = requests.len();
    if !(1..=most).contains(&found) {
        let problem = format!("the body has {found} requests; allowed are 1 to {most} (`--max-batch`)");
        return Err(Refusal::bad_request(problem));
    }
    Ok(Asked::Many(requests.into_iter().map(checked).collect()))
}

/// The bytes of a body, of which there are so many at `most`.
async fn collected(body: Body, most: usize, held: &Held) -> Result<Vec<u8>, Refusal> {
    let too_large = || {
        let problem = format!("the body has more bytes than are allowed: {most} (`--max-body-bytes`)");
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, problem)
    };
    if body.size_hint().lower() > most as u64 {
        return Err(too_large());
    }
    let (mut parts, mut bytes) = (body.into_data_stream(), Vec::new());
    while let Some(part) = parts.next().await {
        let part = part.map_err(|_| Refusal::bad_request("the body ended too early"))?;
        if bytes.len() + part.len() > most {
            return Err(too_large());
        }
        held.take(part.len())?;
        bytes.extend_from_slice(&part);
    }
    Ok(bytes)
}

/// The parameters of a GET: `variables` and `extensions` are JSON texts (section 5.3). An empty one is none.
fn in_query(uri: &Uri) -> Result<Box<RawValue>, Refusal> {
    let mut parameters = BTreeMap::new();
    for (name, text) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        let value = match &*name {
            _ if text.is_empty() => Ok(RawValue::NULL.to_owned()),
            "variables" | "extensions" => RawValue::from_string(text.into_owned()),
            _ => to_raw_value(&text),
        };
        let value =
            value.map_err(|error| Refusal::bad_request(format!("the parameter `{name}` is not JSON: {error}")))?;
        if parameters.insert(name, value).is_some() {
            return Err(Refusal::bad_request("a parameter is given twice; allowed is each once"));
        }
    }
    to_raw_value(&parameters).map_err(|error| Refusal::bad_request(error.to_string()))
}

/// The parameters of a request, if they are as they must be.
fn checked(request: &RawValue) -> Result<Parameters, Refusal> {
    Parameters::read(request).map_err(Refusal::bad_request)
}

/// Only what a web page of another origin cannot send without asking first (a CORS preflight) is executed.
fn check_content_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = text.and_then(|text| MediaType::parse(text).ok());
    if kind.is_some_and(|kind| kind.essence() == JSON && is_utf8(&kind)) {
        return Ok(());
    }
    let problem = match headers.contains_key(header::CONTENT_TYPE) {
        true => "the header `content-type` is of another type; allowed is `application/json`, in UTF-8",
        false => "the header `content-type` is missing; allowed is `application/json`",
    };
    let allowed = HeaderValue::from_static("application/json");
    Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, problem).with(header::ACCEPT, allowed))
}

/// Only a body that is not coded is read: how much a compressed one is would be known too late.
fn check_codings(headers: &HeaderMap) -> Result<(), Refusal> {
    let is_coded = |name, plain: &str| {
        let mut codings = headers.get_all(name).iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
        codings.any(|coding: &[u8]| {
            !coding.trim_ascii().is_empty() && !coding.trim_ascii().eq_ignore_ascii_case(plain.as_bytes())
        })
    };
    if is_coded(header::CONTENT_ENCODING, "identity") {
        let problem = "the header `content-encoding` says that the body is coded; allowed is `identity`";
        let allowed = HeaderValue::from_static("identity");
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, problem).with(header::ACCEPT_ENCODING, allowed));
    }
    if is_coded(header::TRANSFER_ENCODING, "chunked") {
        let problem = "the header `transfer-encoding` says that the body is coded; allowed is `chunked`";
        return Err(Refusal::new(StatusCode::NOT_IMPLEMENTED, problem));
    }
    Ok(())
}
