//! GraphQL over HTTP (<https://graphql.github.io/graphql-over-http/draft/>): which HTTP requests are GraphQL requests, and how
//! their answers are sent.

use std::{
    collections::BTreeMap,
    error::Error,
    io::{self, ErrorKind},
    iter::successors,
    sync::Arc,
};

use async_graphql::{Response as Answer, Value as Data};
use axum::{
    body::{Body, Bytes, HttpBody},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, request::Parts},
    response::Response,
};
use futures_util::StreamExt;
use mediatype::MediaType;
use serde_json::{
    from_slice, from_str,
    value::{RawValue, to_raw_value},
};
use url::form_urlencoded;

use super::{
    admission::Place,
    names::WRITTEN,
    refusal::{Format, JSON, RETRY_AFTER, Refusal, is_utf8, send},
};
use crate::{
    api::{EXTENSION, Parameters, kind},
    config::limits::HttpLimits,
    error::code,
    graphql::{ran, to_json},
    memory::Held,
};

/// Bytes with their room, such as the place of their request: both are there until the last of them is sent.
struct Sent<R> {
    bytes: Vec<u8>,
    _room: R,
}

impl<R> AsRef<[u8]> for Sent<R> {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Bytes that keep their room until they are sent.
pub fn roomed<R: Send + 'static>(bytes: Vec<u8>, room: R) -> Bytes {
    Bytes::from_owner(Sent { bytes, _room: room })
}

/// Sends an answer in the format.
pub fn respond(answer: &Answer, format: Format, place: Arc<Place>) -> Response {
    let status = match format {
        Format::Json | Format::EventStream => StatusCode::OK,
        Format::GraphqlResponse if !ran(answer) => StatusCode::BAD_REQUEST,
        Format::GraphqlResponse if is_unavailable(answer) => StatusCode::SERVICE_UNAVAILABLE,
        Format::GraphqlResponse => StatusCode::OK,
    };
    let mut response = send(roomed(format.body(to_json(answer)), place), status, format);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
    }
    told_of_writing(response, written(answer))
}

/// The token of what a mutation wrote, if its answer has one.
pub fn written(answer: &Answer) -> Option<&str> {
    match answer.extensions.get(EXTENSION)? {
        Data::Object(ours) => match ours.get("written")? {
            Data::String(token) => Some(token),
            _ => None,
        },
        _ => None,
    }
}

/// The same response, with the token of what was written, if there is one.
fn told_of_writing(mut response: Response, token: Option<&str>) -> Response {
    if let Some(token) = token.and_then(|token| HeaderValue::from_str(token).ok()) {
        response.headers_mut().insert(WRITTEN, token);
    }
    response
}

/// Whether it has no data at all, because of a database that was not there.
fn is_unavailable(answer: &Answer) -> bool {
    let is_empty = match &answer.data {
        Data::Null => true,
        Data::Object(fields) => fields.values().all(|field| *field == Data::Null),
        _ => false,
    };
    is_empty && !answer.errors.is_empty() && answer.errors.iter().all(|error| code::of(error) == code::UNAVAILABLE)
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
    let response = send(roomed(json, place), StatusCode::OK, format.unstreamed());
    told_of_writing(response, answers.iter().rev().find_map(written))
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
        let part = part.map_err(|error| unread(&error))?;
        if bytes.len() + part.len() > most {
            return Err(too_large());
        }
        held.take(part.len())?;
        bytes.extend_from_slice(&part);
    }
    Ok(bytes)
}

/// Why a body cannot be read to its end: its chunks are wrong, or else its client left.
fn unread(error: &axum::Error) -> Refusal {
    let causes = successors(error.source(), |cause| (*cause).source());
    let mut kinds = causes.filter_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
    if kinds.any(|kind| matches!(kind, ErrorKind::InvalidInput | ErrorKind::InvalidData)) {
        return Refusal::bad_request("the body is not in chunks, as its header `transfer-encoding` says");
    }
    Refusal::new(StatusCode::REQUEST_TIMEOUT, "the body ended too early")
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
