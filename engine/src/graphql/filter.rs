//! The input objects that say which items a list has, and what they become.

use std::{any::type_name, borrow::Cow, marker::PhantomData};

use async_graphql::{
    ID, InputObject, InputType, InputValueError, InputValueResult, Name, TypeName, Value as Given,
    indexmap::IndexMap,
    registry::{InputObjectBuilder, MetaTypeId, Registry},
};
use sea_orm::Value;
use serde_json::Value as Json;

use super::{
    argument::input_value,
    column::{Operator, declare_filter},
    conditions::{Conditions, FilterInput},
    node::{Node, Source, found, has_id, in_words},
};
use crate::{
    error::{Error, Result, excerpt},
    kinds::{Kind, OfKind, fold},
    loaders::{Column, Filter, Hop, Key, Relation, Table, Test, key_columns},
};

/// The filter of a type's lists: all that is given in it must hold.
pub struct NodeFilter<N: Node>(IndexMap<Name, Given>, PhantomData<fn() -> N>);

impl<N: Node> InputType for NodeFilter<N> {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        format!("{}Filter", N::TYPE).into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_input_type::<Self, _>(MetaTypeId::InputObject, |registry| {
            let mut fields = IndexMap::new();
            let mut add = |name: &str, ty, description: String| fields.extend([input_value(name, ty, description)]);
            let list = Option::<Vec<Self>>::create_type_info(registry);
            add("and", list.clone(), "All of these hold.".to_owned());
            add("or", list, "At least one of these holds.".to_owned());
            add("not", Option::<Self>::create_type_info(registry), "This does not hold.".to_owned());
            if has_id::<N>() {
                add("id", Option::<IdFilter>::create_type_info(registry), "The id.".to_owned());
            }
            for field in N::FIELDS.iter().filter(|field| field.filters) {
                let ty = match field.source {
                    Source::Column(column) => declare_filter(field.kind_of(column), field.folded.is_some(), registry),
                    Source::Parent(_, _, parent) => parent.declare_filter(registry),
                    Source::List(_, _, children) => children.declare_filter(registry),
                };
                add(&field.name(), ty, field.summary());
            }
            let noun = in_words(N::TYPE);
            let description = format!(
                "Conditions on each {noun}: all that are given must hold. A field left out or `null` restricts nothing."
            );
            InputObjectBuilder::new(Self::type_name(), fields)
                .rust_typename(type_name::<Self>())
                .description(Some(description))
                .build()
        })
    }

    fn parse(value: Option<Given>) -> InputValueResult<Self> {
        match value {
            Some(Given::Object(given)) => Ok(Self(given, PhantomData)),
            other => Err(InputValueError::expected_type(other.unwrap_or_default())),
        }
    }

    fn to_value(&self) -> Given {
        Given::Object(self.0.clone())
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

impl<N: Node> FilterInput for NodeFilter<N> {
    /// In the order of the type's fields, whatever that of the text: alike filters share a statement.
    fn add_to(self, all: &mut Conditions) -> Result<()> {
        let Self(mut given, _) = self;
        let mut take = |name: &str| given.swap_remove(name).filter(|given| *given != Given::Null);
        let [and, or, not, id] = ["and", "or", "not", "id"].map(&mut take);
        all.logic(and.map(read::<Vec<Self>>).transpose()?, or.map(read).transpose()?, not.map(read).transpose()?)?;
        if let Some(id) = id {
            all.id::<N>(read(id)?)?;
        }
        for field in N::FIELDS.iter().filter(|field| field.filters) {
            let name = field.name();
            let Some(given) = take(&name) else { continue };
            match field.source {
                Source::Column(column) => {
                    let folded = field.folded.map(|folded| Column::of(folded, Kind::TEXT));
                    all.column(&name, Column::of(column, field.kind_of(column)), folded, given)?;
                }
                Source::Parent(_, hop, parent) => parent.add_filter(&name, found(hop)?, given, all)?,
                Source::List(_, find, children) => children.add_filter(&name, found(find)?, given, all)?,
            }
        }
        Ok(())
    }
}

/// A part of a filter, which the front has found valid.
pub(super) fn read<T: InputType>(given: Given) -> Result<T> {
    T::parse(Some(given)).map_err(|_| Error::broken("a filter that was found valid is not"))
}

/// Comparisons with an id, or its bare key: all that are given must hold. A field left out or `null` restricts nothing.
#[derive(InputObject)]
#[graphql(name = "IDFilter")]
pub struct IdFilter {
    /// Equals this value.
    eq: Option<ID>,
    /// Differs from this value.
    ne: Option<ID>,
    /// Equals one of these values.
    #[graphql(name = "in")]
    among: Option<Vec<ID>>,
}

/// Conditions on the items of a list. A field left out or `null` restricts nothing.
#[derive(InputObject)]
#[graphql(name_type)]
pub struct ListFilter<F: FilterInput> {
    /// At least one item satisfies this.
    some: Option<Box<F>>,
    /// No item satisfies this.
    none: Option<Box<F>>,
    /// All items satisfy this; true of an empty list.
    every: Option<Box<F>>,
}

impl<F: FilterInput> TypeName for ListFilter<F> {
    fn type_name() -> Cow<'static, str> {
        let filter = F::type_name();
        format!("{}ListFilter", filter.strip_suffix("Filter").unwrap_or(&filter)).into()
    }
}

