//! `Recommendation`: its fields.

use dovetail::prelude::{Field, Node};
use sea_orm::RelationTrait;

use crate::entity::recommendation::{Column, Entity, Relation};
use crate::product::Product;

pub struct Recommendation;

impl Node for Recommendation {
    type Entity = Entity;
    const TYPE: &'static str = "Recommendation";
    const DESCRIPTION: &'static str = "That a product goes with another; at most one for the two.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(Column::Strength, "How well they go together: 0 to 1.").filter().order(),
        Field::parent_by::<Product>("product", || Relation::Product.def(), "The product.").filter(),
        Field::parent_by::<Product>("related", || Relation::Related.def(), "What goes with it.").order_by("name"),
    ];
}
