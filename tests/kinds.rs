//! Columns of every kind, with NULL and without: what is answered, filtered, ordered and paged, alike on both databases.

use std::sync::LazyLock;

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};
use chrono::NaiveDate;
use dovetail::{
    api::Schema,
    database::Database,
    graphql::nodes::{AnyNode, NoFields, Types, node},
    kinds::Enumeration,
    prelude::{Field, Input, Node, Result, Updated, Write, given_or_null},
};
use expect_test::expect;
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbBackend, EntityTrait, Schema as Tables, prelude::Decimal};
use serde_json::{Value, json};

use crate::support::{App, Apps, start_schema, walk::pages};

mod sample {
    use sea_orm::entity::prelude::*;

    /// A type of the database's own.
    #[derive(Clone, Debug, PartialEq, EnumIter, DeriveActiveEnum)]
    #[sea_orm(rs_type = "String", db_type = "Enum", enum_name = "sale_state")]
    pub enum State {
        #[sea_orm(string_value = "new")]
        New,
        #[sea_orm(string_value = "all gone")]
        AllGone,
    }

    #[derive(Clone, Debug, PartialEq, EnumIter, DeriveActiveEnum)]
    #[sea_orm(rs_type = "String", db_type = "String(StringLen::N(1))")]
    pub enum Size {
        #[sea_orm(string_value = "S")]
        Small,
        #[sea_orm(string_value = "L")]
        Large,
    }

