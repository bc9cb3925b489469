//! What columns hold several values in: PostgreSQL's arrays, and JSON.

use std::sync::LazyLock;

use async_graphql::{Context, EmptyMutation, ID, Object};
use chrono::{NaiveDate, TimeZone, Utc};
use dovetail::{
    api::Schema,
    database::Database,
    graphql::nodes::{AnyNode, NoFields, Types, node},
    prelude::{Created, Field, Input, Node, Result, Updated, Write, given},
};
use expect_test::expect;
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, Schema as Tables, Set,
    prelude::{Decimal, Uuid},
};
use serde_json::json;

use crate::support::{App, Apps, start_postgres, start_schema};

mod product {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "products")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        #[sea_orm(column_type = "Array(std::sync::Arc::new(ColumnType::String(StringLen::N(9))))")]
        pub tags: Vec<String>,
        pub words: Option<Vec<String>>,
        pub flags: Vec<bool>,
        pub small: Vec<i16>,
        pub sizes: Vec<i32>,
        pub large: Vec<i64>,
        pub single: Vec<f32>,
        pub double: Vec<f64>,
        pub prices: Vec<Decimal>,
        pub codes: Vec<Uuid>,
        pub days: Vec<Date>,
        pub times: Vec<Time>,
        pub locals: Vec<DateTime>,
        pub moments: Vec<DateTimeUtc>,
        pub extras: Vec<Json>,
        pub bytes: Vec<Vec<u8>>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

struct Product;

impl Node for Product {
    type Entity = product::Entity;
    const TYPE: &'static str = "Product";
    const DESCRIPTION: &'static str = "A product.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(product::Column::Tags, "The tags.").filter(),
        Field::column(product::Column::Words, "The words.").filter(),
        Field::column(product::Column::Flags, "Flags.").filter(),
        Field::column(product::Column::Small, "Small numbers.").filter(),
        Field::column(product::Column::Sizes, "Numbers.").filter(),
        Field::column(product::Column::Large, "Large numbers.").filter(),
        Field::column(product::Column::Single, "Singles.").filter(),
        Field::column(product::Column::Double, "Doubles.").filter(),
        Field::column(product::Column::Prices, "Prices.").filter(),
        Field::column(product::Column::Codes, "Codes.").filter(),
        Field::column(product::Column::Days, "Days.").filter(),
        Field::column(product::Column::Times, "Times.").filter(),
        Field::column(product::Column::Locals, "Dates with a time.").filter(),
        Field::column(product::Column::Moments, "Moments.").filter(),
        Field::column(product::Column::Extras, "More.").filter(),
        Field::column(product::Column::Bytes, "Bytes.").filter(),
    ];
}

struct Products;

impl Types for Products {
    const NODES: &'static [&'static dyn AnyNode] = &[node::<Product>()];
    type Query = NoFields;
    type Mutation = Mutation;
}

#[derive(Default)]
struct Mutation;

#[Object]
impl Mutation {
    async fn create_product(
        &self,
        ctx: &Context<'_>,
        tags: Vec<String>,
        codes: Vec<Input<Uuid>>,
    ) -> Result<Created<Product>> {
        let codes: Vec<Uuid> = codes.into_iter().map(|Input(code)| code).collect();
        Write::of(ctx).create(row(tags, codes)).await
    }

    async fn update_product(
        &self,
        ctx: &Context<'_>,
        id: ID,
        tags: Option<Vec<String>>,
        codes: Option<Vec<Input<Uuid>>>,
    ) -> Result<Updated<Product>> {
        let row = product::ActiveModel { tags: given(tags), codes: given(codes), ..Default::default() };
        Write::of(ctx).update(&id, row).await
    }
}

static PRODUCTS: LazyLock<&Schema> = LazyLock::new(|| Schema::new::<Products>().unwrap());

fn row(tags: Vec<String>, codes: Vec<Uuid>) -> product::ActiveModel {
    let local = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap().and_hms_micro_opt(23, 59, 59, 5).unwrap();
    product::ActiveModel {
        words: Set(tags.first().cloned().map(|word| vec![word, "%".to_owned()])),
        flags: Set(vec![true, false]),
        small: Set(vec![-1, i16::MAX]),
        sizes: Set(vec![1, 2]),
        large: Set(vec![i64::MAX]),
        single: Set(vec![0.5]),
        double: Set(vec![0.1, 1e300]),
        prices: Set(vec![Decimal::new(1250, 2), Decimal::new(-1, 0)]),
        days: Set(vec![local.date()]),
        times: Set(vec![local.time()]),
        locals: Set(vec![local]),
        moments: Set(vec![Utc.from_utc_datetime(&local)]),
        extras: Set(vec![json!({ "a": [1, null] })]),
        bytes: Set(vec![vec![0, 255], vec![]]),
        tags: Set(tags),
        codes: Set(codes),
        ..Default::default()
    }
}

