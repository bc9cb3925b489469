//! Mistakes in a program's nodes, each of which is told in one line before anything is served.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use async_graphql::{EmptyMutation, Object};
use dovetail::{
    api::Schema,
    graphql::{
        node::{Field, Node},
        nodes::{AnyNode, NoFields, Types, node},
    },
    kinds::Enumeration,
};
use expect_test::{Expect, expect};
use sea_orm::{Related, RelationDef, RelationTrait, entity::prelude::*};

mod owner {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "owners")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub name: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod thing {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "things")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub label: String,
        pub owner_name: String,
        #[sea_orm(column_name = "userID")]
        pub user_id: i64,
        #[sea_orm(column_type = "Decimal(None)")]
        pub price: String,
        #[sea_orm(column_type = "Json")]
        pub extra: String,
        #[sea_orm(column_type = "Uuid")]
        pub token: String,
        #[sea_orm(column_type = "Char(Some(3))")]
        pub code: String,
        #[sea_orm(column_type = "String(StringLen::N(9))")]
        pub short: String,
        pub maybe: Option<String>,
        pub tags: Vec<String>,
        pub owner_id: i64,
        #[sea_orm(belongs_to, from = "owner_id", to = "id")]
        pub owner: BelongsTo<super::owner::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod other {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "others")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub owner_id: Option<i64>,
        pub thing_id: i64,
        pub word: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The join table of owners and others.
mod tie {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ties")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub owner_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub other_id: i64,
        #[sea_orm(belongs_to, from = "owner_id", to = "id")]
        pub owner: BelongsTo<super::owner::Entity>,
        #[sea_orm(belongs_to, from = "other_id", to = "id")]
        pub other: BelongsTo<super::other::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A join table with a key of its own.
mod visit {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "visits")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub owner_id: i64,
        pub other_id: i64,
        #[sea_orm(belongs_to, from = "owner_id", to = "id")]
        pub owner: BelongsTo<super::owner::Entity>,
        #[sea_orm(belongs_to, from = "other_id", to = "id")]
        pub other: BelongsTo<super::other::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What passes name by a column that is not its primary key, and has one seal.
mod badge {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "badges")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        #[sea_orm(unique)]
        pub code: i64,
        #[sea_orm(has_one)]
        pub seal: HasOne<super::seal::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod seal {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "seals")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        #[sea_orm(unique)]
        pub badge_id: i64,
        #[sea_orm(belongs_to, from = "badge_id", to = "id")]
        pub badge: BelongsTo<super::badge::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod pass {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "passes")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub code: i64,
        #[sea_orm(belongs_to, from = "code", to = "code")]
        pub badge: BelongsTo<super::badge::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// By a foreign key that may be NULL.
impl Related<owner::Entity> for other::Entity {
    fn to() -> RelationDef {
        Self::belongs_to(owner::Entity).from(other::Column::OwnerId).to(owner::Column::Id).into()
    }
}

/// By a column that is not the primary key.
impl Related<thing::Entity> for other::Entity {
    fn to() -> RelationDef {
        Self::belongs_to(thing::Entity).from(other::Column::ThingId).to(thing::Column::OwnerId).into()
    }
}

/// By a column that is not a number.
impl Related<other::Entity> for other::Entity {
    fn to() -> RelationDef {
        Self::belongs_to(other::Entity).from(other::Column::Word).to(other::Column::Id).into()
    }
}

/// By the relation of another table.
impl Related<other::Entity> for thing::Entity {
    fn to() -> RelationDef {
        thing::Relation::Owner.def()
    }
}

/// Over a join table.
impl Related<other::Entity> for owner::Entity {
    fn to() -> RelationDef {
        tie::Relation::Other.def()
    }

    fn via() -> Option<RelationDef> {
        Some(tie::Relation::Owner.def().rev())
    }
}

macro_rules! node {
    ($name:ident, $entity:ident, [$($field:expr),* $(,)?]) => {
        struct $name;
        impl Node for $name {
            type Entity = $entity::Entity;
            const TYPE: &'static str = stringify!($name);
            const DESCRIPTION: &'static str = "A type.";
            const FIELDS: &'static [Field<Self>] = &[$($field),*];
        }
    };
}

/// Checks a program of these nodes: the line that refuses it is the one expected.
macro_rules! refuses {
    ([$($node:ident),*], $expected:expr) => {{
        struct Program;
        impl Types for Program {
            const NODES: &'static [&'static dyn AnyNode] = &[$(node::<$node>()),*];
            type Query = NoFields;
            type Mutation = EmptyMutation;
        }
        refused::<Program>($expected);
    }};
}