impl Conditions {
    /// The object's own id, of a key of one part.
    fn id<N: Node>(&mut self, IdFilter { eq, ne, among }: IdFilter) -> Result<()> {
        let kinds = <N::Entity as Table>::Key::KINDS;
        let Some((column, kind)) = key_columns::<N::Entity>().zip(kinds).next() else { return Ok(()) };
        let column = Column::of(column, *kind);
        let key = |id: &ID, path: &str| Ok(N::key(id, path)?.part(0).into_value());
        self.test("id", column, "eq", eq, |id, path| Ok(Test::Eq(key(&id, path)?)))?;
        self.test("id", column, "ne", ne, |id, path| Ok(Test::Ne(key(&id, path)?)))?;
        self.test("id", column, "in", among, |ids, path| {
            let keys = ids.iter().enumerate().map(|(index, id)| key(id, &format!("{path}.{index}")));
            Ok(Test::In(keys.collect::<Result<_>>()?))
        })
    }

    /// A field's column, by the filter of its kind, and the column that holds its texts `folded`.
    fn column(&mut self, field: &str, column: Column, folded: Option<Column>, given: Given) -> Result<()> {
        let Given::Object(mut given) = given else { return Err(Error::broken("a column's filter is no object")) };
        let mut take = |name: &str| given.swap_remove(name).filter(|given| *given != Given::Null);
        for (operator, name) in Operator::ALL {
            self.test(field, column, name, take(name), |given, path| test(operator, column.kind, given, path))?;
        }
        for (folded, (operator, name, _)) in
            folded.into_iter().flat_map(|folded| Operator::FOLDED.map(|it| (folded, it)))
        {
            let fold = |given| if let Given::String(text) = given { Given::String(fold(&text)) } else { given };
            self.test(field, folded, name, take(name), |given, path| test(operator, folded.kind, fold(given), path))?;
        }
        Ok(())
    }

    /// The object that a foreign key names, by the field that shows it.
    pub(super) fn parent<F: FilterInput>(&mut self, field: &str, hop: Hop, filter: F) -> Result<()> {
        let filter = self.related(field, filter)?;
        self.push(Filter::Some(vec![hop], Box::new(filter)));
        Ok(())
    }

    /// The children, by the field that lists them.
    pub(super) fn children<F: FilterInput>(
        &mut self,
        field: &str,
        relation: Relation,
        ListFilter { some, none, every }: ListFilter<F>,
    ) -> Result<()> {
        let some_of = |filter| Filter::Some(relation.hops(), Box::new(filter));
        if let Some(some) = some {
            let filter = self.related(&format!("{field}.some"), *some)?;
            self.push(some_of(filter));
        }
        if let Some(none) = none {
            let filter = self.related(&format!("{field}.none"), *none)?;
            self.push(Filter::Not(Box::new(some_of(filter))));
        }
        if let Some(every) = every {
            let filter = self.related(&format!("{field}.every"), *every)?;
            self.push(Filter::Not(Box::new(some_of(Filter::Not(Box::new(filter))))));
        }
        Ok(())
    }
}

