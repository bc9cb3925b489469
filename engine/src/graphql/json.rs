//! Answers as JSON. What is written already is carried as [`Value::Binary`], which no field of the API has, and goes into the answer
//! as it is.

use std::iter;

use async_graphql::{Response, ServerError, Value};
use bytes::Bytes;

/// The values that were written one behind the other, each to one of these ends.
pub fn cut(json: Vec<u8>, ends: &[usize]) -> Vec<Value> {
    let json = Bytes::from(json);
    let starts = iter::once(0).chain(ends.iter().copied());
    starts.zip(ends).map(|(start, &end)| Value::Binary(json.slice(start..end))).collect()
}

/// Writes the name of a field, and what stands before it.
pub fn write_name(index: usize, name: &str, json: &mut Vec<u8>) {
    write_separator(index, json);
    // A name has only letters, digits and underscores (GraphQL, section 2.1.9).
    json.push(b'"');
    json.extend_from_slice(name.as_bytes());
    json.extend_from_slice(b"\":");
}

/// Writes what stands before the item of this index.
pub fn write_separator(index: usize, json: &mut Vec<u8>) {
    if index > 0 {
        json.push(b',');
    }
}

/// Writes a text as a JSON string.
pub fn write_text(text: &str, json: &mut Vec<u8>) {
    // Most texts need no escapes, which the compiler can see for many bytes at once.
    let is_plain = |plain, &byte: &u8| plain & (byte >= 0x20) & (byte != b'"') & (byte != b'\\');
    if text.as_bytes().iter().fold(true, is_plain) {
        json.reserve(text.len() + 2);
        json.push(b'"');
        json.extend_from_slice(text.as_bytes());
        json.push(b'"');
    } else {
        // Neither a text nor a vector can refuse.
        let _ = serde_json::to_writer(json, text);
    }
}

/// Writes a value, and what is written already as it is.
pub fn write_value(value: &Value, json: &mut Vec<u8>) {
    match value {
        Value::Binary(written) => json.extend_from_slice(written),
        Value::List(items) => {
            json.push(b'[');
            for (index, item) in items.iter().enumerate() {
                write_separator(index, json);
                write_value(item, json);
            }
            json.push(b']');
        }
        Value::Object(fields) => write_object(fields, json),
        other => {
            // Scalars have no keys that could fail to be strings, and a vector cannot refuse.
            let _ = serde_json::to_writer(json, other);
        }
    }
}

fn write_object<'a, K: AsRef<str> + 'a>(fields: impl IntoIterator<Item = (&'a K, &'a Value)>, json: &mut Vec<u8>) {
    json.push(b'{');
    for (index, (name, value)) in fields.into_iter().enumerate() {
        write_separator(index, json);
        write_text(name.as_ref(), json);
        json.push(b':');
        write_value(value, json);
    }
    json.push(b'}');
}

/// Whether the operation ran, however it ended: an error before that belongs to no field.
pub fn ran(response: &Response) -> bool {
    response.data != Value::Null || response.errors.iter().any(|error| !error.path.is_empty())
}

/// The text of the errors of a response (GraphQL, section 7.1.7), as a list.
pub fn errors(errors: &[ServerError]) -> Vec<u8> {
    // Of strings, numbers and lists of them alone.
    serde_json::to_vec(errors).unwrap_or_default()
}

/// The text of a response (GraphQL, section 7.1): without `data` if nothing ran.
pub fn response(response: &Response) -> Vec<u8> {
    let mut json = Vec::with_capacity(64 + written(&response.data));
    json.push(b'{');
    if !response.errors.is_empty() {
        json.extend_from_slice(b"\"errors\":");
        // Of strings, numbers and lists of them alone.
        let _ = serde_json::to_writer(&mut json, &response.errors);
    }
    if ran(response) {
        json.extend_from_slice(if response.errors.is_empty() { b"\"data\":" } else { b",\"data\":" });
        write_value(&response.data, &mut json);
    }
    if !response.extensions.is_empty() {
        json.extend_from_slice(b",\"extensions\":");
        write_object(&response.extensions, &mut json);
    }
    json.push(b'}');
    json
}

/// How much of a value is written already.
fn written(value: &Value) -> usize {
    match value {
        Value::Binary(json) => json.len(),
        Value::Object(fields) => fields.values().map(written).sum(),
        _ => 0,
    }
}
