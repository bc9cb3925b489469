//! `Order`: its fields and its mutations.

use async_graphql::{Context, ID, InputObject, Object};
use chrono::NaiveDateTime;
use dovetail::graphql::payload::{Payload, Verb};
use dovetail::kinds::Enumeration;
use dovetail::prelude::{Created, Field, Input, Node, Result, UserErrorCode::Invalid, Write, insert_all, stored};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, Set, prelude::Uuid, sea_query::Expr};

use crate::entity::order::{ActiveModel, Column, Entity, Shipping};
use crate::entity::{now, order_line, product};
use crate::{customer::Customer, invoice::Invoice, order_line::OrderLine, product::Product};

pub struct Order;

impl Node for Order {
    type Entity = Entity;
    const TYPE: &'static str = "Order";
    const DESCRIPTION: &'static str = "An order of a customer's.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(Column::PlacedAt, "When it was placed.").filter().order(),
        Field::column(Column::CancelledAt, "When it was cancelled, if it was.").filter(),
        Field::enumeration::<Shipping>(Column::Shipping, "How it is sent; `null` if it is fetched.").filter(),
        Field::column(Column::Address, "Where it is sent, if it is.").filter(),
        Field::column(Column::DeliverBy, "The latest delivery, in the time there, if asked.").filter().order(),
        Field::column(Column::Note, "The customer's words, if any.").filter(),
        Field::parent::<Customer>("customer", "The customer.").filter().order_by("name"),
        Field::children::<OrderLine>("lines", "The lines.").filter().order(),
        Field::child::<Invoice>("invoice", "The invoice; `null` until there is one.").filter().order_by("total"),
    ];
}

impl Enumeration for Shipping {
    const TYPE: &'static str = "Shipping";
    const DESCRIPTION: &'static str = "How an order is sent.";
    const VALUES: &'static [(Self, &'static str, &'static str)] =
        &[(Self::Post, "POST", "By post."), (Self::Courier, "COURIER", "By courier.")];
}

/// A line of a new order.
#[derive(InputObject)]
pub struct NewLineInput {
    /// The product: an id such as `Product:500`, or its bare key.
    product_id: ID,
    /// The number of pieces: 1 or more.
    quantity: i32,
}

/// A new order: all of its lines, or none.
#[derive(InputObject)]
pub struct CreateOrderInput {
    /// The customer: an id such as `Customer:500`, or its bare key.
    customer_id: ID,
    /// Where to post it: up to 500 characters; left out, the customer fetches it.
    address: Option<String>,
    /// The latest delivery, in the time there.
    deliver_by: Option<Input<NaiveDateTime>>,
    /// The lines.
    lines: Vec<NewLineInput>,
}

/// The order to cancel.
#[derive(InputObject)]
pub struct CancelOrderInput {
    /// An id such as `Order:123e4567-e89b-12d3-a456-426614174000`, or its bare key.
    id: ID,
}

pub struct Cancel;

impl Verb for Cancel {
    const NAME: &'static str = "Cancel";
    const RESULT: &'static str = "cancelled";
}

#[derive(Default)]
pub struct OrderMutation;

#[Object]
impl OrderMutation {
    /// Places an order, and takes what is ordered from the stock.
    async fn create_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new order.")] input: CreateOrderInput,
    ) -> Result<Created<Order>> {
        let mut write = Write::of(ctx);
        let customer_id = Set(write.parent::<Customer>("customerId", &input.customer_id).await?);
        let (id, mut lines) = (Uuid::new_v4(), Vec::new());
        for (NewLineInput { product_id, quantity }, position) in input.lines.into_iter().zip(1..) {
            let path = format!("lines.{}", position - 1);
            let product_id = write.parent::<Product>(&format!("{path}.productId"), &product_id).await?;
            let product = product::Entity::find_by_id(product_id).one(write.transaction().await?).await?;
            let Some(product) = product else { continue };
            if product.status != product::Status::OnSale || quantity < 1 {
                write.errors.add(Invalid, &path, format!("{quantity} of `{}` cannot be bought", product.name));
            } else if !take(&mut write, product_id, quantity).await? {
                write.errors.add(Invalid, &path, format!("{} of `{}` are at hand", product.stock, product.name));
            }
            let line = order_line::Model { order_id: id, product_id, position, quantity, price: product.price };
            lines.push(line.into_active_model());
        }
        let shipping = Set(input.address.as_ref().map(|_| Shipping::Post));
        let (address, deliver_by) = (Set(input.address), Set(input.deliver_by.map(|it| it.0)));
        let (id, placed_at) = (Set(id), Set(now()));
        let order = ActiveModel { id, customer_id, shipping, address, deliver_by, placed_at, ..Default::default() };
        write.check::<Order>("", &order);
        let order = write.insert::<Order>(order).await?;
        if order.is_some() {
            insert_all(write.transaction().await?, lines).await?;
        }
        Ok(write.done(order.map(stored)).await.into())
    }

    /// Cancels an order, and puts what was ordered back into the stock.
    async fn cancel_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The order to cancel.")] input: CancelOrderInput,
    ) -> Result<Payload<Order, Cancel>> {
        let key = Order::key(&input.id, "input.id")?;
        let mut write = Write::of(ctx);
        write.held::<Order>("id", key).await?;
        let cancelled = Entity::update_many().col_expr(Column::CancelledAt, Expr::val(now()));
        let cancelled = cancelled.filter(Column::Id.eq(key)).filter(Column::CancelledAt.is_null());
        if cancelled.exec(write.transaction().await?).await?.rows_affected == 0 && !write.errors.any() {
            write.errors.add(Invalid, "id", "the order is cancelled already");
        }
        let lines = order_line::Entity::find().filter(order_line::Column::OrderId.eq(key));
        for line in lines.all(write.transaction().await?).await? {
            take(&mut write, line.product_id, -line.quantity).await?;
        }
        let order = if write.errors.any() { None } else { write.held::<Order>("id", key).await? };
        Ok(write.done(order).await.into())
    }
}

/// Takes pieces of a product from the stock. Whether they were there.
async fn take(write: &mut Write<'_>, product: i32, pieces: i32) -> Result<bool> {
    let stock = || Expr::col(product::Column::Stock);
    let taken = product::Entity::update_many().col_expr(product::Column::Stock, stock().sub(pieces));
    let taken = taken.filter(product::Column::Id.eq(product)).filter(stock().gte(pieces));
    Ok(taken.exec(write.transaction().await?).await?.rows_affected > 0)
}
