//! The types of columns as the inputs of a program's mutations.

use std::borrow::Cow;

use async_graphql::{InputType, InputValueError, InputValueResult, Value as Given, registry::Registry};
use sea_orm::Value;

use crate::kinds::OfKind;

/// A value as columns of its kind are answered and compared: `Input<NaiveDate>` is a `Date`, `Input<i64>` a `BigInt`.
#[derive(Clone, Debug)]
pub struct Input<T>(pub T);

impl<T: OfKind> InputType for Input<T> {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        T::KIND.type_name().into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        format!("{}!", T::KIND.declare(registry))
    }

    fn parse(given: Option<Given>) -> InputValueResult<Self> {
        let given = given.unwrap_or_default();
        let Some(value) = T::KIND.parse(&given) else { return Err(InputValueError::expected_type(given)) };
        T::KIND.ensure(&value).map_err(InputValueError::custom)?;
        T::try_from(value).map(Self).map_err(InputValueError::custom)
    }

    fn to_value(&self) -> Given {
        let value: Value = self.0.clone().into();
        T::KIND.answer(&value).unwrap_or_default()
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

/// What an input holds for a column of this type: a value of it, or of its scalar.
pub trait GivenFor<T> {
    /// The value.
    fn value(self) -> T;
}

impl<T> GivenFor<T> for T {
    fn value(self) -> T {
        self
    }
}

impl<T> GivenFor<T> for Input<T> {
    fn value(self) -> T {
        self.0
    }
}

impl<T> GivenFor<Vec<T>> for Vec<Input<T>> {
    fn value(self) -> Vec<T> {
        self.into_iter().map(Input::value).collect()
    }
}
