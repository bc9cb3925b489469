//! Relations as real databases have them: a parent that may be absent, two relations to one table, a table that refers to itself, and
//! a join table from a table to itself.

use std::sync::LazyLock;

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};
use dovetail::{
    api::Schema,
    database::Database,
    graphql::nodes::{AnyNode, NoFields, Types, node},
    prelude::{Field, Node, Result, Updated, Write},
};
use expect_test::expect;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel, RelationTrait, Schema as Tables};
use serde_json::{Value, json};

use crate::support::{App, Apps, start_schema};

mod employee {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "employees")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub name: String,
        pub born: Option<Date>,
        pub hired: Date,
        pub manager_id: Option<i64>,
        #[sea_orm(self_ref, relation_enum = "Manager", from = "manager_id", to = "id")]
        pub manager: HasOne<Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod task {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "tasks")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub title: String,
        pub author_id: i64,
        pub reviewer_id: Option<i64>,
        #[sea_orm(belongs_to, relation_enum = "Author", from = "author_id", to = "id")]
        pub author: BelongsTo<super::employee::Entity>,
        #[sea_orm(belongs_to, relation_enum = "Reviewer", from = "reviewer_id", to = "id")]
        pub reviewer: BelongsTo<Option<super::employee::Entity>>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod friendship {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "friendships")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub employee_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub friend_id: i64,
        pub since: Option<Date>,
        #[sea_orm(belongs_to, relation_enum = "Employee", from = "employee_id", to = "id")]
        pub employee: BelongsTo<super::employee::Entity>,
        #[sea_orm(belongs_to, relation_enum = "Friend", from = "friend_id", to = "id")]
        pub friend: BelongsTo<super::employee::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

struct Employee;

impl Node for Employee {
    type Entity = employee::Entity;
    const TYPE: &'static str = "Employee";
    const DESCRIPTION: &'static str = "Somebody who works here.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(employee::Column::Name, "The name.").filter().order(),
        Field::column(employee::Column::Born, "When they were born.").filter().order(),
        Field::column(employee::Column::Hired, "When they came."),
        Field::parent_by::<Self>("manager", || employee::Relation::Manager.def(), "Whom they report to.")
            .filter()
            .order_by("name"),
        Field::children_by::<Self>("reports", || employee::Relation::Manager.def(), "Who reports to them.")
            .filter()
            .order(),
        Field::children_by::<Task>("written", || task::Relation::Author.def(), "What they wrote."),
        Field::children_by::<Task>("reviewed", || task::Relation::Reviewer.def(), "What they review.").filter(),
        Field::children_over_by::<Friendship, Self>(
            "friends",
            || friendship::Relation::Employee.def(),
            || friendship::Relation::Friend.def(),
            "Their friends.",
        ),
    ];
}

struct Task;

impl Node for Task {
    type Entity = task::Entity;
    const TYPE: &'static str = "Task";
    const DESCRIPTION: &'static str = "Something to do.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(task::Column::Title, "The title.").filter().order(),
        Field::parent_by::<Employee>("author", || task::Relation::Author.def(), "Who wrote it.").filter(),
        Field::parent_by::<Employee>("reviewer", || task::Relation::Reviewer.def(), "Who reviews it.")
            .filter()
            .order_by("name"),
    ];
}

struct Friendship;

impl Node for Friendship {
    type Entity = friendship::Entity;
    const TYPE: &'static str = "Friendship";
    const DESCRIPTION: &'static str = "Somebody and their friend.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(friendship::Column::Since, "Since when.").filter().order(),
        Field::parent_by::<Employee>("employee", || friendship::Relation::Employee.def(), "Somebody."),
        Field::parent_by::<Employee>("friend", || friendship::Relation::Friend.def(), "Their friend.").order_by("name"),
    ];
}

struct Company;

impl Types for Company {
    const NODES: &'static [&'static dyn AnyNode] = &[node::<Employee>(), node::<Task>(), node::<Friendship>()];
    type Query = NoFields;
    type Mutation = Mutation;
}

#[derive(InputObject)]
struct UpdateTaskInput {
    id: ID,
    title: Option<String>,
    reviewer_id: MaybeUndefined<ID>,
}

#[derive(Default)]
struct Mutation;

