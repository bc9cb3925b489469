//! The thirteen checks of graphql-cop (<https://github.com/dolevf/graphql-cop>), by its names for them: what it would report is
//! refused, with the settings of `--profile production` where those are about what is there to explore.

use axum::http::{Request, StatusCode, header};
use expect_test::expect;
use serde_json::{Value, json};

use crate::support::{App, Apps, body, graphql_request, school, school_with};

/// Settings that a public server would have.
async fn public() -> Apps {
    school_with(&["--profile=production", "--jwt-secret=thirty-two bytes that are no secret", "--auth=write"]).await
}

/// The code of the answer's first error.
async fn refusal(app: &App, query: &str) -> String {
    app.answer(query).await["errors"][0]["extensions"]["code"].as_str().unwrap().to_owned()
}

/// The statements that ran for the request, its status, and its text.
async fn sent(app: &App, request: Request<axum::body::Body>) -> (usize, StatusCode, String) {
    app.statements().take();
    let response = app.http(request).await;
    (app.statements().take().len(), response.status(), body(response).await)
}

#[tokio::test]
async fn alias_overloading() {
    let aliases: String = (0..101).map(|index| format!("alias{index}: __typename ")).collect();
    assert_eq!(refusal(&school().await.0[0], &format!("query cop {{ {aliases} }}")).await, "TOO_COMPLEX");
}

#[tokio::test]
async fn batch_queries() {
    let app = &school().await.0[0];
    let batch = json!(vec![json!({ "query": "{ users { totalCount } }" }); 10]).to_string();
    let request = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json").body(batch.into());
    let (statements, status, _) = sent(app, request.unwrap()).await;
    assert_eq!((statements, status), (0, StatusCode::BAD_REQUEST));
}

#[tokio::test]
async fn directive_overloading() {
    let query = format!("query cop {{ __typename {} }}", "@aa".repeat(10));
    assert_eq!(refusal(&school().await.0[0], &query).await, "TOO_COMPLEX");
}

#[tokio::test]
async fn circular_fragments() {
    let query = "query { __schema { ...A } } fragment A on __Schema { ...B } fragment B on __Schema { ...A }";
    expect![[
        r#"{"errors":[{"message":"Fragment \"A\" spreads itself.","extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}"#
    ]]
    .assert_eq(&school().await.query(query).await);
}

#[tokio::test]
async fn circular_introspection() {
    let fields = "fields { type { fields { type { fields { type { fields { name } } } } } } }";
    assert_eq!(
        refusal(&school().await.0[0], &format!("query {{ __schema {{ types {{ {fields} }} }} }}")).await,
        "TOO_COMPLEX"
    );
}

#[tokio::test]
async fn get_based_mutation() {
    let app = &school().await.0[0];
    let request = Request::get("/graphql?query=mutation%7BdeleteUser(input:%7Bid:1%7D)%7BdeletedId%7D%7D");
    let (statements, status, _) = sent(app, request.body("".into()).unwrap()).await;
    assert_eq!((statements, status), (0, StatusCode::METHOD_NOT_ALLOWED));
}

#[tokio::test]
async fn post_based_url_encoded_query() {
    let app = &school().await.0[0];
    let request = Request::post("/graphql").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let (statements, status, _) = sent(app, request.body("query=%7Busers%7BtotalCount%7D%7D".into()).unwrap()).await;
    assert_eq!((statements, status), (0, StatusCode::UNSUPPORTED_MEDIA_TYPE));
}

#[tokio::test]
async fn introspection() {
    let app = &public().await.0[0];
    for query in ["{ __schema { types { name } } }", "{ ...A } fragment A on Query { __type(name: \"User\") { name } }"]
    {
        let (_, status, text) = sent(app, graphql_request(query)).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert!(text.contains("introspection is off on this server") && !text.contains("data"), "{text}");
    }
    assert_eq!(app.query("{ __typename }").await, r#"{"data":{"__typename":"Query"}}"#);
    let schema = app.http(Request::get("/schema.graphql").body("".into()).unwrap()).await;
    assert_eq!(schema.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn field_suggestions() {
    let query = "{ usr(id: 1) { nme } __typenam }";
    assert!(school().await.query(query).await.contains("Did you mean"));
    let text = public().await.query(query).await;
    assert!(text.contains("Unknown field") && !text.contains("Did you mean"), "{text}");
    for (order, variables) in [("NAMES", json!({})), ("$by", json!({ "by": "NAMES" }))] {
        let declared = if order == "$by" { "($by: UserOrderField!)" } else { "" };
        let query = format!("query {declared} {{ users(orderBy: {{ field: {order} }}) {{ totalCount }} }}");
        let text = school().await.0[0].query_with(&query, &variables).await;
        assert!(text.contains("No member `NAMES` on enum UserOrderField; allowed are CREATED_AT, "), "{text}");
        let text = public().await.0[0].query_with(&query, &variables).await;
        assert!(text.contains("No member `NAMES` on enum UserOrderField.") && !text.contains("NAME,"), "{text}");
    }
}

#[tokio::test]
async fn field_duplication() {
    let query = format!("query cop {{ {} }}", "__typename \n".repeat(500));
    assert_eq!(refusal(&school().await.0[0], &query).await, "TOO_COMPLEX");
}

#[tokio::test]
async fn tracing() {
    let app = &public().await.0[0];
    let request = json!({ "query": "{ user(id: 1) { id } }", "extensions": { "tracing": true } });
    assert_eq!(app.post(&request).await, json!({ "data": { "user": { "id": "User:1" } } }));
    let request = json!({ "query": "{ user(id: 1) { id } }", "extensions": { "dovetail": { "sql": true } } });
    assert_eq!(app.post(&request).await["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

#[tokio::test]
async fn graphql_ide() {
    let app = &public().await.0[0];
    for path in ["/", "/graphiql", "/playground", "/console", "/graphql"] {
        let request = Request::get(path).header(header::ACCEPT, "text/html").body("".into()).unwrap();
        let (_, status, text) = sent(app, request).await;
        assert!(status.is_client_error() && !text.contains("<html"), "{path}: {text}");
    }
}

#[tokio::test]
async fn unhandled_errors() {
    let app = &public().await.0[0];
    for text in ["", "qwerty cop { abc }", "{", "\u{0}", "query { user(id: {a: [}) }", "subscription { a }"] {
        let (_, status, answer) = sent(app, graphql_request(text)).await;
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let code = answer["errors"][0]["extensions"]["code"].as_str().unwrap();
        assert!(status == 200 && code.starts_with("GRAPHQL_"), "{text}: {answer}");
    }
}

#[tokio::test]
async fn get_based_query_without_preflight() {
    let app = &school_with(&["--cors-origins=https://app.example.com"]).await.0[0];
    let get = async |site: &str, origin: Option<&str>| {
        let mut request = Request::get("/graphql?query=%7Busers%7BtotalCount%7D%7D").header("sec-fetch-site", site);
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        let (statements, status, _) = sent(app, request.body("".into()).unwrap()).await;
        (statements, status)
    };
    for site in ["cross-site", "same-site"] {
        assert_eq!(get(site, None).await, (0, StatusCode::FORBIDDEN));
        assert_eq!(get(site, Some("https://evil.example.com")).await, (0, StatusCode::FORBIDDEN));
        assert_eq!(get(site, Some("https://app.example.com")).await, (1, StatusCode::OK));
    }
    assert_eq!(get("same-origin", None).await, (1, StatusCode::OK));
}
