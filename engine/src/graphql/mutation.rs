//! What the mutations share: the few kinds of writing, each of which writes all or says why it writes nothing.

use std::{collections::HashMap, mem, slice, sync::Arc};

use async_graphql::{Context, ID, MaybeUndefined};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ConnectionTrait, DbBackend, DbErr, EntityTrait, IdenStatic, IntoActiveModel,
    Iterable, Value, sea_query::LockType,
};

use super::{
    ContextExt,
    input::GivenFor,
    node::{Node, Source},
    one::One,
    payload::{Created, DeleteInput, Deleted, Updated, UserError, UserErrorCode},
    user_errors::UserErrors,
};
use crate::{
    error::{Result, is_referred_to},
    kinds::fold,
    loaders::{Block, Columns, Key, Row, Table, Transaction, by_keys, key_columns},
};

/// A mutation's field that is running: a transaction, in which nothing is written unless it is [done](Write::done), and the
/// refusals found so far. The transaction begins when it is first needed: what is wrong with the input alone waits for no database.
pub struct Write<'a> {
    context: &'a Context<'a>,
    transaction: Option<Transaction>,
    /// Why nothing is to be written.
    pub errors: UserErrors,
}

type ModelOf<N> = <<N as Node>::Entity as EntityTrait>::Model;
type KeyOf<N> = <<N as Node>::Entity as Table>::Key;
type ActiveModelOf<N> = <<N as Node>::Entity as EntityTrait>::ActiveModel;

impl<'a> Write<'a> {
    /// The writing of a mutation's field.
    pub fn of(context: &'a Context<'a>) -> Self {
        Self { context, transaction: None, errors: UserErrors::default() }
    }

    /// Where to read and write.
    pub async fn transaction(&mut self) -> Result<&Transaction> {
        let transaction = match self.transaction.take() {
            Some(transaction) => transaction,
            None => self.context.write().await?,
        };
        Ok(self.transaction.insert(transaction))
    }

    /// The key in an id of a parent, which stands at `path` in the mutation's input. The parent is kept from being deleted until the
    /// transaction ends; if it does not exist, that is added to the refusals.
    ///
    /// # Errors
    /// It is not an id of the type.
    pub async fn parent<P: Node>(&mut self, path: &str, id: &ID) -> Result<KeyOf<P>> {
        let key = P::key(id, &format!("input.{path}"))?;
        self.held::<P>(path, key.clone()).await?;
        Ok(key)
    }

    /// The same of a parent that may be absent, for its foreign key: nothing is written if nothing is given, and NULL if `null` is.
    ///
    /// # Errors
    /// It is not an id of the type.
    pub async fn parent_or_null<P: Node>(
        &mut self,
        path: &str,
        id: &MaybeUndefined<ID>,
    ) -> Result<ActiveValue<Option<KeyOf<P>>>>
    where
        Option<KeyOf<P>>: Into<Value>,
    {
        Ok(match id {
            MaybeUndefined::Undefined => ActiveValue::NotSet,
            MaybeUndefined::Null => ActiveValue::Set(None),
            MaybeUndefined::Value(id) => ActiveValue::Set(Some(self.parent::<P>(path, id).await?)),
        })
    }

    /// The object with this key, which stands at `path` in the mutation's input, kept from being deleted until the transaction ends;
    /// if it does not exist, that is added to the refusals.
    pub async fn held<N: Node>(&mut self, path: &str, key: KeyOf<N>) -> Result<Option<One<N>>> {
        let object = self.all_held::<N>(slice::from_ref(&key)).await?.remove(&key);
        if object.is_none() {
            self.errors.not_found::<N>(path, key);
        }
        Ok(object)
    }

    /// The objects with these keys, as far as they exist, kept from being deleted until the transaction ends.
    ///
    /// On PostgreSQL by a lock that hinders nobody else (`FOR KEY SHARE`, what a foreign key's own check takes); SQLite has
    /// one writer at a time.
    pub async fn all_held<N: Node>(&mut self, keys: &[KeyOf<N>]) -> Result<HashMap<KeyOf<N>, One<N>>> {
        let columns = Columns::<N::Entity>::all();
        let transaction = self.transaction().await?;
        let select = by_keys(transaction.get_database_backend(), keys, &columns).lock(LockType::KeyShare).take();
        let rows = transaction.query_all(&select).await?;
        let count = rows.len();
        let block = Arc::new(Block::new(Arc::new(rows), &columns, 0));
        (0..count).map(|row| Ok((block.key(row)?, One(Row::read(&block, row))))).collect()
    }

    /// Adds what is wrong with the texts that `row` would write, which stands at `path` in the mutation's input: what the type's
    /// fields say.
    pub fn check<N: Node>(&mut self, path: &str, row: &ActiveModelOf<N>) {
        self.errors.check::<N>(path, row);
    }

    /// Inserts a row, unless there are refusals: also that another has values that are unique. It is not checked.
    pub async fn insert<N>(&mut self, row: ActiveModelOf<N>) -> Result<Option<ModelOf<N>>>
    where
        N: Node<Entity: Table<ActiveModel: Send>>,
        ModelOf<N>: IntoActiveModel<ActiveModelOf<N>>,
    {
        if self.errors.any() {
            return Ok(None);
        }
        let row = held::<N>(row);
        let columns = written::<N>(&row);
        match row.insert(self.transaction().await?).await {
            Ok(row) => Ok(Some(row)),
            Err(error) => self.refused::<N>(error, &columns).map(|()| None),
        }
    }

