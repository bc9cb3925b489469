//! Something in a parcel: of a line of an order, or a gift, which is of none.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "parcel_items")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    #[sea_orm(column_type = "String(StringLen::N(40))")]
    pub parcel: String,
    pub quantity: i32,
    pub order_id: Option<Uuid>,
    pub product_id: Option<i32>,
    pub line_position: Option<i16>,
    #[sea_orm(
        belongs_to,
        from = "(order_id, product_id, line_position)",
        to = "(order_id, product_id, position)",
        on_delete = "SetNull"
    )]
    pub line: BelongsTo<Option<super::order_line::Entity>>,
}

impl ActiveModelBehavior for ActiveModel {}