fn refused<T: Types>(expected: Expect) {
    let error = format!("{:#}", T::check().unwrap_err());
    expected.assert_eq(&error);
    assert!(!error.contains('\n'), "one line");
    // So does what makes the schema, before anything is opened.
    assert_eq!(format!("{:#}", Schema::new::<T>().err().unwrap()), error);
}

node!(Owner, owner, [Field::column(owner::Column::Name, "The name.").order()]);
node!(Other, other, []);

#[test]
fn a_column_of_a_type_that_no_field_has() {
    node!(Price, thing, [Field::column(thing::Column::Price, "The price.")]);
    refuses!(
        [Price],
        expect![
            "Price.price: the column `price` is of the type Decimal(None), but the entity holds it as a type of Rust that is not supported for it; an enum is declared with `Field::enumeration`"
        ]
    );
    node!(Extra, thing, [Field::column(thing::Column::Extra, "More.")]);
    refuses!(
        [Extra],
        expect![
            "Extra.extra: the column `extra` is of the type Json, but the entity holds it as a type of Rust that is not supported for it; an enum is declared with `Field::enumeration`"
        ]
    );
    node!(Token, thing, [Field::column(thing::Column::Token, "The token.")]);
    refuses!(
        [Token],
        expect![
            "Token.token: the column `token` is of the type Uuid, but the entity holds it as a type of Rust that is not supported for it; an enum is declared with `Field::enumeration`"
        ]
    );
    node!(Code, thing, [Field::column(thing::Column::Code, "The code.")]);
    refuses!([Code], expect!["Code.code: the column `code` is of the type Char(Some(3)), which is not supported"]);
}

#[test]
fn a_column_that_cannot_hold_texts_folded() {
    node!(Unfiltered, thing, [Field::column(thing::Column::Label, "The label.").folded(thing::Column::OwnerName)]);
    refuses!([Unfiltered], expect!["Unfiltered.label: `folded` is for columns of texts with `filter`"]);
    node!(Itself, thing, [Field::column(thing::Column::Label, "The label.").filter().folded(thing::Column::Label)]);
    refuses!(
        [Itself],
        expect!["Itself.label: the column `label`, for the folded texts, is another field's or a key's"]
    );
    node!(Number, thing, [Field::column(thing::Column::Label, "The label.").filter().folded(thing::Column::OwnerId)]);
    refuses!([Number], expect!["Number.label: the column `owner_id` is of the type BigInteger; folded are texts"]);
    node!(Short, thing, [Field::column(thing::Column::Label, "The label.").filter().folded(thing::Column::Short)]);
    refuses!(
        [Short],
        expect![
            "Short.label: the column `short` has a most of characters; folded, a text may have more of them than before"
        ]
    );
    node!(Maybe, thing, [Field::column(thing::Column::Label, "The label.").filter().folded(thing::Column::Maybe)]);
    refuses!([Maybe], expect!["Maybe.label: the columns `label` and `maybe` may be NULL both, or neither"]);
}

