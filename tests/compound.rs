//! Keys that are no integers, foreign keys of several columns, and tables and columns whose names need quotes.

use std::sync::LazyLock;

use async_graphql::{Context, ID, Object};
use dovetail::{
    api::Schema,
    database::Database,
    graphql::nodes::{AnyNode, NoFields, Types, node},
    prelude::{Created, DeleteInput, Deleted, Field, Node, Result, Updated, Write},
};
use expect_test::expect;
use sea_orm::{
    ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel, RelationTrait, Schema as Tables, Set, prelude::Uuid,
};
use serde_json::Value;

use crate::support::{App, Apps, start_schema, walk};

/// A key that is a text, in a schema of its own.
mod country {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(schema_name = "main", table_name = "Country list")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_name = "isoCode")]
        pub code: String,
        #[sea_orm(column_name = "Full name")]
        pub name: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A key of a text and a number, and a foreign key of both, which may be NULL.
mod bin {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "bins")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub country_code: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i32,
        pub above_number: Option<i32>,
        pub above_country: Option<String>,
        #[sea_orm(unique)]
        pub tag: Option<i64>,
        #[sea_orm(belongs_to, from = "country_code", to = "code")]
        pub country: BelongsTo<super::country::Entity>,
        #[sea_orm(
            self_ref,
            relation_enum = "Above",
            from = "(above_number, above_country)",
            to = "(number, country_code)"
        )]
        pub above: BelongsTo<Option<Entity>>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A key that is a UUID.
mod order {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "order")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub group: String,
        pub country_code: Option<String>,
        pub tag: Option<i64>,
        #[sea_orm(belongs_to, from = "country_code", to = "code")]
        pub country: BelongsTo<Option<super::country::Entity>>,
        #[sea_orm(belongs_to, from = "tag", to = "tag")]
        pub bin: BelongsTo<Option<super::bin::Entity>>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Which orders are in which bins.
mod stored {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "stored")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub order_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub bin_number: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub bin_country: String,
        pub amount: i32,
        #[sea_orm(belongs_to, from = "order_id", to = "id")]
        pub order: BelongsTo<super::order::Entity>,
        #[sea_orm(belongs_to, from = "(bin_country, bin_number)", to = "(country_code, number)")]
        pub bin: BelongsTo<super::bin::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

struct Country;

impl Node for Country {
    type Entity = country::Entity;
    const TYPE: &'static str = "Country";
    const DESCRIPTION: &'static str = "A country.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(country::Column::Name, "The name.").filter().order(),
        Field::children::<Bin>("bins", "The bins there.").filter().order(),
        Field::children::<Order>("orders", "The orders from there.").filter().order(),
    ];

    fn list_name() -> String {
        "countries".to_owned()
    }
}

struct Bin;

impl Node for Bin {
    type Entity = bin::Entity;
    const TYPE: &'static str = "Bin";
    const DESCRIPTION: &'static str = "A place to keep things.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(bin::Column::Number, "The number.").filter().order(),
        Field::parent::<Country>("country", "Where it is.").filter().order_by("fullName"),
        Field::parent_by::<Bin>("above", || bin::Relation::Above.def(), "The one above it.")
            .filter()
            .order_by("number"),
        Field::children_by::<Bin>("below", || bin::Relation::Above.def(), "Those below it.").filter().order(),
        Field::children_over::<Stored, Order>("orders", "What is in it.").filter().order(),
    ];
}

struct Order;

impl Node for Order {
    type Entity = order::Entity;
    const TYPE: &'static str = "Order";
    const DESCRIPTION: &'static str = "An order.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(order::Column::Group, "The group.").filter().order(),
        Field::parent::<Country>("country", "Where it is from.").filter().order_by("fullName"),
        Field::children_over::<Stored, Bin>("bins", "Where it is.").filter().order(),
        Field::parent::<Bin>("tagged", "The bin that has its tag.").filter().order_by("number"),
    ];

    fn list_name() -> String {
        "orders".to_owned()
    }
}

struct Stored;