#[Object]
impl Mutation {
    async fn update_task(&self, ctx: &Context<'_>, input: UpdateTaskInput) -> Result<Updated<Task>> {
        let mut write = Write::of(ctx);
        let reviewer_id = write.parent_or_null::<Employee>("reviewerId", &input.reviewer_id).await?;
        let title = dovetail::prelude::given(input.title);
        write.update(&input.id, task::ActiveModel { title, reviewer_id, ..Default::default() }).await
    }
}

static SCHEMA: LazyLock<&Schema> = LazyLock::new(|| Schema::new::<Company>().unwrap());

/// Ada, who leads Bea and Cyd; Dan and Eve, who report to Bea; and tasks, of which some are reviewed.
async fn company() -> Apps {
    start_schema(*SCHEMA, &["--sql-report"], async |database: &Database| {
        let tables = Tables::new(database.writer.get_database_backend());
        for table in [
            tables.create_table_from_entity(employee::Entity),
            tables.create_table_from_entity(task::Entity),
            tables.create_table_from_entity(friendship::Entity),
        ] {
            database.writer.execute(&table).await.unwrap();
        }
        let people = [("Ada", None), ("Bea", Some(1)), ("Cyd", Some(1)), ("Dan", Some(2)), ("Eve", Some(2))];
        let people = people.into_iter().zip(1..).map(|((name, manager_id), id)| {
            let born = serde_json::from_value(json!(format!("{}-01-31", 1980 + id))).unwrap();
            let hired = serde_json::from_value(json!("2026-01-31")).unwrap();
            employee::Model { id, name: name.to_owned(), born, hired, manager_id }.into_active_model()
        });
        employee::Entity::insert_many(people).exec_without_returning(&database.writer).await.unwrap();
        let tasks =
            [("Plan", 1, None), ("Build", 2, Some(1)), ("Test", 4, Some(2)), ("Ship", 4, None), ("Rest", 5, Some(2))];
        let tasks = tasks.into_iter().zip(1..).map(|((title, author_id, reviewer_id), id)| {
            task::Model { id, title: title.to_owned(), author_id, reviewer_id }.into_active_model()
        });
        task::Entity::insert_many(tasks).exec_without_returning(&database.writer).await.unwrap();
        let friends = [(1, 2), (2, 1), (2, 5), (5, 2), (4, 4)];
        let friends = friends.map(|(employee_id, friend_id)| {
            let since = (employee_id < friend_id).then(|| serde_json::from_value(json!("2026-01-31")).unwrap());
            friendship::Model { employee_id, friend_id, since }.into_active_model()
        });
        friendship::Entity::insert_many(friends).exec_without_returning(&database.writer).await.unwrap();
    })
    .await
}

#[tokio::test]
async fn a_parent_that_is_absent_is_null_and_the_others_of_the_level_are_loaded_at_once() {
    let query = "{ tasks { nodes { title author { name manager { name manager { name } } } reviewer { name manager { name } } } } }";
    let company = company().await;
    company.answers(query, expect![[r#"
        {
          "data":{
            "tasks":{
              "nodes":[
                {"title":"Plan","author":{"name":"Ada","manager":null},"reviewer":null},
                {
                  "title":"Build",
                  "author":{"name":"Bea","manager":{"name":"Ada","manager":null}},
                  "reviewer":{"name":"Ada","manager":null}
                },
                {
                  "title":"Test",
                  "author":{"name":"Dan","manager":{"name":"Bea","manager":{"name":"Ada"}}},
                  "reviewer":{"name":"Bea","manager":{"name":"Ada"}}
                },
                {"title":"Ship","author":{"name":"Dan","manager":{"name":"Bea","manager":{"name":"Ada"}}},"reviewer":null},
                {
                  "title":"Rest",
                  "author":{"name":"Eve","manager":{"name":"Bea","manager":{"name":"Ada"}}},
                  "reviewer":{"name":"Bea","manager":{"name":"Ada"}}
                }
              ]
            }
          }
        }"#]]).await;
    // One a level: authors and reviewers are loaded together.
    assert_eq!(company.statements(query).await, 4);
}

#[tokio::test]
async fn a_table_is_its_own_parent_and_child_a_statement_a_level() {
    let query = "{ employees(filter: { not: { manager: {} } }) { nodes { name reportsCount reports { nodes { name reports { nodes { name } } } } } } }";
    let company = company().await;
    company
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "employees":{
              "nodes":[
                {
                  "name":"Ada",
                  "reportsCount":2,
                  "reports":{
                    "nodes":[
                      {"name":"Bea","reports":{"nodes":[{"name":"Dan"},{"name":"Eve"}]}},
                      {"name":"Cyd","reports":{"nodes":[]}}
                    ]
                  }
                }
              ]
            }
          }
        }"#]],
        )
        .await;
    assert_eq!(company.statements(query).await, 4);
}