/// The test that an operator makes of what is given to it, which `path` holds.
fn test(operator: Operator, kind: Kind, given: Given, path: &str) -> Result<Test> {
    match (operator, given) {
        (Operator::IsNull, given) => Ok(Test::IsNull(given == Given::Boolean(true))),
        (Operator::Has, item) => {
            operand(kind.item().unwrap_or(kind), &item, path).map(|item| Test::HasEvery(vec![item]))
        }
        (Operator::In | Operator::HasEvery | Operator::HasSome, Given::List(items)) => {
            let kind = kind.item().unwrap_or(kind);
            let values = items.iter().enumerate();
            let values = values.map(|(index, item)| operand(kind, item, &format!("{path}.{index}")));
            let values = values.collect::<Result<_>>()?;
            Ok(match operator {
                Operator::HasEvery => Test::HasEvery(values),
                Operator::HasSome => Test::HasSome(values),
                _ => Test::In(values),
            })
        }
        (Operator::At, Given::Object(at)) => at_path(at, path),
        (Operator::In | Operator::HasEvery | Operator::HasSome, item) => {
            test(operator, kind, Given::List(vec![item]), path)
        }
        (operator, given) => {
            let value = operand(kind, &given, path)?;
            let text = |value| match value {
                Value::String(Some(text)) => Ok(text),
                other => Err(Error::broken(format!("{other:?} is no text"))),
            };
            Ok(match operator {
                Operator::Eq => Test::Eq(value),
                Operator::Ne => Test::Ne(value),
                Operator::Gt => Test::Gt(value),
                Operator::Gte => Test::Gte(value),
                Operator::Lt => Test::Lt(value),
                Operator::Lte => Test::Lte(value),
                Operator::Contains => Test::Contains(text(value)?),
                Operator::StartsWith => Test::StartsWith(text(value)?),
                Operator::EndsWith => Test::EndsWith(text(value)?),
                Operator::In
                | Operator::Has
                | Operator::HasEvery
                | Operator::HasSome
                | Operator::At
                | Operator::IsNull => {
                    return Err(Error::broken("an operator without its value"));
                }
            })
        }
    }
}

/// The most names of a path.
const MOST_NAMES: usize = 16;

/// The test of what is in a value of JSON.
fn at_path(mut at: IndexMap<Name, Given>, argument: &str) -> Result<Test> {
    let path: Vec<String> = read(at.swap_remove("path").unwrap_or_default())?;
    if path.is_empty() || path.len() > MOST_NAMES {
        let problem = format!("has {} names; allowed are 1 to {MOST_NAMES}", path.len());
        return Err(Error::bad_argument(&format!("{argument}.path"), problem));
    }
    for (index, name) in path.iter().enumerate() {
        Kind::TEXT
            .ensure(&name.as_str().into())
            .map_err(|problem| Error::bad_argument(&format!("{argument}.path.{index}"), problem))?;
    }
    let argument = format!("{argument}.eq");
    let refused = |is: &str| {
        Error::bad_argument(
            &argument,
            format!("{is}; allowed are texts, integers of 64 bits, doubles, `true`, `false` and `null`"),
        )
    };
    let Some(given) = at.swap_remove("eq") else { return Err(refused("is not given")) };
    let json = match operand(Json::KIND, &given, &argument)? {
        // SQLite has integers of 64 bits.
        Value::Json(Some(json)) if json.is_object() || json.is_array() || json.is_u64() && !json.is_i64() => {
            return Err(refused(&format!("is `{}`", excerpt(&given.to_string()))));
        }
        Value::Json(json) => json.map_or(Json::Null, |json| *json),
        other => return Err(Error::broken(format!("{other:?} is no JSON"))),
    };
    Ok(Test::At(path, json))
}

/// A value to compare with.
fn operand(kind: Kind, given: &Given, path: &str) -> Result<Value> {
    let Some(value) = kind.parse(given) else {
        return Err(Error::bad_argument(
            path,
            format!("is `{}`; allowed is {}", excerpt(&given.to_string()), kind.allowed()),
        ));
    };
    kind.ensure(&value).map_err(|problem| Error::bad_argument(path, problem))?;
    Ok(value)
}
