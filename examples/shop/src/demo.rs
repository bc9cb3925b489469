//! The rows of `serve --demo`: the same each time, with NULLs, ties and letters of many kinds.

use anyhow::Result;
use dovetail::database::{Pool, explain};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait};

/// Fills the database, if it is empty.
pub async fn fill(writer: &Pool) -> Result<()> {
    let transaction = writer.begin_alone().await.map_err(|error| explain(&error))?;
    if crate::entity::customer::Entity::find().count(&transaction).await? == 0 {
        let mut sql = include_str!("demo.sql").to_owned();
        if transaction.get_database_backend() == DbBackend::Postgres {
            // It takes the digits of a UUID as a text, and has another name for bytes.
            sql = sql.replace("X'", "'").replace("AS BLOB", "AS bytea");
        }
        transaction.execute_unprepared(&sql).await?;
        transaction.commit().await?;
    }
    Ok(())
}
