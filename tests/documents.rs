//! Documents that clients name instead of sending them.

use std::fs;

use expect_test::expect;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::tempdir;

use crate::support::{Apps, laid_out, school, school_with};

const KNOWN: &str = "query Name($id: ID!) { user(id: $id) { name } }";

fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A server with the manifests of three clients' builds.
async fn trusting(mode: &str) -> Apps {
    let folder = tempdir().unwrap();
    let manifests = [
        ("relay.json", json!({ "ea6ba1d6ab6b5a3d1a2c4d4f3a5b6c7d": KNOWN })),
        ("codegen.json", json!({ sha256("{ posts { totalCount } }"): "{ posts { totalCount } }" })),
        (
            "apollo.json",
            json!({ "format": "apollo-persisted-query-manifest", "version": 1, "operations": [
                { "id": sha256("{ users { totalCount } }"), "name": "A", "type": "query", "body": "{ users { totalCount } }" },
            ] }),
        ),
        ("README.md", json!("is no manifest")),
    ];
    for (name, manifest) in manifests {
        fs::write(folder.path().join(name), manifest.to_string()).unwrap();
    }
    let documents = format!("--trusted-documents={}", folder.path().display());
    school_with(&[&documents, &format!("--trusted-documents-mode={mode}")]).await
}

async fn answer(apps: &Apps, request: Value) -> String {
    apps.agree(async |app| app.post(&request).await.to_string()).await
}

