//! Filters of texts regardless of case and accents.

use std::sync::LazyLock;

use async_graphql::{Context, ID, MaybeUndefined, Object};
use dovetail::{
    api::Schema,
    database::Database,
    graphql::nodes::{AnyNode, NoFields, Types, node},
    prelude::{Created, Field, Node, Result, Updated, Write, fold, given, given_or_null},
};
use expect_test::expect;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel, Schema as Tables, Set};
use serde_json::json;

use crate::support::{App, Apps, start_schema};

mod person {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "people")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub name: String,
        pub name_folded: String,
        pub nick: Option<String>,
        pub nick_folded: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

struct Person;

impl Node for Person {
    type Entity = person::Entity;
    const TYPE: &'static str = "Person";
    const DESCRIPTION: &'static str = "A person.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(person::Column::Name, "The name.").filter().folded(person::Column::NameFolded),
        Field::column(person::Column::Nick, "The nickname.").filter().folded(person::Column::NickFolded),
    ];
}

struct People;

impl Types for People {
    const NODES: &'static [&'static dyn AnyNode] = &[node::<Person>()];
    type Query = NoFields;
    type Mutation = Mutation;
}

#[derive(Default)]
struct Mutation;

#[Object]
impl Mutation {
    async fn create_person(&self, ctx: &Context<'_>, name: String, nick: Option<String>) -> Result<Created<Person>> {
        let row = person::ActiveModel { name: Set(name), nick: Set(nick), ..Default::default() };
        Write::of(ctx).create(row).await
    }

    async fn update_person(
        &self,
        ctx: &Context<'_>,
        id: ID,
        name: Option<String>,
        nick: MaybeUndefined<String>,
    ) -> Result<Updated<Person>> {
        let row = person::ActiveModel { name: given(name), nick: given_or_null(nick), ..Default::default() };
        Write::of(ctx).update(&id, row).await
    }
}

static SCHEMA: LazyLock<&Schema> = LazyLock::new(|| Schema::new::<People>().unwrap());

const NAMES: [&str; 14] = [
    "Straße",
    "STRASSE 5%",
    "İstanbul_1",
    "ISTANBUL",
    "ıstanbul",
    "ﬁnal",
    "Jose\u{301}",
    "José",
    "ЁЖ",
    "еж",
    "ΟΔΟΣ",
    "οδός",
    "back\\slash",
    "\u{10FFFF}x",
];

async fn people() -> Apps {
    start_schema(*SCHEMA, &["--sql-report"], async |database: &Database| {
        let writer = &database.writer;
        let tables = Tables::new(writer.get_database_backend());
        writer.execute(&tables.create_table_from_entity(person::Entity)).await.unwrap();
        let people = (1..).zip(NAMES).map(|(id, name)| {
            let nick = (id % 3 == 0).then(|| name.to_lowercase());
            let nick_folded = nick.as_deref().map(fold);
            person::Model { id, name: name.to_owned(), name_folded: fold(name), nick, nick_folded }.into_active_model()
        });
        person::Entity::insert_many(people).exec_without_returning(writer).await.unwrap();
        if writer.get_database_backend() == DbBackend::Postgres {
            // The sequence knows nothing of keys that were given.
            writer.execute_unprepared("SELECT setval('people_id_seq', 100)").await.unwrap();
        }
    })
    .await
}