    #[derive(Clone, Debug, PartialEq, EnumIter, DeriveActiveEnum)]
    #[sea_orm(rs_type = "i32", db_type = "Integer")]
    pub enum Grade {
        #[sea_orm(num_value = 2)]
        Fine,
        #[sea_orm(num_value = 1)]
        Poor,
    }

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
        pub uuid: Option<Uuid>,
        #[sea_orm(column_type = "Decimal(Some((28, 9)))")]
        pub decimal: Option<Decimal>,
        pub bytes: Option<Vec<u8>>,
        pub state: Option<State>,
        pub size: Option<Size>,
        pub grade: Option<Grade>,
        #[sea_orm(column_type = "JsonBinary")]
        pub json: Option<Json>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

struct Sample;

macro_rules! fields {
    ($($column:ident),*; $($enum:ident),*) => {
        &[
            $(Field::column(sample::Column::$column, "A value.").filter().order(),)*
            $(Field::enumeration::<sample::$enum>(sample::Column::$enum, "A value.").filter().order(),)*
            Field::column(sample::Column::Json, "A value.").filter(),
        ]
    };
}

impl Node for Sample {
    type Entity = sample::Entity;
    const TYPE: &'static str = "Sample";
    const DESCRIPTION: &'static str = "A value of each kind.";
    const FIELDS: &'static [Field<Self>] = fields!(Yes, Small, Usual, Big, Single, Double, Date, Time, Local, Moment, Text, Uuid, Decimal, Bytes; State, Size, Grade);
}

impl Enumeration for sample::State {
    const TYPE: &'static str = "State";
    const DESCRIPTION: &'static str = "Whether it can be bought.";
    const VALUES: &'static [(Self, &'static str, &'static str)] =
        &[(Self::New, "NEW", "It can."), (Self::AllGone, "ALL_GONE", "It cannot.")];
}

impl Enumeration for sample::Size {
    const TYPE: &'static str = "Size";
    const DESCRIPTION: &'static str = "How large it is.";
    const VALUES: &'static [(Self, &'static str, &'static str)] =
        &[(Self::Small, "SMALL", "Not very."), (Self::Large, "LARGE", "Very.")];
}

impl Enumeration for sample::Grade {
    const TYPE: &'static str = "Grade";
    const DESCRIPTION: &'static str = "How good it is.";
    const VALUES: &'static [(Self, &'static str, &'static str)] =
        &[(Self::Poor, "POOR", "Not very."), (Self::Fine, "FINE", "Very.")];
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
    date: MaybeUndefined<Input<NaiveDate>>,
    big: MaybeUndefined<Input<i64>>,
    decimal: MaybeUndefined<Input<Decimal>>,
    state: MaybeUndefined<Input<sample::State>>,
    json: MaybeUndefined<Input<Value>>,
}

#[derive(Default)]
struct Mutation;

#[Object]
impl Mutation {
    async fn update_sample(&self, ctx: &Context<'_>, input: UpdateSampleInput) -> Result<Updated<Sample>> {
        let changes = sample::ActiveModel {
            text: given_or_null(input.text),
            date: given_or_null(input.date),
            big: given_or_null(input.big),
            decimal: given_or_null(input.decimal),
            state: given_or_null(input.state),
            json: given_or_null(input.json),
            ..Default::default()
        };
        Write::of(ctx).update(&input.id, changes).await
    }
}

const UUID: &str = "f47ac10b-58cc-4372-a567-0e02b2c3d479";

static SCHEMA: LazyLock<&Schema> = LazyLock::new(|| Schema::new::<Samples>().unwrap());

/// The columns and the names of their orders.
const FIELDS: [&str; 17] = [
    "yes", "small", "usual", "big", "single", "double", "date", "time", "local", "moment", "text", "uuid", "decimal",
    "bytes", "state", "size", "grade",
];

/// Three rows with values, of which two are alike, and two of NULLs.
async fn samples() -> Apps {
    start_schema(*SCHEMA, &["--sql-report"], async |database: &Database| {
        let backend = database.writer.get_database_backend();
        let tables = Tables::new(backend);
        for own in tables.create_enum_from_entity(sample::Entity) {
            database.writer.execute(&own).await.unwrap();
        }
        database.writer.execute(&tables.create_table_from_entity(sample::Entity)).await.unwrap();
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
                uuid: serde_json::from_value(value(UUID, "00000000-0000-0000-0000-000000000001")).unwrap(),
                decimal: Some(if few { "-0.01" } else { "12.50" }.parse().unwrap()),
                bytes: Some(if few { vec![0] } else { vec![255, 1] }),
                state: Some(if few { sample::State::New } else { sample::State::AllGone }),
                size: Some(if few { sample::Size::Large } else { sample::Size::Small }),
                grade: Some(if few { sample::Grade::Poor } else { sample::Grade::Fine }),
                json: Some(if few { json!(1) } else { json!({ "b": [0.5, null], "a": "x" }) }),
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
            uuid: None,
            decimal: None,
            bytes: None,
            state: None,
            size: None,
            grade: None,
            json: None,
        };
        let rows = [none(1), row(2, true), row(3, false), none(4), row(5, false)];
        let rows = rows.map(sea_orm::IntoActiveModel::into_active_model);
        sample::Entity::insert_many(rows).exec_without_returning(&database.writer).await.unwrap();
    })
    .await
}

#[tokio::test]
async fn values_of_every_kind_are_answered() {
    let query = format!("{{ samples(first: 3) {{ nodes {{ {} json }} }} }}", FIELDS.join(" "));
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
                          "text":null,
                          "uuid":null,
                          "decimal":null,
                          "bytes":null,
                          "state":null,
                          "size":null,
                          "grade":null,
                          "json":null
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
                          "text":"B",
                          "uuid":"00000000-0000-0000-0000-000000000001",
                          "decimal":"-0.01",
                          "bytes":"AA==",
                          "state":"NEW",
                          "size":"LARGE",
                          "grade":"POOR",
                          "json":1
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
                          "text":"a",
                          "uuid":"f47ac10b-58cc-4372-a567-0e02b2c3d479",
                          "decimal":"12.5",
                          "bytes":"/wE=",
                          "state":"ALL_GONE",
                          "size":"SMALL",
                          "grade":"FINE",
                          "json":{"a":"x","b":[0.5,null]}
                        }
                      ]
                    }
                  }
                }"#]],
        )
        .await;
}

