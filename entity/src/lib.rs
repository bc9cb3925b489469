//! The rows of Dovetail's tables and how they relate, in SeaORM's dense format: one file a table.
//!
//! Nothing here knows GraphQL, and nothing here runs a query. The `relations` that the models declare are SeaORM's;
//! the API reads them through its own loaders, which need no more than the columns.

use chrono::SubsecRound;
use sea_orm::{ActiveValue, Set, prelude::DateTimeUtc};

pub mod course;
pub mod enrollment;
pub mod post;
pub mod student;
pub mod user;

/// The present moment, as exact as both databases keep it: to the microsecond.
pub fn now() -> DateTimeUtc {
    chrono::Utc::now().trunc_subsecs(6)
}

/// Stamps a row that is about to be saved, unless it says itself when it was made: at first, it was changed when it was
/// created.
fn stamp(created_at: &mut ActiveValue<DateTimeUtc>, updated_at: &mut ActiveValue<DateTimeUtc>, insert: bool) {
    let now = now();
    if insert && created_at.is_not_set() {
        *created_at = Set(now);
    }
    if !insert || updated_at.is_not_set() {
        *updated_at = Set(now);
    }
}
