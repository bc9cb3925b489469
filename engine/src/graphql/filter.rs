//! The input objects that say which items a list has, and what they become.

use std::borrow::Cow;

use async_graphql::{ID, InputObject, TypeName};
use chrono::{DateTime, TimeDelta, Timelike};
use sea_orm::{ColumnTrait, Value, prelude::DateTimeUtc};

pub use super::conditions::{Conditions, FilterInput};
use super::{moment::Moment, node::Node};
use crate::{
    error::{Error, Result},
    loaders::{Filter, Hop, Relation, Table, Test, is_comparable, is_storable, key_column},
};

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

/// Comparisons with an id such as `User:500`, or its bare key: all that are given must hold. A field left out or `null` restricts nothing.
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
    /// The object's own id.
    pub fn id<N: Node<Entity: Table<Key = i64>>>(&mut self, filter: Option<IdFilter>) -> Result<()> {
        let Some(IdFilter { eq, ne, among }) = filter else { return Ok(()) };
        let column = key_column::<N::Entity>();
        self.test(column, "eq", eq, |id, path| Ok(Test::Eq(N::key(&id, path)?.into())))?;
        self.test(column, "ne", ne, |id, path| Ok(Test::Ne(N::key(&id, path)?.into())))?;
        self.test(column, "in", among, |ids, path| {
            let keys = ids.iter().enumerate().map(|(index, id)| N::key(id, &format!("{path}.{index}")));
            Ok(Test::InKeys(keys.collect::<Result<_>>()?))
        })
    }

    /// A column that holds a text.
    pub fn text(&mut self, column: impl ColumnTrait, filter: Option<StringFilter>) -> Result<()> {
        let Some(StringFilter { eq, ne, among, contains, starts_with, ends_with }) = filter else { return Ok(()) };
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
    pub fn moment(&mut self, column: impl ColumnTrait, filter: Option<DateTimeFilter>) -> Result<()> {
        let Some(DateTimeFilter { eq, gt, gte, lt, lte }) = filter else { return Ok(()) };
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
    pub fn parent<N: Node, F: FilterInput>(
        &mut self,
        field: &str,
        foreign_key: impl ColumnTrait,
        filter: Option<Box<F>>,
    ) -> Result<()> {
        let Some(filter) = filter else { return Ok(()) };
        let filter = self.related(field, *filter)?;
        self.push(Filter::Some(vec![Hop::parent::<_, N::Entity>(foreign_key)], Box::new(filter)));
        Ok(())
    }

    /// The children, by the field that lists them.
    pub fn children<R: Relation, F: FilterInput>(&mut self, field: &str, filter: Option<ListFilter<F>>) -> Result<()> {
        let Some(ListFilter { some, none, every }) = filter else { return Ok(()) };
        let some_of = |filter| Filter::Some(Hop::children::<R>(), Box::new(filter));
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
