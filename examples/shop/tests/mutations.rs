//! What is written, and what is refused.

use expect_test::expect;

use crate::support::shop;

#[tokio::test]
async fn a_product_is_created_changed_and_deleted() {
    let shop = shop().await;
    let create = r#"mutation { createProduct(input: { name: "Spoon", price: "1.50", size: SMALL, attributes: { steel: true } }) { product { id name price status size attributes stock photo } userErrors { code } } }"#;
    shop.answers(
        create,
        expect![[r#"
        {
          "data":{
            "createProduct":{
              "product":{
                "id":"Product:10",
                "name":"Spoon",
                "price":"1.5",
                "status":"DRAFT",
                "size":"SMALL",
                "attributes":{"steel":true},
                "stock":0,
                "photo":null
              },
              "userErrors":[]
            }
          }
        }"#]],
    )
    .await;
    let update = r#"mutation { updateProduct(input: { id: 10, price: "2", status: ON_SALE, weight: 0.05 }) { product { name price status weight } userErrors { code } } }"#;
    shop.answers(update, expect![[r#"{"data":{"updateProduct":{"product":{"name":"Spoon","price":"2","status":"ON_SALE","weight":0.05},"userErrors":[]}}}"#]]).await;
    let update = "mutation { updateProduct(input: { id: 10, weight: null }) { product { name price status weight } userErrors { code } } }";
    shop.answers(update, expect![[r#"{"data":{"updateProduct":{"product":{"name":"Spoon","price":"2","status":"ON_SALE","weight":null},"userErrors":[]}}}"#]]).await;
    let delete = "mutation { deleteProduct(input: { id: 10 }) { deletedId userErrors { code } } }";
    shop.answers(delete, expect![[r#"{"data":{"deleteProduct":{"deletedId":"Product:10","userErrors":[]}}}"#]]).await;
}

#[tokio::test]
async fn a_product_that_does_not_fit_is_refused() {
    let create = r#"mutation { createProduct(input: { name: " ", price: "1.505" }) { product { id } userErrors { code message path } } }"#;
    shop()
        .await
        .answers(
            create,
            expect![[r#"
        {
          "data":{
            "createProduct":{
              "product":null,
              "userErrors":[
                {"code":"BLANK","message":"must not be blank; allowed are 1 to 200 characters","path":["name"]},
                {
                  "code":"INVALID",
                  "message":"has too many digits; allowed are 10 before the point and 2 after it",
                  "path":["price"]
                }
              ]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn a_product_that_was_ordered_is_not_deleted() {
    let delete = "mutation { deleteProduct(input: { id: 1 }) { deletedId userErrors { code message path } } }";
    shop()
        .await
        .answers(
            delete,
            expect![[r#"
        {
          "data":{
            "deleteProduct":{
              "deletedId":null,
              "userErrors":[{"code":"INVALID","message":"Product:1 is referred to by other objects","path":["id"]}]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn an_order_is_placed_with_its_lines_and_takes_from_the_stock() {
    let place = r#"mutation { createOrder(input: { customerId: 5, address: "Gasse 1", deliverBy: "2026-12-24T12:00:00", lines: [{ productId: 1, quantity: 2 }, { productId: "Product:3", quantity: 1 }, { productId: 1, quantity: 18 }] }) { order { shipping address deliverBy customer { name } lines { nodes { position quantity price product { name stock } } } } userErrors { code } } }"#;
    shop()
        .await
        .answers(
            place,
            expect![[r#"
        {
          "data":{
            "createOrder":{
              "order":{
                "shipping":"POST",
                "address":"Gasse 1",
                "deliverBy":"2026-12-24T12:00:00",
                "customer":{"name":"Émile"},
                "lines":{
                  "nodes":[
                    {"position":1,"quantity":2,"price":"24.5","product":{"name":"Teapot","stock":0}},
                    {"position":3,"quantity":18,"price":"24.5","product":{"name":"Teapot","stock":0}},
                    {"position":2,"quantity":1,"price":"12","product":{"name":"Green tea","stock":59}}
                  ]
                }
              },
              "userErrors":[]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn an_order_of_what_cannot_be_bought_writes_nothing() {
    let shop = shop().await;
    let place = r#"mutation { createOrder(input: { customerId: 9, lines: [{ productId: 1, quantity: 2 }, { productId: 6, quantity: 1 }, { productId: 4, quantity: 1 }, { productId: 99, quantity: 1 }, { productId: 3, quantity: 0 }] }) { order { id } userErrors { code message path } } }"#;
    shop.answers(
        place,
        expect![[r#"
        {
          "data":{
            "createOrder":{
              "order":null,
              "userErrors":[
                {"code":"NOT_FOUND","message":"Customer:9 does not exist","path":["customerId"]},
                {"code":"INVALID","message":"1 of `Samovar` cannot be bought","path":["lines","1"]},
                {"code":"INVALID","message":"0 of `Black tea` are at hand","path":["lines","2"]},
                {"code":"NOT_FOUND","message":"Product:99 does not exist","path":["lines","3","productId"]},
                {"code":"INVALID","message":"0 of `Green tea` cannot be bought","path":["lines","4"]}
              ]
            }
          }
        }"#]],
    )
    .await;
    shop.answers(
        "{ product(id: 1) { stock } orders { totalCount } }",
        expect![[r#"{"data":{"product":{"stock":20},"orders":{"totalCount":6}}}"#]],
    )
    .await;
}

#[tokio::test]
async fn an_order_is_cancelled_once_and_gives_back_to_the_stock() {
    let shop = shop().await;
    let cancel = r#"mutation { cancelOrder(input: { id: "0198c6a5-7000-7000-8000-000000000006" }) { order { customer { name } lines { nodes { quantity product { name stock } } } } userErrors { code message path } } }"#;
    shop.answers(
        cancel,
        expect![[r#"
        {
          "data":{
            "cancelOrder":{
              "order":{
                "customer":{"name":"Bob"},
                "lines":{
                  "nodes":[
                    {"quantity":1,"product":{"name":"Tea cup","stock":41}},
                    {"quantity":2,"product":{"name":"Green tea","stock":62}}
                  ]
                }
              },
              "userErrors":[]
            }
          }
        }"#]],
    )
    .await;
    shop.answers(
        cancel,
        expect![[r#"
        {
          "data":{
            "cancelOrder":{
              "order":null,
              "userErrors":[{"code":"INVALID","message":"the order is cancelled already","path":["id"]}]
            }
          }
        }"#]],
    )
    .await;
    let cancel = r#"mutation { cancelOrder(input: { id: "0198c6a5-7000-7000-8000-000000000099" }) { order { id } userErrors { code message path } } }"#;
    shop.answers(
        cancel,
        expect![[r#"
        {
          "data":{
            "cancelOrder":{
              "order":null,
              "userErrors":[
                {"code":"NOT_FOUND","message":"Order:0198c6a5-7000-7000-8000-000000000099 does not exist","path":["id"]}
              ]
            }
          }
        }"#]],
    )
    .await;
}

#[tokio::test]
async fn a_time_finer_than_a_microsecond_is_written_as_both_databases_can_hold_it() {
    let shop = shop().await;
    let create = r#"mutation { createOrder(input: { customerId: 1, deliverBy: "2026-06-02T18:00:00.1234567", lines: [{ productId: 1, quantity: 1 }] }) { order { deliverBy } userErrors { message } } }"#;
    shop.answers(
        create,
        expect![[r#"{"data":{"createOrder":{"order":{"deliverBy":"2026-06-02T18:00:00.123456"},"userErrors":[]}}}"#]],
    )
    .await;
    let written =
        r#"{ orders(filter: { deliverBy: { eq: "2026-06-02T18:00:00.123456" } }) { totalCount nodes { deliverBy } } }"#;
    shop.answers(
        written,
        expect![[r#"{"data":{"orders":{"totalCount":1,"nodes":[{"deliverBy":"2026-06-02T18:00:00.123456"}]}}}"#]],
    )
    .await;
}

#[tokio::test]
async fn there_is_one_zero() {
    let update = "mutation { updateProduct(input: { id: 1, weight: -0.0 }) { product { weight } } }";
    shop().await.answers(update, expect![[r#"{"data":{"updateProduct":{"product":{"weight":0.0}}}}"#]]).await;
}
