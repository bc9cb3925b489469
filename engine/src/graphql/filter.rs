//! The input objects that say which items a list has, and what they become.

use std::{any::type_name, borrow::Cow, marker::PhantomData};

use async_graphql::{
    ID, InputObject, InputType, InputValueError, InputValueResult, Name, TypeName, Value as Given,
    indexmap::IndexMap,
    registry::{InputObjectBuilder, MetaInputValue, MetaTypeId, Registry},
};
use chrono::{DateTime, TimeDelta, Timelike};
use sea_orm::{ColumnTrait, Value, prelude::DateTimeUtc};

use super::{
    conditions::{Conditions, FilterInput},
    kind::Kind,
    moment::Moment,
    node::{Node, Source, found, has_id, in_words},
};
use crate::{
    error::{Error, Result},
    loaders::{Filter, Hop, Key, Relation, Test, is_comparable, is_storable, key_column},
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
            let mut add = |name: &str, ty: String, description: String| {
                let mut field = MetaInputValue::new(name, ty);
                field.description = Some(description);
                fields.insert(name.to_owned(), field);
            };
            let list = Option::<Vec<Self>>::create_type_info(registry);
            add("and", list.clone(), "All of these hold.".to_owned());
            add("or", list, "At least one of these holds.".to_owned());
            add("not", Option::<Self>::create_type_info(registry), "This does not hold.".to_owned());
            if has_id::<N>() {
                add("id", Option::<IdFilter>::create_type_info(registry), "The id.".to_owned());
            }
            for field in N::FIELDS.iter().filter(|field| field.filters) {
                let ty = match field.source {
                    Source::Column(column) => declare_filter(column, registry),
                    Source::Parent(_, _, parent) => Some(parent.declare_filter(registry)),
                    Source::List(_, _, children) => Some(children.declare_filter(registry)),
                };
                // What has no filter, a program with such a field does not start with.
                ty.into_iter().for_each(|ty| add(&field.name(), ty, field.summary()));
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
                Source::Column(column) => all.column(column, given)?,
                Source::Parent(_, hop, parent) => parent.add_filter(&name, found(hop)?, given, all)?,
                Source::List(_, find, children) => children.add_filter(&name, found(find)?, given, all)?,
            }
        }
        Ok(())
    }
}

/// The type of a column's filter, if lists can be filtered by such columns.
fn declare_filter(column: impl ColumnTrait, registry: &mut Registry) -> Option<String> {
    match Kind::of(column.def().get_column_type())? {
        Kind::Text => Some(Option::<StringFilter>::create_type_info(registry)),
        Kind::Moment => Some(Option::<DateTimeFilter>::create_type_info(registry)),
        _ => None,
    }
}

/// A part of a filter, which the front has found valid.
pub(super) fn read<T: InputType>(given: Given) -> Result<T> {
    T::parse(Some(given)).map_err(|_| Error::broken("a filter that was found valid is not"))
}

/// Comparisons with a text, character by character and case included: all that are given must hold. A field left out or `null` restricts nothing.
#[derive(InputObject)]
pub struct StringFilter {
    /// Equals this value.
    eq: Option<String>,
    /// Differs from this value.
    ne: Option<String>,
    /// Equals one of these values.
    #[graphql(name = "in")]
    among: Option<Vec<String>>,
    /// Contains this text. `%` and `_` are ordinary characters.
    contains: Option<String>,
    /// Begins with this text.
    starts_with: Option<String>,
    /// Ends with this text.
    ends_with: Option<String>,
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

/// Comparisons with a moment: all that are given must hold. A field left out or `null` restricts nothing.
#[derive(InputObject)]
pub struct DateTimeFilter {
    /// Equals this value.
    eq: Option<Moment>,
    /// Later than this moment.
    gt: Option<Moment>,
    /// At this moment or later.
    gte: Option<Moment>,
    /// Earlier than this moment.
    lt: Option<Moment>,
    /// At this moment or earlier.
    lte: Option<Moment>,
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
        let column = key_column::<N::Entity>();
        let key = |id: &ID, path: &str| Ok(N::key(id, path)?.parts().as_ref()[0]);
        self.test(column, "eq", eq, |id, path| Ok(Test::Eq(key(&id, path)?.into())))?;
        self.test(column, "ne", ne, |id, path| Ok(Test::Ne(key(&id, path)?.into())))?;
        self.test(column, "in", among, |ids, path| {
            let keys = ids.iter().enumerate().map(|(index, id)| key(id, &format!("{path}.{index}")));
            Ok(Test::InKeys(keys.collect::<Result<_>>()?))
        })
    }

