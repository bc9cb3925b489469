//! The shop: a column of every kind, NULL in many, keys of a text, a UUID and three parts, and relations of every sort.

mod rows;

use std::{ops::Range, sync::LazyLock};

use dovetail::{
    api::Schema,
    config::MigrateAction,
    database::{Database, migrate},
    run::Program,
};
use proptest::strategy::Strategy;
use sea_orm::prelude::Uuid;
use shop::entity::{category, customer, invoice, order, order_line, parcel_item, placement, product, recommendation};

use super::world::{Backward, Rows, Table, ToOne, World};
use crate::support::{Apps, start_schema};

#[derive(Clone, Debug, Default)]
pub struct Shop {
    customers: Vec<customer::Model>,
    products: Vec<product::Model>,
    categories: Vec<category::Model>,
    placements: Vec<placement::Model>,
    recommendations: Vec<recommendation::Model>,
    orders: Vec<order::Model>,
    order_lines: Vec<order_line::Model>,
    parcel_items: Vec<parcel_item::Model>,
    invoices: Vec<invoice::Model>,
}

const WORLD: World = World {
    sdl: include_str!("../../examples/shop/schema.graphql"),
    to_one: &[
        ToOne { of: "Category", name: "parent", columns: &["parentCode"], to: "Category", keys: &["code"] },
        ToOne { of: "Customer", name: "referrer", columns: &["referrerId"], to: "Customer", keys: &["id"] },
        ToOne { of: "Placement", name: "product", columns: &["productId"], to: "Product", keys: &["id"] },
        ToOne { of: "Placement", name: "category", columns: &["categoryCode"], to: "Category", keys: &["code"] },
        ToOne { of: "Recommendation", name: "product", columns: &["productId"], to: "Product", keys: &["id"] },
        ToOne { of: "Recommendation", name: "related", columns: &["relatedId"], to: "Product", keys: &["id"] },
        ToOne { of: "Order", name: "customer", columns: &["customerId"], to: "Customer", keys: &["id"] },
        ToOne { of: "OrderLine", name: "order", columns: &["orderId"], to: "Order", keys: &["id"] },
        ToOne { of: "OrderLine", name: "product", columns: &["productId"], to: "Product", keys: &["id"] },
        ToOne {
            of: "ParcelItem",
            name: "line",
            columns: &["orderId", "productId", "linePosition"],
            to: "OrderLine",
            keys: &["orderId", "productId", "position"],
        },
        ToOne { of: "Invoice", name: "order", columns: &["orderId"], to: "Order", keys: &["id"] },
    ],
    to_child: &[Backward { of: "Order", name: "invoice", table: "Invoice", back: "order", on: None }],
    to_many: &[
        Backward { of: "Category", name: "children", table: "Category", back: "parent", on: None },
        Backward { of: "Category", name: "products", table: "Placement", back: "category", on: Some("product") },
        Backward { of: "Category", name: "placements", table: "Placement", back: "category", on: None },
        Backward { of: "Customer", name: "orders", table: "Order", back: "customer", on: None },
        Backward { of: "Customer", name: "referrals", table: "Customer", back: "referrer", on: None },
        Backward { of: "Order", name: "lines", table: "OrderLine", back: "order", on: None },
        Backward { of: "OrderLine", name: "parcelItems", table: "ParcelItem", back: "line", on: None },
        Backward { of: "Product", name: "categories", table: "Placement", back: "product", on: Some("category") },
        Backward { of: "Product", name: "related", table: "Recommendation", back: "product", on: Some("related") },
        Backward { of: "Product", name: "orderLines", table: "OrderLine", back: "product", on: None },
    ],
    enums: &[
        // The database's own, ordered as it is declared.
        ("Product", "status", &[("draft", "DRAFT"), ("on sale", "ON_SALE"), ("gone", "GONE")]),
        // A text, ordered as such.
        ("Product", "size", &[("L", "LARGE"), ("M", "MEDIUM"), ("S", "SMALL")]),
        ("Order", "shipping", &[("1", "POST"), ("2", "COURIER")]),
    ],
    nowhere: &[
        ("Category", "nowhere"),
        ("Order", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
        ("OrderLine", "ffffffff-ffff-ffff-ffff-ffffffffffff:999:9"),
        ("Placement", "999:nowhere"),
        ("Recommendation", "998:999"),
    ],
    few_children: 6,
    // SQLite restricts a row at a time.
    untie: "UPDATE categories SET parent_code = NULL",
};

impl Rows for Shop {
    const WORLD: &'static World = &WORLD;

    async fn start(arguments: &[&str]) -> Apps {
        static SCHEMA: LazyLock<&Schema> = LazyLock::new(|| shop::Shop::schema().unwrap());
        start_schema(*SCHEMA, arguments, async |database: &Database| {
            migrate(&database.writer, shop::Shop::migrations(), MigrateAction::Up).await.unwrap();
        })
        .await
    }

    fn drawn() -> impl Strategy<Value = Self> {
        rows::rows()
    }

    fn copies(&self, numbers: Range<i64>) -> Self {
        let mut copies = Self::default();
        for number in numbers {
            let by = number * 1_000;
            let id = |id: i32| id + i32::try_from(by).unwrap();
            // Behind all others.
            let mark = match u32::try_from(number).unwrap() {
                0 => String::new(),
                number => char::from_u32(0x10_FFF0 + number).unwrap().to_string(),
            };
            let behind = |text: &str| format!("{mark}{text}");
            let uuid = |uuid: Uuid| {
                let mut bytes = uuid.into_bytes();
                if number > 0 {
                    (bytes[2], bytes[0], bytes[1]) = (bytes[0], 0xFF, number.try_into().unwrap());
                }
                Uuid::from_bytes(bytes)
            };
            copies.customers.extend(self.customers.iter().cloned().map(|row| customer::Model {
                id: row.id + by,
                email: behind(&row.email),
                referrer_id: row.referrer_id.map(|id| id + by),
                ..row
            }));
            copies.products.extend(self.products.iter().cloned().map(|row| product::Model { id: id(row.id), ..row }));
            copies.categories.extend(self.categories.iter().map(|row| category::Model {
                code: behind(&row.code),
                name: row.name.clone(),
                parent_code: row.parent_code.as_deref().map(behind),
            }));
            copies.placements.extend(self.placements.iter().map(|row| placement::Model {
                product_id: id(row.product_id),
                category_code: behind(&row.category_code),
                ..*row
            }));
            copies.recommendations.extend(self.recommendations.iter().map(|row| recommendation::Model {
                product_id: id(row.product_id),
                related_id: id(row.related_id),
                ..*row
            }));
            copies.orders.extend(self.orders.iter().cloned().map(|row| order::Model {
                id: uuid(row.id),
                customer_id: row.customer_id + by,
                ..row
            }));
            copies.order_lines.extend(self.order_lines.iter().map(|row| order_line::Model {
                order_id: uuid(row.order_id),
                product_id: id(row.product_id),
                ..*row
            }));
            copies.parcel_items.extend(self.parcel_items.iter().cloned().map(|row| parcel_item::Model {
                id: row.id + by,
                order_id: row.order_id.map(uuid),
                product_id: row.product_id.map(id),
                ..row
            }));
            copies.invoices.extend(self.invoices.iter().map(|row| invoice::Model {
                id: row.id + by,
                order_id: uuid(row.order_id),
                ..*row
            }));
        }
        copies
    }

    fn tables(&self) -> Vec<(&'static str, &dyn Table)> {
        vec![
            ("Customer", &self.customers),
            ("Product", &self.products),
            ("Category", &self.categories),
            ("Placement", &self.placements),
            ("Recommendation", &self.recommendations),
            ("Order", &self.orders),
            ("OrderLine", &self.order_lines),
            ("ParcelItem", &self.parcel_items),
            ("Invoice", &self.invoices),
        ]
    }
}
