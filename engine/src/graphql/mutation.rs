//! What the mutations share: refusals as data (what a form shows, all of it at once, each with its place in the
//! input), and the few kinds of writing.

use std::{borrow::Cow, collections::HashMap, marker::PhantomData, sync::Arc};

use async_graphql::{Context, Enum, ID, SimpleObject, TypeName};
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel, sea_query::LockType};

use super::{ContextExt, node::Node, one::One};
use crate::{
    error::{Error, Result},
    loaders::{Block, Columns, Row, Table, Transaction, by_keys, is_storable},
};

/// The kinds of what can be wrong with a mutation's input.
#[derive(Enum, Copy, Clone, PartialEq, Eq, Debug)]
pub enum UserErrorCode {
    /// The text is empty, or only white space.
    Blank,
    /// The text has too many characters.
    TooLong,
    /// An object that the input refers to does not exist.
    NotFound,
    /// The object that the mutation would create exists already.
    AlreadyExists,
    /// The value cannot be stored.
    Invalid,
}

/// A reason why a mutation wrote nothing.
#[derive(SimpleObject, Clone, Debug)]
pub struct UserError {
    /// A stable code for programs.
    code: UserErrorCode,
    /// A message for people: what is wrong, and what is allowed.
    message: String,
    /// The path of the wrong part in `input`, such as `["posts", "0", "title"]`.
    path: Vec<String>,
}

/// The refusals found so far.
#[derive(Default)]
pub struct UserErrors(Vec<UserError>);

impl UserErrors {
    /// Adds a refusal. `path` is the place in the input with dots between its parts, as in `posts.0.title`.
    pub fn add(&mut self, code: UserErrorCode, path: &str, message: impl Into<String>) {
        self.0.push(UserError { code, message: message.into(), path: path.split('.').map(str::to_owned).collect() });
    }

    /// Checks a text that must not be blank and has at most `max` characters (Unicode scalar values).
    pub fn check_label(&mut self, path: &str, text: &str, max: usize) {
        let characters = text.chars().count();
        if text.trim().is_empty() {
            self.add(UserErrorCode::Blank, path, format!("must not be blank; allowed are 1 to {max} characters"));
        }
        if characters > max {
            self.add(UserErrorCode::TooLong, path, format!("has {characters} characters; allowed are 1 to {max}"));
        }
        self.check_text(path, text);
    }

    /// Checks a text of any length.
    pub fn check_text(&mut self, path: &str, text: &str) {
        if !is_storable(text) {
            self.add(UserErrorCode::Invalid, path, "must not contain the character U+0000");
        }
    }

    /// Adds that the object with this key does not exist.
    pub fn not_found<N: Node>(&mut self, path: &str, key: <N::Entity as Table>::Key) {
        self.add(UserErrorCode::NotFound, path, format!("{} does not exist", N::global_id(key).as_str()));
    }

    /// Whether the mutation must write nothing.
    pub fn any(&self) -> bool {
        !self.0.is_empty()
    }
}

impl From<UserErrors> for Vec<UserError> {
    fn from(errors: UserErrors) -> Self {
        errors.0
    }
}

/// The rows of a type with these keys, kept from being deleted until the transaction ends.
///
/// On PostgreSQL by a lock that hinders nobody else (`FOR KEY SHARE`, what a foreign key's own check takes); SQLite has
/// one writer at a time.
pub async fn hold<N: Node<Entity: Table<Key = i64>>>(
    transaction: &Transaction,
    keys: &[i64],
) -> Result<HashMap<i64, N>> {
    let columns = Columns::<N::Entity>::all();
    let select = by_keys(transaction.get_database_backend(), keys, &columns).lock(LockType::KeyShare).take();
    let rows = transaction.query_all(&select).await?;
    let count = rows.len();
    let block = Arc::new(Block::new(Arc::new(rows), &columns, 0));
    (0..count).map(|row| Ok((block.key(row)?, Row::read(&block, row).into()))).collect()
}

/// The same for one row; if it does not exist, that is added to `errors` at `path`.
pub async fn hold_one<N: Node<Entity: Table<Key = i64>>>(
    transaction: &Transaction,
    key: i64,
    path: &str,
    errors: &mut UserErrors,
) -> Result<Option<One<N>>> {
    let node = hold::<N>(transaction, &[key]).await?.remove(&key);
    if node.is_none() {
        errors.not_found::<N>(path, key);
    }
    Ok(node.map(One))
}

/// The object that a row is, all of which is known.
pub fn stored<N: Node>(row: <N::Entity as EntityTrait>::Model) -> One<N> {
    One(Row::stored(row).into())
}

/// Writes `changes` to the row with this key, unless there are `errors`: the object as it is then, or why nothing was
/// written.
pub async fn update<N>(
    context: &Context<'_>,
    key: i64,
    changes: <N::Entity as EntityTrait>::ActiveModel,
    mut errors: UserErrors,
) -> Result<(Option<One<N>>, Vec<UserError>)>
where
    N: Node<Entity: Table<Key = i64, ActiveModel: Send>>,
    <N::Entity as EntityTrait>::Model: IntoActiveModel<<N::Entity as EntityTrait>::ActiveModel>,
{
    let transaction = context.write().await?;
    let held = hold_one::<N>(&transaction, key, "id", &mut errors).await?;
    let Some(mut object) = held.filter(|_| !errors.any()) else { return Ok((None, errors.into())) };
    let missing = || Error::broken("a row that was held and updated is missing");
    if changes.is_changed() {
        // Read again as lists are: SeaORM would decode all of the row, and so fail of a value that nobody asks for.
        changes.update_without_returning(&transaction).await?;
        object = hold::<N>(&transaction, &[key]).await?.remove(&key).map(One).ok_or_else(missing)?;
    }
    transaction.done().await;
    Ok((Some(object), Vec::new()))
}

/// The result of a deletion.
#[derive(SimpleObject)]
#[graphql(name_type)]
pub struct DeletePayload<N: Node> {
    /// The id of the deleted object; `null` if nothing was deleted.
    deleted_id: Option<ID>,
    /// Why nothing was deleted; empty on success.
    user_errors: Vec<UserError>,
    #[graphql(skip)]
    node: PhantomData<N>,
}

impl<N: Node> TypeName for DeletePayload<N> {
    fn type_name() -> Cow<'static, str> {
        format!("Delete{}Payload", N::TYPE).into()
    }
}

/// Deletes the object with this id, and what the database's foreign keys delete with it.
pub async fn delete<N: Node<Entity: Table<Key = i64>>>(context: &Context<'_>, id: &ID) -> Result<DeletePayload<N>> {
    let key = N::key(id, "input.id")?;
    let transaction = context.write().await?;
    let deleted = N::Entity::delete_by_id(key).exec(&transaction).await?.rows_affected > 0;
    transaction.done().await;
    let mut errors = UserErrors::default();
    if !deleted {
        errors.not_found::<N>("id", key);
    }
    Ok(DeletePayload { deleted_id: deleted.then(|| N::global_id(key)), user_errors: errors.into(), node: PhantomData })
}
