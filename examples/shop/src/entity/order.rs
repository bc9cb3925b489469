//! An order of a customer's.

use sea_orm::entity::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
pub enum Shipping {
    #[sea_orm(num_value = 1)]
    Post,
    #[sea_orm(num_value = 2)]
    Courier,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "orders")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub customer_id: i64,
    pub shipping: Option<Shipping>,
    #[sea_orm(column_type = "String(StringLen::N(500))")]
    pub address: Option<String>,
    pub deliver_by: Option<DateTime>,
    pub placed_at: DateTimeUtc,
    pub cancelled_at: Option<DateTimeUtc>,
    #[sea_orm(column_type = "Text")]
    pub note: Option<String>,
    #[sea_orm(belongs_to, from = "customer_id", to = "id", on_delete = "Restrict")]
    pub customer: BelongsTo<super::customer::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
