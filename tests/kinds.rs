//! Columns of every kind, with NULL and without: what is answered, filtered, ordered and paged, alike on both databases.

use std::sync::LazyLock;

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};
use chrono::NaiveDate;
use dovetail::{
    api::Schema,
    database::Database,
    graphql::nodes::{AnyNode, NoFields, Types, node},
    prelude::{Field, Node, Result, Updated, Write, given_or_null},
};
use expect_test::expect;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, Schema as Tables};
use serde_json::{Value, json};

use crate::support::{App, Apps, start_schema};

mod sample {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "samples")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub yes: Option<bool>,
        pub small: Option<i16>,
        pub usual: Option<i32>,
        pub big: Option<i64>,
        pub single: Option<f32>,
        pub double: Option<f64>,
        pub date: Option<Date>,
        pub time: Option<Time>,
        pub local: Option<DateTime>,
        pub moment: Option<DateTimeUtc>,
        pub text: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

struct Sample;

macro_rules! fields {
    ($($column:ident),*) => {
        &[$(Field::column(sample::Column::$column, "A value.").filter().order()),*]
    };
}

impl Node for Sample {
    type Entity = sample::Entity;
    const TYPE: &'static str = "Sample";
    const DESCRIPTION: &'static str = "A value of each kind.";
    const FIELDS: &'static [Field<Self>] =
        fields!(Yes, Small, Usual, Big, Single, Double, Date, Time, Local, Moment, Text);
}

struct Samples;

impl Types for Samples {
    const NODES: &'static [&'static dyn AnyNode] = &[node::<Sample>()];
    type Query = NoFields;
    type Mutation = Mutation;
}

#[derive(InputObject)]
struct UpdateSampleInput {
    id: ID,
    text: MaybeUndefined<String>,
    date: MaybeUndefined<NaiveDate>,
}

#[derive(Default)]
struct Mutation;

#[Object]
impl Mutation {
    async fn update_sample(&self, ctx: &Context<'_>, input: UpdateSampleInput) -> Result<Updated<Sample>> {
        let (text, date) = (given_or_null(input.text), given_or_null(input.date));
        Write::of(ctx).update(&input.id, sample::ActiveModel { text, date, ..Default::default() }).await
    }
}

static SCHEMA: LazyLock<&Schema> = LazyLock::new(|| Schema::new::<Samples>().unwrap());

/// The columns and the names of their orders.
const FIELDS: [&str; 11] =
    ["yes", "small", "usual", "big", "single", "double", "date", "time", "local", "moment", "text"];

/// Three rows with values, of which two are alike, and two of NULLs.
async fn samples() -> Apps {
    start_schema(*SCHEMA, &["--sql-report"], async |database: &Database| {
        let backend = database.writer.get_database_backend();
        let table = Tables::new(backend).create_table_from_entity(sample::Entity);
        database.writer.execute(&table).await.unwrap();
        if backend == DbBackend::Postgres {
            let by_code_point = r#"ALTER TABLE samples ALTER text TYPE varchar COLLATE "C""#;
            database.writer.execute_unprepared(by_code_point).await.unwrap();
        }
        let row = |id, few: bool| {
            let value = |many, less| json!(if few { less } else { many });
            sample::Model {
                id,
                yes: Some(!few),
                small: Some(if few { -32_768 } else { 32_767 }),
                usual: Some(if few { -2_147_483_648 } else { 2_147_483_647 }),
                big: Some(if few { i64::MIN } else { 9_007_199_254_740_993 }),
                single: Some(if few { -0.5 } else { 0.1 }),
                double: Some(if few { -1e300 } else { 0.1 }),
                date: serde_json::from_value(value("2026-01-31", "0999-12-31")).unwrap(),
                time: serde_json::from_value(value("18:30:00.5", "00:00:00")).unwrap(),
                local: serde_json::from_value(value("2026-01-31T18:30:00.000001", "0999-12-31T23:59:59")).unwrap(),
                moment: serde_json::from_value(value("2026-01-31T18:30:00.5Z", "0999-12-31T23:59:59Z")).unwrap(),
                text: Some(if few { "B" } else { "a" }.to_owned()),
            }
        };
        let none = |id| sample::Model {
            id,
            yes: None,
            small: None,
            usual: None,
            big: None,
            single: None,
            double: None,
            date: None,
            time: None,
            local: None,
            moment: None,
            text: None,
        };
        let rows = [none(1), row(2, true), row(3, false), none(4), row(5, false)];
        let rows = rows.map(sea_orm::IntoActiveModel::into_active_model);
        sample::Entity::insert_many(rows).exec_without_returning(&database.writer).await.unwrap();
    })
    .await
}