/// A key that PostgreSQL pads, and a schema of its own.
mod padded {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(schema_name = "billing", table_name = "padded")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Char(Some(2))")]
        pub code: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

#[test]
fn a_key_whose_column_is_of_another_type_and_a_schema_that_sqlite_does_not_have() {
    node!(Padded, padded, []);
    refuses!(
        [Padded],
        expect![
            "Padded: the key column `code` is of the type Char(Some(2)), which the entity holds as another type; keys are integers, texts and UUIDs"
        ]
    );
    expect!["Padded: the table `billing.padded` names a schema, of which SQLite has `main` alone; use PostgreSQL"]
        .assert_eq(&node::<Padded>().check_sqlite(&[]).unwrap_err().to_string());
}

#[test]
fn an_array_where_the_database_has_none_and_an_order_by_one() {
    node!(Tagged, thing, [Field::column(thing::Column::Tags, "The tags.").filter()]);
    expect!["Tagged.tags: the column `tags` is an array, which SQLite does not have; use PostgreSQL"]
        .assert_eq(&node::<Tagged>().check_sqlite(&[]).unwrap_err().to_string());
    node!(Ordered, thing, [Field::column(thing::Column::Tags, "The tags.").order()]);
    refuses!(
        [Ordered],
        expect!["Ordered.tags: the column `tags` is of the type Array(String(None)), which has no order"]
    );
}

#[test]
fn a_number_that_must_not_be_blank() {
    node!(Thing, thing, [Field::column(thing::Column::OwnerId, "The owner's key.").not_blank()]);
    refuses!([Thing], expect!["Thing.ownerId: the column `owner_id` is of the type BigInteger, which is never blank"]);
}

#[test]
fn a_join_table_whose_foreign_key_may_be_null() {
    node!(Wrong, thing, [Field::children_over::<Other, Owner>("owners", "The owners.")]);
    refuses!(
        [Wrong, Other, Owner],
        expect!["Wrong.owners: the join table's foreign key `owner_id` may be NULL, which is not supported"]
    );
}

#[test]
fn a_join_table_that_may_have_a_pair_twice() {
    node!(Visit, visit, []);
    node!(Wrong, owner, [Field::children_over::<Visit, Other>("others", "The others.")]);
    refuses!(
        [Wrong, Visit, Other],
        expect![
            "Wrong.others: the primary key of the join table `visits` is not `owner_id` and `other_id`, so that a child could be in a list twice; list its rows"
        ]
    );
}

#[test]
fn a_parent_or_children_by_a_column_that_is_not_the_parents_key() {
    node!(Thing, thing, []);
    node!(Wrong, other, [Field::parent::<Thing>("thing", "The thing.")]);
    refuses!(
        [Wrong, Thing],
        expect![
            "Wrong.thing: `things.owner_id` is neither the primary key nor unique, so that the relation may lead to several rows"
        ]
    );
    node!(Listed, thing, [Field::children::<Other>("others", "The others.")]);
    refuses!(
        [Listed, Other],
        expect![
            "Listed.others: `things.owner_id` is neither the primary key nor unique, so that the relation may lead to several rows"
        ]
    );
}

#[test]
fn children_by_a_unique_column_that_is_not_the_primary_key() {
    node!(Pass, pass, [Field::parent::<Badge>("badge", "The badge.")]);
    node!(Badge, badge, [Field::children::<Pass>("passes", "The passes.")]);
    refuses!(
        [Badge, Pass],
        expect!["Badge.passes: `badges.code` is not the primary key, by which children must name their parent"]
    );
}

#[test]
fn a_parent_by_the_relation_of_its_one_child() {
    node!(Seal, seal, []);
    node!(Badge, badge, [Field::parent::<Seal>("seal", "The seal.")]);
    refuses!(
        [Badge, Seal],
        expect!["Badge.seal: the foreign key is the other table's: `Field::child` and `Field::children` are for that"]
    );
}

#[test]
fn one_child_by_a_foreign_key_that_several_may_have() {
    node!(Thing, thing, []);
    node!(Wrong, owner, [Field::child::<Thing>("thing", "The thing.")]);
    refuses!(
        [Wrong, Thing],
        expect![
            "Wrong.thing: `things.owner_id` is neither the primary key nor unique, so that the relation may lead to several rows"
        ]
    );
}

#[test]
fn a_parent_by_a_column_of_another_type_than_its_key() {
    node!(Wrong, other, [Field::parent::<Other>("other", "The other.")]);
    refuses!(
        [Wrong, Other],
        expect![
            "Wrong.other: `others.word` is of the type String(None), but `others.id`, which it names, of BigInteger"
        ]
    );
}

#[test]
fn a_parent_by_the_relation_of_other_tables() {
    node!(Wrong, thing, [Field::parent::<Other>("other", "The other.")]);
    refuses!([Wrong, Other], expect!["Wrong.other: the relation does not lead from `things` to `others`"]);
}

#[test]
fn a_parent_over_a_join_table() {
    node!(Wrong, owner, [Field::parent::<Other>("other", "The other.")]);
    refuses!([Wrong, Other], expect!["Wrong.other: a parent over a join table is not supported"]);
}

#[test]
fn children_whose_key_column_says_another_type_of_parent() {
    node!(Wrong, other, [Field::children::<Thing>("things", "The things.")]);
    node!(Thing, thing, []);
    refuses!([Wrong, Thing], expect!["Wrong.things: the relation does not lead from `things` to `others`"]);
}

#[test]
fn an_order_by_a_field_that_the_parent_has_not_or_is_not_ordered_by() {
    node!(Unknown, thing, [Field::parent::<Owner>("owner", "The owner.").order_by("title")]);
    refuses!([Unknown, Owner], expect!["Unknown.owner: `order_by` is `title`, by which no list of `Owner` is ordered"]);
    node!(Plain, owner, [Field::column(owner::Column::Name, "The name.")]);
    node!(Unordered, thing, [Field::parent::<Plain>("owner", "The owner.").order_by("name")]);
    refuses!(
        [Unordered, Plain],
        expect!["Unordered.owner: `order_by` is `name`, by which no list of `Plain` is ordered"]
    );
}

#[test]
fn what_is_for_parents_of_a_column_and_for_columns_of_a_parent() {
    node!(Column, thing, [Field::column(thing::Column::Label, "The label.").order_by("name")]);
    refuses!([Column], expect!["Column.label: `order_by` is for parents"]);
    node!(Parent, thing, [Field::parent::<Owner>("owner", "The owner.").order()]);
    refuses!(
        [Parent, Owner],
        expect!["Parent.owner: `order`, `not_blank` and `folded` are not for parents, which have `order_by`"]
    );
    node!(List, owner, [Field::children::<Thing>("things", "The things.").order_by("label")]);
    node!(Thing, thing, []);
    refuses!([List, Thing], expect!["List.things: `order_by` is for parents, `not_blank` and `folded` for columns"]);
}

#[test]
fn two_fields_of_one_name() {
    node!(
        Twice,
        thing,
        [Field::column(thing::Column::Label, "The label."), Field::parent::<Owner>("label", "The owner."),]
    );
    refuses!([Twice, Owner], expect!["Twice: there are two fields `label`"]);
    node!(Id, thing, [Field::column(thing::Column::Id, "The key.")]);
    refuses!([Id], expect!["Id: there are two fields `id`"]);
    node!(Kind, thing, []);
    refuses!(
        [Kind],
        expect![
            "Kind: there would be two fields `kind` of its changes; `const CHANGES: bool = false` says that there are none"
        ]
    );
}

#[test]
fn two_types_of_one_name_or_with_one_root_field() {
    node!(Things, thing, []);
    refuses!(
        [Things],
        expect![
            "Things: `Query.things` is the field of another type, or of both its look-up and its list; give it another `list_name`"
        ]
    );
    node!(Thing, thing, []);
    node!(Copy, thing, []);
    refuses!(
        [Thing, Copy],
        expect![
            "Copy: `Query.things` is the field of another type, or of both its look-up and its list; give it another `list_name`"
        ]
    );
    refuses!([Thing, Thing], expect!["Thing: there are two nodes of this type"]);
}

#[test]
fn a_type_whose_name_the_schema_has_already() {
    node!(PageInfo, thing, []);
    refuses!([PageInfo], expect!["PageInfo: the schema has two types `PageInfo`"]);
    node!(Thing, thing, []);
    node!(ThingEdge, owner, []);
    refuses!([Thing, ThingEdge], expect!["ThingEdge: the schema has two types `ThingEdge`"]);
    node!(Ties, tie, []);
    node!(
        Twice,
        owner,
        [
            Field::children_over::<Ties, Other>("others", "The others."),
            Field::children_over::<Ties, Other>("more", "More."),
        ]
    );
    refuses!(
        [Other, Ties, Twice],
        expect![
            "Ties: `Query.ties` is the field of another type, or of both its look-up and its list; give it another `list_name`"
        ]
    );
}

#[test]
fn two_orders_of_one_name_and_a_filter_whose_name_has_a_meaning() {
    node!(
        Orders,
        thing,
        [
            Field::parent::<Owner>("owner", "The owner.").order_by("name"),
            Field::column(thing::Column::OwnerName, "The owner's name, copied.").order(),
        ]
    );
    refuses!([Orders, Owner], expect!["Orders.ownerName: there are two orders `OWNER_NAME`"]);
    node!(Or, thing, [Field::parent::<Owner>("or", "The owner.").filter()]);
    refuses!([Or, Owner], expect!["Or.or: a filter of this name has a meaning of its own"]);
}

#[test]
fn a_type_that_is_referred_to_but_not_listed() {
    node!(Thing, thing, [Field::parent::<Owner>("owner", "The owner.")]);
    refuses!([Thing], expect!["Thing.owner: the type `Owner` is not among the nodes"]);
}

#[derive(Default)]
struct Own;

#[Object]
impl Own {
    /// A field of a node's name.
    async fn thing(&self) -> i32 {
        1
    }
}

#[test]
fn a_root_field_of_the_programs_own_with_the_name_of_a_nodes() {
    node!(Thing, thing, []);
    struct Program;
    impl Types for Program {
        const NODES: &'static [&'static dyn AnyNode] = &[node::<Thing>()];
        type Query = Own;
        type Mutation = EmptyMutation;
    }
    refused::<Program>(expect![
        "Thing: `Query.thing` is the field of another type, or of both its look-up and its list; give it another `list_name`"
    ]);
}

