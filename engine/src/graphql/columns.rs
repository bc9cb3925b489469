//! The fields that are columns of the object's row.

use std::{borrow::Cow, marker::PhantomData};

use async_graphql::{
    ContainerType, Context, ContextSelectionSet, ObjectType, OutputType, Positioned, ScalarType, ServerResult,
    Value as Answer,
    indexmap::IndexMap,
    parser::types::Field,
    registry::{MetaField, MetaTypeId, ObjectBuilder, Registry},
    resolver_utils::resolve_container,
};
use heck::ToLowerCamelCase;
use sea_orm::{
    ColumnTrait, EntityTrait, IdenStatic, Value,
    prelude::{ChronoDate, ChronoDateTime, ChronoTime},
    sea_query::ColumnType,
};

use super::{
    json::{write_text, write_value},
    moment::Moment,
    node::Node,
};
use crate::{
    error::{Error, Result},
    loaders::{Cell, Key, Row, Table},
};

/// The fields of a node that are columns, for `#[graphql(flatten)]`.
pub struct ColumnFields<N: Node>(Row<N::Entity>, PhantomData<N>);

impl<N: Node> ColumnFields<N> {
    /// Those of this node.
    pub fn of(node: &N) -> Self {
        Self(node.as_ref().clone(), PhantomData)
    }
}

/// The column that a node's field is.
pub fn column<N: Node>(field: &str) -> Option<<N::Entity as EntityTrait>::Column> {
    N::COLUMNS.iter().map(|(column, _)| *column).find(|column| is_camel_case(field, column.as_str()))
}

/// What of a node can be written without its resolver.
#[derive(Clone, Copy)]
pub enum Part<C> {
    /// The id.
    Id,
    /// A column, or its place in a row.
    Column(C),
}

/// What a node's field is, if it can be written without its resolver.
pub fn part<N: Node>(field: &str) -> Option<Part<<N::Entity as EntityTrait>::Column>> {
    if field == "id" { Some(Part::Id) } else { column::<N>(field).map(Part::Column) }
}

/// Writes the id of the node with this key, as [`Node::global_id`] has it.
pub fn write_id<N: Node>(key: <N::Entity as Table>::Key, json: &mut Vec<u8>) {
    json.push(b'"');
    json.extend_from_slice(N::TYPE.as_bytes());
    for part in key.parts().as_ref() {
        json.push(b':');
        // A vector cannot refuse.
        let _ = serde_json::to_writer(&mut *json, part);
    }
    json.push(b'"');
}

/// Writes a column's value.
pub fn write_cell(cell: Cell<'_>, json: &mut Vec<u8>) -> Result<()> {
    match cell {
        Cell::Text(text) => write_text(text, json),
        other => write_value(&answer(other)?, json),
    }
    Ok(())
}

/// Whether `camel` is the name `snake` in camel case.
fn is_camel_case(camel: &str, snake: &str) -> bool {
    let mut rest = camel.bytes();
    let words = snake.split('_').enumerate();
    let mut letters = words.flat_map(|(word, letters)| {
        letters
            .bytes()
            .enumerate()
            .map(move |(letter, byte)| if word > 0 && letter == 0 { byte.to_ascii_uppercase() } else { byte })
    });
    letters.all(|letter| rest.next() == Some(letter)) && rest.next().is_none()
}

impl<N: Node> OutputType for ColumnFields<N> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Columns", N::TYPE).into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Object, |registry| {
            let mut fields = IndexMap::new();
            for (column, description) in N::COLUMNS {
                let name = column.as_str().to_lower_camel_case();
                let mut field = MetaField::new(name.clone(), type_of(*column, registry));
                field.description = Some((*description).to_owned());
                fields.insert(name, field);
            }
            ObjectBuilder::new(Self::type_name(), fields).build()
        })
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Answer> {
        resolve_container(context, self).await
    }
}

impl<N: Node> ContainerType for ColumnFields<N> {
    async fn resolve_field(&self, context: &Context<'_>) -> ServerResult<Option<Answer>> {
        let Some(column) = column::<N>(&context.item.node.name.node) else { return Ok(None) };
        let value = self.0.cell(column).and_then(answer);
        value.map(Some).map_err(|error| error.of_field(context))
    }
}

impl<N: Node> ObjectType for ColumnFields<N> {}

/// The GraphQL type of a column.
fn type_of(column: impl ColumnTrait, registry: &mut Registry) -> String {
    fn named<T: OutputType>(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }
    let column = column.def();
    let name = match column.get_column_type() {
        ColumnType::Boolean => named::<bool>(registry),
        ColumnType::SmallInteger | ColumnType::Integer | ColumnType::BigInteger => named::<i64>(registry),
        ColumnType::Float | ColumnType::Double => named::<f64>(registry),
        ColumnType::Date => named::<ChronoDate>(registry),
        ColumnType::Time => named::<ChronoTime>(registry),
        ColumnType::DateTime | ColumnType::Timestamp => named::<ChronoDateTime>(registry),
        ColumnType::TimestampWithTimeZone => named::<Moment>(registry),
        _ => named::<String>(registry),
    };
    if column.is_null() { name.trim_end_matches('!').to_owned() } else { name }
}

/// A column's value as a GraphQL value.
pub fn answer(cell: Cell<'_>) -> Result<Answer> {
    Ok(match cell {
        Cell::Text(text) => text.into(),
        Cell::Value(value) => match value {
            Value::Bool(value) => value.into(),
            Value::SmallInt(value) => value.into(),
            Value::Int(value) => value.into(),
            Value::BigInt(value) => value.into(),
            Value::Float(value) => value.into(),
            Value::Double(value) => value.into(),
            Value::String(text) => text.into(),
            Value::ChronoDate(date) => scalar(date),
            Value::ChronoTime(time) => scalar(time),
            Value::ChronoDateTime(moment) => scalar(moment),
            Value::ChronoDateTimeUtc(moment) => scalar(moment.map(Moment::of).transpose()?),
            other => return Err(Error::broken(format!("{other:?} is of a type that no field has"))),
        },
    })
}

fn scalar<T: ScalarType>(value: Option<T>) -> Answer {
    value.as_ref().map_or(Answer::Null, ScalarType::to_value)
}