    /// Checks and inserts a row, and is done: the new object, or why nothing was written.
    pub async fn create<N>(mut self, row: ActiveModelOf<N>) -> Result<Created<N>>
    where
        N: Node<Entity: Table<ActiveModel: Send>>,
        ModelOf<N>: IntoActiveModel<ActiveModelOf<N>>,
    {
        self.check_first::<N>(&row);
        let created = self.insert::<N>(row).await?;
        Ok(self.done(created.map(stored::<N>)).await.into())
    }

    /// Checks and writes `changes` to the object with this id, which stands at `id` in the mutation's input, and is done: the object
    /// as it is then, or why nothing was written.
    ///
    /// # Errors
    /// It is not an id of the type.
    pub async fn update<N>(mut self, id: &ID, mut changes: ActiveModelOf<N>) -> Result<Updated<N>>
    where
        N: Node<Entity: Table<ActiveModel: Send>>,
        ModelOf<N>: IntoActiveModel<ActiveModelOf<N>>,
    {
        let key = N::key(id, "input.id")?;
        self.check_first::<N>(&changes);
        let mut object = self.held::<N>("id", key.clone()).await?;
        if !self.errors.any() && changes.is_changed() {
            for (column, part) in key_columns::<N::Entity>().zip(key.clone().into_values()) {
                changes.set(column, part);
            }
            // Read again as lists are: SeaORM would decode all of the row, and so fail of a value that nobody asks for.
            let changes = held::<N>(changes);
            let columns = written::<N>(&changes);
            match changes.update_without_returning(self.transaction().await?).await {
                Ok(_) => object = self.held("id", key).await?,
                Err(error) => self.refused::<N>(error, &columns)?,
            }
        }
        Ok(self.done(object).await.into())
    }

    /// Deletes the object of this input, and what the database's foreign keys delete with it, and is done.
    ///
    /// # Errors
    /// It is not an id of the type.
    pub async fn delete<N: Node>(mut self, input: DeleteInput<N>) -> Result<Deleted<N>> {
        let key = N::key(&input.id, "input.id")?;
        match N::Entity::delete_by_id(key.clone()).exec(self.transaction().await?).await {
            Ok(deleted) if deleted.rows_affected == 0 => self.errors.not_found::<N>("id", key.clone()),
            Err(error) if is_referred_to(&error) => {
                let problem = format!("{} is referred to by other objects", N::global_id(key.clone()).as_str());
                self.errors.add(UserErrorCode::Invalid, "id", problem);
            }
            Err(error) => return Err(error.into()),
            Ok(_) => {}
        }
        Ok(self.done(Some(N::global_id(key))).await.into())
    }

    /// Adds why the database refused to write these columns, if that is the client's to mend. What was done is undone: PostgreSQL answers
    /// nothing more in that transaction.
    fn refused<N: Node>(&mut self, error: DbErr, columns: &[&str]) -> Result<()> {
        self.transaction = None;
        self.errors.taken::<N>(error, columns)
    }

    /// Commits what was written, unless there are refusals: `written`, or the refusals.
    pub async fn done<T>(self, written: Option<T>) -> Result<Option<T>, Vec<UserError>> {
        let Self { transaction, errors: UserErrors(errors), .. } = self;
        if !errors.is_empty() {
            return Err(errors);
        }
        if let Some(transaction) = transaction {
            transaction.done().await;
        }
        Ok(written)
    }

    /// What the input itself says comes before what the database says of it.
    fn check_first<N: Node>(&mut self, row: &ActiveModelOf<N>) {
        let UserErrors(found) = mem::take(&mut self.errors);
        self.check::<N>("", row);
        self.errors.0.extend(found);
    }
}

/// The same row as it is written: with its texts folded, where a column holds that, and with what both databases can hold of its
/// values. That is what PostgreSQL can, the coarser one.
fn held<N: Node>(mut row: ActiveModelOf<N>) -> ActiveModelOf<N> {
    for field in N::FIELDS {
        let Source::Column(column) = field.source else { continue };
        let ActiveValue::Set(value) = row.get(column) else { continue };
        if let (Some(folded), Value::String(text)) = (field.folded, &value) {
            row.set(folded, text.as_deref().map(fold).into());
        }
        row.set(column, field.kind_of(column).held(DbBackend::Postgres, &value).value);
    }
    row
}

/// The columns to which a row would write.
fn written<N: Node>(row: &ActiveModelOf<N>) -> Vec<&'static str> {
    let columns = <N::Entity as EntityTrait>::Column::iter().filter(|column| row.get(*column).is_set());
    columns.map(|column| column.as_str()).collect()
}

/// The object that a row is, all of which is known.
pub fn stored<N: Node>(row: ModelOf<N>) -> One<N> {
    One(Row::stored(row))
}

/// What is to be written to a column that may be NULL: nothing, if nothing is given; and NULL, if that is.
pub fn given_or_null<T>(value: MaybeUndefined<impl GivenFor<T>>) -> ActiveValue<Option<T>>
where
    Option<T>: Into<Value>,
{
    match value {
        MaybeUndefined::Undefined => ActiveValue::NotSet,
        MaybeUndefined::Null => ActiveValue::Set(None),
        MaybeUndefined::Value(given) => ActiveValue::Set(Some(given.value())),
    }
}

/// What is to be written of a value that may be given: nothing, if it is not.
pub fn given<T: Into<Value>>(value: Option<impl GivenFor<T>>) -> ActiveValue<T> {
    value.map_or(ActiveValue::NotSet, |given| ActiveValue::Set(given.value()))
}