#[tokio::test]
async fn trusted_documents_of_relay_codegen_and_apollo_are_found_by_their_ids() {
    let apps = trusting("enforce").await;
    let (posts, users) = (sha256("{ posts { totalCount } }"), sha256("{ users { totalCount } }"));
    for (request, expected) in [
        (
            json!({ "documentId": "ea6ba1d6ab6b5a3d1a2c4d4f3a5b6c7d", "variables": { "id": 1 } }),
            r#"{"data":{"user":{"name":"Ada"}}}"#,
        ),
        (
            json!({ "doc_id": "ea6ba1d6ab6b5a3d1a2c4d4f3a5b6c7d", "variables": { "id": 1 } }),
            r#"{"data":{"user":{"name":"Ada"}}}"#,
        ),
        (json!({ "documentId": format!("sha256:{posts}") }), r#"{"data":{"posts":{"totalCount":4}}}"#),
        (
            json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": users } } }),
            r#"{"data":{"users":{"totalCount":3}}}"#,
        ),
        (json!({ "query": KNOWN, "variables": { "id": 2 } }), r#"{"data":{"user":{"name":"Bob"}}}"#),
    ] {
        assert_eq!(answer(&apps, request).await, expected);
    }
}

#[tokio::test]
async fn a_parameter_that_is_null_or_empty_names_nothing() {
    let apps = trusting("enforce").await;
    let users = sha256("{ users { totalCount } }");
    let by_hash = json!({ "persistedQuery": { "version": 1, "sha256Hash": users } });
    for request in [
        json!({ "documentId": users, "query": null }),
        json!({ "documentId": null, "doc_id": users, "query": null, "variables": null, "extensions": null }),
        json!({ "documentId": null, "doc_id": "", "id": users, "operationName": null }),
        json!({ "documentId": null, "id": null, "query": null, "extensions": by_hash }),
        json!({ "query": "{ users { totalCount } }", "documentId": null, "extensions": { "persistedQuery": null } }),
    ] {
        assert_eq!(answer(&apps, request).await, r#"{"data":{"users":{"totalCount":3}}}"#);
    }
}

#[tokio::test]
async fn what_is_not_trusted_is_refused_where_that_is_enforced() {
    let apps = trusting("enforce").await;
    expect![[r#"
        {
          "errors":[
            {
              "extensions":{"code":"FORBIDDEN"},
              "message":"the document is not among this server's trusted documents, which alone are allowed"
            }
          ]
        }"#]]
    .assert_eq(&laid_out(&answer(&apps, json!({ "query": "{ users { nodes { id } } }" })).await));
    expect![[r#"
        {
          "errors":[
            {
              "extensions":{"code":"BAD_USER_INPUT"},
              "message":"the request names a trusted document that is not in this server's manifests"
            }
          ]
        }"#]]
    .assert_eq(&laid_out(&answer(&apps, json!({ "documentId": "unknown" })).await));
    // Nor can it be registered.
    let text = "{ students { totalCount } }";
    let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": sha256(text) } });
    let both = json!({ "query": text, "extensions": extensions });
    assert!(answer(&apps, both).await.contains("FORBIDDEN"));
    assert!(answer(&apps, json!({ "extensions": extensions })).await.contains("PERSISTED_QUERY_NOT_FOUND"));
}

#[tokio::test]
async fn what_is_not_trusted_is_answered_where_it_is_just_logged_or_not_even_that() {
    for mode in ["log", "off"] {
        let apps = trusting(mode).await;
        let said = answer(&apps, json!({ "query": "{ students { totalCount } }" })).await;
        assert_eq!(said, r#"{"data":{"students":{"totalCount":3}}}"#);
    }
}

#[tokio::test]
async fn an_automatic_persisted_query_is_sent_once() {
    let apps = school().await;
    let text = "{ users { totalCount } }";
    let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": sha256(text) } });
    expect![[r#"{"errors":[{"extensions":{"code":"PERSISTED_QUERY_NOT_FOUND"},"message":"PersistedQueryNotFound"}]}"#]]
        .assert_eq(&answer(&apps, json!({ "extensions": extensions })).await);
    let expected = r#"{"data":{"users":{"totalCount":3}}}"#;
    assert_eq!(answer(&apps, json!({ "query": text, "extensions": extensions })).await, expected);
    assert_eq!(answer(&apps, json!({ "extensions": extensions })).await, expected);
}

#[tokio::test]
async fn a_hash_of_another_text_is_refused_and_not_kept() {
    let apps = school().await;
    let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": sha256("{ users { totalCount } }") } });
    expect![[r#"{"errors":[{"extensions":{"code":"BAD_USER_INPUT"},"message":"`extensions.persistedQuery.sha256Hash` is not the SHA-256 of `query`"}]}"#]]
        .assert_eq(&answer(&apps, json!({ "query": "{ posts { totalCount } }", "extensions": extensions })).await);
    assert!(answer(&apps, json!({ "extensions": extensions })).await.contains("PersistedQueryNotFound"));
}

#[tokio::test]
async fn a_trusted_document_cannot_be_kept_under_a_hash_of_the_senders_choice() {
    let apps = trusting("enforce").await;
    let hash = sha256("{ another }");
    let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
    for id in ["documentId", "doc_id", "id"] {
        let both = json!({ id: sha256("{ users { totalCount } }"), "extensions": extensions });
        expect![[r#"
            {
              "errors":[
                {
                  "extensions":{"code":"BAD_USER_INPUT"},
                  "message":"the request has the id of a trusted document and `extensions.persistedQuery`; allowed is one of them"
                }
              ]
            }"#]].assert_eq(&laid_out(&answer(&apps, both).await));
        assert!(answer(&apps, json!({ "extensions": extensions })).await.contains("PERSISTED_QUERY_NOT_FOUND"));
    }
}

#[tokio::test]
async fn a_document_that_is_refused_is_not_kept() {
    let apps = school_with(&["--max-cost=10"]).await;
    let text = "{ users { nodes { id } } }";
    let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": sha256(text) } });
    assert!(answer(&apps, json!({ "query": text, "extensions": extensions })).await.contains("TOO_COMPLEX"));
    assert!(answer(&apps, json!({ "extensions": extensions })).await.contains("PERSISTED_QUERY_NOT_FOUND"));
}

#[tokio::test]
async fn the_oldest_automatic_persisted_query_makes_room_for_the_newest() {
    let apps = school_with(&["--persisted-queries=2"]).await;
    let by_hash = |text: &str| json!({ "persistedQuery": { "version": 1, "sha256Hash": sha256(text) } });
    let texts = ["{ users { totalCount } }", "{ posts { totalCount } }", "{ courses { totalCount } }"];
    for text in texts {
        answer(&apps, json!({ "query": text, "extensions": by_hash(text) })).await;
    }
    for (text, is_known) in texts.into_iter().zip([false, true, true]) {
        let said = answer(&apps, json!({ "extensions": by_hash(text) })).await;
        assert_eq!(said.starts_with(r#"{"data""#), is_known, "{said}");
    }
}

#[tokio::test]
async fn automatic_persisted_queries_can_be_off() {
    let apps = school_with(&["--persisted-queries=0"]).await;
    let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": sha256("{ users { totalCount } }") } });
    expect![[
        r#"{"errors":[{"extensions":{"code":"PERSISTED_QUERY_NOT_SUPPORTED"},"message":"PersistedQueryNotSupported"}]}"#
    ]]
    .assert_eq(&answer(&apps, json!({ "extensions": extensions })).await);
}