#[tokio::test]
async fn values_of_every_kind_are_answered() {
    let query = format!("{{ samples(first: 3) {{ nodes {{ {} }} }} }}", FIELDS.join(" "));
    samples()
        .await
        .answers(
            &query,
            expect![[r#"
        {
          "data":{
            "samples":{
              "nodes":[
                {
                  "yes":null,
                  "small":null,
                  "usual":null,
                  "big":null,
                  "single":null,
                  "double":null,
                  "date":null,
                  "time":null,
                  "local":null,
                  "moment":null,
                  "text":null
                },
                {
                  "yes":false,
                  "small":-32768,
                  "usual":-2147483648,
                  "big":"-9223372036854775808",
                  "single":-0.5,
                  "double":-1e+300,
                  "date":"0999-12-31",
                  "time":"00:00:00",
                  "local":"0999-12-31T23:59:59",
                  "moment":"0999-12-31T23:59:59+00:00",
                  "text":"B"
                },
                {
                  "yes":true,
                  "small":32767,
                  "usual":2147483647,
                  "big":"9007199254740993",
                  "single":0.1,
                  "double":0.1,
                  "date":"2026-01-31",
                  "time":"18:30:00.500",
                  "local":"2026-01-31T18:30:00.000001",
                  "moment":"2026-01-31T18:30:00.500+00:00",
                  "text":"a"
                }
              ]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn every_kind_is_compared() {
    let apps = samples().await;
    let ids = async |filter: String| {
        let query = format!("{{ samples(filter: {{ {filter} }}) {{ nodes {{ id }} }} }}");
        let data = apps.agree(async |app: &App| (app.data(&query).await, query.clone())).await.0;
        let nodes = data["samples"]["nodes"].as_array().unwrap().clone();
        let ids = nodes.iter().map(|node| node["id"].as_str().unwrap().trim_start_matches("Sample:").to_owned());
        ids.collect::<Vec<_>>().join("")
    };
    let values = [
        ("yes", "true"),
        ("small", "32767"),
        ("usual", "2147483647"),
        ("big", "\"9007199254740993\""),
        ("single", "0.1"),
        ("double", "0.1"),
        ("date", "\"2026-01-31\""),
        ("time", "\"18:30:00.5\""),
        ("local", "\"2026-01-31T18:30:00.000001\""),
        ("moment", "\"2026-01-31T18:30:00.5Z\""),
        ("text", "\"a\""),
    ];
    for (field, value) in values {
        let of = |operator: &str, value: &str| format!("{field}: {{ {operator}: {value} }}");
        let mut found = vec![
            ids(of("eq", value)).await,
            ids(of("ne", value)).await,
            ids(format!("not: {{ {} }}", of("eq", value))).await,
            ids(of("isNull", "true")).await,
            ids(of("isNull", "false")).await,
        ];
        assert_eq!(found, ["35", "124", "124", "14", "235"], "{field}");
        if field != "yes" {
            found.clear();
            for operator in ["in", "gt", "gte", "lt", "lte"] {
                found.push(ids(of(operator, value)).await);
            }
            assert_eq!(found, ["35", "", "35", "2", "235"], "{field}");
            assert_eq!(ids(format!("not: {{ {} }}", of("gte", value))).await, "124", "{field}");
        }
    }
}

/// The ids of all pages of a list, page by page of two: forwards, or backwards.
async fn walk(app: &App, order: &str, backwards: bool) -> String {
    let (size, from) = if backwards { ("last", "before") } else { ("first", "after") };
    let (mut ids, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let query = format!(
            "query($cursor: String) {{ samples({size}: 2, {from}: $cursor, orderBy: {order}) {{ nodes {{ id }} \
             pageInfo {{ startCursor endCursor hasNextPage hasPreviousPage }} }} }}"
        );
        let answer: Value = serde_json::from_str(&app.query_with(&query, &json!({ "cursor": cursor })).await).unwrap();
        let page = &answer["data"]["samples"];
        let nodes = page["nodes"].as_array().unwrap_or_else(|| panic!("{order}: {answer}"));
        let mut of_page: Vec<_> = nodes.iter().map(|node| node["id"].as_str().unwrap()[7..].to_owned()).collect();
        if backwards {
            of_page.reverse();
        }
        ids.extend(of_page);
        let info = &page["pageInfo"];
        cursor = info[if backwards { "startCursor" } else { "endCursor" }].clone();
        if info[if backwards { "hasPreviousPage" } else { "hasNextPage" }] == false {
            return ids.concat();
        }
    }
}

#[tokio::test]
async fn pages_of_every_order_meet_each_row_once_with_null_last_unless_it_is_first() {
    let apps = samples().await;
    for field in FIELDS {
        for (order, expected) in [("ASC", "23514"), ("DESC", "35214")] {
            for (nulls, expected) in [("LAST", expected.to_owned()), ("FIRST", format!("14{}", &expected[..3]))] {
                let order = format!("{{ field: {}, direction: {order}, nulls: {nulls} }}", field.to_uppercase());
                assert_eq!(apps.agree(async |app| walk(app, &order, false).await).await, expected, "{order}");
                let reversed: String = expected.chars().rev().collect();
                assert_eq!(apps.agree(async |app| walk(app, &order, true).await).await, reversed, "{order}");
            }
        }
    }
}

#[tokio::test]
async fn pages_in_an_order_of_several_keys_that_may_be_null_meet_each_row_once() {
    let apps = samples().await;
    for app in &apps.0 {
        app.sql("UPDATE samples SET yes = NULL, usual = 1 WHERE id = 2").await;
        app.sql("UPDATE samples SET usual = 7 WHERE id = 4").await;
    }
    for (order, expected) in [
        ("[{ field: YES }, { field: USUAL, direction: DESC }]", "35421"),
        ("[{ field: YES, nulls: FIRST }, { field: USUAL }]", "24135"),
        ("[{ field: YES, direction: DESC, nulls: FIRST }, { field: USUAL, nulls: FIRST }]", "12435"),
        ("[{ field: YES }, { field: USUAL, direction: DESC, nulls: FIRST }, { field: ID, direction: DESC }]", "53142"),
    ] {
        assert_eq!(apps.agree(async |app| walk(app, order, false).await).await, expected, "{order}");
        let reversed: String = expected.chars().rev().collect();
        assert_eq!(apps.agree(async |app| walk(app, order, true).await).await, reversed, "{order}");
    }
}

#[tokio::test]
async fn what_postgresql_places_in_time_or_among_numbers_has_its_page() {
    let apps = samples().await;
    for app in apps.0.iter().filter(|app| app.backend() == DbBackend::Postgres) {
        app.sql(
            "UPDATE samples SET date = 'infinity', local = 'infinity', moment = 'infinity', single = 'NaN', double = 'NaN' \
             WHERE id = 1",
        )
        .await;
        app.sql(
            "UPDATE samples SET date = '-infinity', local = '-infinity', moment = '-infinity', single = '-infinity', \
             double = '-infinity' WHERE id = 4",
        )
        .await;
        for field in ["DATE", "LOCAL", "MOMENT", "SINGLE", "DOUBLE"] {
            assert_eq!(walk(app, &format!("{{ field: {field} }}"), false).await, "42351", "{field}");
            assert_eq!(walk(app, &format!("{{ field: {field} }}"), true).await, "15324", "{field}");
            let answer = app.answer(&format!("{{ sample(id: 4) {{ {} }} }}", field.to_lowercase())).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "OUT_OF_RANGE", "{answer}");
        }
    }
}

#[tokio::test]
async fn a_value_that_its_kind_has_not_is_refused_with_what_is_allowed() {
    let apps = samples().await;
    for (filter, expected) in [
        (
            "big: { eq: \"01\" }",
            expect![[
                r#"Invalid value for "big.eq": `"01"`; its type is "BigInt": an integer of 64 bits, such as `"9007199254740993"`."#
            ]],
        ),
        (
            "big: { eq: 9223372036854775808 }",
            expect![[
                r#"Invalid value for "big.eq": `9223372036854775808`; its type is "BigInt": an integer of 64 bits, such as `"9007199254740993"`."#
            ]],
        ),
        ("small: { eq: 32768 }", expect!["argument `filter.small.eq` is `32768`; allowed is an integer of 16 bits"]),
        (
            "date: { eq: \"2026-1-31\" }",
            expect![[
                r#"Invalid value for "date.eq": `"2026-1-31"`; its type is "Date": a date as RFC 3339 writes it, such as `2026-01-31`."#
            ]],
        ),
        (
            "time: { eq: \"24:00:00\" }",
            expect![[
                r#"Invalid value for "time.eq": `"24:00:00"`; its type is "LocalTime": a time of the day, such as `18:30:00`."#
            ]],
        ),
        (
            "local: { eq: \"2026-01-31T18:30:00Z\" }",
            expect![[
                r#"Invalid value for "local.eq": `"2026-01-31T18:30:00Z"`; its type is "LocalDateTime": a date with a time of no time zone, such as `2026-01-31T18:30:00`."#
            ]],
        ),
        (
            "text: { gt: \"\\u0000\" }",
            expect!["argument `filter.text.gt` contains the character U+0000; allowed are all others"],
        ),
    ] {
        let query = format!("{{ samples(filter: {{ {filter} }}) {{ totalCount }} }}");
        let answer = apps.agree(async |app| app.answer(&query).await["errors"][0]["message"].take()).await;
        expected.assert_eq(answer.as_str().unwrap());
    }
}

#[tokio::test]
async fn a_change_leaves_what_is_not_given_and_clears_what_is_null() {
    let apps = samples().await;
    let change = |changes: &str| {
        format!("mutation {{ updateSample(input: {{ id: 3 {changes} }}) {{ sample {{ text date }} }} }}")
    };
    apps.answers(&change("date: null"), expect![[r#"{"data":{"updateSample":{"sample":{"text":"a","date":null}}}}"#]])
        .await;
    apps.answers(
        &change(r#"text: null date: "2026-02-01""#),
        expect![[r#"{"data":{"updateSample":{"sample":{"text":null,"date":"2026-02-01"}}}}"#]],
    )
    .await;
}
