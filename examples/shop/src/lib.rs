//! A shop, served by Dovetail. A type is a file: its fields and its mutations.

mod category;
mod customer;
mod demo;
pub mod entity;
mod invoice;
pub mod migration;
mod order;
mod order_line;
mod parcel_item;
mod placement;
mod product;
mod recommendation;

use async_graphql::MergedObject;
use dovetail::database::Pool;
use dovetail::graphql::nodes::{AnyNode, NoFields, Types, node};
use dovetail::run::{NoCommands, Program};

/// The program.
pub struct Shop;

impl Types for Shop {
    const NODES: &'static [&'static dyn AnyNode] = &[
        node::<customer::Customer>(),
        node::<product::Product>(),
        node::<category::Category>(),
        node::<placement::Placement>(),
        node::<recommendation::Recommendation>(),
        node::<order::Order>(),
        node::<order_line::OrderLine>(),
        node::<parcel_item::ParcelItem>(),
        node::<invoice::Invoice>(),
    ];
    type Query = NoFields;
    type Mutation = Mutation;
}

impl Program for Shop {
    const NAME: &'static str = "shop";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const ARGUMENTS: &'static [&'static str] = &["serve", "--demo"];
    type Migrator = migration::Migrator;
    type Command = NoCommands;

    async fn fill_demo(writer: &Pool) -> anyhow::Result<()> {
        demo::fill(writer).await
    }
}

/// The root of all mutations. Each field is one transaction; the fields of a request run one after the other.
#[derive(MergedObject, Default)]
pub struct Mutation(product::ProductMutation, order::OrderMutation);
