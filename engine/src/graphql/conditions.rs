//! What a filter says of an item, as it is read: conditions within conditions, and how many relations deep.

use async_graphql::InputType;

use crate::{
    config::limits::FilterLimits,
    error::{Error, Result},
    loaders::{Column, Filter, Test},
};

/// The filter of a type's lists.
pub trait FilterInput: InputType {
    /// Adds what must hold of an item.
    fn add_to(self, all: &mut Conditions) -> Result<()>;
}

/// What the list's argument `filter` says.
pub fn filter<F: FilterInput>(filter: Option<F>, limits: FilterLimits) -> Result<Filter> {
    let Some(filter) = filter else { return Ok(Filter::default()) };
    let all = Conditions { path: "filter".to_owned(), relations: 0, most_relations: limits.relations, all: Vec::new() };
    all.filled(filter)
}

/// What must hold of an item, as far as it has been read.
pub struct Conditions {
    /// Where in the arguments that is, for errors.
    path: String,
    /// How many relations lead there.
    relations: usize,
    most_relations: usize,
    all: Vec<Filter>,
}

impl Conditions {
    /// The filters that `and`, `or` and `not` hold.
    pub fn logic<F: FilterInput>(
        &mut self,
        and: Option<Vec<F>>,
        or: Option<Vec<F>>,
        not: Option<Box<F>>,
    ) -> Result<()> {
        if let Some(and) = and {
            let all = self.each("and", and)?;
            self.all.push(Filter::All(all));
        }
        if let Some(or) = or {
            let any = self.each("or", or)?;
            self.all.push(Filter::Any(any));
        }
        if let Some(not) = not {
            let not = self.nested("not", *not)?;
            self.all.push(Filter::Not(Box::new(not)));
        }
        Ok(())
    }

    /// Adds a condition.
    pub(super) fn push(&mut self, filter: Filter) {
        self.all.push(filter);
    }

    /// Adds that the column of a field passes the test that `value` makes, if there is one.
    pub(super) fn test<T>(
        &mut self,
        field: &str,
        column: Column,
        operator: &str,
        value: Option<T>,
        test: impl FnOnce(T, &str) -> Result<Test>,
    ) -> Result<()> {
        let Some(value) = value else { return Ok(()) };
        let path = format!("{}.{field}.{operator}", self.path);
        self.all.push(Filter::Column(column, test(value, &path)?));
        Ok(())
    }

    fn each<F: FilterInput>(&mut self, field: &str, filters: Vec<F>) -> Result<Vec<Filter>> {
        let filters = filters.into_iter().enumerate();
        filters.map(|(index, filter)| self.nested(&format!("{field}.{index}"), filter)).collect()
    }

    /// What a filter says of the rows that the relation in this field leads to.
    ///
    /// # Errors
    /// It is more relations deep than is allowed.
    pub(super) fn related<F: FilterInput>(&self, field: &str, filter: F) -> Result<Filter> {
        let (path, relations, most) = (&self.path, self.relations + 1, self.most_relations);
        if relations > most {
            return Err(Error::TooComplex(format!(
                "argument `{path}.{field}` is {relations} relations deep; allowed are {most}"
            )));
        }
        self.at(field, relations).filled(filter)
    }

    fn nested<F: FilterInput>(&self, field: &str, filter: F) -> Result<Filter> {
        self.at(field, self.relations).filled(filter)
    }

    /// Of a filter in this one, which so many relations lead to.
    fn at(&self, field: &str, relations: usize) -> Self {
        let path = format!("{}.{field}", self.path);
        Self { path, relations, most_relations: self.most_relations, all: Vec::new() }
    }

    fn filled<F: FilterInput>(mut self, filter: F) -> Result<Filter> {
        filter.add_to(&mut self)?;
        Ok(Filter::All(self.all))
    }
}
