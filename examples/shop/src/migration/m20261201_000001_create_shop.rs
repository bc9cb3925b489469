use sea_orm_migration::{
    prelude::{extension::postgres::Type, *},
    schema,
    sea_orm::DbBackend,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STATUS: &str = "product_status";
const STATUSES: [&str; 3] = ["draft", "on sale", "gone"];
/// Those that refer to others come after them.
const TABLES: [&str; 9] = [
    "customers",
    "products",
    "categories",
    "placements",
    "recommendations",
    "orders",
    "order_lines",
    "parcel_items",
    "invoices",
];

/// A text of so many characters at most, which SQLite's type does not enforce; ordered by code point on both databases.
fn text(name: &'static str, most: u32, backend: DbBackend) -> ColumnDef {
    let length = Expr::expr(Func::cust("length").arg(Expr::col(name)));
    collated(schema::string_len(name, most).check(length.lte(most)), backend)
}

fn collated(column: &mut ColumnDef, backend: DbBackend) -> ColumnDef {
    if backend == DbBackend::Postgres {
        column.extra(r#"COLLATE "C""#);
    }
    column.take()
}

fn references(
    from: &'static str,
    columns: &[&'static str],
    to: &'static str,
    keys: &[&'static str],
    delete: ForeignKeyAction,
) -> ForeignKeyCreateStatement {
    let mut key = ForeignKey::create().name(format!("{from}_{}", columns.join("_"))).on_delete(delete).take();
    for (column, key_part) in columns.iter().zip(keys) {
        key.from(from, *column).to(to, *key_part);
    }
    key
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        use ForeignKeyAction::{Cascade, Restrict, SetNull};
        let backend = manager.get_database_backend();
        let text = |name, most| text(name, most, backend);
        if backend == DbBackend::Postgres {
            manager.create_type(Type::create().as_enum(STATUS).values(STATUSES).to_owned()).await?;
        }
        let customers = Table::create()
            .table("customers")
            .col(schema::big_pk_auto("id"))
            .col(text("email", 254).unique_key())
            .col(text("name", 100))
            .col(schema::big_integer_null("referrer_id"))
            .foreign_key(&mut references("customers", &["referrer_id"], "customers", &["id"], SetNull))
            .take();
        let products = Table::create()
            .table("products")
            .col(schema::pk_auto("id"))
            .col(text("name", 200))
            .col(schema::decimal_len("price", 12, 2))
            .col(schema::enumeration("status", STATUS, STATUSES))
            .col(schema::boolean("active"))
            .col(schema::small_integer("stock").check(Expr::col("stock").gte(0)))
            .col(collated(&mut schema::string_len_null("size", 1), backend))
            .col(schema::double_null("weight"))
            .col(schema::date_null("released"))
            .col(schema::time_null("opens_at"))
            .col(schema::blob_null("photo"))
            .col(schema::json_binary_null("attributes"))
            .take();
        let categories = Table::create()
            .table("categories")
            .col(text("code", 40).primary_key())
            .col(text("name", 100))
            .col(collated(&mut schema::string_len_null("parent_code", 40), backend))
            .foreign_key(&mut references("categories", &["parent_code"], "categories", &["code"], Restrict))
            .take();
        let placements = Table::create()
            .table("placements")
            .col(schema::integer("product_id"))
            .col(text("category_code", 40))
            .col(schema::integer("position"))
            .primary_key(Index::create().col("product_id").col("category_code"))
            .foreign_key(&mut references("placements", &["product_id"], "products", &["id"], Cascade))
            .foreign_key(&mut references("placements", &["category_code"], "categories", &["code"], Cascade))
            .take();
        let recommendations = Table::create()
            .table("recommendations")
            .col(schema::integer("product_id"))
            .col(schema::integer("related_id"))
            .col(schema::float("strength"))
            .primary_key(Index::create().col("product_id").col("related_id"))
            .foreign_key(&mut references("recommendations", &["product_id"], "products", &["id"], Cascade))
            .foreign_key(&mut references("recommendations", &["related_id"], "products", &["id"], Cascade))
            .take();
        let orders = Table::create()
            .table("orders")
            .col(schema::uuid("id").primary_key())
            .col(schema::big_integer("customer_id"))
            .col(schema::small_integer_null("shipping"))
            .col(collated(&mut schema::string_len_null("address", 500), backend))
            .col(schema::timestamp_null("deliver_by"))
            .col(schema::timestamp_with_time_zone("placed_at"))
            .col(schema::timestamp_with_time_zone_null("cancelled_at"))
            .col(collated(&mut schema::text_null("note"), backend))
            .foreign_key(&mut references("orders", &["customer_id"], "customers", &["id"], Restrict))
            .take();
        let order_lines = Table::create()
            .table("order_lines")
            .col(schema::uuid("order_id"))
            .col(schema::integer("product_id"))
            .col(schema::small_integer("position"))
            .col(schema::integer("quantity").check(Expr::col("quantity").gt(0)))
            .col(schema::decimal_len("price", 12, 2))
            .primary_key(Index::create().col("order_id").col("product_id").col("position"))
            .foreign_key(&mut references("order_lines", &["order_id"], "orders", &["id"], Cascade))
            .foreign_key(&mut references("order_lines", &["product_id"], "products", &["id"], Restrict))
            .take();
        let line = ["order_id", "product_id", "line_position"];
        let line_key = ["order_id", "product_id", "position"];
        let parcel_items = Table::create()
            .table("parcel_items")
            .col(schema::big_pk_auto("id"))
            .col(text("parcel", 40))
            .col(schema::integer("quantity"))
            .col(schema::uuid_null("order_id"))
            .col(schema::integer_null("product_id"))
            .col(schema::small_integer_null("line_position"))
            .foreign_key(&mut references("parcel_items", &line, "order_lines", &line_key, SetNull))
            .take();
        let invoices = Table::create()
            .table("invoices")
            .col(schema::big_pk_auto("id"))
            .col(schema::uuid("order_id").unique_key())
            .col(schema::decimal_len("total", 12, 2))
            .col(schema::date_null("paid_on"))
            .foreign_key(&mut references("invoices", &["order_id"], "orders", &["id"], Restrict))
            .take();
        for table in
            [customers, products, categories, placements, recommendations, orders, order_lines, parcel_items, invoices]
        {
            manager.create_table(table).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.into_iter().rev() {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        if manager.get_database_backend() == DbBackend::Postgres {
            manager.drop_type(Type::drop().name(STATUS).to_owned()).await?;
        }
        Ok(())
    }
}
