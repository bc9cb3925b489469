//! `ParcelItem`: its fields.

use dovetail::prelude::{Field, Node};

use crate::entity::parcel_item::{Column, Entity};
use crate::order_line::OrderLine;

pub struct ParcelItem;

impl Node for ParcelItem {
    type Entity = Entity;
    const TYPE: &'static str = "ParcelItem";
    const DESCRIPTION: &'static str = "Something in a parcel.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(Column::Parcel, "The parcel's number.").filter().order(),
        Field::column(Column::Quantity, "The number of pieces.").filter(),
        Field::parent::<OrderLine>("line", "What it is of; `null` for a gift.").filter().order_by("quantity"),
    ];
}