/// The ids of the samples that satisfy a filter.
async fn ids(apps: &Apps, filter: &str) -> String {
    let query = format!("{{ samples(filter: {{ {filter} }}) {{ nodes {{ id }} }} }}");
    let data = apps.agree(async |app: &App| (app.data(&query).await, query.clone())).await.0;
    let nodes = data["samples"]["nodes"].as_array().unwrap_or_else(|| panic!("{filter}: {data}"));
    nodes.iter().map(|node| node["id"].as_str().unwrap().trim_start_matches("Sample:").to_owned()).collect()
}

#[tokio::test]
async fn every_kind_is_compared() {
    let apps = samples().await;
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
        ("uuid", "\"F47AC10B-58cc-4372-a567-0e02b2c3d479\""),
        ("decimal", "\"12.500\""),
        ("bytes", "\"/wE=\""),
        ("state", "ALL_GONE"),
        ("size", "SMALL"),
        ("grade", "FINE"),
    ];
    for (field, value) in values {
        let of = |operator: &str, value: &str| format!("{field}: {{ {operator}: {value} }}");
        let mut found = vec![
            ids(&apps, &of("eq", value)).await,
            ids(&apps, &of("ne", value)).await,
            ids(&apps, &format!("not: {{ {} }}", of("eq", value))).await,
            ids(&apps, &of("isNull", "true")).await,
            ids(&apps, &of("isNull", "false")).await,
            ids(&apps, &of("in", value)).await,
        ];
        assert_eq!(found, ["35", "124", "124", "14", "235", "35"], "{field}");
        if !["yes", "bytes", "state", "size", "grade"].contains(&field) {
            found.clear();
            for operator in ["gt", "gte", "lt", "lte"] {
                found.push(ids(&apps, &of(operator, value)).await);
            }
            assert_eq!(found, ["", "35", "2", "235"], "{field}");
            assert_eq!(ids(&apps, &format!("not: {{ {} }}", of("gte", value))).await, "124", "{field}");
        }
    }
}

/// The keys of all samples, as pages of so many have them: forwards, or backwards.
async fn walk(app: &App, order: &str, size: usize, backwards: bool) -> String {
    let ids = pages(app, "samples", &format!("orderBy: {order}"), size, backwards).await;
    ids.iter().map(|id| &id["Sample:".len()..]).collect()
}

#[tokio::test]
async fn pages_of_every_order_meet_each_row_once_with_null_last_unless_it_is_first() {
    let apps = samples().await;
    for field in FIELDS {
        for (order, expected) in [("ASC", "23514"), ("DESC", "35214")] {
            for (nulls, expected) in [("LAST", expected.to_owned()), ("FIRST", format!("14{}", &expected[..3]))] {
                let order = format!("{{ field: {}, direction: {order}, nulls: {nulls} }}", field.to_uppercase());
                assert_eq!(apps.agree(async |app| walk(app, &order, 2, false).await).await, expected, "{order}");
                let reversed: String = expected.chars().rev().collect();
                assert_eq!(apps.agree(async |app| walk(app, &order, 2, true).await).await, reversed, "{order}");
            }
        }
    }
}

