//! What a subscription is to be told of.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{ServerError, Value, Variables};

use super::normal::Form;
use crate::{
    changes::{Change, Keys, Position},
    config::limits::FilterLimits,
    error::{Error, Result},
    graphql::change::{AFTER, FILTER, Told},
    loaders::{Filter, KeyPart, Loaders},
};

/// The changes of a node that a subscription is to be told of.
pub struct Watched {
    /// The node.
    pub told: &'static Told,
    /// Of which keys: by which of what the node can be asked by, and the key.
    pub keys: Vec<(usize, Vec<KeyPart<'static>>)>,
    /// Where its client has come, if it says so.
    pub after: Option<Box<Position>>,
    /// What an object is to satisfy, unless it is gone.
    pub filter: Option<Arc<Filter>>,
    /// Whether an event is found by keys alone.
    pub is_by_keys: bool,
}

impl Watched {
    /// What a subscription asks for.
    pub fn of(
        form: &Form,
        variables: &Variables,
        all: &'static HashMap<String, Told>,
        limits: FilterLimits,
    ) -> Result<Self, ServerError> {
        // The front leaves one field, which is one of the schema's.
        let field = form.fields.first();
        let told = field.and_then(|field| all.get(field.name.as_str()));
        let (Some(field), Some(told)) = (field, told) else {
            return Err(Error::broken("a subscription to nothing").of_operation());
        };
        let text = |name: &str| match field.argument(name, variables) {
            Some(Value::String(text)) => Some(text),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        let mut keys = Vec::new();
        for (place, by) in told.by.iter().enumerate() {
            if let Some(id) = text(&by.argument) {
                let mut key = by.key(&id).map_err(Error::of_operation)?;
                key.shrink_to_fit();
                keys.push((place, key));
            }
        }
        let after = text(AFTER).map(|cursor| position(&cursor).map(Box::new));
        keys.shrink_to_fit();
        let filter = field.argument(FILTER, variables).filter(|given| *given != Value::Null);
        let filter = filter.map(|given| (told.filter)(given, limits)).transpose().map_err(Error::of_operation)?;
        let filter = filter.filter(|filter| !filter.is_empty()).map(Arc::new);
        let is_by_keys = form.is_by_keys() && filter.is_none();
        Ok(Self { told, keys, after: after.transpose()?, filter, is_by_keys })
    }

    /// Whether it is to be told of a change of the node.
    pub fn has(&self, change: &Change) -> bool {
        let is_of =
            |row: &Keys| self.keys.iter().all(|(place, key)| self.told.by[*place].of(row).as_ref() == Some(key));
        [&change.before, &change.after].into_iter().flatten().any(is_of) || change.is_of_all()
    }

    /// Whether such a change passes the filter.
    pub async fn passes(&self, change: &Change, loaders: &Loaders) -> Result<bool, Error> {
        match &self.filter {
            Some(filter) => self.told.satisfies(loaders, change, Arc::clone(filter)).await,
            None => Ok(true),
        }
    }
}

/// Where a client has come that has this cursor.
pub fn position(cursor: &str) -> Result<Position, ServerError> {
    Position::of_cursor(cursor).ok_or_else(|| {
        let allowed = "is no cursor of an event; allowed is what an event has as `extensions.dovetail.cursor`";
        Error::bad_argument(AFTER, allowed).of_operation()
    })
}
