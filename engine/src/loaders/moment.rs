//! Moments as the databases hold them: more than the program knows.

use chrono::{DateTime, SecondsFormat, TimeDelta};
use sea_orm::{
    QueryResult, Value,
    prelude::DateTimeUtc,
    sea_query::{Expr, ExprTrait},
    sqlx::{Column as _, Postgres, Row as _, Type, postgres::PgRow},
};

use super::columns::is_comparable;
use crate::error::{Error, Result};

/// PostgreSQL's `infinity`, behind all moments. No moment to the microsecond is equal to it.
pub const INFINITY: DateTimeUtc = DateTimeUtc::MAX_UTC;

/// PostgreSQL's `-infinity`, before all moments.
pub const MINUS_INFINITY: DateTimeUtc = DateTimeUtc::MIN_UTC;

/// PostgreSQL's earliest moment, in 4714 BC, as microseconds of Unix.
const EARLIEST: i64 = -210_866_803_200_000_000;

/// The moment that PostgreSQL counts from, as seconds of Unix: the year 2000.
const EPOCH: i64 = 946_684_800;

/// The moment in a column; `None` if it is NULL. The driver's own way panics of what chrono cannot hold.
pub fn moment(row: &QueryResult, position: usize) -> Result<Option<DateTimeUtc>> {
    match row.try_as_pg_row() {
        Some(row) if is_zoned(row, position) => {
            let micros: Option<i64> = row.try_get_unchecked(position)?;
            micros.map(|micros| of_postgres(micros).ok_or(Error::OutOfRange)).transpose()
        }
        _ => Ok(row.try_get_by_index(position)?),
    }
}

fn is_zoned(row: &PgRow, position: usize) -> bool {
    row.columns().get(position).is_some_and(|column| <DateTimeUtc as Type<Postgres>>::compatible(column.type_info()))
}

fn of_postgres(micros: i64) -> Option<DateTimeUtc> {
    match micros {
        i64::MAX => Some(INFINITY),
        i64::MIN => Some(MINUS_INFINITY),
        _ => DateTime::from_timestamp(EPOCH, 0)?.checked_add_signed(TimeDelta::microseconds(micros)),
    }
}

/// The moment of so many microseconds of Unix, if PostgreSQL can hold it.
pub fn of_unix(micros: i64) -> Option<DateTimeUtc> {
    DateTime::from_timestamp_micros(micros).filter(|_| micros >= EARLIEST)
}

/// Refuses a moment that SQLite does not place in time: it compares texts, and so what another program wrote in another spelling.
pub fn placed(row: &QueryResult, position: usize, value: Value) -> Result<Value> {
    if let (Some(row), Value::ChronoDateTimeUtc(Some(moment))) = (row.try_as_sqlite_row(), &value) {
        let text: &str = row.try_get_unchecked(position)?;
        // As the driver writes it.
        if !is_comparable(*moment) || text != moment.to_rfc3339_opts(SecondsFormat::AutoSi, false) {
            return Err(Error::OutOfRange);
        }
    }
    Ok(value)
}

/// A value to compare a column with, as SQL.
pub fn bound(value: &Value) -> Expr {
    let infinity = |text: &str| Expr::val(text).cast_as("timestamptz");
    match value {
        Value::ChronoDateTimeUtc(Some(moment)) if *moment == INFINITY => infinity("infinity"),
        Value::ChronoDateTimeUtc(Some(moment)) if *moment == MINUS_INFINITY => infinity("-infinity"),
        value => Expr::val(value.clone()),
    }
}
