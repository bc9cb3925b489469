//! Keys as real databases have them: integers of 16 and 32 bits, of any name, and of three parts.

use std::sync::LazyLock;

use async_graphql::{Context, ID, InputObject, Object};
use dovetail::{
    api::Schema,
    database::Database,
    graphql::nodes::{AnyNode, NoFields, Types, node},
    prelude::{Created, DeleteInput, Deleted, Field, Node, Result, Updated, Write, given},
};
use expect_test::expect;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel, Schema as Tables, Set};
use serde_json::{Value, json};

use crate::support::{App, Apps, start_schema};

mod shelf {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "shelves")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub shelf_no: i32,
        pub label: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod book {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "books")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i16,
        pub title: String,
        #[sea_orm(unique)]
        pub code: i64,
        pub shelf: Option<i32>,
        #[sea_orm(belongs_to, from = "shelf", to = "shelf_no")]
        pub place: BelongsTo<Option<super::shelf::Entity>>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod copy {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "copies")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub book_id: i16,
        #[sea_orm(primary_key, auto_increment = false)]
        pub shelf_no: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        pub note: Option<String>,
        #[sea_orm(belongs_to, from = "book_id", to = "id")]
        pub book: BelongsTo<super::book::Entity>,
        #[sea_orm(belongs_to, from = "shelf_no", to = "shelf_no")]
        pub shelf: BelongsTo<super::shelf::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What a book has one of, or none.
mod cover {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "covers")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub color: String,
        #[sea_orm(unique)]
        pub book_id: i16,
        #[sea_orm(belongs_to, from = "book_id", to = "id")]
        pub book: BelongsTo<super::book::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What names a book by a column that is not its primary key.
mod loan {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "loans")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub code: Option<i64>,
        #[sea_orm(belongs_to, from = "code", to = "code")]
        pub book: BelongsTo<Option<super::book::Entity>>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

struct Cover;

impl Node for Cover {
    type Entity = cover::Entity;
    const TYPE: &'static str = "Cover";
    const DESCRIPTION: &'static str = "What is around a book.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(cover::Column::Color, "The color.").filter().order(),
        Field::parent::<Book>("book", "The book."),
    ];
}

struct Loan;

impl Node for Loan {
    type Entity = loan::Entity;
    const TYPE: &'static str = "Loan";
    const DESCRIPTION: &'static str = "A book that somebody has.";
    const FIELDS: &'static [Field<Self>] =
        &[Field::parent::<Book>("book", "The book, if it is known.").filter().order_by("title")];
}

struct Shelf;

impl Node for Shelf {
    type Entity = shelf::Entity;
    const TYPE: &'static str = "Shelf";
    const DESCRIPTION: &'static str = "Where books stand.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(shelf::Column::Label, "The label.").filter().order(),
        Field::children::<Book>("books", "The books on it.").filter().order(),
        Field::children::<Copy>("copies", "The copies on it."),
    ];
}

struct Book;

impl Node for Book {
    type Entity = book::Entity;
    const TYPE: &'static str = "Book";
    const DESCRIPTION: &'static str = "A book.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(book::Column::Title, "The title.").filter().order(),
        Field::parent::<Shelf>("place", "Where it stands.").filter().order_by("label"),
        Field::children::<Copy>("copies", "Its copies.").filter().order(),
        Field::child::<Cover>("cover", "What is around it.").filter().order_by("color"),
    ];
}

struct Copy;

impl Node for Copy {
    type Entity = copy::Entity;
    const TYPE: &'static str = "Copy";
    const DESCRIPTION: &'static str = "A copy of a book.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::column(copy::Column::Number, "Its number.").filter().order(),
        Field::column(copy::Column::Note, "What is written on it.").filter().order(),
        Field::parent::<Book>("book", "The book."),
        Field::parent::<Shelf>("shelf", "Where it stands."),
    ];
}

struct Library;

impl Types for Library {
    const NODES: &'static [&'static dyn AnyNode] =
        &[node::<Shelf>(), node::<Book>(), node::<Copy>(), node::<Cover>(), node::<Loan>()];
    type Query = NoFields;
    type Mutation = Mutation;
}

#[derive(InputObject)]
struct UpdateShelfInput {
    id: ID,
    label: Option<String>,
}

#[derive(Default)]
struct Mutation;

