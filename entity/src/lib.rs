//! The rows of Dovetail's tables and how they relate, in SeaORM's dense format: one file a table.
//!
//! Nothing here knows GraphQL, and nothing here runs a query. The `relations` that the models declare are SeaORM's;
//! the API reads them through its own loaders, which need no more than the columns.

use chrono::SubsecRound;

pub mod course;
pub mod enrollment;
pub mod post;
pub mod student;
pub mod user;

/// The present moment, as exact as both databases keep it: to the microsecond.
pub fn now() -> sea_orm::prelude::DateTimeUtc {
    chrono::Utc::now().trunc_subsecs(6)
}
