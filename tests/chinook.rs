//! A database that was there before: Chinook, over entities that `sea-orm-cli` generated.

use std::sync::LazyLock;

use chinook::Chinook;
use dovetail::{api::Schema, database::Database};
use expect_test::expect;
use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::support::{Apps, socket::Listening, start_postgres, walk};

static SCHEMA: LazyLock<&Schema> = LazyLock::new(|| Schema::new::<Chinook>().unwrap());

async fn chinook() -> Option<Apps> {
    start_postgres(*SCHEMA, async |database: &Database| {
        for sql in [include_str!("../examples/chinook/schema.sql"), include_str!("../examples/chinook/rows.sql")] {
            database.writer.execute_unprepared(sql).await.unwrap();
        }
    })
    .await
}

#[tokio::test]
async fn every_order_of_every_list_meets_each_row_once_in_both_directions() {
    let Some(chinook) = chinook().await else { return };
    assert_eq!(walk::every_order(&chinook.0[0], 41).await, 298);
}

#[tokio::test]
async fn a_tree_of_employees_is_one_statement_a_level() {
    let Some(chinook) = chinook().await else { return };
    let query = "{ employees(filter: { not: { manager: {} } }) { nodes { lastName reports { nodes { lastName reports { nodes { lastName hireDate } } } } } } }";
    assert_eq!(chinook.statements(query).await, 3);
    chinook
        .answers(
            query,
            expect![[r#"
        {
          "data":{
            "employees":{
              "nodes":[
                {
                  "lastName":"Jörð",
                  "reports":{
                    "nodes":[
                      {
                        "lastName":"नमस्ते",
                        "reports":{
                          "nodes":[
                            {"lastName":"Čelo","hireDate":"2011-10-17T00:00:00"},
                            {"lastName":"Dömötör","hireDate":"2011-10-17T00:00:00"},
                            {"lastName":"Smith","hireDate":"2011-10-17T00:00:00"}
                          ]
                        }
                      },
                      {
                        "lastName":"Birch",
                        "reports":{
                          "nodes":[
                            {"lastName":"Łódź","hireDate":"2012-10-17T00:00:00"},
                            {"lastName":"Mōra","hireDate":"2012-10-17T00:00:00"}
                          ]
                        }
                      },
                      {
                        "lastName":"Smith",
                        "reports":{
                          "nodes":[
                            {"lastName":"音楽","hireDate":"2013-10-17T00:00:00"},
                            {"lastName":"Smith","hireDate":"2013-10-17T00:00:00"},
                            {"lastName":"🎵","hireDate":"2013-10-17T00:00:00"}
                          ]
                        }
                      }
                    ]
                  }
                },
                {"lastName":"naïve","reports":{"nodes":[]}}
              ]
            }
          }
        }"#]],
        )
        .await;
}

#[tokio::test]
async fn tables_over_tables_are_one_answer() {
    let Some(chinook) = chinook().await else { return };
    let query = "{ customers(first: 3, orderBy: [{ field: COMPANY, direction: DESC }]) { nodes { firstName company supportRep { lastName } invoices(first: 1) { nodes { total invoiceDate lines(first: 1) { nodes { unitPrice quantity track { name album { artist { name } } playlistsCount } } } } } } } }";
    assert_eq!(chinook.statements(query).await, 8);
    chinook.answers(query, expect![[r#"
        {
          "data":{
            "customers":{
              "nodes":[
                {"firstName":"سلام","company":"Company 3","supportRep":{"lastName":"Smith"},"invoices":{"nodes":[]}},
                {
                  "firstName":"ZEBRA",
                  "company":"Company 3",
                  "supportRep":{"lastName":"音楽"},
                  "invoices":{
                    "nodes":[
                      {
                        "total":"7.85",
                        "invoiceDate":"2021-11-01T00:00:00.000001",
                        "lines":{
                          "nodes":[
                            {
                              "unitPrice":"0.9",
                              "quantity":1,
                              "track":{
                                "name":"Birch no. 3",
                                "album":{"artist":{"name":"नमस्ते & fjord"}},
                                "playlistsCount":2
                              }
                            }
                          ]
                        }
                      }
                    ]
                  }
                },
                {
                  "firstName":"Harp",
                  "company":"Company 3",
                  "supportRep":{"lastName":"Łódź"},
                  "invoices":{
                    "nodes":[
                      {
                        "total":"8.76",
                        "invoiceDate":"2021-07-01T00:00:00.000001",
                        "lines":{
                          "nodes":[
                            {
                              "unitPrice":"0.99",
                              "quantity":1,
                              "track":{"name":"Birch no. 1","album":{"artist":{"name":"Birch & 한국어"}},"playlistsCount":0}
                            }
                          ]
                        }
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
async fn where_no_changes_are_recorded_nothing_is_live() {
    let Some(apps) = chinook().await else { return };
    let server = Listening::start(&apps.0[0], &[]).await;
    let payload = json!({ "query": "{ artists { totalCount } }", "extensions": { "dovetail": { "live": true } } });
    let message = json!({ "id": "1", "type": "subscribe", "payload": payload });
    let told = server.connected().await.ask(&message.to_string()).await;
    expect![[r#"{"id":"1","type":"error","payload":[{"message":"`extensions.dovetail.live`: this server records no changes","extensions":{"code":"BAD_USER_INPUT"}}]}"#]].assert_eq(&told);
}