#[Object]
impl Mutation {
    async fn create_shelf(&self, ctx: &Context<'_>, label: String) -> Result<Created<Shelf>> {
        Write::of(ctx).create(shelf::ActiveModel { label: Set(label), ..Default::default() }).await
    }

    async fn create_book(&self, ctx: &Context<'_>, shelf: ID) -> Result<Created<Book>> {
        let mut write = Write::of(ctx);
        let shelf = Set(Some(write.parent::<Shelf>("shelf", &shelf).await?));
        write.create(book::ActiveModel { id: Set(9), title: Set("New".to_owned()), code: Set(9), shelf }).await
    }

    async fn update_shelf(&self, ctx: &Context<'_>, input: UpdateShelfInput) -> Result<Updated<Shelf>> {
        Write::of(ctx).update(&input.id, shelf::ActiveModel { label: given(input.label), ..Default::default() }).await
    }

    async fn delete_shelf(&self, ctx: &Context<'_>, input: DeleteInput<Shelf>) -> Result<Deleted<Shelf>> {
        Write::of(ctx).delete(input).await
    }
}

static SCHEMA: LazyLock<&Schema> = LazyLock::new(|| Schema::new::<Library>().unwrap());

/// Three shelves, of which the last is empty; a book that stands nowhere; and copies.
async fn library() -> Apps {
    start_schema(*SCHEMA, &["--sql-report"], async |database: &Database| {
        let writer = &database.writer;
        let tables = Tables::new(writer.get_database_backend());
        writer.execute(&tables.create_table_from_entity(shelf::Entity)).await.unwrap();
        writer.execute(&tables.create_table_from_entity(book::Entity)).await.unwrap();
        writer.execute(&tables.create_table_from_entity(copy::Entity)).await.unwrap();
        writer.execute(&tables.create_table_from_entity(cover::Entity)).await.unwrap();
        writer.execute(&tables.create_table_from_entity(loan::Entity)).await.unwrap();
        let shelves = ["low", "high", "empty"]
            .map(|label| shelf::ActiveModel { label: Set(label.to_owned()), ..Default::default() });
        shelf::Entity::insert_many(shelves).exec_without_returning(writer).await.unwrap();
        let books = [(-5, "Emma", Some(1)), (2, "Ivan", Some(2)), (32_767, "Oblomov", Some(1)), (4, "Lost", None)];
        let books = books.map(|(id, title, shelf)| {
            book::Model { id, title: title.to_owned(), code: 100 + i64::from(id), shelf }.into_active_model()
        });
        book::Entity::insert_many(books).exec_without_returning(writer).await.unwrap();
        let copies = [(2, 1, 7), (2, 1, i64::MAX), (2, 2, 1), (-5, 1, 1), (-5, 2, 1), (-5, 2, 2)];
        let copies = copies.map(|(book_id, shelf_no, number)| {
            let note = (number == 1).then(|| "first".to_owned());
            copy::Model { book_id, shelf_no, number, note }.into_active_model()
        });
        copy::Entity::insert_many(copies).exec_without_returning(writer).await.unwrap();
        let covers = [(1, "red", 2), (2, "blue", -5)];
        let covers = covers
            .map(|(id, color, book_id)| cover::Model { id, color: color.to_owned(), book_id }.into_active_model());
        cover::Entity::insert_many(covers).exec_without_returning(writer).await.unwrap();
        let loans = [(1, Some(102)), (2, None), (3, Some(95)), (4, Some(102))];
        let loans = loans.map(|(id, code)| loan::Model { id, code }.into_active_model());
        loan::Entity::insert_many(loans).exec_without_returning(writer).await.unwrap();
    })
    .await
}