#[tokio::test]
async fn two_relations_to_one_table_are_two_fields() {
    let query = "{ employees(first: 2) { nodes { name written { nodes { title } } reviewed { nodes { title author { name } } } } } }";
    company().await.answers(query, expect![[r#"
        {
          "data":{
            "employees":{
              "nodes":[
                {
                  "name":"Ada",
                  "written":{"nodes":[{"title":"Plan"}]},
                  "reviewed":{"nodes":[{"title":"Build","author":{"name":"Bea"}}]}
                },
                {
                  "name":"Bea",
                  "written":{"nodes":[{"title":"Build"}]},
                  "reviewed":{"nodes":[{"title":"Test","author":{"name":"Dan"}},{"title":"Rest","author":{"name":"Eve"}}]}
                }
              ]
            }
          }
        }"#]]).await;
}

#[tokio::test]
async fn a_join_table_may_lead_to_the_table_that_it_comes_from() {
    let query = "{ employees { nodes { name friends(orderBy: { field: NAME, direction: DESC }) { totalCount edges { since node { name } } } } } }";
    company()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "employees":{
              "nodes":[
                {"name":"Ada","friends":{"totalCount":1,"edges":[{"since":"2026-01-31","node":{"name":"Bea"}}]}},
                {
                  "name":"Bea",
                  "friends":{
                    "totalCount":2,
                    "edges":[{"since":"2026-01-31","node":{"name":"Eve"}},{"since":null,"node":{"name":"Ada"}}]
                  }
                },
                {"name":"Cyd","friends":{"totalCount":0,"edges":[]}},
                {"name":"Dan","friends":{"totalCount":1,"edges":[{"since":null,"node":{"name":"Dan"}}]}},
                {"name":"Eve","friends":{"totalCount":1,"edges":[{"since":null,"node":{"name":"Bea"}}]}}
              ]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn filters_tell_an_absent_parent_from_one_that_does_not_satisfy_them() {
    let company = company().await;
    for (filter, expected) in [
        ("reviewer: {}", "BuildTestRest"),
        ("not: { reviewer: {} }", "PlanShip"),
        ("reviewer: { name: { eq: \"Bea\" } }", "TestRest"),
        ("not: { reviewer: { name: { eq: \"Bea\" } } }", "PlanBuildShip"),
        ("reviewer: { name: { ne: \"Bea\" } }", "Build"),
        ("reviewer: { manager: {} }", "TestRest"),
        ("reviewer: { not: { manager: {} } }", "Build"),
        ("author: { reports: { some: { name: { eq: \"Dan\" } } } }", "Build"),
        ("author: { reviewed: { none: {} } }", "TestShipRest"),
    ] {
        let query = format!("{{ tasks(filter: {{ {filter} }}) {{ nodes {{ title }} }} }}");
        let titles = company.agree(async |app: &App| titles(&app.data(&query).await["tasks"])).await;
        assert_eq!(titles, expected, "{filter}");
    }
}

fn titles(list: &Value) -> String {
    list["nodes"].as_array().unwrap().iter().map(|node| node["title"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_order_by_an_absent_parents_column_loses_no_row_and_has_its_pages() {
    let company = company().await;
    for (order, expected) in [
        ("{ field: REVIEWER_NAME }", "BuildTestRestPlanShip"),
        ("{ field: REVIEWER_NAME, direction: DESC }", "TestRestBuildPlanShip"),
        ("{ field: REVIEWER_NAME, nulls: FIRST }", "PlanShipBuildTestRest"),
        ("[{ field: REVIEWER_NAME, direction: DESC, nulls: FIRST }, { field: TITLE }]", "PlanShipRestTestBuild"),
    ] {
        let walked = company.agree(async |app: &App| {
            let (mut walked, mut cursor) = (String::new(), Value::Null);
            loop {
                let query = format!(
                    "query($after: String) {{ tasks(first: 1, after: $after, orderBy: {order}) {{ nodes {{ title }} pageInfo {{ endCursor hasNextPage }} }} }}"
                );
                let answer: Value = serde_json::from_str(&app.query_with(&query, &json!({ "after": cursor })).await).unwrap();
                let page = &answer["data"]["tasks"];
                walked.push_str(&titles(page));
                if page["pageInfo"]["hasNextPage"] == false {
                    return walked;
                }
                cursor = page["pageInfo"]["endCursor"].clone();
            }
        });
        assert_eq!(walked.await, expected, "{order}");
    }
}

#[tokio::test]
async fn children_are_ordered_by_a_parent_that_is_absent() {
    let query = "{ employees(orderBy: { field: MANAGER_NAME, nulls: FIRST }) { nodes { name reviewed(orderBy: { field: REVIEWER_NAME }) { nodes { title } } } } }";
    company()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "employees":{
              "nodes":[
                {"name":"Ada","reviewed":{"nodes":[{"title":"Build"}]}},
                {"name":"Bea","reviewed":{"nodes":[{"title":"Test"},{"title":"Rest"}]}},
                {"name":"Cyd","reviewed":{"nodes":[]}},
                {"name":"Dan","reviewed":{"nodes":[]}},
                {"name":"Eve","reviewed":{"nodes":[]}}
              ]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn a_parent_is_changed_cleared_and_left() {
    let company = company().await;
    let change = |changes: &str| {
        format!(
            "mutation {{ updateTask(input: {{ id: 3 {changes} }}) {{ task {{ title reviewer {{ name }} }} userErrors {{ code message path }} }} }}"
        )
    };
    company
        .answers(
            &change("title: \"Check\""),
            expect![[
                r#"{"data":{"updateTask":{"task":{"title":"Check","reviewer":{"name":"Bea"}},"userErrors":[]}}}"#
            ]],
        )
        .await;
    company
        .answers(
            &change("reviewerId: \"Employee:1\""),
            expect![[
                r#"{"data":{"updateTask":{"task":{"title":"Check","reviewer":{"name":"Ada"}},"userErrors":[]}}}"#
            ]],
        )
        .await;
    company
        .answers(
            &change("reviewerId: null"),
            expect![[r#"{"data":{"updateTask":{"task":{"title":"Check","reviewer":null},"userErrors":[]}}}"#]],
        )
        .await;
    company
        .answers(
            &change("reviewerId: 9"),
            expect![[r#"
        {
          "data":{
            "updateTask":{
              "task":null,
              "userErrors":[{"code":"NOT_FOUND","message":"Employee:9 does not exist","path":["reviewerId"]}]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn what_fails_is_null_where_it_may_be_beside_its_error() {
    let company = company().await;
    for app in &company.0 {
        let date = if app.backend() == DbBackend::Sqlite { "+12026-01-31" } else { "infinity" };
        app.sql(&format!("UPDATE employees SET born = '{date}', hired = '{date}' WHERE id = 1")).await;
    }
    // A column; a parent that one of its columns fails; that parent again, by what stands below it; and a list, which must be there.
    for (query, expected) in [
        (
            "{ employees(first: 2) { nodes { name born } } }",
            expect![[r#"
            {
              "errors":[
                {
                  "message":"the stored value is none of this field's type, such as a moment of the year 10000 or an infinite number; or, on SQLite, it is not spelt as this server writes it",
                  "locations":[{"line":1,"column":38}],
                  "path":["employees","nodes",0,"born"],
                  "extensions":{"code":"OUT_OF_RANGE"}
                }
              ],
              "data":{"employees":{"nodes":[{"name":"Ada","born":null},{"name":"Bea","born":"1982-01-31"}]}}
            }"#]],
        ),
        (
            "{ tasks { nodes { title reviewer { name hired } } } }",
            expect![[r#"
            {
              "errors":[
                {
                  "message":"the stored value is none of this field's type, such as a moment of the year 10000 or an infinite number; or, on SQLite, it is not spelt as this server writes it",
                  "locations":[{"line":1,"column":41}],
                  "path":["tasks","nodes",1,"reviewer","hired"],
                  "extensions":{"code":"OUT_OF_RANGE"}
                }
              ],
              "data":{
                "tasks":{
                  "nodes":[
                    {"title":"Plan","reviewer":null},
                    {"title":"Build","reviewer":null},
                    {"title":"Test","reviewer":{"name":"Bea","hired":"2026-01-31"}},
                    {"title":"Ship","reviewer":null},
                    {"title":"Rest","reviewer":{"name":"Bea","hired":"2026-01-31"}}
                  ]
                }
              }
            }"#]],
        ),
        (
            "{ tasks { nodes { title reviewer { name reports { nodes { name manager { hired } } } } } } }",
            expect![[r#"
            {
              "errors":[
                {
                  "message":"the stored value is none of this field's type, such as a moment of the year 10000 or an infinite number; or, on SQLite, it is not spelt as this server writes it",
                  "locations":[{"line":1,"column":74}],
                  "path":["tasks","nodes",1,"reviewer","reports","nodes",0,"manager","hired"],
                  "extensions":{"code":"OUT_OF_RANGE"}
                },
                {
                  "message":"the stored value is none of this field's type, such as a moment of the year 10000 or an infinite number; or, on SQLite, it is not spelt as this server writes it",
                  "locations":[{"line":1,"column":74}],
                  "path":["tasks","nodes",1,"reviewer","reports","nodes",1,"manager","hired"],
                  "extensions":{"code":"OUT_OF_RANGE"}
                }
              ],
              "data":{
                "tasks":{
                  "nodes":[
                    {"title":"Plan","reviewer":null},
                    {
                      "title":"Build",
                      "reviewer":{"name":"Ada","reports":{"nodes":[{"name":"Bea","manager":null},{"name":"Cyd","manager":null}]}}
                    },
                    {
                      "title":"Test",
                      "reviewer":{
                        "name":"Bea",
                        "reports":{
                          "nodes":[{"name":"Dan","manager":{"hired":"2026-01-31"}},{"name":"Eve","manager":{"hired":"2026-01-31"}}]
                        }
                      }
                    },
                    {"title":"Ship","reviewer":null},
                    {
                      "title":"Rest",
                      "reviewer":{
                        "name":"Bea",
                        "reports":{
                          "nodes":[{"name":"Dan","manager":{"hired":"2026-01-31"}},{"name":"Eve","manager":{"hired":"2026-01-31"}}]
                        }
                      }
                    }
                  ]
                }
              }
            }"#]],
        ),
        (
            "{ tasks { nodes { title reviewer { written { nodes { author { name hired } } } } } } }",
            expect![[r#"
            {
              "errors":[
                {
                  "message":"the stored value is none of this field's type, such as a moment of the year 10000 or an infinite number; or, on SQLite, it is not spelt as this server writes it",
                  "locations":[{"line":1,"column":68}],
                  "path":["tasks","nodes",1,"reviewer","written","nodes",0,"author","hired"],
                  "extensions":{"code":"OUT_OF_RANGE"}
                }
              ],
              "data":{
                "tasks":{
                  "nodes":[
                    {"title":"Plan","reviewer":null},
                    {"title":"Build","reviewer":null},
                    {"title":"Test","reviewer":{"written":{"nodes":[{"author":{"name":"Bea","hired":"2026-01-31"}}]}}},
                    {"title":"Ship","reviewer":null},
                    {"title":"Rest","reviewer":{"written":{"nodes":[{"author":{"name":"Bea","hired":"2026-01-31"}}]}}}
                  ]
                }
              }
            }"#]],
        ),
        (
            "{ employees { nodes { name hired } } }",
            expect![[r#"
            {
              "errors":[
                {
                  "message":"the stored value is none of this field's type, such as a moment of the year 10000 or an infinite number; or, on SQLite, it is not spelt as this server writes it",
                  "locations":[{"line":1,"column":28}],
                  "path":["employees","nodes",0,"hired"],
                  "extensions":{"code":"OUT_OF_RANGE"}
                }
              ],
              "data":null
            }"#]],
        ),
    ] {
        company.answers(query, expected).await;
    }
}
