//! A product.

use sea_orm::entity::prelude::*;

/// A type of the database's own, on PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Enum", enum_name = "product_status")]
pub enum Status {
    #[sea_orm(string_value = "draft")]
    Draft,
    #[sea_orm(string_value = "on sale")]
    OnSale,
    #[sea_orm(string_value = "gone")]
    Gone,
}

#[derive(Clone, Copy, Debug, PartialEq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(1))")]
pub enum Size {
    #[sea_orm(string_value = "S")]
    Small,
    #[sea_orm(string_value = "M")]
    Medium,
    #[sea_orm(string_value = "L")]
    Large,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "products")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i32,
    #[sea_orm(column_type = "String(StringLen::N(200))")]
    pub name: String,
    #[sea_orm(column_type = "Decimal(Some((12, 2)))")]
    pub price: Decimal,
    pub status: Status,
    pub active: bool,
    pub stock: i16,
    pub size: Option<Size>,
    pub weight: Option<f64>,
    pub released: Option<Date>,
    pub opens_at: Option<Time>,
    pub photo: Option<Vec<u8>>,
    #[sea_orm(column_type = "JsonBinary")]
    pub attributes: Option<Json>,
}

impl ActiveModelBehavior for ActiveModel {}
