//! GraphQL over HTTP, besides the audits of `tests/audits/`.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use expect_test::{Expect, expect};

use crate::support::{App, body, laid_out, school, school_with};

const BOTH: &str = "application/graphql-response+json, application/json;q=0.9";

/// The status, the headers that matter, and the body of a response.
async fn said(app: &App, request: Request<Body>) -> String {
    let response = app.http(request).await;
    let mut said = response.status().to_string();
    for name in [header::CONTENT_TYPE, header::ALLOW, header::ACCEPT, header::RETRY_AFTER] {
        if let Some(value) = response.headers().get(&name) {
            said += &format!("\n{name}: {}", value.to_str().unwrap());
        }
    }
    format!("{said}\n{}", laid_out(&body(response).await))
}

fn post(kind: &str, accept: &str, text: &'static str) -> Request<Body> {
    let request = Request::post("/graphql").header(header::CONTENT_TYPE, kind).header(header::ACCEPT, accept);
    request.body(text.into()).unwrap()
}

fn get(query: &str) -> Request<Body> {
    Request::get(format!("/graphql?{query}")).header(header::ACCEPT, BOTH).body(Body::empty()).unwrap()
}

async fn check(request: Request<Body>, expected: Expect) {
    expected.assert_eq(&said(&school().await.0[0], request).await);
}

