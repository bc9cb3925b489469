use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

/// A page in each order by columns, and a page of each parent's children, is a walk of an index. Where a key has several
/// columns, or very many rows have the same value, there are two, for the two directions.
#[derive(DeriveMigrationName)]
pub struct Migration;

const INDEXES: [(&str, &str); 32] = [
    ("customers", "name, id"),
    ("customers", "referrer_id, id"),
    ("products", "name, id"),
    ("products", "price, id"),
    ("products", "stock, id"),
    ("products", "size, id"),
    ("products", "size DESC, id"),
    ("products", "weight, id"),
    ("products", "released, id"),
    ("products", "opens_at, id"),
    ("categories", "name, code"),
    ("categories", "parent_code, code"),
    ("placements", "category_code, product_id"),
    ("placements", "category_code, position, product_id"),
    ("placements", "position, product_id, category_code"),
    ("placements", "position DESC, product_id, category_code"),
    ("recommendations", "related_id, product_id"),
    ("recommendations", "strength, product_id, related_id"),
    ("recommendations", "strength DESC, product_id, related_id"),
    ("orders", "customer_id, id"),
    ("orders", "customer_id, placed_at, id"),
    ("orders", "placed_at, id"),
    ("orders", "deliver_by, id"),
    ("order_lines", "product_id, order_id, position"),
    ("order_lines", "quantity, order_id, product_id, position"),
    ("order_lines", "quantity DESC, order_id, product_id, position"),
    ("order_lines", "price, order_id, product_id, position"),
    ("order_lines", "price DESC, order_id, product_id, position"),
    ("parcel_items", "order_id, product_id, line_position, id"),
    ("parcel_items", "parcel, id"),
    ("invoices", "total, id"),
    ("invoices", "paid_on, id"),
];

/// An enum of the database's own is ordered as it was declared. SQLite has none, and is told that order in each statement.
const STATUS_ON_SQLITE: &str = "(CASE WHEN (status = 'draft') THEN 0 WHEN (status = 'on sale') THEN 1 WHEN (status = 'gone') THEN 2 ELSE -1 END), id";

fn name(table: &str, columns: &str) -> String {
    let words =
        columns.split(|letter: char| !letter.is_alphanumeric() && letter != '_').filter(|word| !word.is_empty());
    format!("{table}_{}", words.collect::<Vec<_>>().join("_").to_lowercase())
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let database = manager.get_connection();
        for (table, columns) in INDEXES {
            let sql = format!("CREATE INDEX {} ON {table} ({columns})", name(table, columns));
            database.execute_unprepared(&sql).await?;
        }
        let status = if database.get_database_backend() == DbBackend::Sqlite { STATUS_ON_SQLITE } else { "status, id" };
        database.execute_unprepared(&format!("CREATE INDEX products_status_id ON products ({status})")).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let database = manager.get_connection();
        for name in INDEXES
            .map(|(table, columns)| name(table, columns))
            .iter()
            .map(String::as_str)
            .chain(["products_status_id"])
        {
            database.execute_unprepared(&format!("DROP INDEX {name}")).await?;
        }
        Ok(())
    }
}