#[tokio::test]
async fn pages_in_an_order_of_several_keys_that_may_be_null_meet_each_row_once() {
    let apps = samples().await;
    apps.sql("UPDATE samples SET yes = NULL, usual = 1 WHERE id = 2").await;
    apps.sql("UPDATE samples SET usual = 7 WHERE id = 4").await;
    for (order, expected) in [
        ("[{ field: YES }, { field: USUAL, direction: DESC }]", "35421"),
        ("[{ field: YES, nulls: FIRST }, { field: USUAL }]", "24135"),
        ("[{ field: YES, direction: DESC, nulls: FIRST }, { field: USUAL, nulls: FIRST }]", "12435"),
        ("[{ field: YES }, { field: USUAL, direction: DESC, nulls: FIRST }, { field: ID, direction: DESC }]", "53142"),
    ] {
        assert_eq!(apps.agree(async |app| walk(app, order, 2, false).await).await, expected, "{order}");
        let reversed: String = expected.chars().rev().collect();
        assert_eq!(apps.agree(async |app| walk(app, order, 2, true).await).await, reversed, "{order}");
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
            assert_eq!(walk(app, &format!("{{ field: {field} }}"), 1, false).await, "42351", "{field}");
            assert_eq!(walk(app, &format!("{{ field: {field} }}"), 1, true).await, "15324", "{field}");
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
            "uuid: { eq: \"f47ac10b58cc4372a5670e02b2c3d479\" }",
            expect![[
                r#"Invalid value for "uuid.eq": `"f47ac10b58cc4372a5670e02b2c3d479"`; its type is "UUID": a UUID, such as `123e4567-e89b-12d3-a456-426614174000`."#
            ]],
        ),
        (
            "decimal: { eq: \"1e5\" }",
            expect![[
                r#"Invalid value for "decimal.eq": `"1e5"`; its type is "Decimal": a decimal number of at most 28 digits, as a string such as `"12.5"`."#
            ]],
        ),
        (
            "decimal: { eq: 12.5 }",
            expect![[
                r#"Invalid value for "decimal.eq": `12.5`; its type is "Decimal": a decimal number of at most 28 digits, as a string such as `"12.5"`."#
            ]],
        ),
        (
            "bytes: { eq: \"AQI\" }",
            expect![[
                r#"Invalid value for "bytes.eq": `"AQI"`; its type is "Base64String": Base64 with its padding, such as `SGVsbG8=`."#
            ]],
        ),
        (
            "state: { eq: SOLD }",
            expect![[r#"Invalid value for "state.eq": No member `SOLD` on enum State; allowed are ALL_GONE, NEW."#]],
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

#[tokio::test]
async fn what_is_answered_can_be_given_back_to_a_mutation() {
    let change = r#"mutation { updateSample(input: { id: 3, big: "-9007199254740993", decimal: "-99999999999.25", state: NEW,
        json: { z: [1.5, "é", null], a: { b: true } } }) { sample { big decimal state json } userErrors { path } } }"#;
    samples()
        .await
        .answers(
            change,
            expect![[r#"
        {
          "data":{
            "updateSample":{
              "sample":{
                "big":"-9007199254740993",
                "decimal":"-99999999999.25",
                "state":"NEW",
                "json":{"a":{"b":true},"z":[1.5,"é",null]}
              },
              "userErrors":[]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn an_input_of_another_kind_is_refused_before_anything_runs() {
    let change = r#"mutation { updateSample(input: { id: 3, date: "2026-1-31" }) { sample { date } } }"#;
    samples().await.answers(change, expect![[r#"
        {
          "errors":[
            {
              "message":"Invalid value for \"date\": `\"2026-1-31\"`; its type is \"Date\": a date as RFC 3339 writes it, such as `2026-01-31`.",
              "locations":[{"line":1,"column":47}],
              "extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}
            }
          ]
        }"#]]).await;
}

#[tokio::test]
async fn doubles_with_all_their_digits_have_their_cursors_and_are_found_by_what_is_answered() {
    let apps = samples().await;
    let doubles = [(4, 5e-324), (1, 1.0 / 11.0), (3, 0.1), (5, 0.1234567890123456), (2, 1.7e308)];
    for app in &apps.0 {
        for (id, double) in doubles {
            let row = sample::ActiveModel { id: Set(id), double: Set(Some(double)), ..Default::default() };
            sample::Entity::update(row).validate().unwrap().exec(&app.database.writer).await.unwrap();
        }
    }
    for (id, double) in doubles {
        assert_eq!(ids(&apps, &format!("double: {{ eq: {double:e} }}")).await, id.to_string());
    }
    assert_eq!(ids(&apps, "double: { in: [0.09090909090909091, 0.1234567890123456] }").await, "15");
    assert_eq!(apps.agree(async |app| walk(app, "{ field: DOUBLE }", 1, false).await).await, "41352");
    assert_eq!(apps.agree(async |app| walk(app, "{ field: DOUBLE }", 1, true).await).await, "25314");
}

#[tokio::test]
async fn what_is_finer_than_a_column_is_between_its_values() {
    let apps = samples().await;
    apps.sql("UPDATE samples SET single = 16777216 WHERE id = 3").await;
    for (filter, expected) in [
        ("single: { eq: 16777217 }", ""),
        ("single: { gt: 16777217 }", ""),
        ("single: { gte: 16777215.5, lte: 16777216.5 }", "3"),
        ("single: { lt: 1e39, gt: -1e39 }", "235"),
        ("single: { in: [0.1, 16777217] }", "5"),
        ("decimal: { eq: \"12.5000000000000000001\" }", ""),
        ("decimal: { gt: \"12.4999999999999999999\" }", "35"),
        ("decimal: { lte: \"12.4999999999999999999\" }", "2"),
        ("decimal: { gte: \"-0.0100000000000000001\" }", "235"),
        ("moment: { eq: \"2026-01-31T18:30:00.5000001Z\" }", ""),
        ("moment: { ne: \"2026-01-31T18:30:00.5000001Z\", lt: \"2026-01-31T18:30:00.5000001Z\" }", "235"),
    ] {
        assert_eq!(ids(&apps, filter).await, expected, "{filter}");
    }
}

#[tokio::test]
async fn sqlite_has_no_place_for_a_value_that_is_not_spelt_as_it_is_written() {
    let apps = samples().await;
    let app = &apps.0[0];
    assert_eq!(app.backend(), DbBackend::Sqlite);
    for (column, spelt) in [
        ("date", "'2026-1-31'"),
        ("time", "'18:30'"),
        ("local", "'2026-01-31T18:30:00'"),
        ("moment", "'2026-01-31T18:30:00Z'"),
        ("moment", "'+12026-01-31T18:30:00+00:00'"),
        ("single", "0.1"),
        ("yes", "2"),
    ] {
        app.sql(&format!("UPDATE samples SET {column} = {spelt} WHERE id = 3")).await;
        let order = column.to_uppercase();
        let query =
            format!("{{ samples(orderBy: {{ field: {order} }}) {{ pageInfo {{ endCursor }} edges {{ cursor }} }} }}");
        let answer = app.answer(&query).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "OUT_OF_RANGE", "{column}: {answer}");
        let values = app.answer(&format!("{{ samples(first: 2) {{ nodes {{ {column} }} }} }}")).await;
        assert_eq!(values["errors"], Value::Null, "{column}: {values}");
    }
}

#[tokio::test]
async fn sqlite_answers_no_value_of_another_storage_class() {
    let apps = samples().await;
    let app = &apps.0[0];
    for (column, stored) in [("decimal", "'n/a'"), ("bytes", "'abc'"), ("uuid", "'0123456789abcdef'")] {
        app.sql(&format!("UPDATE samples SET {column} = {stored} WHERE id = 3")).await;
        let answer = app.answer(&format!("{{ sample(id: 3) {{ id {column} }} }}")).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "OUT_OF_RANGE", "{column}: {answer}");
        assert_eq!(answer["data"]["sample"], json!({ "id": "Sample:3", column: null }), "{column}");
    }
}

#[tokio::test]
async fn decimals_are_answered_as_they_were_written_and_found_by_that() {
    let apps = samples().await;
    for number in ["4194304.48", "4223.779", "12345678901234.56", "0.000000001", "-0.5", "9999999999999.99", "100"] {
        let write = format!(
            r#"mutation {{ updateSample(input: {{ id: 3, decimal: "{number}" }}) {{ sample {{ decimal }} }} }}"#
        );
        let written =
            apps.agree(async |app| app.answer(&write).await["data"]["updateSample"]["sample"]["decimal"].take());
        assert_eq!(written.await, number);
        for operator in ["eq", "in", "gte", "lte"] {
            let filter = format!("id: {{ eq: 3 }}, decimal: {{ {operator}: \"{number}\" }}");
            assert_eq!(ids(&apps, &filter).await, "3", "{filter}");
        }
        assert_eq!(ids(&apps, &format!("id: {{ eq: 3 }}, decimal: {{ gt: \"{number}\" }}")).await, "", "{number}");
        let pages = apps.agree(async |app| walk(app, "{ field: DECIMAL }", 1, false).await.len()).await;
        assert_eq!(pages, 5, "{number}");
    }
    // Of more digits than a double, or a place after the point, has.
    for tiny in ["0.00000000000000001", "0.0000000000000000000000000001", "79228162514264337593543950335"] {
        assert_eq!(ids(&apps, &format!("decimal: {{ eq: \"{tiny}\" }}")).await, "");
    }
}

#[tokio::test]
async fn a_decimal_with_more_digits_than_the_server_has_is_out_of_range() {
    let apps = samples().await;
    for app in apps.0.iter().filter(|app| app.backend() == DbBackend::Postgres) {
        app.sql("ALTER TABLE samples ALTER decimal TYPE numeric").await;
        for number in
            ["100000000000.000000000000000001", "12345678901234567890.123456789012345678", "'NaN'", "'Infinity'"]
        {
            app.sql(&format!("UPDATE samples SET decimal = {number} WHERE id = 3")).await;
            let answer = app.answer("{ sample(id: 3) { decimal } }").await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "OUT_OF_RANGE", "{number}: {answer}");
        }
        for (number, answered) in [
            ("12345678901234567890.12345678000000000000", "12345678901234567890.12345678"),
            ("1e27", "1000000000000000000000000000"),
        ] {
            app.sql(&format!("UPDATE samples SET decimal = {number} WHERE id = 3")).await;
            assert_eq!(app.data("{ sample(id: 3) { decimal } }").await["sample"]["decimal"], answered);
        }
    }
}

#[tokio::test]
async fn what_a_column_cannot_hold_is_refused_alike() {
    let change = r#"mutation { updateSample(input: { id: 3, decimal: "99999999999999999999" }) { sample { id } userErrors { code message path } } }"#;
    samples()
        .await
        .answers(
            change,
            expect![[r#"
        {
          "data":{
            "updateSample":{
              "sample":null,
              "userErrors":[
                {
                  "code":"INVALID",
                  "message":"has too many digits; allowed are 19 before the point and 9 after it",
                  "path":["decimal"]
                }
              ]
            }
          }
        }"#]],
        )
        .await;
    let change = r#"mutation { updateSample(input: { id: 3, json: { a: ["\u0000"] } }) { sample { id } } }"#;
    samples().await.answers(change, expect![[r#"
        {
          "errors":[
            {
              "message":"Failed to parse \"JSON\": contains the character U+0000; allowed are all others (occurred while parsing \"UpdateSampleInput\")",
              "locations":[{"line":1,"column":32}],
              "path":["updateSample"],
              "extensions":{"code":"BAD_USER_INPUT"}
            }
          ],
          "data":{"updateSample":null}
        }"#]]).await;
}

#[tokio::test]
async fn an_empty_text_ends_every_text_but_not_null() {
    let apps = samples().await;
    for operator in ["contains", "startsWith", "endsWith"] {
        assert_eq!(ids(&apps, &format!("text: {{ {operator}: \"\" }}")).await, "235", "{operator}");
        assert_eq!(ids(&apps, &format!("not: {{ text: {{ {operator}: \"\" }} }}")).await, "14", "{operator}");
    }
}

#[tokio::test]
async fn json_is_answered_alike_and_told_from_null() {
    let apps = samples().await;
    apps.sql("UPDATE samples SET json = 'null' WHERE id = 4").await;
    assert_eq!(ids(&apps, "json: { isNull: true }").await, "1");
    assert_eq!(ids(&apps, "json: { isNull: false }").await, "2345");
}

#[tokio::test]
async fn a_label_that_the_enum_has_not_is_an_error_of_its_field() {
    let apps = samples().await;
    apps.sql("UPDATE samples SET size = 'M' WHERE id = 3").await;
    let code = async |app: &App, query: &str| app.answer(query).await["errors"][0]["extensions"]["code"].take();
    for query in ["{ sample(id: 3) { size } }", "{ samples(orderBy: { field: SIZE }) { edges { cursor } } }"] {
        assert_eq!(apps.agree(async |app| code(app, query).await).await, "OUT_OF_RANGE", "{query}");
    }
}