async fn products() -> Option<Apps> {
    start_postgres(*PRODUCTS, async |database: &Database| {
        let writer = &database.writer;
        let tables = Tables::new(writer.get_database_backend());
        writer.execute(&tables.create_table_from_entity(product::Entity)).await.unwrap();
        // As other programs make it.
        writer.execute_unprepared("ALTER TABLE products ALTER words TYPE text[]").await.unwrap();
        let tags: [&[&str]; 4] = [&["red", "ré\"d"], &[], &["blue", "red", "blue"], &["RED"]];
        let rows = tags.map(|tags| row(tags.iter().map(|&tag| tag.to_owned()).collect(), vec![Uuid::from_u128(7)]));
        product::Entity::insert_many(rows).exec_without_returning(writer).await.unwrap();
    })
    .await
}

#[tokio::test]
async fn arrays_of_every_kind_are_lists() {
    let Some(products) = products().await else { return };
    products.answers("{ product(id: 1) { tags words flags small sizes large single double prices codes days times locals moments extras bytes } two: product(id: 2) { tags words } }", expect![[r#"
        {
          "data":{
            "product":{
              "tags":["red","ré\"d"],
              "words":["red","%"],
              "flags":[true,false],
              "small":[-1,32767],
              "sizes":[1,2],
              "large":["9223372036854775807"],
              "single":[0.5],
              "double":[0.1,1e+300],
              "prices":["12.5","-1"],
              "codes":["00000000-0000-0000-0000-000000000007"],
              "days":["2024-02-29"],
              "times":["23:59:59.000005"],
              "locals":["2024-02-29T23:59:59.000005"],
              "moments":["2024-02-29T23:59:59.000005+00:00"],
              "extras":[{"a":[1,null]}],
              "bytes":["AP8=",""]
            },
            "two":{"tags":[],"words":null}
          }
        }"#]]).await;
}

/// The ids of the products that a filter leaves.
async fn ids(app: &App, filter: &str) -> String {
    let data = app.data(&format!("{{ products(filter: {{ {filter} }}) {{ nodes {{ id }} }} }}")).await;
    let nodes = data["products"]["nodes"].as_array().unwrap().clone();
    nodes.iter().map(|node| node["id"].as_str().unwrap().replace("Product:", "")).collect()
}

#[tokio::test]
async fn arrays_are_compared_with_their_items() {
    let Some(products) = products().await else { return };
    for app in &products.0 {
        for (filter, expected) in [
            (r#"tags: { has: "red" }"#, "13"),
            (r#"tags: { hasEvery: ["red", "blue"] }"#, "3"),
            (r#"tags: { hasEvery: [] }"#, "1234"),
            (r#"tags: { hasSome: ["RED", "ré\"d"] }"#, "14"),
            (r#"tags: { hasSome: [] }"#, ""),
            (r#"tags: { eq: [] }"#, "2"),
            (r#"tags: { ne: ["RED"] }"#, "123"),
            (r#"words: { isNull: true }"#, "2"),
            (r#"words: { ne: ["red", "%"] }"#, "234"),
            (r#"not: { words: { has: "blue" } }"#, "124"),
            (r#"flags: { has: true }"#, "1234"),
            (r#"small: { has: 32767 }"#, "1234"),
            (r#"sizes: { hasEvery: [2, 1, 2] }"#, "1234"),
            (r#"sizes: { eq: [2, 1] }"#, ""),
            (r#"large: { has: "9223372036854775807" }"#, "1234"),
            (r#"single: { has: 0.5 }"#, "1234"),
            (r#"double: { has: 0.1 }"#, "1234"),
            (r#"prices: { has: "12.5" }"#, "1234"),
            (r#"codes: { has: "00000000-0000-0000-0000-000000000007" }"#, "1234"),
            (r#"days: { has: "2024-02-29" }"#, "1234"),
            (r#"times: { has: "23:59:59.000005" }"#, "1234"),
            (r#"times: { has: "23:59:59.0000051" }"#, ""),
            (r#"times: { hasSome: ["23:59:59.0000051", "23:59:59.000005"] }"#, "1234"),
            (r#"locals: { has: "2024-02-29T23:59:59.000005" }"#, "1234"),
            (r#"moments: { has: "2024-02-29T23:59:59.000005Z" }"#, "1234"),
            (r#"bytes: { has: "AP8=" }"#, "1234"),
            (r#"extras: { isNull: false }"#, "1234"),
        ] {
            assert_eq!(ids(app, filter).await, expected, "{filter}");
        }
    }
}

#[tokio::test]
async fn arrays_are_written() {
    let Some(products) = products().await else { return };
    products.answers(r#"mutation { createProduct(tags: ["a", ""], codes: ["00000000-0000-0000-0000-000000000009"]) { product { id tags words codes } } }"#, expect![[r#"
        {
          "data":{
            "createProduct":{
              "product":{"id":"Product:5","tags":["a",""],"words":["a","%"],"codes":["00000000-0000-0000-0000-000000000009"]}
            }
          }
        }"#]]).await;
    products.answers(r#"mutation { a: updateProduct(id: 1, codes: []) { product { tags codes } } b: updateProduct(id: 1, tags: ["x\u0000", "ten letters"]) { product { tags } userErrors { code message path } } }"#, expect![[r#"
        {
          "data":{
            "a":{"product":{"tags":["red","ré\"d"],"codes":[]}},
            "b":{
              "product":null,
              "userErrors":[
                {"code":"INVALID","message":"must not contain the character U+0000","path":["tags"]},
                {"code":"TOO_LONG","message":"has 11 characters; allowed are 0 to 9","path":["tags"]}
              ]
            }
          }
        }"#]]).await;
}

#[tokio::test]
async fn an_array_that_is_no_list_of_values_is_an_error_of_its_field() {
    let Some(products) = products().await else { return };
    products.sql("UPDATE products SET words = '{{a,b},{c,d}}' WHERE id = 1").await;
    products.sql("UPDATE products SET words = ARRAY['a', NULL], days = '{infinity}' WHERE id = 2").await;
    products.answers("{ products(first: 3) { nodes { id words } } }", expect![[r#"
        {
          "errors":[
            {
              "message":"the stored value is none of this field's type, such as a moment of the year 10000 or an infinite number; or, on SQLite, it is not spelt as this server writes it",
              "locations":[{"line":1,"column":35}],
              "path":["products","nodes",0,"words"],
              "extensions":{"code":"OUT_OF_RANGE"}
            },
            {
              "message":"the stored value is none of this field's type, such as a moment of the year 10000 or an infinite number; or, on SQLite, it is not spelt as this server writes it",
              "locations":[{"line":1,"column":35}],
              "path":["products","nodes",1,"words"],
              "extensions":{"code":"OUT_OF_RANGE"}
            }
          ],
          "data":{
            "products":{
              "nodes":[{"id":"Product:1","words":null},{"id":"Product:2","words":null},{"id":"Product:3","words":["blue","%"]}]
            }
          }
        }"#]]).await;
    products.answers("{ product(id: 2) { days } }", expect![[r#"
        {
          "errors":[
            {
              "message":"the stored value is none of this field's type, such as a moment of the year 10000 or an infinite number; or, on SQLite, it is not spelt as this server writes it",
              "locations":[{"line":1,"column":20}],
              "path":["product","days"],
              "extensions":{"code":"OUT_OF_RANGE"}
            }
          ],
          "data":{"product":null}
        }"#]]).await;
}

mod paper {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "papers")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub plain: Json,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub binary: Option<Json>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

struct Paper;

impl Node for Paper {
    type Entity = paper::Entity;
    const TYPE: &'static str = "Paper";
    const DESCRIPTION: &'static str = "A paper.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(paper::Column::Plain, "As a text.").filter(),
        Field::column(paper::Column::Binary, "As it is found fast.").filter(),
    ];
}

struct Papers;

impl Types for Papers {
    const NODES: &'static [&'static dyn AnyNode] = &[node::<Paper>()];
    type Query = NoFields;
    type Mutation = EmptyMutation;
}

static PAPERS: LazyLock<&Schema> = LazyLock::new(|| Schema::new::<Papers>().unwrap());

async fn papers() -> Apps {
    start_schema(*PAPERS, &["--sql-report"], async |database: &Database| {
        let writer = &database.writer;
        let tables = Tables::new(writer.get_database_backend());
        writer.execute(&tables.create_table_from_entity(paper::Entity)).await.unwrap();
        let values = [
            json!({ "a": { "b": "x" }, "n": 1, "t": true, "z": null }),
            json!({ "a": ["b", { "b": "x" }], "0": 0.5, "n": "1" }),
            json!([{ "a": { "b": "x" } }, 5]),
            json!("a"),
            json!({ "a\"b.c": { "$": "'" }, "n": 9_007_199_254_740_993_i64, "é": "é" }),
            json!(null),
        ];
        let papers = (1..).zip(values).map(|(id, plain)| {
            paper::Model { id, binary: (id != 6).then(|| plain.clone()), plain }.into_active_model()
        });
        paper::Entity::insert_many(papers).exec_without_returning(writer).await.unwrap();
    })
    .await
}

#[tokio::test]
async fn json_is_found_by_what_is_at_a_path() {
    let papers = papers().await;
    for (at, expected) in [
        (r#"path: ["a", "b"], eq: "x""#, "1"),
        (r#"path: "n", eq: 1"#, "1"),
        (r#"path: ["n"], eq: 1.0"#, "1"),
        (r#"path: ["n"], eq: "1""#, "2"),
        (r#"path: ["n"], eq: 9007199254740993"#, "5"),
        (r#"path: ["n"], eq: 9007199254740992"#, ""),
        (r#"path: ["t"], eq: true"#, "1"),
        (r#"path: ["t"], eq: false"#, ""),
        (r#"path: ["z"], eq: null"#, "1"),
        (r#"path: ["0"], eq: 0.5"#, "2"),
        (r#"path: ["a", "0"], eq: "b""#, ""),
        (r#"path: ["a"], eq: "b""#, ""),
        (r#"path: ["1"], eq: 5"#, ""),
        (r#"path: ["a\"b.c", "$"], eq: "'""#, "5"),
        (r#"path: ["é"], eq: "é""#, "5"),
        (r#"path: [""], eq: "a""#, ""),
    ] {
        for column in ["plain", "binary"] {
            let query = format!("{{ papers(filter: {{ {column}: {{ at: {{ {at} }} }} }}) {{ nodes {{ id }} }} }}");
            let found = papers.agree(async |app: &App| {
                let data = app.data(&query).await;
                let nodes = data["papers"]["nodes"].as_array().unwrap().clone();
                nodes.iter().map(|node| node["id"].as_str().unwrap().replace("Paper:", "")).collect::<String>()
            });
            assert_eq!(found.await, expected, "{query}");
        }
    }
    papers.answers(r#"{ papers(filter: { not: { binary: { at: { path: ["a", "b"], eq: "x" } } } }) { nodes { id } } }"#, expect![[r#"{"data":{"papers":{"nodes":[{"id":"Paper:2"},{"id":"Paper:3"},{"id":"Paper:4"},{"id":"Paper:5"},{"id":"Paper:6"}]}}}"#]]).await;
}

#[tokio::test]
async fn a_path_without_names_or_with_no_value_is_refused() {
    let papers = papers().await;
    let mut answers = String::new();
    let long = format!("path: [{}], eq: 1", "\"a\" ".repeat(17));
    for at in [r#"path: [], eq: 1"#, &long, r#"path: ["a"]"#, r#"path: ["a"], eq: [1]"#, r#"path: ["a"], eq: { b: 1 }"#]
    {
        let query = format!("{{ papers(filter: {{ plain: {{ at: {{ {at} }} }} }}) {{ totalCount }} }}");
        let answer: serde_json::Value = serde_json::from_str(&papers.query(&query).await).unwrap();
        answers += &format!("{}\n", answer["errors"][0]["message"].as_str().unwrap());
    }
    expect![[r#"
        argument `filter.plain.at.path` has 0 names; allowed are 1 to 16
        argument `filter.plain.at.path` has 17 names; allowed are 1 to 16
        argument `filter.plain.at.eq` is not given; allowed are texts, integers of 64 bits, doubles, `true`, `false` and `null`
        argument `filter.plain.at.eq` is `[1]`; allowed are texts, integers of 64 bits, doubles, `true`, `false` and `null`
        argument `filter.plain.at.eq` is `{b: 1}`; allowed are texts, integers of 64 bits, doubles, `true`, `false` and `null`
    "#]]
    .assert_eq(&answers);
}
