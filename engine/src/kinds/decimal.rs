//! Decimal numbers of up to 28 digits. SQLite has none: it holds the nearest double, which is read as the shortest number that it is
//! nearest to, and so exact up to 15 digits.

use async_graphql::Value as Answer;
use sea_orm::{
    ColumnType, DbBackend, QueryResult, Value,
    prelude::Decimal,
    sqlx::{
        Decode, Postgres, Row as _, Type,
        error::BoxDynError,
        postgres::{PgTypeInfo, PgValueRef},
    },
};
use serde_json::{Number, Value as Json, json};

use super::values::{Compared, Held, NUMBERS, Values, another, ensure_stored_as, get_held, get_items, texts};
use crate::error::{Error, Result};

/// Decimal numbers.
pub struct Decimals;

/// A number as it is written without an exponent, of as many digits as are held.
fn parse(text: &str) -> Option<Decimal> {
    let is_digit = |byte: u8| byte.is_ascii_digit();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = [whole, fraction].iter().all(|digits| !digits.is_empty() && digits.bytes().all(is_digit));
    if is_number { Decimal::from_str_exact(text).ok() } else { None }
}

/// Whether a column of this type holds a number with all its digits; so it does, if it is no decimal number.
///
/// # Errors
/// It does not: what is allowed.
pub fn fits(value: &Value, column: &ColumnType) -> Result<(), String> {
    let (Value::Decimal(Some(number)), ColumnType::Decimal(Some((digits, scale)))) = (value, column) else {
        return Ok(());
    };
    let whole = digits.saturating_sub(*scale);
    let is_whole = number.trunc().abs().to_string().trim_start_matches('0').len() <= whole as usize;
    if is_whole && number.normalize().scale() <= *scale {
        return Ok(());
    }
    Err(format!("has too many digits; allowed are {whole} before the point and {scale} after it"))
}

/// The double that SQLite holds for a number.
fn double(number: &Decimal) -> f64 {
    // The text of a number is a number.
    number.to_string().parse().unwrap_or(f64::NAN)
}

/// The number that a double of SQLite's stands for, if it has one.
fn of_double(double: f64) -> Option<Decimal> {
    Decimal::from_str_exact(&double.to_string()).ok()
}

/// A number as PostgreSQL sends it (`numeric_send`): the number of its digits to the base of 10,000, the power of the first, the sign,
/// how many decimal digits are shown after the point, and the digits. The driver's own way rounds what has more digits.
struct Numeric(Option<Decimal>);

impl Decode<'_, Postgres> for Numeric {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        let words = value.as_bytes()?.chunks_exact(2).map(|bytes| i16::from_be_bytes([bytes[0], bytes[1]]));
        Ok(Self(of_numeric(&words.collect::<Vec<_>>())))
    }
}

impl Type<Postgres> for Numeric {
    fn type_info() -> PgTypeInfo {
        <Decimal as Type<Postgres>>::type_info()
    }
}

fn of_numeric(words: &[i16]) -> Option<Decimal> {
    /// The word for a sign; NaN and the infinities have others.
    const NEGATIVE: i16 = 0x4000;
    let (&[_, weight, sign @ (0 | NEGATIVE), _], digits) = words.split_first_chunk()? else { return None };
    let digit = |number: i128, digit: &i16| number.checked_mul(10_000)?.checked_add((*digit).into());
    let mut number = digits.iter().try_fold(0, digit)?;
    // After the point, that is.
    let mut scale = 4 * (i64::try_from(digits.len()).ok()? - 1 - i64::from(weight));
    while scale < 0 {
        (number, scale) = (number.checked_mul(10)?, scale + 1);
    }
    while scale > 0 && number % 10 == 0 {
        (number, scale) = (number / 10, scale - 1);
    }
    let number = if sign == NEGATIVE { -number } else { number };
    Decimal::try_from_i128_with_scale(number, u32::try_from(scale).ok()?).ok()
}

impl Values for Decimals {
    fn type_name(&self) -> &'static str {
        "Decimal"
    }

    fn scalar(&self) -> Option<(&'static str, &'static str)> {
        let description = "A decimal number, as a string, such as `12.5`: most programs read JSON's numbers as doubles, which \
                           have no exact tenth. An answer's fraction has no zeros at its end.";
        Some((description, "https://www.w3.org/TR/xmlschema11-2/#decimal"))
    }

    fn allowed(&self) -> &'static str {
        "a decimal number of at most 28 digits, as a string such as `\"12.5\"`"
    }

    fn noun(&self) -> &'static str {
        "a decimal number"
    }

    fn compared(&self) -> Compared {
        Compared::Order(NUMBERS)
    }

    fn read(&self, row: &QueryResult, position: usize) -> Result<Value> {
        let Some(row) = row.try_as_sqlite_row() else {
            return get_held(row, position, |Numeric(number)| number);
        };
        ensure_stored_as(row, position, &["REAL", "INTEGER"])?;
        let double: Option<f64> = row.try_get_unchecked(position)?;
        Ok(double.map(|double| of_double(double).ok_or(Error::OutOfRange)).transpose()?.into())
    }

    fn read_items(&self, row: &QueryResult, position: usize) -> Result<Value> {
        get_items(row, position, |Numeric(number)| number)
    }

    fn answer(&self, value: &Value) -> Result<Answer> {
        match value {
            Value::Decimal(number) => Ok(texts(number.map(|number| number.normalize()).as_ref())),
            other => Err(another(other)),
        }
    }

    fn parse(&self, given: &Answer) -> Option<Value> {
        match given {
            Answer::String(text) => parse(text).map(Value::from),
            Answer::Number(number) => number.as_i64().map(|integer| Decimal::from(integer).into()),
            _ => None,
        }
    }

    fn held(&self, backend: DbBackend, value: &Value) -> Held {
        let (DbBackend::Sqlite, Value::Decimal(Some(number))) = (backend, value) else { return value.clone().into() };
        let nearest = double(number);
        let is_above = of_double(nearest).is_some_and(|nearest| nearest > *number);
        let below = of_double(if is_above { nearest.next_down() } else { nearest }).unwrap_or(*number);
        Held { value: below.into(), is_below: below != *number }
    }

    fn to_json(&self, value: &Value) -> Option<Json> {
        match value {
            Value::Decimal(Some(number)) => Some(json!(number.normalize().to_string())),
            _ => None,
        }
    }

    fn of_json(&self, json: &Json) -> Option<Value> {
        json.as_str().and_then(parse).map(Value::from)
    }

    fn to_stored(&self, value: &Value) -> Option<Json> {
        match value {
            Value::Decimal(Some(number)) => Number::from_f64(double(number)).map(Json::Number),
            _ => None,
        }
    }

    fn null(&self) -> Value {
        Value::Decimal(None)
    }
}