impl Node for Stored {
    type Entity = stored::Entity;
    const TYPE: &'static str = "Stored";
    const DESCRIPTION: &'static str = "What of an order is in a bin.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(stored::Column::Amount, "How much.").filter().order(),
        Field::parent::<Order>("order", "The order."),
        Field::parent::<Bin>("bin", "The bin.").filter().order_by("number"),
    ];

    fn list_name() -> String {
        "allStored".to_owned()
    }
}

struct Store;

impl Types for Store {
    const NODES: &'static [&'static dyn AnyNode] =
        &[node::<Country>(), node::<Bin>(), node::<Order>(), node::<Stored>()];
    type Query = NoFields;
    type Mutation = Mutation;
}

#[derive(Default)]
struct Mutation;

#[Object]
impl Mutation {
    async fn create_order(&self, ctx: &Context<'_>, key: String, country: ID) -> Result<Created<Order>> {
        let mut write = Write::of(ctx);
        let country_code = Set(Some(write.parent::<Country>("country", &country).await?));
        let id = Set(key.parse::<Uuid>().unwrap_or_default());
        let row = order::ActiveModel { id, group: Set("new".to_owned()), country_code, ..Default::default() };
        write.create(row).await
    }

    async fn update_stored(&self, ctx: &Context<'_>, id: ID, amount: i32) -> Result<Updated<Stored>> {
        Write::of(ctx).update(&id, stored::ActiveModel { amount: Set(amount), ..Default::default() }).await
    }

    async fn delete_stored(&self, ctx: &Context<'_>, input: DeleteInput<Stored>) -> Result<Deleted<Stored>> {
        Write::of(ctx).delete(input).await
    }
}

static SCHEMA: LazyLock<&Schema> = LazyLock::new(|| Schema::new::<Store>().unwrap());

fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number << 64 | 0xA)
}

/// Countries whose codes are not plain, bins above bins, and orders in bins.
async fn store() -> Apps {
    start_schema(*SCHEMA, &["--sql-report"], async |database: &Database| {
        let writer = &database.writer;
        let backend = writer.get_database_backend();
        if backend == DbBackend::Postgres {
            writer.execute_unprepared("CREATE SCHEMA main").await.unwrap();
        }
        let tables = Tables::new(backend);
        writer.execute(&tables.create_table_from_entity(country::Entity)).await.unwrap();
        writer.execute(&tables.create_table_from_entity(bin::Entity)).await.unwrap();
        writer.execute(&tables.create_table_from_entity(order::Entity)).await.unwrap();
        writer.execute(&tables.create_table_from_entity(stored::Entity)).await.unwrap();
        let countries = [("", "Nowhere"), ("a:b%\"", "Odd"), ("Zz", "Last"), ("ä", "Umlaut")];
        let countries = countries
            .map(|(code, name)| country::Model { code: code.to_owned(), name: name.to_owned() }.into_active_model());
        country::Entity::insert_many(countries).exec_without_returning(writer).await.unwrap();
        let bins = [("", 1, None), ("ä", 1, Some(("", 1))), ("ä", 2, Some(("", 1))), ("Zz", -3, Some(("ä", 2)))];
        let bins = bins.map(|(country, number, above)| {
            let (above_country, above_number) = above.unzip();
            let above_country = above_country.map(str::to_owned);
            bin::Model {
                country_code: country.to_owned(),
                number,
                above_number,
                above_country,
                tag: (number > 0).then(|| i64::from(number) * 10 + country.len() as i64 / 2),
            }
            .into_active_model()
        });
        bin::Entity::insert_many(bins).exec_without_returning(writer).await.unwrap();
        let orders = [(1, "a", Some("ä")), (2, "b", None), (0xF0, "a", Some("")), (0x0F, "c", Some("a:b%\""))];
        let orders = orders.map(|(id, group, country)| {
            let country_code = country.map(str::to_owned);
            order::Model { id: uuid(id), group: group.to_owned(), country_code, tag: (group == "a").then_some(21) }
                .into_active_model()
        });
        order::Entity::insert_many(orders).exec_without_returning(writer).await.unwrap();
        let stored = [(1, "", 1, 5), (1, "ä", 2, 6), (0xF0, "ä", 2, 7), (0xF0, "Zz", -3, 8), (2, "", 1, 9)];
        let stored = stored.map(|(order, country, bin_number, amount)| {
            let bin_country = country.to_owned();
            stored::Model { order_id: uuid(order), bin_number, bin_country, amount }.into_active_model()
        });
        stored::Entity::insert_many(stored).exec_without_returning(writer).await.unwrap();
    })
    .await
}

