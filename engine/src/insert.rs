//! Inserting many rows at once.

use sea_orm::{ActiveModelBehavior, ActiveModelTrait, ConnectionTrait, DbErr, EntityTrait, Iterable};

/// The most parameters of a statement that both databases take: SQLite's limit is the lower one
/// (<https://sqlite.org/limits.html>, section 9).
const PARAMETERS: usize = 32_766;

/// Inserts the rows in their order, in as few statements as the databases' limits allow.
pub async fn insert_all<A>(connection: &impl ConnectionTrait, rows: impl IntoIterator<Item = A>) -> Result<(), DbErr>
where
    A: ActiveModelTrait + ActiveModelBehavior + Send,
{
    let most = PARAMETERS / <A::Entity as EntityTrait>::Column::iter().count();
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let some = rows.by_ref().take(most);
        A::Entity::insert_many(some).exec_without_returning(connection).await?;
    }
    Ok(())
}
