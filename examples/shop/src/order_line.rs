//! `OrderLine`: its fields.

use dovetail::prelude::{Field, Node};

use crate::entity::order_line::{Column, Entity};
use crate::{order::Order, parcel_item::ParcelItem, product::Product};

pub struct OrderLine;

impl Node for OrderLine {
    type Entity = Entity;
    const TYPE: &'static str = "OrderLine";
    const DESCRIPTION: &'static str = "A line of an order.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(Column::Position, "The number of the line among the order's.").filter(),
        Field::column(Column::Quantity, "The number of pieces.").filter().order(),
        Field::column(Column::Price, "The price of a piece when the order was placed.").filter().order(),
        Field::parent::<Order>("order", "The order. Deleting it deletes the line.").filter(),
        Field::parent::<Product>("product", "The product.").filter().order_by("name"),
        Field::children::<ParcelItem>("parcelItems", "What of it is in parcels.").filter().order(),
    ];
}
