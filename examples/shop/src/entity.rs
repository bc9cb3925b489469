//! The rows of the shop's tables, a file each.

use chrono::{SubsecRound, Utc};
use sea_orm::prelude::DateTimeUtc;

pub mod category;
pub mod customer;
pub mod invoice;
pub mod order;
pub mod order_line;
pub mod parcel_item;
pub mod placement;
pub mod product;
pub mod recommendation;

/// The present moment, as exact as both databases keep it: to the microsecond.
pub fn now() -> DateTimeUtc {
    Utc::now().trunc_subsecs(6)
}
