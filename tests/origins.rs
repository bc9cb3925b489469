//! Which web pages may ask.

use axum::http::{Method, Request, StatusCode, header};

use crate::{
    program::Server,
    support::{App, school_with},
};

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
        let get = async |path: &str| {
            let request = Request::get(path).header(header::HOST, host);
            app.http(request.body("".into()).unwrap()).await.status()
        };
        let status = get("/graphql?query=%7B__typename%7D").await;
        for path in ["/schema.graphql", "/", "/graphiql/app.js"] {
            assert_eq!(status, get(path).await, "{path}");
        }
        // Probes ask for these by a pod's address.
        assert_eq!((get("/healthz").await, get("/readyz").await), (StatusCode::OK, StatusCode::OK));
        status
    };
    let app = &school_with(&[]).await.0[0];
    for host in [
        "localhost:8000",
        "LOCALHOST:8000",
        "LocalHost.",
        "localhost.:8000",
        "localhost:",
        "127.0.0.1",
        "127.0.0.1:8000",
        "127.8.9.10:80",
        "[::1]:8000",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]:8000",
        "[::FFFF:7F00:1]",
        "demo.localhost",
        "Demo.LocalHost.:1",
    ] {
        assert_eq!(status(app, host).await, StatusCode::OK, "{host}");
    }
    for host in [
        "evil.example.com",
        "localhost.evil.example.com",
        "notlocalhost",
        "localhost..",
        "localhost@evil.example.com",
        "evil.example.com@localhost",
        "localhost:port",
        "192.168.1.1",
        "128.0.0.1",
        "[::2]",
        "[::ffff:192.168.1.1]",
        "[localhost]",
        "localhost, evil.example.com",
        "",
    ] {
        assert_eq!(status(app, host).await, StatusCode::FORBIDDEN, "{host}");
    }
    let app = &school_with(&["--insecure-open"]).await.0[0];
    assert_eq!(status(app, "dovetail.example.com").await, StatusCode::OK);
}

#[tokio::test]
async fn a_page_whose_browser_does_not_say_where_it_is_from_is_known_by_its_origin() {
    let app = &school_with(&["--insecure-open", "--cors-origins=https://app.example.com"]).await.0[0];
    let status = async |path: &str, host: &str, origin: &str| {
        let request = Request::get(path).header(header::HOST, host).header(header::ORIGIN, origin);
        app.http(request.body("".into()).unwrap()).await.status().as_u16()
    };
    for (host, origin, expected) in [
        ("api.example.com", "http://api.example.com", 200),
        ("api.example.com", "https://api.example.com", 200),
        ("API.example.com:443", "https://api.example.com", 200),
        ("api.example.com:8000", "http://api.example.com:8000", 200),
        ("api.example.com:8000", "http://api.example.com", 403),
        ("api.example.com", "http://api.example.com:8000", 403),
        ("api.example.com", "https://example.com", 403),
        ("api.example.com", "https://app.example.com", 200),
        ("api.example.com", "null", 403),
        ("null", "null", 403),
        ("[::1]:8000", "http://[::1]:8000", 200),
    ] {
        for path in ["/graphql?query=%7B__typename%7D", "/schema.graphql"] {
            assert_eq!(status(path, host, origin).await, expected, "{path} {host} {origin}");
        }
        assert_eq!(status("/", host, origin).await, 200);
    }
}

#[tokio::test]
async fn a_link_on_any_page_may_lead_to_graphiql_and_nowhere_else() {
    let app = &school_with(&[]).await.0[0];
    for (path, expected) in [("/", 200), ("/graphql?query=%7B__typename%7D", 403), ("/schema.graphql", 403)] {
        let request = Request::get(path).header(header::HOST, "localhost").header("sec-fetch-site", "cross-site");
        assert_eq!(app.http(request.body("".into()).unwrap()).await.status().as_u16(), expected, "{path}");
    }
}

#[test]
fn a_request_says_once_which_host_it_is_for() {
    let server = Server::start(&[]);
    let status = |line: &str, hosts: &str| {
        let response = server.send(&format!("{line}\r\n{hosts}connection: close\r\n\r\n"));
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        let is_secure = head.contains("cache-control: no-store") && head.contains("nosniff");
        assert!(head.contains(" 200 ") || is_secure && body.contains(r#"{"errors":["#), "{response}");
        assert!(head.contains("\r\nx-request-id: "), "{response}");
        head.split(' ').nth(1).unwrap().to_owned()
    };
    for path in ["/graphql?query=%7B__typename%7D", "/healthz", "/"] {
        for (version, hosts, expected) in [
            ("1.1", "host: LOCALHOST:8000\r\n", "200"),
            ("1.1", "", "400"),
            ("1.1", "host: localhost\r\nhost: localhost\r\n", "400"),
            ("1.1", "host: localhost\r\nHost: evil.example.com\r\n", "400"),
            ("1.1", "host: local host\r\n", "400"),
            ("1.1", "host: user@localhost\r\n", "400"),
            ("1.1", "host: localhost:port\r\n", "400"),
            ("1.1", "host: localhost/\r\n", "400"),
            ("1.1", "host: [localhost]\r\n", "400"),
            ("1.0", "", "200"),
            ("1.0", "host: localhost\r\nhost: localhost\r\n", "400"),
        ] {
            assert_eq!(status(&format!("GET {path} HTTP/{version}"), hosts), expected, "{path} {version} {hosts}");
        }
    }
}

#[test]
fn the_host_of_a_requests_target_has_precedence_over_the_header() {
    let server = Server::start(&[]);
    let status = |target: &str, host: &str| {
        let request = format!(
            "GET {target}/graphql?query=%7B__typename%7D HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
        );
        server.send(&request).split(' ').nth(1).unwrap().to_owned()
    };
    assert_eq!(status("", "localhost"), "200");
    assert_eq!(status("http://localhost:8000", "evil.example.com"), "200");
    assert_eq!(status("http://evil.example.com", "localhost"), "403");
    assert_eq!(status("http://evil.example.com@localhost", "localhost"), "400");
}
