//! The column shapes that every table shares.

use sea_orm_migration::{prelude::*, schema, sea_orm::DbBackend};

/// Unicode's White_Space characters: what `char::is_whitespace` trims in the API is what the CHECK trims here.
const WHITE_SPACE: &str = "\u{9}\u{a}\u{b}\u{c}\u{d}\u{20}\u{85}\u{a0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}";

/// `id`: a 64-bit key that is never given out twice, not even after a deletion.
pub fn id() -> ColumnDef {
    schema::big_pk_auto("id")
}

/// A foreign key's column.
pub fn reference(name: &'static str) -> ColumnDef {
    schema::big_integer(name)
}

/// A text of 1 to `max` characters that is not blank. PostgreSQL's type enforces the length, and so does the CHECK on
/// SQLite, whose `varchar(n)` does not.
pub fn label(name: &'static str, max: u32) -> ColumnDef {
    let text = || Expr::col(name);
    // Both databases accept this form of `trim`: PostgreSQL beside the standard's, SQLite only it.
    let trimmed = Func::cust("trim").arg(text()).arg(Expr::cust(format!("'{WHITE_SPACE}'")));
    let long_enough = Expr::expr(Func::cust("length").arg(text())).lte(max);
    let mut column = schema::string_len(name, max);
    column.check(Expr::expr(trimmed).ne("").and(long_enough)).take()
}

/// A moment in UTC, the present one unless given. SQLite keeps it as text of the form that the driver writes, so that
/// texts compare as their moments do.
pub fn moment(name: &'static str, backend: DbBackend) -> ColumnDef {
    let now = match backend {
        DbBackend::Sqlite => "(strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now'))",
        _ => "CURRENT_TIMESTAMP",
    };
    schema::timestamp_with_time_zone(name).default(Expr::cust(now)).take()
}