#[tokio::test]
async fn folded_texts_are_the_same_on_both_databases() {
    let people = people().await;
    let mut answers = String::new();
    for filter in [
        r#"name: { eqFolded: "strasse" }"#,
        r#"name: { containsFolded: "SS" }"#,
        r#"name: { startsWithFolded: "ıstan" }"#,
        r#"name: { startsWithFolded: "İSTAN" }"#,
        r#"name: { startsWithFolded: "ﬁ" }"#,
        r#"name: { endsWithFolded: "sé" }"#,
        r#"name: { eqFolded: "ёж" }"#,
        r#"name: { endsWithFolded: "ος" }"#,
        r#"name: { endsWithFolded: "5%" }"#,
        r#"name: { containsFolded: "_" }"#,
        r#"name: { containsFolded: "K\\S" }"#,
        r#"name: { startsWithFolded: "\uDBFF\uDFFF" }"#,
        r#"name: { containsFolded: "" }, nick: { startsWithFolded: "" }"#,
        r#"not: { nick: { containsFolded: "E" } }"#,
        r#"name: { startsWith: "J" }"#,
        r#"name: { startsWith: "İ", endsWith: "_1", contains: "\u0307" }"#,
        r#"name: { contains: "%" }"#,
        r#"name: { contains: "k\\s" }"#,
        r#"name: { startsWith: "" }"#,
    ] {
        let names = people.agree(async |app: &App| {
            let data = app.data(&format!("{{ people(filter: {{ {filter} }}) {{ nodes {{ name }} }} }}")).await;
            let nodes = data["people"]["nodes"].as_array().unwrap().clone();
            nodes.iter().map(|node| node["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(", ")
        });
        answers += &format!("{filter}: {}\n", names.await);
    }
    expect![[r#"
        name: { eqFolded: "strasse" }: Straße
        name: { containsFolded: "SS" }: Straße, STRASSE 5%
        name: { startsWithFolded: "ıstan" }: ıstanbul
        name: { startsWithFolded: "İSTAN" }: İstanbul_1, ISTANBUL
        name: { startsWithFolded: "ﬁ" }: ﬁnal
        name: { endsWithFolded: "sé" }: Straße, José, José
        name: { eqFolded: "ёж" }: ЁЖ, еж
        name: { endsWithFolded: "ος" }: ΟΔΟΣ, οδός
        name: { endsWithFolded: "5%" }: STRASSE 5%
        name: { containsFolded: "_" }: İstanbul_1
        name: { containsFolded: "K\\S" }: back\slash
        name: { startsWithFolded: "\uDBFF\uDFFF" }: 􏿿x
        name: { containsFolded: "" }, nick: { startsWithFolded: "" }: İstanbul_1, ﬁnal, ЁЖ, οδός
        not: { nick: { containsFolded: "E" } }: Straße, STRASSE 5%, İstanbul_1, ISTANBUL, ıstanbul, ﬁnal, José, José, ЁЖ, еж, ΟΔΟΣ, οδός, back\slash, 􏿿x
        name: { startsWith: "J" }: José, José
        name: { startsWith: "İ", endsWith: "_1", contains: "\u0307" }: 
        name: { contains: "%" }: STRASSE 5%
        name: { contains: "k\\s" }: back\slash
        name: { startsWith: "" }: Straße, STRASSE 5%, İstanbul_1, ISTANBUL, ıstanbul, ﬁnal, José, José, ЁЖ, еж, ΟΔΟΣ, οδός, back\slash, 􏿿x
    "#]].assert_eq(&answers);
}

#[tokio::test]
async fn mutations_fill_the_folded_column() {
    let people = people().await;
    people
        .answers(
            r#"mutation { createPerson(name: "Žižek") { person { name nick } userErrors { message } } }"#,
            expect![[r#"{"data":{"createPerson":{"person":{"name":"Žižek","nick":null},"userErrors":[]}}}"#]],
        )
        .await;
    people.answers(r#"mutation { a: updatePerson(id: 1, nick: "ÉCOLE") { person { name nick } } b: updatePerson(id: 2, name: "Ÿ") { person { name } } c: updatePerson(id: 3, nick: null) { person { nick } } }"#, expect![[r#"{"data":{"a":{"person":{"name":"Straße","nick":"ÉCOLE"}},"b":{"person":{"name":"Ÿ"}},"c":{"person":{"nick":null}}}}"#]]).await;
    people.answers(r#"{ a: people(filter: { name: { eqFolded: "zizek" } }) { nodes { name } } b: people(filter: { nick: { eqFolded: "école" } }) { nodes { name } } c: people(filter: { name: { eqFolded: "y" } }) { nodes { name } } d: people(filter: { nick: { eqFolded: "İstanbul_1" } }) { nodes { name } } }"#, expect![[r#"
        {
          "data":{
            "a":{"nodes":[{"name":"Žižek"}]},
            "b":{"nodes":[{"name":"Straße"}]},
            "c":{"nodes":[{"name":"Ÿ"}]},
            "d":{"nodes":[]}
          }
        }"#]]).await;
}

#[tokio::test]
async fn a_value_that_no_text_has_is_refused_by_the_fields_name() {
    people()
        .await
        .answers(
            r#"{ people(filter: { name: { containsFolded: "\u0000" } }) { nodes { id } } }"#,
            expect![[r#"
        {
          "errors":[
            {
              "message":"argument `filter.name.containsFolded` contains the character U+0000; allowed are all others",
              "locations":[{"line":1,"column":3}],
              "path":["people"],
              "extensions":{"code":"BAD_USER_INPUT"}
            }
          ],
          "data":null
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn indexes_serve_folded_texts() {
    let people = people().await;
    for app in &people.0 {
        let index = match app.backend() {
            DbBackend::Postgres => {
                "INSERT INTO people (name, name_folded) SELECT '', md5(n::text) FROM generate_series(1, 100000) n;
                 CREATE EXTENSION pg_trgm;
                 CREATE INDEX folded_parts ON people USING gin (name_folded gin_trgm_ops);
                 CREATE INDEX folded ON people (name_folded);
                 ANALYZE people"
            }
            _ => "CREATE INDEX folded ON people (name_folded)",
        };
        app.database.writer.execute_unprepared(index).await.unwrap();
        let operators: &[&str] = match app.backend() {
            DbBackend::Postgres => &["eqFolded", "containsFolded", "startsWithFolded", "endsWithFolded"],
            _ => &["eqFolded", "startsWithFolded"],
        };
        for operator in operators {
            let query = format!("{{ people(filter: {{ name: {{ {operator}: \"STRASSE\" }} }}) {{ totalCount }} }}");
            let wish = json!({ "query": query, "extensions": { "dovetail": { "explain": true } } });
            let answer = app.post(&wish).await;
            let plan = answer["extensions"]["dovetail"]["sql"][0]["plan"].to_string();
            assert!(plan.contains(" folded"), "{operator}: {plan}");
        }
    }
}

#[tokio::test]
async fn what_is_unique_however_it_is_written_is_refused_at_its_place() {
    let apps = people().await;
    apps.sql("DELETE FROM people").await;
    apps.sql("CREATE UNIQUE INDEX another ON people (name_folded)").await;
    let query = r#"mutation {
      first: createPerson(name: "Zoë") { person { name } userErrors { path } }
      again: createPerson(name: "ZOE") { person { name } userErrors { code path } }
    }"#;
    apps.answers(
        query,
        expect![[r#"
        {
          "data":{
            "first":{"person":{"name":"Zoë"},"userErrors":[]},
            "again":{"person":null,"userErrors":[{"code":"ALREADY_EXISTS","path":["name"]}]}
          }
        }"#]],
    )
    .await;
}
