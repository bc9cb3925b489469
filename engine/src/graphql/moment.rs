//! The scalar `DateTime`.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{DateTime, TimeDelta, Timelike};
use sea_orm::prelude::DateTimeUtc;

use crate::{
    error::{Error, Result},
    loaders::is_comparable,
};

/// What a `DateTime` is.
pub const RFC_3339: &str = "a moment as RFC 3339 writes it, such as `2026-01-01T00:12:00Z`";

/// A moment. In an answer, it is of the years 0 to 9999.
#[derive(Clone, Copy)]
pub struct Moment(DateTimeUtc);

impl Moment {
    /// The moment as an answer, if RFC 3339 can write it: its years have four digits.
    pub fn of(moment: DateTimeUtc) -> Result<Self> {
        if is_comparable(moment) { Ok(Self(moment)) } else { Err(Error::OutOfRange) }
    }

    /// The moment that a text of RFC 3339 (section 5.6) is. What is finer than a nanosecond is not lost: it is just behind one.
    pub fn from_rfc3339(text: &str) -> Option<DateTimeUtc> {
        // chrono would also take a blank for the `T`, and U+2212 for the minus sign.
        let is_strict = text.is_ascii() && text.as_bytes().get(10) != Some(&b' ');
        let moment = DateTime::parse_from_rfc3339(text).ok().filter(|_| is_strict)?.to_utc();
        // A leap second ends a day (section 5.7).
        let is_leap = moment.nanosecond() >= 1_000_000_000;
        if is_leap && (moment.hour(), moment.minute()) != (23, 59) {
            return None;
        }
        let finer = text.split_once('.').and_then(|(_, fraction)| fraction.get(9..));
        let is_finer = finer.is_some_and(|digits| digits.bytes().take_while(u8::is_ascii_digit).any(|it| it != b'0'));
        let next = if is_finer && moment.nanosecond() % 1_000 == 0 { 1 } else { 0 };
        moment.checked_add_signed(TimeDelta::nanoseconds(next))
    }
}

impl From<Moment> for DateTimeUtc {
    fn from(Moment(moment): Moment) -> Self {
        moment
    }
}

#[rustfmt::skip]
/// A moment, as RFC 3339 writes it, such as `2026-01-01T00:12:00+00:00`: in an answer in UTC, in an argument with any offset.
#[Scalar(name = "DateTime", specified_by_url = "https://datatracker.ietf.org/doc/html/rfc3339")]
impl ScalarType for Moment {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => Self::from_rfc3339(text).map(Self).ok_or_else(|| {
                InputValueError::custom(RFC_3339)
            }),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        self.0.to_rfc3339().into()
    }
}