#[tokio::test]
async fn a_document_that_does_not_fit_is_400_in_the_newer_format() {
    check(
        post("application/json", BOTH, r#"{"query":"{ nobody }"}"#),
        expect![[r#"
        400 Bad Request
        content-type: application/graphql-response+json; charset=utf-8
        {
          "errors":[
            {
              "message":"Unknown field \"nobody\" on type \"Query\".",
              "locations":[{"line":1,"column":3}],
              "extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}
            }
          ]
        }"#]],
    )
    .await;
}

#[tokio::test]
async fn the_same_is_200_in_the_older_format() {
    check(
        post("application/json", "application/json", r#"{"query":"{ nobody }"}"#),
        expect![[r#"
        200 OK
        content-type: application/json; charset=utf-8
        {
          "errors":[
            {
              "message":"Unknown field \"nobody\" on type \"Query\".",
              "locations":[{"line":1,"column":3}],
              "extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}
            }
          ]
        }"#]],
    )
    .await;
}

#[tokio::test]
async fn a_field_that_fails_leaves_200() {
    check(
        post("application/json", BOTH, r#"{"query":"{ user(id: \"Post:1\") { id } }"}"#),
        expect![[r#"
        200 OK
        content-type: application/graphql-response+json; charset=utf-8
        {
          "errors":[
            {
              "message":"argument `id` is `Post:1`; allowed is an id of the type User, such as `User:500` or `500`",
              "locations":[{"line":1,"column":3}],
              "path":["user"],
              "extensions":{"code":"BAD_USER_INPUT"}
            }
          ],
          "data":{"user":null}
        }"#]],
    )
    .await;
}

#[tokio::test]
async fn a_get_answers_a_query_with_variables() {
    let query = "query=query%20A($id:ID!)%7Buser(id:$id)%7Bname%7D%7D%20query%20B%7B__typename%7D&operationName=A&variables=%7B%22id%22:1%7D";
    check(
        get(query),
        expect![[r#"
        200 OK
        content-type: application/graphql-response+json; charset=utf-8
        {"data":{"user":{"name":"Ada"}}}"#]],
    )
    .await;
}

#[tokio::test]
async fn a_get_writes_nothing() {
    let app = &school().await.0[0];
    let query = "query=mutation%7BdeleteUser(input:%7Bid:1%7D)%7BdeletedId%7D%7D";
    expect![[r#"
        405 Method Not Allowed
        content-type: application/graphql-response+json; charset=utf-8
        allow: POST
        {"errors":[{"message":"a GET is for queries; allowed for a mutation is POST","extensions":{"code":"BAD_USER_INPUT"}}]}"#]].assert_eq(&said(app, get(query)).await);
    assert_eq!(app.data("{ users { totalCount } }").await["users"]["totalCount"], 3);
}

#[tokio::test]
async fn a_get_without_a_query_says_what_is_missing() {
    check(get(""), expect![[r#"
        400 Bad Request
        content-type: application/graphql-response+json; charset=utf-8
        {
          "errors":[
            {"message":"there is no `query`, and no `documentId` of a trusted document","extensions":{"code":"BAD_USER_INPUT"}}
          ]
        }"#]]).await;
}

#[tokio::test]
async fn a_parameter_of_a_get_that_is_not_json_is_named() {
    check(
        get("query=%7B__typename%7D&variables=%7B"),
        expect![[r#"
        400 Bad Request
        content-type: application/graphql-response+json; charset=utf-8
        {
          "errors":[
            {
              "message":"the parameter `variables` is not JSON: EOF while parsing an object at line 1 column 1",
              "extensions":{"code":"BAD_USER_INPUT"}
            }
          ]
        }"#]],
    )
    .await;
}

#[tokio::test]
async fn a_parameter_that_is_given_twice_is_refused() {
    check(get("query=%7B__typename%7D&query=%7B__typename%7D"), expect![[r#"
        400 Bad Request
        content-type: application/graphql-response+json; charset=utf-8
        {"errors":[{"message":"a parameter is given twice; allowed is each once","extensions":{"code":"BAD_USER_INPUT"}}]}"#]]).await;
}

#[tokio::test]
async fn another_method_is_405() {
    let request = Request::builder().method(Method::PATCH).uri("/graphql").body(Body::empty()).unwrap();
    check(
        request,
        expect![[r#"
            405 Method Not Allowed
            content-type: application/json; charset=utf-8
            allow: GET, POST, PUT, DELETE
            {
              "errors":[
                {
                  "message":"allowed are GET, for queries, and POST; and for event streams, PUT and DELETE",
                  "extensions":{"code":"BAD_USER_INPUT"}
                }
              ]
            }"#]],
    )
    .await;
}

#[tokio::test]
async fn a_format_that_there_is_not_is_406() {
    check(post("application/json", "text/html", r#"{"query":"{ __typename }"}"#), expect![[r#"
        406 Not Acceptable
        content-type: application/json; charset=utf-8
        {
          "errors":[
            {
              "message":"the header `accept` allows no answer; allowed are `application/graphql-response+json`, `application/json` and `text/event-stream`",
              "extensions":{"code":"BAD_USER_INPUT"}
            }
          ]
        }"#]]).await;
}

#[tokio::test]
async fn a_media_range_is_read_with_its_parameters_and_weight() {
    let app = &school().await.0[0];
    let (json, graphql) =
        (Some("application/json; charset=utf-8"), Some("application/graphql-response+json; charset=utf-8"));
    for (accept, expected) in [
        ("application/json; charset=utf-8", json),
        ("application/json;charset=\"UTF-8\";q=0.5", json),
        ("APPLICATION/JSON ; Charset=Utf-8", json),
        ("application/graphql-response+json;charset=utf-8", graphql),
        ("application/graphql-response+json; charset=utf-8, application/json; charset=utf-8", graphql),
        ("application/json; charset=utf-8, application/graphql-response+json", json),
        ("application/json;odata=verbose", json),
        ("application/json;q=0.8, application/graphql-response+json;q=0.9", graphql),
        ("application/json;charset=utf-8;q=0.1, application/json, application/graphql-response+json;q=0.5", graphql),
        ("text/html, application/*;q=0.1", json),
        ("*/*", json),
        ("application/json;q=0, */*;q=0.1", graphql),
        ("application/json;q=0.000, application/*", graphql),
        ("application/json;charset=iso-8859-1, application/graphql-response+json;q=0.1", graphql),
        ("nonsense, application/json", json),
        (" , ,application/json,", json),
        ("", json),
        ("application/json;charset=iso-8859-1", None),
        ("application/json;q=0", None),
        ("*/*;q=0", None),
        ("text/plain, application/xml", None),
        ("text/*, application/xml", Some("text/event-stream; charset=utf-8")),
        ("nonsense", None),
    ] {
        let response = app.http(post("application/json", accept, r#"{"query":"{ __typename }"}"#)).await;
        let sent = response.headers()[header::CONTENT_TYPE].to_str().unwrap();
        assert_eq!((response.status() == StatusCode::OK).then_some(sent), expected, "{accept}");
    }
}

#[tokio::test]
async fn several_lines_of_accept_are_one() {
    let mut request = post("application/json", "text/html", r#"{"query":"{ __typename }"}"#);
    request.headers_mut().append(header::ACCEPT, "application/graphql-response+json".parse().unwrap());
    check(
        request,
        expect![[r#"
        200 OK
        content-type: application/graphql-response+json; charset=utf-8
        {"data":{"__typename":"Query"}}"#]],
    )
    .await;
}

#[tokio::test]
async fn a_body_that_is_coded_is_415_and_writes_nothing() {
    let app = &school().await.0[0];
    let query = r#"{"query":"mutation { deleteUser(input: { id: 1 }) { deletedId } }"}"#;
    let coded = |name, coding: &str| {
        let mut request = post("application/json", BOTH, query);
        request.headers_mut().insert(name, coding.parse().unwrap());
        request
    };
    for coding in ["gzip", "deflate", "br", "zstd", "x-unknown", "GZIP", "identity, gzip", "gzip, identity"] {
        let response = app.http(coded(header::CONTENT_ENCODING, coding)).await;
        assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{coding}");
        assert_eq!(response.headers()[header::ACCEPT_ENCODING], "identity", "{coding}");
    }
    expect![[r#"
        415 Unsupported Media Type
        content-type: application/graphql-response+json; charset=utf-8
        {
          "errors":[
            {
              "message":"the header `content-encoding` says that the body is coded; allowed is `identity`",
              "extensions":{"code":"BAD_USER_INPUT"}
            }
          ]
        }"#]]
    .assert_eq(&said(app, coded(header::CONTENT_ENCODING, "gzip")).await);
    let transferred = app.http(coded(header::TRANSFER_ENCODING, "gzip, chunked")).await;
    assert_eq!(transferred.status(), StatusCode::NOT_IMPLEMENTED);
    assert_eq!(app.data("{ users { totalCount } }").await["users"]["totalCount"], 3);
    for coding in ["identity", "Identity", ""] {
        assert_eq!(app.http(coded(header::CONTENT_ENCODING, coding)).await.status(), StatusCode::OK, "{coding}");
    }
}

#[tokio::test]
async fn what_a_form_can_send_is_415_and_writes_nothing() {
    let app = &school().await.0[0];
    let query = r#"{"query":"mutation { deleteUser(input: { id: 1 }) { deletedId } }"}"#;
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""] {
        let response = app.http(post(kind, BOTH, query)).await;
        assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
    }
    expect![[r#"
        415 Unsupported Media Type
        content-type: application/graphql-response+json; charset=utf-8
        accept: application/json
        {
          "errors":[
            {
              "message":"the header `content-type` is of another type; allowed is `application/json`, in UTF-8",
              "extensions":{"code":"BAD_USER_INPUT"}
            }
          ]
        }"#]]
    .assert_eq(&said(app, post("text/plain", BOTH, query)).await);
    assert_eq!(app.data("{ users { totalCount } }").await["users"]["totalCount"], 3);
}

#[tokio::test]
async fn a_charset_is_utf_8_or_415() {
    let app = &school().await.0[0];
    let query = r#"{"query":"{ __typename }"}"#;
    for (kind, status) in [
        ("application/json; charset=utf-8", StatusCode::OK),
        ("application/json; charset=\"UTF-8\"", StatusCode::OK),
        ("Application/JSON;odata=verbose", StatusCode::OK),
        ("application/json; charset=utf-16", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("application/json; charset", StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ] {
        assert_eq!(app.http(post(kind, BOTH, query)).await.status(), status, "{kind}");
    }
}

#[tokio::test]
async fn what_is_not_json_is_400() {
    check(
        post("application/json", BOTH, r#"{"query":"#),
        expect![[r#"
        400 Bad Request
        content-type: application/graphql-response+json; charset=utf-8
        {
          "errors":[
            {
              "message":"the body is not JSON: EOF while parsing a value at line 1 column 9",
              "extensions":{"code":"BAD_USER_INPUT"}
            }
          ]
        }"#]],
    )
    .await;
}

#[tokio::test]
async fn a_body_that_is_not_utf_8_is_400() {
    let request = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
    check(
        request.body(Body::from(&b"{\"query\":\"\xff\"}"[..])).unwrap(),
        expect![[r#"
        400 Bad Request
        content-type: application/json; charset=utf-8
        {
          "errors":[
            {
              "message":"the body is not JSON: invalid unicode code point at line 1 column 11",
              "extensions":{"code":"BAD_USER_INPUT"}
            }
          ]
        }"#]],
    )
    .await;
}

#[tokio::test]
async fn a_parameter_of_another_type_is_named() {
    check(post("application/json", BOTH, r#"{"query":"{ __typename }","variables":[1]}"#), expect![[r#"
        400 Bad Request
        content-type: application/graphql-response+json; charset=utf-8
        {
          "errors":[
            {"message":"`variables` is of another type; allowed is an object or null","extensions":{"code":"BAD_USER_INPUT"}}
          ]
        }"#]]).await;
}

#[tokio::test]
async fn an_empty_parameter_of_a_get_is_absent() {
    let app = &school().await.0[0];
    for query in [
        "query=%7B__typename%7D&operationName=",
        "query=%7B__typename%7D&variables=&extensions=",
        "query=%7B__typename%7D&operationName&variables&extensions&documentId",
        "query=%7B__typename%7D&variables=null&extensions=null",
    ] {
        let response = app.http(get(query)).await;
        assert_eq!(body(response).await, r#"{"data":{"__typename":"Query"}}"#, "{query}");
    }
    for query in ["query=", "query=&documentId=", "query"] {
        let said = said(app, get(query)).await;
        assert!(said.starts_with("400") && said.contains("there is no `query`"), "{query}: {said}");
    }
}

#[tokio::test]
async fn a_parameter_that_is_null_or_an_operation_without_a_name_is_absent() {
    let app = &school().await.0[0];
    for text in [
        r#"{"query":"{ __typename }","operationName":""}"#,
        r#"{"query":"query A { __typename }","operationName":""}"#,
        r#"{"query":"{ __typename }","documentId":null,"doc_id":null,"id":null,"variables":null,"extensions":null,"operationName":null}"#,
        r#"{"query":"{ __typename }","extensions":{"persistedQuery":null}}"#,
        r#"{"query":"{ __typename }","id":1}"#,
    ] {
        let response = app.http(post("application/json", BOTH, text)).await;
        assert_eq!(body(response).await, r#"{"data":{"__typename":"Query"}}"#, "{text}");
    }
    for text in [r#"{"query":null}"#, r#"{"query":null,"documentId":null,"id":null}"#, r#"{"documentId":""}"#, "{}"] {
        let said = said(app, post("application/json", "application/json", text)).await;
        assert!(said.starts_with("400") && said.contains("there is no `query`"), "{text}: {said}");
    }
}

#[tokio::test]
async fn a_document_id_of_another_type_is_400_and_named() {
    let app = &school().await.0[0];
    for name in ["documentId", "doc_id", "id"] {
        let request = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
        let said = said(app, request.body(format!(r#"{{"{name}":1}}"#).into()).unwrap()).await;
        let problem = format!("`{name}` is of another type; allowed is a string or null");
        assert!(said.starts_with("400") && said.contains(&problem), "{said}");
    }
}

#[tokio::test]
async fn parameters_that_nobody_knows_are_let_through() {
    check(
        post("application/json", BOTH, r#"{"query":"{ __typename }","trace":true}"#),
        expect![[r#"
        200 OK
        content-type: application/graphql-response+json; charset=utf-8
        {"data":{"__typename":"Query"}}"#]],
    )
    .await;
}

#[tokio::test]
async fn an_operation_that_is_not_there_is_named() {
    let request = r#"{"query":"query A { __typename } query B { __typename }","operationName":"C"}"#;
    check(
        post("application/json", BOTH, request),
        expect![[r#"
        400 Bad Request
        content-type: application/graphql-response+json; charset=utf-8
        {"errors":[{"message":"Unknown operation named \"C\"","extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}"#]],
    )
    .await;
}

#[tokio::test]
async fn a_batch_is_answered_in_its_order_with_what_is_wrong_in_its_place() {
    let batch =
        r#"[{"query":"{ user(id: 1) { name } }"},1,{"query":"{ nobody }"},{"query":"{ user(id: 2) { name } }"}]"#;
    let apps = school_with(&["--max-batch=4"]).await;
    expect![[r#"
        200 OK
        content-type: application/graphql-response+json; charset=utf-8
        [
          {"data":{"user":{"name":"Ada"}}},
          {
            "errors":[
              {"message":"the request is no JSON object, which alone is allowed","extensions":{"code":"BAD_USER_INPUT"}}
            ]
          },
          {
            "errors":[
              {
                "message":"Unknown field \"nobody\" on type \"Query\".",
                "locations":[{"line":1,"column":3}],
                "extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}
              }
            ]
          },
          {"data":{"user":{"name":"Bob"}}}
        ]"#]]
    .assert_eq(&apps.agree(async |app| said(app, post("application/json", BOTH, batch)).await).await);
}

#[tokio::test]
async fn a_get_that_is_asked_again_has_no_body_until_the_data_change() {
    for app in &school().await.0 {
        let ask = async |tag: Option<&str>| {
            let mut request = get("query=%7Buser(id:1)%7Bname%7D%7D");
            if let Some(tag) = tag {
                request.headers_mut().insert(header::IF_NONE_MATCH, tag.parse().unwrap());
            }
            let response = app.http(request).await;
            let header = |name| response.headers()[name].to_str().unwrap().to_owned();
            assert_eq!(header(header::CACHE_CONTROL), "private, no-cache");
            (response.status(), header(header::ETAG), body(response).await)
        };
        let (status, tag, text) = ask(None).await;
        assert_eq!((status, text.as_str()), (StatusCode::OK, r#"{"data":{"user":{"name":"Ada"}}}"#));
        for known in [&tag, "*", &format!("\"other\", {tag}")] {
            assert_eq!(ask(Some(known)).await, (StatusCode::NOT_MODIFIED, tag.clone(), String::new()));
        }
        app.sql("UPDATE users SET name = 'Eda' WHERE id = 1").await;
        let (status, changed, text) = ask(Some(&tag)).await;
        assert_eq!((status, text.as_str()), (StatusCode::OK, r#"{"data":{"user":{"name":"Eda"}}}"#));
        assert_ne!(tag, changed);
    }
}

#[tokio::test]
async fn no_answer_to_a_get_is_kept_for_others() {
    let app = &school_with(&["--cors-origins=https://app.example.com"]).await.0[0];
    let unknown =
        format!("extensions=%7B%22persistedQuery%22:%7B%22version%22:1,%22sha256Hash%22:%22{:064}%22%7D%7D", 0);
    let ask = async |method: Method, path: &str, accept: &str, site: &str| {
        let request = Request::builder().method(method).uri(path).header(header::ACCEPT, accept);
        let response = app.http(request.header("sec-fetch-site", site).body(Body::empty()).unwrap()).await;
        let all = |name| {
            response.headers().get_all(name).iter().map(|it| it.to_str().unwrap()).collect::<Vec<_>>().join("; ")
        };
        format!("{} {} | {}", response.status().as_u16(), all(header::CACHE_CONTROL), all(header::VARY))
    };
    let mut said = String::new();
    for method in [Method::GET, Method::HEAD] {
        for (query, accept, site) in [
            ("query=%7B__typename%7D", BOTH, "none"),
            (unknown.as_str(), BOTH, "none"),
            (unknown.as_str(), "*/*", "none"),
            ("query=%7B", BOTH, "none"),
            ("query=%7B", "*/*", "none"),
            ("query=%7Bnobody%7D", "*/*", "none"),
            ("query=%7Buser(id:%22x%22)%7Bid%7D%7D", BOTH, "none"),
            ("", BOTH, "none"),
            ("query=%7B__typename%7D", BOTH, "cross-site"),
            ("query=mutation%7BdeleteUser(input:%7Bid:1%7D)%7BdeletedId%7D%7D", BOTH, "none"),
            ("query=%7B__typename%7D", "text/html", "none"),
        ] {
            said += &ask(method.clone(), &format!("/graphql?{query}"), accept, site).await;
            said += "\n";
        }
    }
    for path in ["/nowhere", "/schema.graphql", "/healthz", "/readyz"] {
        said += &ask(Method::GET, path, "*/*", "none").await;
        said += "\n";
    }
    expect![[r#"
        200 private, no-cache | accept, accept-encoding, authorization, dovetail-after, dovetail-report, last-event-id, sec-fetch-site, x-graphql-event-stream-token; origin
        400 no-store | accept, accept-encoding, authorization, dovetail-after, dovetail-report, last-event-id, sec-fetch-site, x-graphql-event-stream-token; origin
        200 no-store | accept, accept-encoding, authorization, dovetail-after, dovetail-report, last-event-id, sec-fetch-site, x-graphql-event-stream-token; origin
        400 no-store | accept, accept-encoding, authorization, dovetail-after, dovetail-report, last-event-id, sec-fetch-site, x-graphql-event-stream-token; origin
        200 no-store | accept, accept-encoding, authorization, dovetail-after, dovetail-report, last-event-id, sec-fetch-site, x-graphql-event-stream-token; origin
        200 no-store | accept, accept-encoding, authorization, dovetail-after, dovetail-report, last-event-id, sec-fetch-site, x-graphql-event-stream-token; origin
        200 no-store | accept, accept-encoding, authorization, dovetail-after, dovetail-report, last-event-id, sec-fetch-site, x-graphql-event-stream-token; origin
        400 no-store | accept, accept-encoding, authorization, dovetail-after, dovetail-report, last-event-id, sec-fetch-site, x-graphql-event-stream-token; origin
        403 no-store | accept, accept-encoding, authorization, dovetail-after, dovetail-report, last-event-id, sec-fetch-site, x-graphql-event-stream-token; origin
        405 no-store | accept, accept-encoding, authorization, dovetail-after, dovetail-report, last-event-id, sec-fetch-site, x-graphql-event-stream-token; origin
        406 no-store | accept, accept-encoding, authorization, dovetail-after, dovetail-report, last-event-id, sec-fetch-site, x-graphql-event-stream-token; origin
        200 private, no-cache | accept, accept-encoding, authorization, dovetail-after, dovetail-report, last-event-id, sec-fetch-site, x-graphql-event-stream-token; origin
        400 no-store | accept, accept-encoding, authorization, dovetail-after, dovetail-report, last-event-id, sec-fetch-site, x-graphql-event-stream-token; origin
        200 no-store | accept, accept-encoding, authorization, dovetail-after, dovetail-report, last-event-id, sec-fetch-site, x-graphql-event-stream-token; origin
        400 no-store | accept, accept-encoding, authorization, dovetail-after, dovetail-report, last-event-id, sec-fetch-site, x-graphql-event-stream-token; origin
        200 no-store | accept, accept-encoding, authorization, dovetail-after, dovetail-report, last-event-id, sec-fetch-site, x-graphql-event-stream-token; origin
        200 no-store | accept, accept-encoding, authorization, dovetail-after, dovetail-report, last-event-id, sec-fetch-site, x-graphql-event-stream-token; origin
        200 no-store | accept, accept-encoding, authorization, dovetail-after, dovetail-report, last-event-id, sec-fetch-site, x-graphql-event-stream-token; origin
        400 no-store | accept, accept-encoding, authorization, dovetail-after, dovetail-report, last-event-id, sec-fetch-site, x-graphql-event-stream-token; origin
        403 no-store | accept, accept-encoding, authorization, dovetail-after, dovetail-report, last-event-id, sec-fetch-site, x-graphql-event-stream-token; origin
        405 no-store | accept, accept-encoding, authorization, dovetail-after, dovetail-report, last-event-id, sec-fetch-site, x-graphql-event-stream-token; origin
        406 no-store | accept, accept-encoding, authorization, dovetail-after, dovetail-report, last-event-id, sec-fetch-site, x-graphql-event-stream-token; origin
        404 no-store | origin
        200 no-store | origin; accept-encoding
        200 no-store | origin
        200 no-store | origin
    "#]]
    .assert_eq(&said);
}

#[tokio::test]
async fn large_answers_are_compressed_for_who_accepts_it() {
    let app = &school_with(&["--compress-above=1000"]).await.0[0];
    let ask = async |query: &str, accept: &str| {
        let mut request = crate::support::graphql_request(query);
        request.headers_mut().insert(header::ACCEPT_ENCODING, accept.parse().unwrap());
        let response = app.http(request).await;
        response.headers().get(header::CONTENT_ENCODING).map(|encoding| encoding.to_str().unwrap().to_owned())
    };
    let large = "{ __schema { types { name fields { name } } } }";
    assert_eq!(ask(large, "br").await.as_deref(), Some("br"));
    assert_eq!(ask(large, "zstd").await.as_deref(), Some("zstd"));
    assert_eq!(ask(large, "gzip, deflate").await.as_deref(), Some("gzip"));
    assert_eq!(ask(large, "identity").await, None);
    assert_eq!(ask("{ __typename }", "br").await, None);
}

#[tokio::test]
async fn whoever_refuses_what_is_not_coded_gets_it_all_the_same() {
    let app = &school().await.0[0];
    for accept in ["identity;q=0", "*;q=0", "Identity ; Q=0.000", "gzip, *;q=0", "gzip;q=0,br;q=0, identity;q=0"] {
        let mut request = crate::support::graphql_request("{ __typename }");
        request.headers_mut().insert(header::ACCEPT_ENCODING, accept.parse().unwrap());
        let response = app.http(request).await;
        assert_eq!(response.status(), StatusCode::OK, "{accept}");
        assert_eq!(body(response).await, r#"{"data":{"__typename":"Query"}}"#, "{accept}");
    }
}

#[tokio::test]
async fn every_response_has_a_request_id_and_tells_browsers_what_not_to_do() {
    let app = &school().await.0[0];
    for (path, id) in [("/graphql", "mine-42"), ("/healthz", &"x".repeat(129)), ("/nowhere", ""), ("/", "")] {
        let response = app.http(Request::get(path).header("x-request-id", id).body(Body::empty()).unwrap()).await;
        let headers = response.headers();
        assert_eq!(headers["x-request-id"] == id, path == "/graphql", "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    }
}