    /// A column, by the filter of its kind.
    fn column(&mut self, column: impl ColumnTrait, given: Given) -> Result<()> {
        match Kind::of(column.def().get_column_type()) {
            Some(Kind::Text) => self.text(column, read(given)?),
            Some(Kind::Moment) => self.moment(column, read(given)?),
            _ => Err(Error::broken(format!("no filter is for the column `{}`", column.as_str()))),
        }
    }

    /// A column that holds a text.
    fn text(&mut self, column: impl ColumnTrait, filter: StringFilter) -> Result<()> {
        let StringFilter { eq, ne, among, contains, starts_with, ends_with } = filter;
        self.test(column, "eq", eq, |text, path| Ok(Test::Eq(storable(text, path)?.into())))?;
        self.test(column, "ne", ne, |text, path| Ok(Test::Ne(storable(text, path)?.into())))?;
        self.test(column, "in", among, |texts, path| {
            let texts = texts.into_iter().enumerate().map(|(index, text)| storable(text, &format!("{path}.{index}")));
            Ok(Test::InTexts(texts.collect::<Result<_>>()?))
        })?;
        self.test(column, "contains", contains, |text, path| Ok(Test::Contains(storable(text, path)?)))?;
        self.test(column, "startsWith", starts_with, |text, path| Ok(Test::StartsWith(storable(text, path)?)))?;
        self.test(column, "endsWith", ends_with, |text, path| Ok(Test::EndsWith(storable(text, path)?)))
    }

    /// A column that holds a moment: to the microsecond, but what it is compared with may be finer.
    fn moment(&mut self, column: impl ColumnTrait, filter: DateTimeFilter) -> Result<()> {
        let DateTimeFilter { eq, gt, gte, lt, lte } = filter;
        let value = |moment, path: &str| kept(moment, path).map(|(below, is_finer)| (Value::from(below), is_finer));
        self.test(column, "eq", eq, |moment, path| {
            // What is finer is equal to nothing: so much as is between these.
            let none = (Value::from(DateTimeUtc::UNIX_EPOCH + TimeDelta::seconds(1)), DateTimeUtc::UNIX_EPOCH.into());
            let (below, is_finer) = value(moment, path)?;
            let (least, greatest) = if is_finer { none } else { (below.clone(), below) };
            Ok(Test::Between(least, greatest))
        })?;
        self.test(column, "gt", gt, |moment, path| Ok(Test::Gt(value(moment, path)?.0)))?;
        self.test(column, "gte", gte, |moment, path| {
            let (below, is_finer) = value(moment, path)?;
            Ok(if is_finer { Test::Gt(below) } else { Test::Gte(below) })
        })?;
        self.test(column, "lt", lt, |moment, path| {
            let (below, is_finer) = value(moment, path)?;
            Ok(if is_finer { Test::Lte(below) } else { Test::Lt(below) })
        })?;
        self.test(column, "lte", lte, |moment, path| Ok(Test::Lte(value(moment, path)?.0)))
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

/// A text that a database can hold.
fn storable(text: String, argument: &str) -> Result<String> {
    if !is_storable(&text) {
        return Err(Error::bad_argument(argument, "contains the character U+0000; allowed are all others"));
    }
    Ok(text)
}

/// The moment to the microsecond that is this one, or next below it; and whether this one is finer.
fn kept(moment: Moment, argument: &str) -> Result<(DateTimeUtc, bool)> {
    let moment = DateTimeUtc::from(moment);
    // Through the number, in which a leap second is what databases take it for: the second after.
    let below = DateTime::from_timestamp_micros(moment.timestamp_micros()).filter(|below| is_comparable(*below));
    let problem = || Error::bad_argument(argument, format!("is {moment}; allowed are the years 0 to 9999"));
    Ok((below.ok_or_else(problem)?, moment.nanosecond() % 1_000 != 0))
}
