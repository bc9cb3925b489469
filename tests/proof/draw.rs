//! The values that are drawn: for rows, and for what is sought in them.

use std::{fmt::Debug, str::FromStr};

use base64::{Engine, prelude::BASE64_STANDARD};
use proptest::{option, prelude::*, sample::select};
use serde_json::{Value as Json, json};

/// Short texts that collide, differ in case, hold what SQL and JSON give a meaning, or sort otherwise as UTF-16.
pub const TEXTS: [&str; 28] = [
    "a",
    "b",
    "A",
    "ab",
    "Ab",
    "aB",
    "a b",
    "é",
    "É",
    "e\u{301}",
    "ß",
    "ss",
    "z",
    "Z",
    "10",
    "9",
    "%",
    "_",
    "\\",
    "a%b",
    "a_b",
    "a\\b",
    "'",
    "\"",
    "日本",
    "\u{1F600}x",
    "\u{FFFF}",
    "\u{10000}",
];

/// What a client may look for and what a row may hold, `most` characters long at most.
pub fn texts(most: usize) -> Vec<String> {
    let long = ["x", "é", "\u{1F600}"].map(|text| text.repeat(most));
    let control = ["a\n\tb\u{1}".to_owned(), " a ".to_owned()];
    TEXTS.map(str::to_owned).into_iter().chain(control).chain(long).collect()
}

/// Whole seconds, and fractions to what the databases can hold.
pub const MOMENTS: &[&str] = &[
    "2026-03-01T08:00:00Z",
    "2026-03-01T08:00:00.5Z",
    "2026-03-01T08:00:00.500001Z",
    "2026-03-01T08:00:00.000001Z",
    "2026-03-01T08:00:00.123456Z",
    "2026-03-01T07:59:59.999999Z",
    "2026-03-01T08:00:01Z",
    "1970-01-01T00:00:00Z",
    "2999-12-31T23:59:59.999Z",
];

pub const LOCALS: &[&str] = &[
    "2026-03-01T08:00:00",
    "2026-03-01T08:00:00.5",
    "2026-03-01T08:00:00.500001",
    "2026-03-01T07:59:59.999999",
    "0001-01-01T00:00:00",
    "1969-12-31T23:59:59.999999",
    "9999-12-31T23:59:59",
];

pub const DATES: &[&str] = &["2026-03-01", "2024-02-29", "1969-12-31", "0001-01-01", "9999-12-31"];

pub const TIMES: &[&str] = &["08:00:00", "08:00:00.500", "08:00:00.500001", "00:00:00", "23:59:59.999999"];

/// Of twelve digits, two of which are behind the point.
pub const DECIMALS: &[&str] = &["0", "0.1", "0.10", "0.3", "1", "-1", "12.5", "9999999999.99", "-9999999999.99"];

pub const DOUBLES: &[f64] = &[0.0, 0.1, 0.3, 0.30000000000000004, 1.0, -1.0, 1e21, 1e-7, 16_777_217.0, -2.5];

pub const SINGLES: &[f32] = &[0.0, 0.1, 0.3, 1.0, -1.0, 0.875, 16_777_216.0, 1e21];

pub const INTEGERS: &[i32] = &[0, 1, 2, 9, 10, -1, 32_767, i32::MAX, i32::MIN];

pub const BYTES: &[&[u8]] = &[b"", b"\0", b"\0\xFF", b"PNG", b"P"];

/// Values of JSON: numbers that are equal in two spellings, paths, and what is no object.
pub fn jsons() -> Vec<Json> {
    vec![
        json!({}),
        json!({ "a": 1 }),
        json!({ "a": 1.0, "b": "a" }),
        json!({ "a": "1" }),
        json!({ "a": null }),
        json!({ "a": { "a": true, "b": [1] } }),
        json!({ "a": { "a": 0.5, "\"é": "日本" } }),
        json!({ "a": [1, { "a": 1 }] }),
        json!({ "a": 9_007_199_254_740_993_i64, "b": -1 }),
        json!([{ "a": 1 }]),
        json!("a"),
        json!(1),
        json!(false),
        Json::Null,
    ]
}

/// What is sought of a type of the API, apart from what rows have: some of it no row can have.
pub fn sought(ty: &str) -> Vec<Json> {
    let both = |held: &[&str], others: &[&str]| held.iter().chain(others).map(|it| json!(it)).collect();
    match ty {
        // A column of 16 bits is compared with no more.
        "Int" => [0, 1, 2, 3, 9, 10, -1, i16::MAX, i16::MIN].map(|it| json!(it)).into(),
        "Float" => DOUBLES.iter().map(|it| json!(it)).chain([json!(2), json!(0.10000000149011612)]).collect(),
        "Decimal" => both(DECIMALS, &["0.125", "0.30000000000000001", "1000000000000", "-0.0"]),
        "Date" => both(DATES, &["2026-02-28"]),
        "LocalTime" => both(TIMES, &["08:00:00.5000005", "08:00:00.0000005", "12:00:00"]),
        "LocalDateTime" => both(LOCALS, &["2026-03-01T08:00:00.5000005", "2026-03-01T07:59:59.9999999"]),
        "DateTime" => {
            let finer =
                ["2026-03-01T08:00:00.1234565Z", "2026-03-01T08:00:00.0000005Z", "2026-03-01T07:59:59.9999999Z"];
            both(MOMENTS, &[&finer[..], &["2026-02-28T00:00:00Z", "2026-03-01T09:00:00+01:00"]].concat())
        }
        "Base64String" => BYTES.iter().chain([&&b"\xFF"[..]]).map(|it| json!(BASE64_STANDARD.encode(it))).collect(),
        "JSON" => ["null", "true", "false", "0", "1", "1.0", "-1", "0.5", "\"a\"", "\"1\"", "\"日本\""]
            .map(|it| it.parse().unwrap())
            .into(),
        other => panic!("teach the generator to draw a value of the scalar {other}"),
    }
}

/// One of these, read.
pub fn of<T: FromStr<Err: Debug> + Clone + Debug + 'static>(
    texts: &'static [&'static str],
) -> impl Strategy<Value = T> {
    select(texts).prop_map(|text| text.parse().unwrap())
}

/// A label that is not blank.
pub fn label(most: usize) -> impl Strategy<Value = String> {
    let mut short = texts(1);
    short.retain(|text| !text.trim().is_empty());
    prop_oneof![15 => select(&TEXTS[..6]).prop_map(str::to_owned), 15 => select(short), 1 => select(texts(most))]
}

/// NULL in a third of all cases.
pub fn nullable<T: Debug>(values: impl Strategy<Value = T>) -> impl Strategy<Value = Option<T>> {
    option::weighted(0.67, values)
}

/// Ids that ascend with gaps.
pub fn spaced<T>(rows: Vec<(i64, T)>) -> impl Iterator<Item = (i64, T)> {
    rows.into_iter().scan(0, |id, (gap, row)| {
        *id += gap;
        Some((*id, row))
    })
}
