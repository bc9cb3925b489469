//! `Category`: its fields.

use dovetail::prelude::{Field, Node};
use sea_orm::RelationTrait;

use crate::entity::category::{Column, Entity, Relation};
use crate::{placement::Placement, product::Product};

pub struct Category;

impl Node for Category {
    type Entity = Entity;
    const TYPE: &'static str = "Category";
    const DESCRIPTION: &'static str = "A part of the shop, with products and smaller parts.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(Column::Name, "The name.").filter().order(),
        Field::parent_by::<Self>("parent", || Relation::Parent.def(), "What it is within.").filter().order_by("name"),
        Field::children_by::<Self>("children", || Relation::Parent.def(), "What is within it.").filter().order(),
        Field::children_over::<Placement, Product>("products", "The products in it.").filter().order(),
        Field::children::<Placement>("placements", "The places of products in it."),
    ];
}