#[test]
fn a_name_that_is_none_of_graphql() {
    node!(Thing, thing, [Field::parent::<Owner>("the owner", "The owner.")]);
    refuses!(
        [Thing, Owner],
        expect![
            "Thing.the owner: `the owner` is no name of GraphQL: letters, digits and `_`, no digit first, and not `__` first"
        ]
    );
    node!(__Thing, thing, []);
    refuses!(
        [__Thing],
        expect![
            "__Thing: `__Thing` is no name of GraphQL: letters, digits and `_`, no digit first, and not `__` first"
        ]
    );
}

/// An enum that a text stands for, and one of the database's own.
mod paint {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
    #[sea_orm(rs_type = "String", db_type = "String(StringLen::N(5))")]
    pub enum Color {
        #[sea_orm(string_value = "red")]
        Red,
        #[sea_orm(string_value = "green")]
        Green,
    }

    #[derive(Clone, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
    #[sea_orm(rs_type = "String", db_type = "Enum", enum_name = "finish")]
    pub enum Finish {
        #[sea_orm(string_value = "mat")]
        Mat,
    }

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "paints")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub color: Color,
        pub finish: Finish,
        pub made: ChronoDateTimeLocal,
        pub extra: Json,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

impl Enumeration for paint::Color {
    const TYPE: &'static str = "Color";
    const DESCRIPTION: &'static str = "A color.";
    const VALUES: &'static [(Self, &'static str, &'static str)] = &[(Self::Red, "RED", "Red.")];
}

