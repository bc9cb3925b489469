//! `Invoice`: its fields.

use dovetail::prelude::{Field, Node};

use crate::entity::invoice::{Column, Entity};
use crate::order::Order;

pub struct Invoice;

impl Node for Invoice {
    type Entity = Entity;
    const TYPE: &'static str = "Invoice";
    const DESCRIPTION: &'static str = "The invoice of an order.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(Column::Total, "The sum to pay.").filter().order(),
        Field::column(Column::PaidOn, "The day of payment; `null` until then.").filter().order(),
        Field::parent::<Order>("order", "The order.").filter().order_by("placedAt"),
    ];
}
