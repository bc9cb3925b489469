//! What the files of a program's types use.

pub use crate::{
    error::{Nullable, Result},
    graphql::{
        input::Input,
        mutation::{Write, given, given_or_null, stored},
        node::{Field, Node},
        one::One,
        payload::{Created, DeleteInput, Deleted, Updated, UserError, UserErrorCode},
    },
    insert::insert_all,
    kinds::fold,
};