#[tokio::test]
async fn ids_hold_texts_and_uuids_in_one_spelling() {
    let store = store().await;
    store.answers("{ countries { nodes { id fullName } } orders { nodes { id } } bins { nodes { id } } allStored { nodes { id } } }", expect![[r#"
        {
          "data":{
            "countries":{
              "nodes":[
                {"id":"Country:","fullName":"Nowhere"},
                {"id":"Country:Zz","fullName":"Last"},
                {"id":"Country:a%3Ab%25\"","fullName":"Odd"},
                {"id":"Country:ä","fullName":"Umlaut"}
              ]
            },
            "orders":{
              "nodes":[
                {"id":"Order:00000000-0000-0001-0000-00000000000a"},
                {"id":"Order:00000000-0000-0002-0000-00000000000a"},
                {"id":"Order:00000000-0000-000f-0000-00000000000a"},
                {"id":"Order:00000000-0000-00f0-0000-00000000000a"}
              ]
            },
            "bins":{"nodes":[{"id":"Bin::1"},{"id":"Bin:Zz:-3"},{"id":"Bin:ä:1"},{"id":"Bin:ä:2"}]},
            "allStored":{
              "nodes":[
                {"id":"Stored:00000000-0000-0001-0000-00000000000a:1:"},
                {"id":"Stored:00000000-0000-0001-0000-00000000000a:2:ä"},
                {"id":"Stored:00000000-0000-0002-0000-00000000000a:1:"},
                {"id":"Stored:00000000-0000-00f0-0000-00000000000a:-3:Zz"},
                {"id":"Stored:00000000-0000-00f0-0000-00000000000a:2:ä"}
              ]
            }
          }
        }"#]]).await;
    store.answers(r#"{ a: country(id: "Country:a%3Ab%25\"") { fullName } b: country(id: "a%3Ab%25\"") { id } c: country(id: "") { id } d: node(id: "Country:") { id } e: node(id: "Stored:00000000-0000-00f0-0000-00000000000a:2:ä") { ... on Stored { amount bin { id } order { group } } } f: country(id: "none") { id } }"#, expect![[r#"
        {
          "data":{
            "a":{"fullName":"Odd"},
            "b":{"id":"Country:a%3Ab%25\""},
            "c":{"id":"Country:"},
            "d":{"id":"Country:"},
            "e":{"amount":7,"bin":{"id":"Bin:ä:2"},"order":{"group":"a"}},
            "f":null
          }
        }"#]]).await;
    let mut answers = String::new();
    for (field, id) in [
        ("country", "a:b%\\\""),
        ("country", "a%3ab%25\\\""),
        ("country", "%"),
        ("country", "\\u0000"),
        ("order", "00000000-0000-00F0-0000-00000000000A"),
        ("order", "0000000000000001000000000000000a"),
        ("order", ""),
        ("stored", "Stored:ä:2"),
    ] {
        let answer: Value =
            serde_json::from_str(&store.query(&format!("{{ {field}(id: \"{id}\") {{ id }} }}")).await).unwrap();
        answers += &format!("{}\n", answer["errors"][0]["message"].as_str().unwrap().replace('\0', "NUL"));
    }
    expect![[r#"
        argument `id` is `a:b%"`; allowed is an id of the type Country, such as `Country:abc` or `abc`, with `%3A` for a `:` in its text and `%25` for a `%`
        argument `id` is `a%3ab%25"`; allowed is an id of the type Country, such as `Country:abc` or `abc`, with `%3A` for a `:` in its text and `%25` for a `%`
        argument `id` is `%`; allowed is an id of the type Country, such as `Country:abc` or `abc`, with `%3A` for a `:` in its text and `%25` for a `%`
        argument `id` is `NUL`; allowed is an id of the type Country, such as `Country:abc` or `abc`, with `%3A` for a `:` in its text and `%25` for a `%`
        argument `id` is `00000000-0000-00F0-0000-00000000000A`; allowed is an id of the type Order, such as `Order:123e4567-e89b-12d3-a456-426614174000` or `123e4567-e89b-12d3-a456-426614174000`, with its UUID in lower case
        argument `id` is `0000000000000001000000000000000a`; allowed is an id of the type Order, such as `Order:123e4567-e89b-12d3-a456-426614174000` or `123e4567-e89b-12d3-a456-426614174000`, with its UUID in lower case
        argument `id` is ``; allowed is an id of the type Order, such as `Order:123e4567-e89b-12d3-a456-426614174000` or `123e4567-e89b-12d3-a456-426614174000`, with its UUID in lower case
        argument `id` is `Stored:ä:2`; allowed is an id of the type Stored, such as `Stored:123e4567-e89b-12d3-a456-426614174000:7:abc` or `123e4567-e89b-12d3-a456-426614174000:7:abc`, with `%3A` for a `:` in its text and `%25` for a `%`, with its UUID in lower case
    "#]].assert_eq(&answers);
}

#[tokio::test]
async fn relations_lead_by_texts_uuids_and_several_columns() {
    let store = store().await;
    store.answers("{ countries { nodes { id binsCount bins { totalCount nodes { id } } orders { nodes { id group } } } } }", expect![[r#"
        {
          "data":{
            "countries":{
              "nodes":[
                {
                  "id":"Country:",
                  "binsCount":1,
                  "bins":{"totalCount":1,"nodes":[{"id":"Bin::1"}]},
                  "orders":{"nodes":[{"id":"Order:00000000-0000-00f0-0000-00000000000a","group":"a"}]}
                },
                {"id":"Country:Zz","binsCount":1,"bins":{"totalCount":1,"nodes":[{"id":"Bin:Zz:-3"}]},"orders":{"nodes":[]}},
                {
                  "id":"Country:a%3Ab%25\"",
                  "binsCount":0,
                  "bins":{"totalCount":0,"nodes":[]},
                  "orders":{"nodes":[{"id":"Order:00000000-0000-000f-0000-00000000000a","group":"c"}]}
                },
                {
                  "id":"Country:ä",
                  "binsCount":2,
                  "bins":{"totalCount":2,"nodes":[{"id":"Bin:ä:1"},{"id":"Bin:ä:2"}]},
                  "orders":{"nodes":[{"id":"Order:00000000-0000-0001-0000-00000000000a","group":"a"}]}
                }
              ]
            }
          }
        }"#]]).await;
    store.answers("{ bins { nodes { id country { fullName } above { id above { id } } belowCount below { nodes { id } } orders { edges { amount node { id } } totalCount } } } }", expect![[r#"
        {
          "data":{
            "bins":{
              "nodes":[
                {
                  "id":"Bin::1",
                  "country":{"fullName":"Nowhere"},
                  "above":null,
                  "belowCount":2,
                  "below":{"nodes":[{"id":"Bin:ä:1"},{"id":"Bin:ä:2"}]},
                  "orders":{
                    "edges":[
                      {"amount":5,"node":{"id":"Order:00000000-0000-0001-0000-00000000000a"}},
                      {"amount":9,"node":{"id":"Order:00000000-0000-0002-0000-00000000000a"}}
                    ],
                    "totalCount":2
                  }
                },
                {
                  "id":"Bin:Zz:-3",
                  "country":{"fullName":"Last"},
                  "above":{"id":"Bin:ä:2","above":{"id":"Bin::1"}},
                  "belowCount":0,
                  "below":{"nodes":[]},
                  "orders":{"edges":[{"amount":8,"node":{"id":"Order:00000000-0000-00f0-0000-00000000000a"}}],"totalCount":1}
                },
                {
                  "id":"Bin:ä:1",
                  "country":{"fullName":"Umlaut"},
                  "above":{"id":"Bin::1","above":null},
                  "belowCount":0,
                  "below":{"nodes":[]},
                  "orders":{"edges":[],"totalCount":0}
                },
                {
                  "id":"Bin:ä:2",
                  "country":{"fullName":"Umlaut"},
                  "above":{"id":"Bin::1","above":null},
                  "belowCount":1,
                  "below":{"nodes":[{"id":"Bin:Zz:-3"}]},
                  "orders":{
                    "edges":[
                      {"amount":6,"node":{"id":"Order:00000000-0000-0001-0000-00000000000a"}},
                      {"amount":7,"node":{"id":"Order:00000000-0000-00f0-0000-00000000000a"}}
                    ],
                    "totalCount":2
                  }
                }
              ]
            }
          }
        }"#]]).await;
    store.answers("{ orders { nodes { id country { id } binsCount bins(orderBy: [{ field: NUMBER, direction: DESC }]) { edges { amount node { id number } } } } } }", expect![[r#"
        {
          "data":{
            "orders":{
              "nodes":[
                {
                  "id":"Order:00000000-0000-0001-0000-00000000000a",
                  "country":{"id":"Country:ä"},
                  "binsCount":2,
                  "bins":{
                    "edges":[{"amount":6,"node":{"id":"Bin:ä:2","number":2}},{"amount":5,"node":{"id":"Bin::1","number":1}}]
                  }
                },
                {
                  "id":"Order:00000000-0000-0002-0000-00000000000a",
                  "country":null,
                  "binsCount":1,
                  "bins":{"edges":[{"amount":9,"node":{"id":"Bin::1","number":1}}]}
                },
                {
                  "id":"Order:00000000-0000-000f-0000-00000000000a",
                  "country":{"id":"Country:a%3Ab%25\""},
                  "binsCount":0,
                  "bins":{"edges":[]}
                },
                {
                  "id":"Order:00000000-0000-00f0-0000-00000000000a",
                  "country":{"id":"Country:"},
                  "binsCount":2,
                  "bins":{
                    "edges":[
                      {"amount":7,"node":{"id":"Bin:ä:2","number":2}},
                      {"amount":8,"node":{"id":"Bin:Zz:-3","number":-3}}
                    ]
                  }
                }
              ]
            }
          }
        }"#]]).await;
}

#[tokio::test]
async fn a_parent_by_a_unique_column_may_have_a_key_of_several_parts() {
    store().await.answers("{ orders(filter: { tagged: { number: { gt: 0 } } }) { nodes { id tagged { id number } } } a: orders { nodes { tagged { id } } } }", expect![[r#"
        {
          "data":{
            "orders":{
              "nodes":[
                {"id":"Order:00000000-0000-0001-0000-00000000000a","tagged":{"id":"Bin:ä:2","number":2}},
                {"id":"Order:00000000-0000-00f0-0000-00000000000a","tagged":{"id":"Bin:ä:2","number":2}}
              ]
            },
            "a":{"nodes":[{"tagged":{"id":"Bin:ä:2"}},{"tagged":null},{"tagged":null},{"tagged":{"id":"Bin:ä:2"}}]}
          }
        }"#]]).await;
}

#[tokio::test]
async fn filters_and_orders_reach_over_such_keys() {
    let store = store().await;
    let mut answers = String::new();
    for query in [
        r#"{ a: countries(filter: { id: { in: ["ä", "Country:Zz", "x"] } }) { nodes { id } } b: countries(filter: { id: { ne: "ä" } }) { nodes { id } } }"#,
        r#"{ orders(filter: { id: { in: ["Order:00000000-0000-0001-0000-00000000000a"] } }) { nodes { id } } }"#,
        r#"{ bins(filter: { above: { number: { eq: 1 } } }) { nodes { id } } }"#,
        r#"{ bins(filter: { not: { above: {} } }) { nodes { id } } }"#,
        r#"{ bins(filter: { below: { some: { country: { fullName: { eq: "Umlaut" } } } } }) { nodes { id } } }"#,
        r#"{ bins(filter: { orders: { none: { group: { eq: "a" } } } }) { nodes { id } } }"#,
        r#"{ bins(orderBy: [{ field: ABOVE_NUMBER, direction: DESC }, { field: COUNTRY_FULL_NAME }]) { nodes { id } } }"#,
        r#"{ bins(orderBy: [{ field: ORDERS_COUNT, direction: DESC }]) { nodes { id } } }"#,
        r#"{ allStored(orderBy: [{ field: BIN_NUMBER }], filter: { bin: { country: { id: { eq: "ä" } } } }) { nodes { id } } }"#,
        r#"{ orders(orderBy: [{ field: COUNTRY_FULL_NAME, nulls: FIRST }]) { nodes { id } } }"#,
    ] {
        answers += &format!("{query}\n{}\n", store.query(query).await);
    }
    expect![[r#"
        { a: countries(filter: { id: { in: ["ä", "Country:Zz", "x"] } }) { nodes { id } } b: countries(filter: { id: { ne: "ä" } }) { nodes { id } } }
        {"data":{"a":{"nodes":[{"id":"Country:Zz"},{"id":"Country:ä"}]},"b":{"nodes":[{"id":"Country:"},{"id":"Country:Zz"},{"id":"Country:a%3Ab%25\""}]}}}
        { orders(filter: { id: { in: ["Order:00000000-0000-0001-0000-00000000000a"] } }) { nodes { id } } }
        {"data":{"orders":{"nodes":[{"id":"Order:00000000-0000-0001-0000-00000000000a"}]}}}
        { bins(filter: { above: { number: { eq: 1 } } }) { nodes { id } } }
        {"data":{"bins":{"nodes":[{"id":"Bin:ä:1"},{"id":"Bin:ä:2"}]}}}
        { bins(filter: { not: { above: {} } }) { nodes { id } } }
        {"data":{"bins":{"nodes":[{"id":"Bin::1"}]}}}
        { bins(filter: { below: { some: { country: { fullName: { eq: "Umlaut" } } } } }) { nodes { id } } }
        {"data":{"bins":{"nodes":[{"id":"Bin::1"}]}}}
        { bins(filter: { orders: { none: { group: { eq: "a" } } } }) { nodes { id } } }
        {"data":{"bins":{"nodes":[{"id":"Bin:ä:1"}]}}}
        { bins(orderBy: [{ field: ABOVE_NUMBER, direction: DESC }, { field: COUNTRY_FULL_NAME }]) { nodes { id } } }
        {"data":{"bins":{"nodes":[{"id":"Bin:Zz:-3"},{"id":"Bin:ä:1"},{"id":"Bin:ä:2"},{"id":"Bin::1"}]}}}
        { bins(orderBy: [{ field: ORDERS_COUNT, direction: DESC }]) { nodes { id } } }
        {"data":{"bins":{"nodes":[{"id":"Bin::1"},{"id":"Bin:ä:2"},{"id":"Bin:Zz:-3"},{"id":"Bin:ä:1"}]}}}
        { allStored(orderBy: [{ field: BIN_NUMBER }], filter: { bin: { country: { id: { eq: "ä" } } } }) { nodes { id } } }
        {"data":{"allStored":{"nodes":[{"id":"Stored:00000000-0000-0001-0000-00000000000a:2:ä"},{"id":"Stored:00000000-0000-00f0-0000-00000000000a:2:ä"}]}}}
        { orders(orderBy: [{ field: COUNTRY_FULL_NAME, nulls: FIRST }]) { nodes { id } } }
        {"data":{"orders":{"nodes":[{"id":"Order:00000000-0000-0002-0000-00000000000a"},{"id":"Order:00000000-0000-00f0-0000-00000000000a"},{"id":"Order:00000000-0000-000f-0000-00000000000a"},{"id":"Order:00000000-0000-0001-0000-00000000000a"}]}}}
    "#]].assert_eq(&answers);
}

#[tokio::test]
async fn pages_over_such_keys_meet_each_once_in_both_directions() {
    let store = store().await;
    for (list, order) in [
        ("countries", "[]"),
        ("countries", "[{ field: ID, direction: DESC }]"),
        ("orders", "[]"),
        ("orders", "[{ field: GROUP }]"),
        ("orders", "[{ field: COUNTRY_FULL_NAME }, { field: ID, direction: DESC }]"),
        ("bins", "[]"),
        ("bins", "[{ field: ABOVE_NUMBER, nulls: FIRST }]"),
        ("allStored", "[]"),
        ("allStored", "[{ field: AMOUNT, direction: DESC }]"),
    ] {
        store
            .agree(async |app: &App| {
                let all = app.data(&format!("{{ {list}(orderBy: {order}) {{ nodes {{ id }} }} }}")).await;
                let all = all[list]["nodes"].as_array().unwrap().clone();
                let all: Vec<_> = all.iter().map(|node| node["id"].as_str().unwrap().to_owned()).collect();
                let order = format!("orderBy: {order}");
                assert_eq!(walk::pages(app, list, &order, 1, false).await, all, "{list} {order}");
                let mut backwards = walk::pages(app, list, &order, 1, true).await;
                backwards.reverse();
                assert_eq!(backwards, all, "{list} {order}");
                all
            })
            .await;
    }
}

#[tokio::test]
async fn rows_of_such_keys_are_created_changed_and_deleted() {
    let store = store().await;
    store.answers(r#"mutation { createOrder(key: "00000000-0000-0000-0000-00000000ffff", country: "Country:a%3Ab%25\"") { order { id country { id orders { nodes { id } } } } } }"#, expect![[r#"
        {
          "data":{
            "createOrder":{
              "order":{
                "id":"Order:00000000-0000-0000-0000-00000000ffff",
                "country":{
                  "id":"Country:a%3Ab%25\"",
                  "orders":{
                    "nodes":[
                      {"id":"Order:00000000-0000-0000-0000-00000000ffff"},
                      {"id":"Order:00000000-0000-000f-0000-00000000000a"}
                    ]
                  }
                }
              }
            }
          }
        }"#]]).await;
    store.answers(r#"mutation { updateStored(id: "Stored:00000000-0000-0001-0000-00000000000a:2:ä", amount: 60) { stored { id amount bin { id } } } }"#, expect![[r#"
        {
          "data":{
            "updateStored":{
              "stored":{"id":"Stored:00000000-0000-0001-0000-00000000000a:2:ä","amount":60,"bin":{"id":"Bin:ä:2"}}
            }
          }
        }"#]]).await;
    store.answers(r#"mutation { deleteStored(input: { id: "Stored:00000000-0000-0001-0000-00000000000a:2:ä" }) { deletedId } }"#, expect![[r#"{"data":{"deleteStored":{"deletedId":"Stored:00000000-0000-0001-0000-00000000000a:2:ä"}}}"#]]).await;
    store.answers(r#"mutation { deleteStored(input: { id: "00000000-0000-0001-0000-00000000000a:2:ä" }) { deletedId userErrors { code message } } }"#, expect![[r#"
        {
          "data":{
            "deleteStored":{
              "deletedId":null,
              "userErrors":[{"code":"NOT_FOUND","message":"Stored:00000000-0000-0001-0000-00000000000a:2:ä does not exist"}]
            }
          }
        }"#]]).await;
}

#[tokio::test]
async fn statements_are_as_many_as_the_text_has_fields_that_load() {
    let store = store().await;
    let query = "{ bins { nodes { country { id } above { id } below { nodes { id } } orders { edges { amount node { group } } } } } }";
    assert_eq!(store.statements(query).await, 5);
}

#[tokio::test]
async fn a_table_of_sqlites_without_row_numbers_is_refused_at_the_start() {
    for app in &store().await.0 {
        let checked = async || Store::check_database(&app.database.writer).await.map_err(|error| error.to_string());
        assert_eq!(checked().await, Ok(()));
        if app.backend() == DbBackend::Sqlite {
            app.sql("DROP TABLE stored").await;
            app.sql("CREATE TABLE stored (order_id PRIMARY KEY) WITHOUT ROWID").await;
            let refusal = "Stored: the table `stored` is WITHOUT ROWID, or a view, which is not supported; make it a table without that clause";
            assert_eq!(checked().await, Err(refusal.to_owned()));
            app.sql("DROP TABLE stored").await;
            app.sql("CREATE VIEW Stored AS SELECT 1").await;
            assert_eq!(checked().await, Err(refusal.to_owned()));
        }
    }
}