#[tokio::test]
async fn relations_lead_by_keys_of_any_width_and_name() {
    let query = "{ shelves { nodes { id label booksCount books { nodes { id title place { id } } } copies { totalCount nodes { id } } } } }";
    library().await.answers(query, expect![[r#"
        {
          "data":{
            "shelves":{
              "nodes":[
                {
                  "id":"Shelf:1",
                  "label":"low",
                  "booksCount":2,
                  "books":{
                    "nodes":[
                      {"id":"Book:-5","title":"Emma","place":{"id":"Shelf:1"}},
                      {"id":"Book:32767","title":"Oblomov","place":{"id":"Shelf:1"}}
                    ]
                  },
                  "copies":{
                    "totalCount":3,
                    "nodes":[{"id":"Copy:-5:1:1"},{"id":"Copy:2:1:7"},{"id":"Copy:2:1:9223372036854775807"}]
                  }
                },
                {
                  "id":"Shelf:2",
                  "label":"high",
                  "booksCount":1,
                  "books":{"nodes":[{"id":"Book:2","title":"Ivan","place":{"id":"Shelf:2"}}]},
                  "copies":{"totalCount":3,"nodes":[{"id":"Copy:-5:2:1"},{"id":"Copy:-5:2:2"},{"id":"Copy:2:2:1"}]}
                },
                {"id":"Shelf:3","label":"empty","booksCount":0,"books":{"nodes":[]},"copies":{"totalCount":0,"nodes":[]}}
              ]
            }
          }
        }"#]]).await;
}

#[tokio::test]
async fn an_object_of_a_key_of_three_parts_has_its_id_and_its_page() {
    let library = library().await;
    library
        .answers(
            "{ copies { nodes { id book { title } shelf { label } } } }",
            expect![[r#"
        {
          "data":{
            "copies":{
              "nodes":[
                {"id":"Copy:-5:1:1","book":{"title":"Emma"},"shelf":{"label":"low"}},
                {"id":"Copy:-5:2:1","book":{"title":"Emma"},"shelf":{"label":"high"}},
                {"id":"Copy:-5:2:2","book":{"title":"Emma"},"shelf":{"label":"high"}},
                {"id":"Copy:2:1:7","book":{"title":"Ivan"},"shelf":{"label":"low"}},
                {"id":"Copy:2:1:9223372036854775807","book":{"title":"Ivan"},"shelf":{"label":"low"}},
                {"id":"Copy:2:2:1","book":{"title":"Ivan"},"shelf":{"label":"high"}}
              ]
            }
          }
        }"#]],
        )
        .await;
    library.answers(r#"{ node(id: "Copy:2:1:9223372036854775807") { id ... on Copy { number } } copy(id: "Copy:-5:2:2") { id } }"#, expect![[r#"{"data":{"node":{"id":"Copy:2:1:9223372036854775807","number":"9223372036854775807"},"copy":{"id":"Copy:-5:2:2"}}}"#]]).await;
    library.answers(r#"{ copy(id: "Copy:2:1") { id } }"#, expect![[r#"
        {
          "errors":[
            {
              "message":"argument `id` is `Copy:2:1`; allowed is an id of the type Copy, such as `Copy:12:7:3` or `12:7:3`",
              "locations":[{"line":1,"column":3}],
              "path":["copy"],
              "extensions":{"code":"BAD_USER_INPUT"}
            }
          ],
          "data":{"copy":null}
        }"#]]).await;
}

#[tokio::test]
async fn pages_of_children_by_such_keys_meet_each_once() {
    let library = library().await;
    for order in ["[]", "[{ field: NOTE }]", "[{ field: NUMBER, direction: DESC }]"] {
        let walked = library.agree(async |app: &App| {
            let (mut walked, mut cursor) = (Vec::new(), Value::Null);
            loop {
                let query = format!(
                    "query($after: String) {{ book(id: \"Book:-5\") {{ copies(first: 1, after: $after, orderBy: {order}) {{ nodes {{ id }} pageInfo {{ endCursor hasNextPage }} }} }} }}"
                );
                let answer: Value = serde_json::from_str(&app.query_with(&query, &json!({ "after": cursor })).await).unwrap();
                let page = &answer["data"]["book"]["copies"];
                walked.push(page["nodes"][0]["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned());
                if page["pageInfo"]["hasNextPage"] == false {
                    walked.sort();
                    return walked.join(" ");
                }
                cursor = page["pageInfo"]["endCursor"].clone();
            }
        });
        assert_eq!(walked.await, "Copy:-5:1:1 Copy:-5:2:1 Copy:-5:2:2", "{order}");
    }
}

#[tokio::test]
async fn filters_and_orders_reach_over_such_keys() {
    let library = library().await;
    for (arguments, expected) in [
        ("filter: { id: { in: [\"Book:-5\", 4] } }", "EmmaLost"),
        ("filter: { id: { ne: 2 } }", "EmmaLostOblomov"),
        ("filter: { place: { id: { eq: 1 } } }", "EmmaOblomov"),
        ("filter: { copies: { some: { number: { gt: 5 } } } }", "Ivan"),
        ("orderBy: [{ field: PLACE_LABEL }, { field: ID, direction: DESC }]", "IvanOblomovEmmaLost"),
        ("orderBy: [{ field: COPIES_COUNT, direction: DESC }]", "EmmaIvanLostOblomov"),
    ] {
        let query = format!("{{ books({arguments}) {{ nodes {{ title }} }} }}");
        let titles = library.agree(async |app: &App| {
            let data = app.data(&query).await;
            let nodes = data["books"]["nodes"].as_array().unwrap().clone();
            nodes.iter().map(|node| node["title"].as_str().unwrap().to_owned()).collect::<String>()
        });
        assert_eq!(titles.await, expected, "{arguments}");
    }
}

#[tokio::test]
async fn rows_of_such_keys_are_created_changed_and_deleted() {
    let library = library().await;
    library
        .answers(
            r#"mutation { createShelf(label: "new") { shelf { id label books { nodes { id } } } } }"#,
            expect![[r#"{"data":{"createShelf":{"shelf":{"id":"Shelf:4","label":"new","books":{"nodes":[]}}}}}"#]],
        )
        .await;
    library
        .answers(r#"mutation { createBook(shelf: "Shelf:4") { book { id title place { id label } } } }"#, expect![[r#"{"data":{"createBook":{"book":{"id":"Book:9","title":"New","place":{"id":"Shelf:4","label":"new"}}}}}"#]])
        .await;
    library
        .answers(
            r#"mutation { updateShelf(input: { id: 4, label: "old" }) { shelf { id label booksCount } } }"#,
            expect![[r#"{"data":{"updateShelf":{"shelf":{"id":"Shelf:4","label":"old","booksCount":1}}}}"#]],
        )
        .await;
    library
        .answers(
            r#"mutation { deleteShelf(input: { id: 3 }) { deletedId } }"#,
            expect![[r#"{"data":{"deleteShelf":{"deletedId":"Shelf:3"}}}"#]],
        )
        .await;
    library
        .answers(r#"mutation { createBook(shelf: "Shelf:77") { book { id } userErrors { code message } } }"#, expect![[r#"{"data":{"createBook":{"book":null,"userErrors":[{"code":"NOT_FOUND","message":"Shelf:77 does not exist"}]}}}"#]])
        .await;
}

#[tokio::test]
async fn an_id_with_more_bits_than_its_key_is_refused() {
    library().await.answers(r#"{ shelf(id: "Shelf:2147483648") { id } }"#, expect![[r#"
        {
          "errors":[
            {
              "message":"argument `id` is `Shelf:2147483648`; allowed is an id of the type Shelf, such as `Shelf:500` or `500`",
              "locations":[{"line":1,"column":3}],
              "path":["shelf"],
              "extensions":{"code":"BAD_USER_INPUT"}
            }
          ],
          "data":{"shelf":null}
        }"#]]).await;
}

#[tokio::test]
async fn one_child_or_none_is_an_object_and_a_statement_a_level() {
    let library = library().await;
    let query = "{ books(orderBy: [{ field: COVER_COLOR }]) { nodes { title cover { id color book { title } } } } }";
    library
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "books":{
              "nodes":[
                {"title":"Emma","cover":{"id":"Cover:2","color":"blue","book":{"title":"Emma"}}},
                {"title":"Ivan","cover":{"id":"Cover:1","color":"red","book":{"title":"Ivan"}}},
                {"title":"Lost","cover":null},
                {"title":"Oblomov","cover":null}
              ]
            }
          }
        }"#]],
        )
        .await;
    assert_eq!(library.statements(query).await, 3);
    let query = r#"{ book(id: 2) { cover { color } } lost: book(id: 4) { cover { color } } books(filter: { not: { cover: {} } }) { nodes { title } } }"#;
    library
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "book":{"cover":{"color":"red"}},
            "lost":{"cover":null},
            "books":{"nodes":[{"title":"Lost"},{"title":"Oblomov"}]}
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn a_parent_is_found_by_a_column_that_is_unique() {
    let library = library().await;
    let query = "{ loans(orderBy: { field: BOOK_TITLE, direction: DESC, nulls: FIRST }) { nodes { id book { id title cover { color } } } } loan(id: 3) { book { title } } }";
    library
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "loans":{
              "nodes":[
                {"id":"Loan:2","book":null},
                {"id":"Loan:1","book":{"id":"Book:2","title":"Ivan","cover":{"color":"red"}}},
                {"id":"Loan:4","book":{"id":"Book:2","title":"Ivan","cover":{"color":"red"}}},
                {"id":"Loan:3","book":{"id":"Book:-5","title":"Emma","cover":{"color":"blue"}}}
              ]
            },
            "loan":{"book":{"title":"Emma"}}
          }
        }"#]],
        )
        .await;
    library
        .answers(
            r#"{ loans(filter: { book: { title: { eq: "Ivan" } } }) { nodes { id } } }"#,
            expect![[r#"{"data":{"loans":{"nodes":[{"id":"Loan:1"},{"id":"Loan:4"}]}}}"#]],
        )
        .await;
}

/// The library, where this index is unique.
async fn library_with(index: &str) -> Apps {
    let apps = library().await;
    apps.sql(&format!("CREATE UNIQUE INDEX another ON {index}")).await;
    apps
}

#[tokio::test]
async fn a_value_that_is_unique_and_that_another_object_has_is_refused_at_its_place() {
    let query = r#"mutation {
      create: createShelf(label: "low") { shelf { id } userErrors { code message path } }
      update: updateShelf(input: { id: "Shelf:2", label: "low" }) { shelf { label } userErrors { code message path } }
      itself: updateShelf(input: { id: "Shelf:1", label: "low" }) { shelf { label } userErrors { code } }
    }"#;
    library_with("shelves (label)")
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "create":{
              "shelf":null,
              "userErrors":[{"code":"ALREADY_EXISTS","message":"another Shelf has this already","path":["label"]}]
            },
            "update":{
              "shelf":null,
              "userErrors":[{"code":"ALREADY_EXISTS","message":"another Shelf has this already","path":["label"]}]
            },
            "itself":{"shelf":{"label":"low"},"userErrors":[]}
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn what_is_unique_by_an_expression_or_in_no_field_is_refused_as_well() {
    let query = r#"mutation {
      create: createShelf(label: "LOW") { shelf { id } userErrors { code message path } }
      first: createBook(shelf: "Shelf:1") { book { id } userErrors { code } }
      again: createBook(shelf: "Shelf:1") { book { id } userErrors { code message path } }
    }"#;
    library_with("shelves ((lower(label)))").await.answers(query, expect![[r#"
        {
          "data":{
            "create":{
              "shelf":null,
              "userErrors":[{"code":"ALREADY_EXISTS","message":"another Shelf has this already","path":[]}]
            },
            "first":{"book":{"id":"Book:9"},"userErrors":[]},
            "again":{"book":null,"userErrors":[{"code":"ALREADY_EXISTS","message":"another Book has this already","path":[]}]}
          }
        }"#]]).await;
}

/// The code of the error that creating a shelf fails with.
async fn fault(app: &App) -> Value {
    let mut answer = app.answer(r#"mutation { createShelf(label: "new") { shelf { id } userErrors { code } } }"#).await;
    answer["errors"][0]["extensions"]["code"].take()
}

#[tokio::test]
async fn a_key_that_the_database_makes_and_that_is_there_already_is_no_mistake_of_the_client() {
    let Some(apps) = library().await.on_postgres() else { return };
    apps.0[0].sql("SELECT setval(pg_get_serial_sequence('shelves', 'shelf_no'), 1, false)").await;
    assert_eq!(fault(&apps.0[0]).await, "INTERNAL");
}

#[tokio::test]
async fn nor_is_what_a_trigger_writes_elsewhere_that_is_there_already() {
    for app in &library().await.0 {
        app.sql("CREATE TABLE audits (number int UNIQUE)").await;
        app.sql("INSERT INTO audits VALUES (1)").await;
        app.sql(match app.backend() {
            DbBackend::Postgres => {
                "CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS \
                   'BEGIN INSERT INTO audits VALUES (1); RETURN NULL; END'; \
                 CREATE TRIGGER audit AFTER INSERT ON shelves FOR EACH ROW EXECUTE FUNCTION audit()"
            }
            _ => "CREATE TRIGGER audit AFTER INSERT ON shelves BEGIN INSERT INTO audits VALUES (1); END",
        })
        .await;
        assert_eq!(fault(app).await, "INTERNAL");
    }
}
