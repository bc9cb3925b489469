//! `Product`: its fields and its mutations.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};
use dovetail::kinds::Enumeration;
use dovetail::prelude::{Created, DeleteInput, Deleted, Field, Input, Node, Result, Updated, Write};
use dovetail::prelude::{given, given_or_null};
use sea_orm::{RelationTrait, Set, prelude::Decimal};
use serde_json::Value as Json;

use crate::entity::product::{ActiveModel, Column, Entity, Size, Status};
use crate::entity::recommendation::Relation;
use crate::{category::Category, order_line::OrderLine, placement::Placement, recommendation::Recommendation};

pub struct Product;

impl Node for Product {
    type Entity = Entity;
    const TYPE: &'static str = "Product";
    const DESCRIPTION: &'static str = "Something that the shop sells, once it is on sale.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(Column::Name, "The name: 1 to 200 characters, not blank.").not_blank().filter().order(),
        Field::column(Column::Price, "The price of a piece.").filter().order(),
        Field::enumeration::<Status>(Column::Status, "Whether it can be bought.").filter().order(),
        Field::column(Column::Active, "Whether the shop shows it.").filter(),
        Field::column(Column::Stock, "The number of pieces at hand.").filter().order(),
        Field::enumeration::<Size>(Column::Size, "The size; `null` for what has none.").filter().order(),
        Field::column(Column::Weight, "The weight in kilograms, if known.").filter().order(),
        Field::column(Column::Released, "The day when it was released, if it was.").filter().order(),
        Field::column(Column::OpensAt, "The time of day from which it is sold, if not all day.").filter().order(),
        Field::column(Column::Photo, "The photo, if there is one.").filter(),
        Field::column(Column::Attributes, "What else there is to say, if anything.").filter(),
        Field::children_over::<Placement, Category>("categories", "The categories that it is in.").filter().order(),
        Field::children_over_by::<Recommendation, Self>(
            "related",
            || Relation::Product.def(),
            || Relation::Related.def(),
            "The products that go with it.",
        ),
        Field::children::<OrderLine>("orderLines", "The lines of orders with it.").filter().order(),
    ];
}

impl Enumeration for Status {
    const TYPE: &'static str = "ProductStatus";
    const DESCRIPTION: &'static str = "Whether a product can be bought.";
    const VALUES: &'static [(Self, &'static str, &'static str)] =
        &[(Self::Draft, "DRAFT", "Not yet."), (Self::OnSale, "ON_SALE", "It can."), (Self::Gone, "GONE", "No more.")];
}

impl Enumeration for Size {
    const TYPE: &'static str = "Size";
    const DESCRIPTION: &'static str = "How large a product is.";
    const VALUES: &'static [(Self, &'static str, &'static str)] =
        &[(Self::Small, "SMALL", "A hand."), (Self::Medium, "MEDIUM", "An arm."), (Self::Large, "LARGE", "More.")];
}

/// A new product, not on sale yet.
#[derive(InputObject)]
pub struct CreateProductInput {
    /// 1 to 200 characters, not blank.
    name: String,
    /// The price of a piece, with two digits after the point at most.
    price: Input<Decimal>,
    /// The size.
    size: Option<Input<Size>>,
    /// What else there is to say.
    attributes: Option<Input<Json>>,
}

/// Changes of a product. A field left out stays as it is.
#[derive(InputObject)]
pub struct UpdateProductInput {
    /// The product: an id such as `Product:500`, or its bare key.
    id: ID,
    /// The price of a piece, with two digits after the point at most.
    price: Option<Input<Decimal>>,
    /// Whether it can be bought.
    status: Option<Input<Status>>,
    /// The weight in kilograms; `null` for unknown.
    weight: MaybeUndefined<f64>,
}

#[derive(Default)]
pub struct ProductMutation;

#[Object]
impl ProductMutation {
    /// Creates a product.
    async fn create_product(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new product.")] input: CreateProductInput,
    ) -> Result<Created<Product>> {
        let (name, price, status, active, stock) =
            (Set(input.name), Set(input.price.0), Set(Status::Draft), Set(true), Set(0));
        let (size, attributes) = (Set(input.size.map(|it| it.0)), Set(input.attributes.map(|it| it.0)));
        let product = ActiveModel { name, price, status, active, stock, size, attributes, ..Default::default() };
        Write::of(ctx).create(product).await
    }

    /// Changes a product.
    async fn update_product(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateProductInput,
    ) -> Result<Updated<Product>> {
        let (price, status, weight) = (given(input.price), given(input.status), given_or_null(input.weight));
        Write::of(ctx).update(&input.id, ActiveModel { price, status, weight, ..Default::default() }).await
    }

    /// Deletes a product that nobody ordered.
    async fn delete_product(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The product to delete.")] input: DeleteInput<Product>,
    ) -> Result<Deleted<Product>> {
        Write::of(ctx).delete(input).await
    }
}
