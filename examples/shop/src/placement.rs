//! `Placement`: its fields.

use dovetail::prelude::{Field, Node};

use crate::entity::placement::{Column, Entity};
use crate::{category::Category, product::Product};

pub struct Placement;

impl Node for Placement {
    type Entity = Entity;
    const TYPE: &'static str = "Placement";
    const DESCRIPTION: &'static str = "A product's place in a category; at most one for the two.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(Column::Position, "The position among the products of the category.").filter().order(),
        Field::parent::<Product>("product", "The product.").filter().order_by("name"),
        Field::parent::<Category>("category", "The category.").filter().order_by("name"),
    ];
}
