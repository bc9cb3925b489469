//! Relations of every shape, forwards and backwards.

use expect_test::expect;

use crate::support::shop;

#[tokio::test]
async fn a_customer_was_brought_by_another_or_by_nobody() {
    let query = "{ customers(filter: { not: { referrer: { referrer: {} } } }) { nodes { name referrer { name } referralsCount referrals { nodes { name } } } } }";
    shop().await.answers(query, expect![[r#"
        {
          "data":{
            "customers":{
              "nodes":[
                {"name":"Ada","referrer":null,"referralsCount":2,"referrals":{"nodes":[{"name":"Bob"},{"name":"Chloë"}]}},
                {"name":"Bob","referrer":{"name":"Ada"},"referralsCount":1,"referrals":{"nodes":[{"name":"Дмитрий"}]}},
                {"name":"Chloë","referrer":{"name":"Ada"},"referralsCount":1,"referrals":{"nodes":[{"name":"Ada"}]}},
                {"name":"Émile","referrer":null,"referralsCount":0,"referrals":{"nodes":[]}}
              ]
            }
          }
        }"#]]).await;
}

#[tokio::test]
async fn categories_are_a_tree() {
    let query = "{ categories(filter: { not: { parent: {} } }) { nodes { id children { nodes { id parent { id } children { nodes { id } } } } } } }";
    shop().await.answers(query, expect![[r#"
        {
          "data":{
            "categories":{
              "nodes":[
                {
                  "id":"Category:all",
                  "children":{
                    "nodes":[
                      {"id":"Category:süß","parent":{"id":"Category:all"},"children":{"nodes":[]}},
                      {"id":"Category:tea","parent":{"id":"Category:all"},"children":{"nodes":[{"id":"Category:tea%3Agreen"}]}},
                      {
                        "id":"Category:ware",
                        "parent":{"id":"Category:all"},
                        "children":{"nodes":[{"id":"Category:ware%3Ametal"}]}
                      }
                    ]
                  }
                }
              ]
            }
          }
        }"#]]).await;
}

#[tokio::test]
async fn products_and_categories_are_many_to_many_with_a_position() {
    let query = r#"{ category(id: "tea") { products(orderBy: { field: NAME }) { edges { position node { name categories { edges { position node { id } } } } } } } }"#;
    shop()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "category":{
              "products":{
                "edges":[
                  {
                    "position":3,
                    "node":{"name":"Black tea","categories":{"edges":[{"position":3,"node":{"id":"Category:tea"}}]}}
                  },
                  {
                    "position":2,
                    "node":{
                      "name":"Green tea",
                      "categories":{
                        "edges":[
                          {"position":2,"node":{"id":"Category:tea"}},
                          {"position":1,"node":{"id":"Category:tea%3Agreen"}}
                        ]
                      }
                    }
                  },
                  {
                    "position":1,
                    "node":{
                      "name":"煎茶",
                      "categories":{
                        "edges":[
                          {"position":1,"node":{"id":"Category:tea"}},
                          {"position":2,"node":{"id":"Category:tea%3Agreen"}}
                        ]
                      }
                    }
                  }
                ]
              }
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn the_rows_of_a_join_table_are_in_the_order_of_their_own_column() {
    let query = r#"{ category(id: "tea") { placements(orderBy: { field: POSITION }) { nodes { position product { name } category { name } } } } }"#;
    shop()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "category":{
              "placements":{
                "nodes":[
                  {"position":1,"product":{"name":"煎茶"},"category":{"name":"Tea"}},
                  {"position":2,"product":{"name":"Green tea"},"category":{"name":"Tea"}},
                  {"position":3,"product":{"name":"Black tea"},"category":{"name":"Tea"}}
                ]
              }
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn products_go_with_products() {
    let query = "{ products(filter: { orderLines: { some: {} } }, first: 3) { nodes { name relatedCount related { edges { strength node { name } } } } } }";
    shop().await.answers(query, expect![[r#"
        {
          "data":{
            "products":{
              "nodes":[
                {
                  "name":"Teapot",
                  "relatedCount":2,
                  "related":{
                    "edges":[{"strength":0.875,"node":{"name":"Tea cup"}},{"strength":0.5,"node":{"name":"Green tea"}}]
                  }
                },
                {"name":"Tea cup","relatedCount":1,"related":{"edges":[{"strength":0.875,"node":{"name":"Teapot"}}]}},
                {
                  "name":"Green tea",
                  "relatedCount":2,
                  "related":{"edges":[{"strength":0.75,"node":{"name":"煎茶"}},{"strength":0.5,"node":{"name":"Honey_jar"}}]}
                }
              ]
            }
          }
        }"#]]).await;
}

#[tokio::test]
async fn an_order_is_a_customers() {
    let query = r#"{ customers(first: 2, orderBy: { field: ORDERS_COUNT, direction: DESC }) { nodes { name ordersCount orders(orderBy: { field: PLACED_AT, direction: DESC }) { nodes { id customer { name } } } } } }"#;
    shop()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "customers":{
              "nodes":[
                {
                  "name":"Ada",
                  "ordersCount":2,
                  "orders":{
                    "nodes":[
                      {"id":"Order:0198c6a5-7000-7000-8000-000000000005","customer":{"name":"Ada"}},
                      {"id":"Order:0198c6a5-7000-7000-8000-000000000003","customer":{"name":"Ada"}}
                    ]
                  }
                },
                {
                  "name":"Bob",
                  "ordersCount":2,
                  "orders":{
                    "nodes":[
                      {"id":"Order:0198c6a5-7000-7000-8000-000000000006","customer":{"name":"Bob"}},
                      {"id":"Order:0198c6a5-7000-7000-8000-000000000001","customer":{"name":"Bob"}}
                    ]
                  }
                }
              ]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn a_line_is_of_an_order_and_of_a_product() {
    let query = r#"{ order(id: "0198c6a5-7000-7000-8000-000000000003") { linesCount lines(orderBy: { field: PRODUCT_NAME }) { nodes { position product { name orderLinesCount } order { address } } } } }"#;
    shop()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "order":{
              "linesCount":3,
              "lines":{
                "nodes":[
                  {"position":1,"product":{"name":"Black tea","orderLinesCount":1},"order":{"address":"Straße 3"}},
                  {"position":2,"product":{"name":"Tea cup","orderLinesCount":3},"order":{"address":"Straße 3"}},
                  {"position":3,"product":{"name":"煎茶","orderLinesCount":2},"order":{"address":"Straße 3"}}
                ]
              }
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn what_is_in_parcels_leads_to_a_line_by_three_columns_or_to_none() {
    let query = r#"{ parcelItems(filter: { parcel: { eq: "P-3" } }, orderBy: { field: LINE_QUANTITY, direction: DESC }) { nodes { id line { id parcelItems { nodes { id } } } } } }"#;
    shop()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "parcelItems":{
              "nodes":[
                {
                  "id":"ParcelItem:6",
                  "line":{
                    "id":"OrderLine:0198c6a5-7000-7000-8000-000000000003:5:3",
                    "parcelItems":{"nodes":[{"id":"ParcelItem:6"}]}
                  }
                },
                {
                  "id":"ParcelItem:4",
                  "line":{
                    "id":"OrderLine:0198c6a5-7000-7000-8000-000000000003:4:1",
                    "parcelItems":{"nodes":[{"id":"ParcelItem:4"}]}
                  }
                },
                {"id":"ParcelItem:5","line":null}
              ]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn an_order_has_one_invoice_or_none() {
    let query = "{ orders(first: 3, orderBy: { field: INVOICE_TOTAL, direction: DESC }) { nodes { id invoice { total paidOn order { id } } } } none: orders(filter: { not: { invoice: {} } }) { totalCount } }";
    shop().await.answers(query, expect![[r#"
        {
          "data":{
            "orders":{
              "nodes":[
                {
                  "id":"Order:0198c6a5-7000-7000-8000-000000000003",
                  "invoice":{"total":"59.7","paidOn":null,"order":{"id":"Order:0198c6a5-7000-7000-8000-000000000003"}}
                },
                {
                  "id":"Order:0198c6a5-7000-7000-8000-000000000005",
                  "invoice":{"total":"24.5","paidOn":"2026-07-05","order":{"id":"Order:0198c6a5-7000-7000-8000-000000000005"}}
                },
                {
                  "id":"Order:0198c6a5-7000-7000-8000-000000000001",
                  "invoice":{"total":"6.9","paidOn":"2026-07-01","order":{"id":"Order:0198c6a5-7000-7000-8000-000000000001"}}
                }
              ]
            },
            "none":{"totalCount":3}
          }
        }"#]]).await;
}

#[tokio::test]
async fn filters_reach_over_three_relations() {
    let query = r#"{ customers(filter: { orders: { some: { lines: { some: { product: { status: { eq: ON_SALE }, name: { startsWith: "Tea" } } } } } } }) { nodes { name } } }"#;
    shop().await.answers(query, expect![[r#"{"data":{"customers":{"nodes":[{"name":"Ada"},{"name":"Bob"}]}}}"#]]).await;
}

#[tokio::test]
async fn a_wrong_argument_makes_null_what_may_be_next_above_it() {
    let wrong = "{ parcelItems(first: 3) { nodes { id line { quantity parcelItems(first: -1) { totalCount } } } } categories(first: 1) { totalCount } }";
    shop().await.answers(wrong, expect![[r#"
        {
          "errors":[
            {
              "message":"argument `first` is -1; allowed are 0 to 100",
              "locations":[{"line":1,"column":54}],
              "path":["parcelItems","nodes",0,"line","parcelItems"],
              "extensions":{"code":"BAD_USER_INPUT"}
            },
            {
              "message":"argument `first` is -1; allowed are 0 to 100",
              "locations":[{"line":1,"column":54}],
              "path":["parcelItems","nodes",1,"line","parcelItems"],
              "extensions":{"code":"BAD_USER_INPUT"}
            }
          ],
          "data":{
            "parcelItems":{
              "nodes":[{"id":"ParcelItem:1","line":null},{"id":"ParcelItem:2","line":null},{"id":"ParcelItem:3","line":null}]
            },
            "categories":{"totalCount":6}
          }
        }"#]]).await;
    let within = "{ order(id: \"0198c6a5-7000-7000-8000-000000000003\") { lines { nodes { parcelItems { nodes { line { order { lines(first: -1) { totalCount } } } } } } } } }";
    shop()
        .await
        .answers(
            within,
            expect![[r#"
        {
          "errors":[
            {
              "message":"argument `first` is -1; allowed are 0 to 100",
              "locations":[{"line":1,"column":108}],
              "path":["order","lines","nodes",1,"parcelItems","nodes",0,"line","order","lines"],
              "extensions":{"code":"BAD_USER_INPUT"}
            },
            {
              "message":"argument `first` is -1; allowed are 0 to 100",
              "locations":[{"line":1,"column":108}],
              "path":["order","lines","nodes",2,"parcelItems","nodes",0,"line","order","lines"],
              "extensions":{"code":"BAD_USER_INPUT"}
            }
          ],
          "data":{
            "order":{
              "lines":{
                "nodes":[
                  {"parcelItems":{"nodes":[]}},
                  {"parcelItems":{"nodes":[{"line":null}]}},
                  {"parcelItems":{"nodes":[{"line":null}]}}
                ]
              }
            }
          }
        }"#]],
        )
        .await;
}