impl Enumeration for paint::Finish {
    const TYPE: &'static str = "Paint";
    const DESCRIPTION: &'static str = "A finish.";
    const VALUES: &'static [(Self, &'static str, &'static str)] = &[(Self::Mat, "MAT", "It does not shine.")];
}

#[test]
fn an_enum_that_is_declared_as_a_plain_column() {
    node!(Text, paint, [Field::column(paint::Column::Color, "The color.")]);
    refuses!(
        [Text],
        expect![
            "Text.color: the column `color` is of the type String(N(5)), but the entity holds it as a type of Rust that is not supported for it; an enum is declared with `Field::enumeration`"
        ]
    );
    node!(Own, paint, [Field::column(paint::Column::Finish, "The finish.")]);
    refuses!([Own], expect!["Own.finish: the column `finish` is an enum; declare it with `Field::enumeration`"]);
}

#[test]
fn an_enum_that_lacks_a_value() {
    node!(Paint, paint, [Field::enumeration::<paint::Color>(paint::Column::Color, "The color.")]);
    refuses!(
        [Paint],
        expect![[r#"Paint.color: `VALUES` of the enum `Color` has "green" 0 times; it must have it once"#]]
    );
}

#[test]
fn an_enum_of_another_column_type() {
    node!(Paint, paint, [Field::enumeration::<paint::Finish>(paint::Column::Made, "The finish.")]);
    refuses!(
        [Paint],
        expect![
            "Paint.made: the column `made` is of the type TimestampWithTimeZone, by which no value of `Paint` is stored"
        ]
    );
}

#[test]
fn an_enum_with_the_name_of_another_type() {
    node!(Paint, paint, [Field::enumeration::<paint::Finish>(paint::Column::Finish, "The finish.")]);
    refuses!([Paint], expect!["the schema has two types `Paint`"]);
}

#[test]
fn a_column_that_the_entity_holds_as_another_type() {
    node!(Paint, paint, [Field::column(paint::Column::Made, "When it was made.")]);
    refuses!(
        [Paint],
        expect![
            "Paint.made: the column `made` is of the type TimestampWithTimeZone, but the entity holds it as a type of Rust that is not supported for it; an enum is declared with `Field::enumeration`"
        ]
    );
}

#[test]
fn an_order_by_json() {
    node!(Paint, paint, [Field::column(paint::Column::Extra, "More.").order()]);
    refuses!([Paint], expect!["Paint.extra: the column `extra` is of the type Json, which has no order"]);
}
