//! Which web pages may ask.

use axum::http::{Method, Request, StatusCode, header};

use crate::support::{App, school_with};

async fn preflight(app: &App, origin: &str) -> Option<String> {
    let request = Request::builder().method(Method::OPTIONS).uri("/graphql").header(header::ORIGIN, origin);
    let request = request.header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST");
    let request = request.header(header::ACCESS_CONTROL_REQUEST_HEADERS, "content-type,authorization");
    let response = app.http(request.body("".into()).unwrap()).await;
    let allowed = response.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN)?;
    let headers = response.headers()[header::ACCESS_CONTROL_ALLOW_HEADERS].to_str().unwrap();
    assert!(headers.contains("content-type") && headers.contains("authorization"), "{headers}");
    Some(allowed.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn no_other_origin_is_allowed_unless_it_is_named() {
    assert_eq!(preflight(&school_with(&[]).await.0[0], "https://a.example.com").await, None);
    let app = &school_with(&["--cors-origins=https://a.example.com,http://localhost:5173"]).await.0[0];
    for origin in ["https://a.example.com", "http://localhost:5173"] {
        assert_eq!(preflight(app, origin).await.as_deref(), Some(origin));
    }
    assert_eq!(preflight(app, "https://b.example.com").await, None);
}

#[tokio::test]
async fn a_name_that_was_made_to_lead_here_is_not_this_server() {
    let status = async |app: &App, host: &str| {
        let request = Request::get("/graphql?query=%7B__typename%7D").header(header::HOST, host);
        app.http(request.body("".into()).unwrap()).await.status()
    };
    let app = &school_with(&[]).await.0[0];
    for host in ["localhost:8000", "127.0.0.1", "[::1]:8000", "demo.localhost"] {
        assert_eq!(status(app, host).await, StatusCode::OK, "{host}");
    }
    for host in ["evil.example.com", "localhost.evil.example.com", "192.168.1.1", ""] {
        assert_eq!(status(app, host).await, StatusCode::FORBIDDEN, "{host}");
    }
    let app = &school_with(&["--insecure-open"]).await.0[0];
    assert_eq!(status(app, "dovetail.example.com").await, StatusCode::OK);
}
