//! Columns of every kind: filtered, ordered and answered.

use expect_test::expect;

use crate::support::shop;

#[tokio::test]
async fn decimals_are_compared_as_numbers() {
    let query = r#"{ products(filter: { price: { gte: "12.0", lt: "100" } }, orderBy: [{ field: PRICE }, { field: NAME }]) { nodes { name price } } }"#;
    shop()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "products":{
              "nodes":[
                {"name":"Green tea","price":"12"},
                {"name":"煎茶","price":"12"},
                {"name":"Teapot","price":"24.5"},
                {"name":"Kettle","price":"39.95"}
              ]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn an_enum_of_the_databases_own_is_ordered_as_declared() {
    let query =
        "{ products(filter: { status: { in: [GONE, DRAFT] } }, orderBy: { field: STATUS }) { nodes { name status } } }";
    shop()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "products":{
              "nodes":[
                {"name":"Samovar","status":"DRAFT"},
                {"name":"Honey_jar","status":"DRAFT"},
                {"name":"Kettle","status":"GONE"}
              ]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn an_enum_that_texts_stand_for_is_ordered_by_them() {
    let query = "{ products(filter: { size: { ne: SMALL } }, orderBy: { field: SIZE, direction: DESC, nulls: FIRST }) { nodes { name size } } }";
    shop()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "products":{
              "nodes":[
                {"name":"Green tea","size":null},
                {"name":"Black tea","size":null},
                {"name":"煎茶","size":null},
                {"name":"Café crème","size":null},
                {"name":"Teapot","size":"MEDIUM"},
                {"name":"Kettle","size":"MEDIUM"},
                {"name":"Samovar","size":"LARGE"}
              ]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn an_enum_that_integers_stand_for_is_filtered() {
    let query = "{ a: orders(filter: { shipping: { eq: COURIER } }) { nodes { id shipping } } b: orders(filter: { shipping: { isNull: true } }) { totalCount } }";
    shop()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "a":{
              "nodes":[
                {"id":"Order:0198c6a5-7000-7000-8000-000000000002","shipping":"COURIER"},
                {"id":"Order:0198c6a5-7000-7000-8000-000000000005","shipping":"COURIER"}
              ]
            },
            "b":{"totalCount":2}
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn truth_values_are_filtered() {
    let query = "{ products(filter: { active: { eq: false } }) { nodes { name active } } }";
    shop()
        .await
        .answers(query, expect![[r#"{"data":{"products":{"nodes":[{"name":"Kettle","active":false}]}}}"#]])
        .await;
}

#[tokio::test]
async fn small_integers_are_compared() {
    let query = "{ products(filter: { stock: { lt: 40 } }, orderBy: { field: STOCK, direction: DESC }) { nodes { name stock } } }";
    shop().await.answers(query, expect![[r#"
        {
          "data":{
            "products":{"nodes":[{"name":"Teapot","stock":20},{"name":"Black tea","stock":0},{"name":"Kettle","stock":0}]}
          }
        }"#]]).await;
}

#[tokio::test]
async fn doubles_are_compared_and_null_is_last() {
    let query = "{ products(filter: { not: { weight: { gte: 0.24 } } }, orderBy: { field: WEIGHT }) { nodes { name weight } } }";
    shop()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "products":{
              "nodes":[
                {"name":"Green tea","weight":0.1},
                {"name":"Black tea","weight":0.1},
                {"name":"煎茶","weight":0.1},
                {"name":"Samovar","weight":null},
                {"name":"Café crème","weight":null}
              ]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn floats_of_32_bits_are_compared() {
    let query = "{ recommendations(filter: { strength: { gte: 0.75 } }, orderBy: { field: STRENGTH, direction: DESC }) { nodes { id strength } } }";
    shop()
        .await
        .answers(
            query,
            expect![[r#"
                {
                  "data":{
                    "recommendations":{
                      "nodes":[
                        {"id":"Recommendation:1:2","strength":0.875},
                        {"id":"Recommendation:2:1","strength":0.875},
                        {"id":"Recommendation:3:5","strength":0.75},
                        {"id":"Recommendation:5:3","strength":0.75}
                      ]
                    }
                  }
                }"#]],
        )
        .await;
}

#[tokio::test]
async fn dates_are_compared() {
    let query = r#"{ products(filter: { released: { gt: "2024-05-03" } }, orderBy: { field: RELEASED, direction: DESC }) { nodes { name released } } }"#;
    shop().await.answers(query, expect![[r#"
        {
          "data":{
            "products":{"nodes":[{"name":"Kettle","released":"2024-05-05"},{"name":"Café crème","released":"2024-05-04"}]}
          }
        }"#]]).await;
}

#[tokio::test]
async fn times_are_compared() {
    let query = r#"{ products(filter: { opensAt: { lte: "18:00:00" } }, orderBy: { field: OPENS_AT }) { nodes { name opensAt } } }"#;
    shop()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "products":{
              "nodes":[
                {"name":"Café crème","opensAt":"07:30:00"},
                {"name":"Teapot","opensAt":"18:00:00"},
                {"name":"Green tea","opensAt":"18:00:00"}
              ]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn bytes_are_equal_or_not() {
    let query = r#"{ a: products(filter: { photo: { eq: "UE5H" } }) { nodes { name photo } } b: products(filter: { photo: { isNull: false } }) { totalCount } }"#;
    shop()
        .await
        .answers(
            query,
            expect![[r#"{"data":{"a":{"nodes":[{"name":"Teapot","photo":"UE5H"}]},"b":{"totalCount":1}}}"#]],
        )
        .await;
}

#[tokio::test]
async fn json_is_there_or_not() {
    let query = "{ products(filter: { attributes: { isNull: false } }) { nodes { name attributes } } }";
    shop()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "products":{
              "nodes":[
                {"name":"Teapot","attributes":{"dishwasher":false}},
                {"name":"Tea cup","attributes":{"colors":["white","blau"]}},
                {"name":"Green tea","attributes":{"dishwasher":false}}
              ]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn moments_are_compared_in_any_time_zone() {
    let query = r#"{ orders(filter: { placedAt: { eq: "2026-06-02T11:00:00.25+02:00" } }) { nodes { id placedAt cancelledAt } } }"#;
    shop()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "orders":{
              "nodes":[
                {
                  "id":"Order:0198c6a5-7000-7000-8000-000000000002",
                  "placedAt":"2026-06-02T09:00:00.250+00:00",
                  "cancelledAt":null
                },
                {
                  "id":"Order:0198c6a5-7000-7000-8000-000000000003",
                  "placedAt":"2026-06-02T09:00:00.250+00:00",
                  "cancelledAt":null
                }
              ]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn moments_of_no_time_zone_are_compared() {
    let query = r#"{ orders(filter: { deliverBy: { lt: "2026-06-03T00:00:00" } }) { nodes { id deliverBy } } }"#;
    shop().await.answers(query, expect![[r#"{"data":{"orders":{"nodes":[{"id":"Order:0198c6a5-7000-7000-8000-000000000003","deliverBy":"2026-06-02T18:00:00"}]}}}"#]]).await;
}

#[tokio::test]
async fn texts_are_compared_by_code_point() {
    let query = r#"{ a: customers(orderBy: { field: NAME }) { nodes { name } } b: orders(filter: { note: { contains: "🔔" } }) { nodes { note } } }"#;
    shop()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "a":{
              "nodes":[
                {"name":"Ada"},
                {"name":"Ada"},
                {"name":"Bob"},
                {"name":"Chloë"},
                {"name":"Émile"},
                {"name":"Дмитрий"}
              ]
            },
            "b":{"nodes":[{"note":"„Leise!“ 🔔"}]}
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn a_key_of_64_bits_and_one_of_32_are_looked_up() {
    let query = r#"{ customer(id: 6) { id name } product(id: "Product:7") { id name } c: product(id: 99) { id } }"#;
    shop().await.answers(query, expect![[r#"{"data":{"customer":{"id":"Customer:6","name":"Ada"},"product":{"id":"Product:7","name":"Café crème"},"c":null}}"#]]).await;
}

#[tokio::test]
async fn a_key_that_is_a_text_is_looked_up_and_written_with_escapes() {
    let query = r#"{ category(id: "süß") { id } b: category(id: "Category:tea%3Agreen") { id name } categories { nodes { id } } }"#;
    shop()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "category":{"id":"Category:süß"},
            "b":{"id":"Category:tea%3Agreen","name":"Green tea"},
            "categories":{
              "nodes":[
                {"id":"Category:all"},
                {"id":"Category:süß"},
                {"id":"Category:tea"},
                {"id":"Category:tea%3Agreen"},
                {"id":"Category:ware"},
                {"id":"Category:ware%3Ametal"}
              ]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn a_key_that_is_a_uuid_is_looked_up() {
    let query = r#"{ order(id: "0198c6a5-7000-7000-8000-000000000003") { id address } }"#;
    shop()
        .await
        .answers(
            query,
            expect![[r#"{"data":{"order":{"id":"Order:0198c6a5-7000-7000-8000-000000000003","address":"Straße 3"}}}"#]],
        )
        .await;
}

#[tokio::test]
async fn a_key_of_three_parts_is_looked_up() {
    let query = r#"{ orderLine(id: "0198c6a5-7000-7000-8000-000000000003:5:3") { id quantity } node(id: "OrderLine:0198c6a5-7000-7000-8000-000000000003:2:2") { ... on OrderLine { position } } }"#;
    shop().await.answers(query, expect![[r#"{"data":{"orderLine":{"id":"OrderLine:0198c6a5-7000-7000-8000-000000000003:5:3","quantity":3},"node":{"position":2}}}"#]]).await;
}

#[tokio::test]
async fn a_key_of_two_parents_is_looked_up_by_both() {
    let query = r#"{ placement(productId: 3, categoryCode: "tea%3Agreen") { id position } recommendation(productId: 3, relatedId: "Product:9") { id strength } }"#;
    shop()
        .await
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "placement":{"id":"Placement:3:tea%3Agreen","position":1},
            "recommendation":{"id":"Recommendation:3:9","strength":0.5}
          }
        }"#]],
        )
        .await;
}
