//! The messages of a client, as they are read.

use std::borrow::Cow;

use axum::http::HeaderValue;
use serde::Deserialize;
use serde_json::{from_str, value::RawValue};

use crate::api::LONGEST_OPERATION_ID;

/// How many bytes the payload of a ping may have, which goes back in a pong.
const MOST_OF_PING: usize = 1_024;

/// What a client sends.
pub enum ClientMessage<'a> {
    /// `connection_init`.
    Init(Option<&'a RawValue>),
    /// `subscribe`: an operation's id, and the parameters of its request.
    Subscribe(String, &'a RawValue),
    /// `complete`: the id of the operation that is to end.
    Complete(String),
    /// `ping`.
    Ping(Option<&'a RawValue>),
    /// `pong`.
    Pong,
}

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    id: Option<String>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

impl<'a> ClientMessage<'a> {
    /// Reads a message.
    ///
    /// # Errors
    /// What is wrong with it, and what is allowed.
    pub fn read(text: &'a str) -> Result<Self, String> {
        let Fields { kind, id, payload } = object(text).map_err(|problem| format!("a message {problem}"))?;
        let is_id = |id: &String| (1..=LONGEST_OPERATION_ID).contains(&id.len());
        let id = || {
            id.filter(is_id)
                .ok_or_else(|| format!("a `{kind}` has no `id`, a text of 1 to {LONGEST_OPERATION_ID} bytes"))
        };
        match &*kind {
            "connection_init" => Ok(Self::Init(payload)),
            "subscribe" => Ok(Self::Subscribe(id()?, payload.ok_or("a `subscribe` has no `payload`, an object")?)),
            "complete" => Ok(Self::Complete(id()?)),
            "ping" if payload.is_some_and(|payload| payload.get().len() > MOST_OF_PING) => {
                Err(format!("the payload of a `ping` has more bytes than are allowed: {MOST_OF_PING}"))
            }
            "ping" => Ok(Self::Ping(payload)),
            "pong" => Ok(Self::Pong),
            _ => Err(
                "a message has another `type`; allowed are `connection_init`, `subscribe`, `complete`, `ping` and `pong`"
                    .to_owned(),
            ),
        }
    }
}

/// Reads a JSON object. An array, of which serde would take the items for fields, is none.
fn object<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, String> {
    if !text.trim_ascii_start().starts_with('{') {
        return Err("is no JSON object".to_owned());
    }
    from_str(text).map_err(|error| format!("is wrong: {error}"))
}

/// The payload of a `connection_init`, as far as it is read.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Init {
    #[serde(alias = "Authorization")]
    authorization: Option<String>,
    headers: Option<Headers>,
}

#[derive(Deserialize)]
struct Headers {
    #[serde(alias = "Authorization")]
    authorization: Option<String>,
}

/// What the payload of a `connection_init` has for the header `authorization`: its field of that name, or that of its `headers`.
///
/// # Errors
/// What is wrong with the payload, and what is allowed.
pub fn authorization(payload: Option<&RawValue>) -> Result<Option<HeaderValue>, String> {
    let Some(payload) = payload else { return Ok(None) };
    let init: Init = object(payload.get()).map_err(|problem| format!("the payload of `connection_init` {problem}"))?;
    let text = init.authorization.or_else(|| init.headers?.authorization);
    let value = text.map(HeaderValue::try_from).transpose();
    value.map_err(|_| "the `authorization` of `connection_init` has characters that no header has".to_owned())
}
