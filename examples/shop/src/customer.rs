//! `Customer`: its fields.

use dovetail::prelude::{Field, Node};
use sea_orm::RelationTrait;

use crate::entity::customer::{Column, Entity, Relation};
use crate::order::Order;

pub struct Customer;

impl Node for Customer {
    type Entity = Entity;
    const TYPE: &'static str = "Customer";
    const DESCRIPTION: &'static str = "Somebody who orders.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(Column::Email, "The address for mail, which no other customer has.").filter().order(),
        Field::column(Column::Name, "The name. Several customers may have the same.").filter().order(),
        Field::parent_by::<Self>("referrer", || Relation::Referrer.def(), "Who brought them.")
            .filter()
            .order_by("name"),
        Field::children_by::<Self>("referrals", || Relation::Referrer.def(), "Whom they brought.").filter().order(),
        Field::children::<Order>("orders", "Their orders.").filter().order(),
    ];
}
