//! Who may do what. The keys of `tests/tokens/` are made up for these tests.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::http::{HeaderValue, Request, header};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use expect_test::expect;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, jwk::Jwk};
use rustls::{ServerConfig, ServerConnection, StreamOwned, crypto::aws_lc_rs, pki_types::PrivateKeyDer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::tempdir;
use tokio::time;

use crate::{
    program::{failure, run},
    support::{App, Apps, body, graphql_request, laid_out, school_with},
};

const READ: &str = "{ user(id: 1) { name } }";
const WRITE: &str = r#"mutation { createUser(input: { name: "Eve" }) { userErrors { code } } }"#;

const SECRET: &[u8] = b"thirty-two bytes that are no secret";
const RSA: &[u8] = include_bytes!("tokens/rsa.der");
const OTHER: &[u8] = include_bytes!("tokens/other.der");
/// A token that is signed with the key `small`, of 1,024 bits.
const SMALL: &str = include_str!("tokens/small.jwt");
const P256: &[u8] = include_bytes!("tokens/p256.der");
const ED25519: &[u8] = include_bytes!("tokens/ed25519.der");

fn key(algorithm: Algorithm) -> EncodingKey {
    match algorithm {
        Algorithm::HS256 | Algorithm::HS512 => EncodingKey::from_secret(SECRET),
        Algorithm::ES256 => EncodingKey::from_ec_der(P256),
        Algorithm::EdDSA => EncodingKey::from_ed_der(ED25519),
        _ => EncodingKey::from_rsa_der(RSA),
    }
}

/// So many seconds from now, as tokens tell time.
pub fn moment(seconds: i64) -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap() + seconds
}

/// The claims that are wanted, with others in their places; `null` leaves one out.
fn claims(changes: Value) -> Value {
    let mut claims =
        json!({ "iss": "campus", "aud": "dovetail", "sub": "ada", "exp": moment(60), "scope": "read write sql" });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

/// A token with these claims in place of the usual ones.
pub fn sign(algorithm: Algorithm, id: Option<&str>, changes: Value) -> String {
    let header = Header { kid: id.map(str::to_owned), ..Header::new(algorithm) };
    encode(&header, &claims(changes), &key(algorithm)).unwrap()
}

fn rsa(changes: Value) -> String {
    sign(Algorithm::RS256, Some("rsa"), changes)
}

/// The status, the challenge and the body of the answer to a query with this header, if any.
async fn ask(app: &App, query: &str, authorization: Option<&str>) -> String {
    let mut request = graphql_request(query);
    if let Some(authorization) = authorization {
        request.headers_mut().insert(header::AUTHORIZATION, authorization.parse().unwrap());
    }
    let response = app.http(request).await;
    let challenge = response.headers().get(header::WWW_AUTHENTICATE).map(|value| value.to_str().unwrap().to_owned());
    let said = format!("{} {}", response.status().as_u16(), challenge.unwrap_or_default());
    format!("{}\n{}", said.trim(), laid_out(&body(response).await))
}

async fn with_token(app: &App, query: &str, token: &str) -> String {
    ask(app, query, Some(&format!("Bearer {token}"))).await
}

async fn campus(more: &[&str]) -> Apps {
    let jwks = concat!("--jwks=", env!("CARGO_MANIFEST_DIR"), "/tests/tokens/jwks.json");
    school_with(&[&[jwks, "--jwt-issuer=campus", "--jwt-audience=dovetail"], more].concat()).await
}

const ANSWERED: &str = "200\n{\"data\":{\"user\":{\"name\":\"Ada\"}}}";

#[tokio::test]
async fn a_token_of_each_algorithm_is_right() {
    let app = &campus(&[]).await.0[0];
    for (algorithm, id) in [(Algorithm::RS256, "rsa"), (Algorithm::ES256, "p256"), (Algorithm::EdDSA, "ed25519")] {
        assert_eq!(with_token(app, READ, &sign(algorithm, Some(id), json!({}))).await, ANSWERED, "{id}");
    }
    let app = &school_with(&["--jwt-secret=thirty-two bytes that are no secret"]).await.0[0];
    assert_eq!(with_token(app, READ, &sign(Algorithm::HS256, None, json!({ "aud": null }))).await, ANSWERED);
}

/// The one line that a wrong token is told.
async fn problem(app: &App, token: &str) -> String {
    let said = with_token(app, READ, token).await;
    let (head, text) = said.split_once('\n').unwrap();
    let answer: Value = serde_json::from_str(text).unwrap();
    let error = &answer["errors"][0];
    let message = error["message"].as_str().unwrap();
    assert_eq!(error["extensions"]["code"], "UNAUTHENTICATED", "{said}");
    assert_eq!(answer.get("data"), None);
    assert_eq!(
        head,
        format!("401 Bearer realm=\"dovetail\", error=\"invalid_token\", error_description=\"{message}\"")
    );
    message.to_owned()
}

#[tokio::test]
async fn a_token_that_has_expired_is_refused() {
    let app = &campus(&["--jwt-leeway=30"]).await.0[0];
    assert_eq!(problem(app, &rsa(json!({ "exp": moment(-40) }))).await, "the token has expired");
    assert_eq!(with_token(app, READ, &rsa(json!({ "exp": moment(-20) }))).await, ANSWERED);
}

#[tokio::test]
async fn a_token_of_the_future_is_refused() {
    let app = &campus(&["--jwt-leeway=30"]).await.0[0];
    assert_eq!(problem(app, &rsa(json!({ "nbf": moment(40) }))).await, "the token is not valid yet");
    assert_eq!(with_token(app, READ, &rsa(json!({ "nbf": moment(20) }))).await, ANSWERED);
}

#[tokio::test]
async fn a_token_of_another_issuer_is_refused() {
    let app = &campus(&[]).await.0[0];
    assert_eq!(problem(app, &rsa(json!({ "iss": "elsewhere" }))).await, "the token is of another issuer");
}

#[tokio::test]
async fn a_token_for_another_audience_is_refused() {
    let app = &campus(&[]).await.0[0];
    assert_eq!(problem(app, &rsa(json!({ "aud": ["else", "where"] }))).await, "the token is for another audience");
    assert_eq!(with_token(app, READ, &rsa(json!({ "aud": ["else", "dovetail"] }))).await, ANSWERED);
}

#[tokio::test]
async fn a_token_for_an_audience_is_refused_where_none_is_expected() {
    let app = &school_with(&["--jwt-secret=thirty-two bytes that are no secret"]).await.0[0];
    let token = sign(Algorithm::HS256, None, json!({}));
    assert_eq!(problem(app, &token).await, "the token is for another audience");
}

const LACKS: &str = "the token lacks one of `exp`, `iss` and `aud`, or has it of another type";
const OTHER_TYPE: &str = "a claim of the token has another type; allowed are a number for `exp` and `nbf`, a text for `iss` and `sub`, and a text or a list of texts for `aud`, `scope` and `scp`";

#[tokio::test]
async fn a_token_that_lacks_a_claim_or_has_it_of_another_type_is_refused() {
    let app = &campus(&[]).await.0[0];
    for name in ["exp", "iss", "aud"] {
        assert_eq!(problem(app, &rsa(json!({ name: null }))).await, LACKS, "{name}");
        assert_eq!(problem(app, &rsa(json!({ name: { "a": 1 } }))).await, OTHER_TYPE, "{name}");
    }
    for (name, expected) in [("exp", LACKS), ("nbf", OTHER_TYPE), ("iss", OTHER_TYPE), ("aud", OTHER_TYPE)] {
        assert_eq!(problem(app, &rsa(json!({ name: true }))).await, expected, "{name}");
    }
}

#[tokio::test]
async fn a_token_of_several_issuers_is_refused() {
    let app = &campus(&[]).await.0[0];
    assert_eq!(problem(app, &rsa(json!({ "iss": ["campus"] }))).await, OTHER_TYPE);
    assert_eq!(problem(app, &rsa(json!({ "iss": ["campus", "elsewhere"] }))).await, OTHER_TYPE);
}

#[tokio::test]
async fn claims_have_their_types_also_where_nothing_is_expected_of_them() {
    let app = &school_with(&["--jwt-secret=thirty-two bytes that are no secret"]).await.0[0];
    for (name, value) in
        [("iss", json!(["campus"])), ("aud", json!({ "a": 1 })), ("aud", json!([1])), ("scope", json!(1))]
    {
        let mut changes = json!({ "aud": null });
        changes[name] = value;
        assert_eq!(problem(app, &sign(Algorithm::HS256, None, changes)).await, OTHER_TYPE, "{name}");
    }
}

#[tokio::test]
async fn a_token_whose_text_was_changed_is_refused() {
    let app = &campus(&[]).await.0[0];
    let token = rsa(json!({ "scope": "read" }));
    let parts: Vec<_> = token.split('.').collect();
    let other = BASE64_URL_SAFE_NO_PAD.encode(claims(json!({})).to_string());
    let forged = format!("{}.{other}.{}", parts[0], parts[2]);
    assert_eq!(problem(app, &forged).await, "the token's signature is not of the key that it names");
}

#[tokio::test]
async fn a_token_that_is_signed_with_another_key_is_refused() {
    let app = &campus(&[]).await.0[0];
    let header = Header { kid: Some("rsa".to_owned()), ..Header::new(Algorithm::RS256) };
    let token = encode(&header, &claims(json!({})), &EncodingKey::from_rsa_der(OTHER)).unwrap();
    assert_eq!(problem(app, &token).await, "the token's signature is not of the key that it names");
}

/// A token with this header, and this signature.
fn unsigned(header: &Value, signature: &str) -> String {
    let part = |part: &Value| BASE64_URL_SAFE_NO_PAD.encode(part.to_string());
    format!("{}.{}.{signature}", part(header), part(&claims(json!({}))))
}

#[tokio::test]
async fn the_algorithm_none_is_refused_in_any_spelling() {
    let app = &campus(&[]).await.0[0];
    for none in ["none", "None", "NONE", ""] {
        for signature in ["", "AA"] {
            let said = problem(app, &unsigned(&json!({ "alg": none, "kid": "rsa" }), signature)).await;
            assert_eq!(said, "the token is malformed, or its algorithm is none");
        }
    }
}

#[tokio::test]
async fn a_public_key_is_no_secret_to_sign_with() {
    let app = &campus(&[]).await.0[0];
    let set: Value = serde_json::from_str(include_str!("tokens/jwks.json")).unwrap();
    let modulus = BASE64_URL_SAFE_NO_PAD.decode(set["keys"][0]["n"].as_str().unwrap()).unwrap();
    for secret in [&modulus[..], include_bytes!("tokens/jwks.json"), SECRET] {
        let header = Header { kid: Some("rsa".to_owned()), ..Header::new(Algorithm::HS256) };
        let token = encode(&header, &claims(json!({})), &EncodingKey::from_secret(secret)).unwrap();
        assert_eq!(problem(app, &token).await, "the token's algorithm is not that of its key");
    }
}

#[tokio::test]
async fn another_algorithm_of_the_same_key_is_refused() {
    let app = &campus(&[]).await.0[0];
    for algorithm in [Algorithm::RS512, Algorithm::PS256] {
        let said = problem(app, &sign(algorithm, Some("rsa"), json!({}))).await;
        assert_eq!(said, "the token's algorithm is not that of its key");
    }
    let app = &school_with(&["--jwt-secret=thirty-two bytes that are no secret"]).await.0[0];
    let said = problem(app, &sign(Algorithm::HS512, None, json!({ "aud": null }))).await;
    assert_eq!(said, "the token's algorithm is not that of its key");
}

#[tokio::test]
async fn keys_that_are_weak_or_secret_or_for_something_else_are_not_used() {
    let app = &campus(&[]).await.0[0];
    for (id, algorithm, key) in [
        ("encryption", Algorithm::RS256, EncodingKey::from_rsa_der(RSA)),
        ("shared", Algorithm::HS256, EncodingKey::from_secret(SECRET)),
        ("future", Algorithm::RS256, EncodingKey::from_rsa_der(RSA)),
    ] {
        let header = Header { kid: Some(id.to_owned()), ..Header::new(algorithm) };
        let token = encode(&header, &claims(json!({})), &key).unwrap();
        assert_eq!(problem(app, &token).await, "the token names a key that its issuer does not have", "{id}");
    }
    assert_eq!(problem(app, SMALL).await, "the token names a key that its issuer does not have");
}

#[tokio::test]
async fn a_token_that_names_no_key_of_several_is_refused() {
    let app = &campus(&[]).await.0[0];
    let said = problem(app, &sign(Algorithm::RS256, None, json!({}))).await;
    assert_eq!(said, "the token names no key, and there are several");
}

#[tokio::test]
async fn critical_header_fields_are_refused() {
    let app = &campus(&[]).await.0[0];
    let header =
        Header { kid: Some("rsa".to_owned()), crit: Some(vec!["b64".to_owned()]), ..Header::new(Algorithm::RS256) };
    let token = encode(&header, &claims(json!({})), &key(Algorithm::RS256)).unwrap();
    assert_eq!(problem(app, &token).await, "the token has critical header fields, which this server does not know");
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    let app = &campus(&[]).await.0[0];
    for token in ["x", "a.b", "a.b.c", "....", "é.é.é", &unsigned(&json!({ "alg": "RS256", "kid": "rsa" }), "é")] {
        let header = HeaderValue::from_bytes(format!("Bearer {token}").as_bytes()).unwrap();
        let mut request = graphql_request(READ);
        request.headers_mut().insert(header::AUTHORIZATION, header);
        assert_eq!(app.http(request).await.status(), 401, "{token}");
    }
    for header in ["Bearer", "Bearer ", "Basic YTpi", "bearer", ""] {
        let said = ask(app, READ, Some(header)).await;
        assert!(said.starts_with("401 Bearer") && said.contains("UNAUTHENTICATED"), "{header}: {said}");
    }
    let two = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
    let two = two.header(header::AUTHORIZATION, format!("Bearer {}", rsa(json!({}))));
    let two = two.header(header::AUTHORIZATION, "Bearer x").body(json!({ "query": READ }).to_string().into()).unwrap();
    assert_eq!(app.http(two).await.status(), 401);
}

#[tokio::test]
async fn no_token_is_unauthenticated_where_all_need_one() {
    let app = &campus(&[]).await.0[0];
    expect![[r#"
        401 Bearer realm="dovetail"
        {"errors":[{"message":"this needs a token, in the header `authorization`","extensions":{"code":"UNAUTHENTICATED"}}]}"#]].assert_eq(&ask(app, READ, None).await);
    let schema = Request::get("/schema.graphql").body("".into()).unwrap();
    assert_eq!(app.http(schema).await.status(), 401);
}

#[tokio::test]
async fn a_token_without_the_scope_is_forbidden_and_nothing_is_written() {
    for app in &campus(&[]).await.0 {
        let token = rsa(json!({ "scope": "read writer" }));
        assert_eq!(with_token(app, READ, &token).await, ANSWERED);
        let said = with_token(app, WRITE, &token).await;
        assert!(
            said.starts_with("403 Bearer realm=\"dovetail\", error=\"insufficient_scope\", scope=\"write\""),
            "{said}"
        );
        assert!(said.contains("FORBIDDEN") && said.contains("the token lacks the scope `write`"), "{said}");
        let count = with_token(app, "{ users { totalCount } }", &token).await;
        assert!(count.contains("\"totalCount\":3"), "{count}");
        assert!(with_token(app, READ, &rsa(json!({ "scope": "write" }))).await.starts_with("403 "));
        assert!(with_token(app, READ, &rsa(json!({ "scope": null }))).await.starts_with("403 "));
        assert!(with_token(app, WRITE, &rsa(json!({ "scope": null, "scp": ["write"] }))).await.starts_with("200"));
    }
}

#[tokio::test]
async fn a_mutation_that_reads_what_is_stored_needs_the_scope_read_too() {
    for app in &campus(&[]).await.0 {
        let token = rsa(json!({ "scope": "write" }));
        for payload in [
            "user { id }",
            "user { __typename }",
            "userErrors: user { id }",
            "userErrors { code } ...P } } fragment P on CreateUserPayload { user { posts { totalCount }",
        ] {
            let said = with_token(app, &WRITE.replace("userErrors { code }", payload), &token).await;
            assert!(said.starts_with("403 ") && said.contains("scope=\"read\""), "{payload}: {said}");
        }
        for payload in
            ["userErrors { code }", "user: userErrors { code }", "__typename", "user @skip(if: true) { id } __typename"]
        {
            let said = with_token(app, &WRITE.replace("userErrors { code }", payload), &token).await;
            assert!(said.starts_with("200") && !said.contains("errors\":[{"), "{payload}: {said}");
        }
        let both = rsa(json!({ "scope": "read write" }));
        let said = with_token(app, &WRITE.replace("userErrors { code }", "user { name }"), &both).await;
        assert_eq!(said, "200\n{\"data\":{\"createUser\":{\"user\":{\"name\":\"Eve\"}}}}");
        assert!(with_token(app, "{ users { totalCount } }", &both).await.contains("\"totalCount\":8"));
    }
    // Where whoever may read, writing is all that needs a scope.
    let app = &campus(&["--auth=write"]).await.0[0];
    let said =
        with_token(app, &WRITE.replace("userErrors { code }", "user { name }"), &rsa(json!({ "scope": "write" })))
            .await;
    assert!(said.starts_with("200"), "{said}");
}

#[tokio::test]
async fn a_document_is_not_kept_for_a_token_without_its_scope() {
    let app = &campus(&[]).await.0[0];
    let sha256: String = Sha256::digest(WRITE).iter().map(|byte| format!("{byte:02x}")).collect();
    let by_hash = json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": sha256 } } });
    let mut with_text = by_hash.clone();
    with_text["query"] = WRITE.into();
    let token = format!("Bearer {}", rsa(json!({ "scope": "read" })));
    for (request, expected) in [(with_text, "FORBIDDEN"), (by_hash, "PERSISTED_QUERY_NOT_FOUND")] {
        let request = Request::post("/graphql")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, &token)
            .body(request.to_string().into());
        let said = body(app.http(request.unwrap()).await).await;
        assert!(said.contains(expected), "{said}");
    }
}

#[tokio::test]
async fn in_the_mode_write_whoever_may_read_and_a_wrong_token_is_still_refused() {
    let app = &campus(&["--auth=write"]).await.0[0];
    assert_eq!(ask(app, READ, None).await, ANSWERED);
    assert!(ask(app, WRITE, None).await.starts_with("401 Bearer realm=\"dovetail\"\n"));
    assert_eq!(with_token(app, READ, &rsa(json!({ "scope": "" }))).await, ANSWERED);
    assert!(with_token(app, WRITE, &rsa(json!({ "scope": "read" }))).await.starts_with("403 "));
    assert!(with_token(app, WRITE, &rsa(json!({ "scope": "write" }))).await.starts_with("200"));
    assert_eq!(problem(app, &rsa(json!({ "exp": moment(-100) }))).await, "the token has expired");
}

#[tokio::test]
async fn the_sql_report_needs_its_scope() {
    let app = &campus(&["--sql-report"]).await.0[0];
    let report = async |token: &str| {
        let mut request = graphql_request(READ);
        request.headers_mut().insert("dovetail-report", "sql".parse().unwrap());
        request.headers_mut().insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
        app.http(request).await.status().as_u16()
    };
    assert_eq!((report(&rsa(json!({ "scope": "read" }))).await, report(&rsa(json!({}))).await), (403, 200));
}

/// A key of the set in `tests/tokens/`, or several.
fn set(keys: &[usize]) -> String {
    let all: Value = serde_json::from_str(include_str!("tokens/jwks.json")).unwrap();
    json!({ "keys": keys.iter().map(|index| &all["keys"][index]).collect::<Vec<_>>() }).to_string()
}

/// The whole of an HTTP response with this body.
fn response(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// A server of one file, which can change; it counts how often it is asked.
fn serve_file(text: Arc<Mutex<(String, usize)>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4_096]);
            let mut text = text.lock().unwrap();
            text.1 += 1;
            let _ = stream.write_all(response(&text.0).as_bytes());
        }
    });
    url
}

#[tokio::test]
async fn a_set_of_keys_is_read_again_for_a_key_that_is_not_in_it_but_not_each_time() {
    let file = Arc::new(Mutex::new((set(&[0]), 0)));
    let url = serve_file(Arc::clone(&file));
    let apps = school_with(&[&format!("--jwks={url}"), "--jwt-audience=dovetail"]).await;
    let app = &apps.0[0];
    let asked = || file.lock().unwrap().1;
    assert_eq!(with_token(app, READ, &rsa(json!({}))).await, ANSWERED);
    // One key needs no name.
    assert_eq!(with_token(app, READ, &sign(Algorithm::RS256, None, json!({}))).await, ANSWERED);
    let before = asked();
    file.lock().unwrap().0 = set(&[1]);
    assert_eq!(with_token(app, READ, &sign(Algorithm::ES256, Some("p256"), json!({}))).await, ANSWERED);
    assert_eq!(asked(), before + 1);
    // The first key is withdrawn; and whoever makes up names has the issuer left alone.
    for id in ["rsa", "made", "up"] {
        let said = problem(app, &sign(Algorithm::RS256, Some(id), json!({}))).await;
        assert_eq!(said, "the token names a key that its issuer does not have");
    }
    assert_eq!(asked(), before + 1);
}

/// So many seconds pass at once, by the server's own clock.
async fn pass(seconds: u64) {
    time::pause();
    time::advance(Duration::from_secs(seconds)).await;
    time::resume();
}

fn es256() -> String {
    sign(Algorithm::ES256, Some("p256"), json!({}))
}

#[tokio::test]
async fn a_token_of_a_known_key_does_not_wait_for_an_issuer_that_hangs() {
    let file = Arc::new(Mutex::new((set(&[0]), 0)));
    let url = serve_file(Arc::clone(&file));
    let apps = school_with(&[&format!("--jwks={url}"), "--jwt-audience=dovetail"]).await;
    let app = &apps.0[0];
    // Who is served first says nothing.
    let silence = TcpStream::connect(url.split('/').nth(2).unwrap()).unwrap();
    pass(300).await;
    assert_eq!(with_token(app, READ, &rsa(json!({}))).await, ANSWERED);
    file.lock().unwrap().0 = set(&[1]);
    drop(silence);
    // It waits for what is being read already: had that failed before, nobody would be asked again so soon.
    assert_eq!(with_token(app, READ, &es256()).await, ANSWERED);
}

#[tokio::test]
async fn the_keys_of_an_issuer_that_cannot_be_reached_end() {
    let file = Arc::new(Mutex::new((set(&[0]), 0)));
    let url = serve_file(Arc::clone(&file));
    let apps = school_with(&[&format!("--jwks={url}"), "--jwt-audience=dovetail", "--jwks-max-age=301"]).await;
    let app = &apps.0[0];
    file.lock().unwrap().0 = "gone".to_owned();
    pass(300).await;
    assert_eq!(with_token(app, READ, &rsa(json!({}))).await, ANSWERED);
    pass(2).await;
    expect![[r#"
        503
        {
          "errors":[
            {
              "message":"the token cannot be verified: its issuer's keys could not be read for 301 s (`--jwks-max-age`); try again later",
              "extensions":{"code":"UNAVAILABLE"}
            }
          ]
        }"#]].assert_eq(&with_token(app, READ, &rsa(json!({}))).await);
    file.lock().unwrap().0 = set(&[0]);
    pass(10).await;
    assert_eq!(with_token(app, READ, &rsa(json!({}))).await, ANSWERED);
}

#[tokio::test]
async fn a_set_that_cannot_be_read_leaves_the_known_keys_and_an_empty_one_withdraws_them() {
    let file = Arc::new(Mutex::new((set(&[0]), 0)));
    let url = serve_file(Arc::clone(&file));
    let apps = school_with(&[&format!("--jwks={url}"), "--jwt-audience=dovetail"]).await;
    let app = &apps.0[0];
    file.lock().unwrap().0 = "gone".to_owned();
    assert_eq!(problem(app, &es256()).await, "the token names a key that its issuer does not have");
    assert_eq!(with_token(app, READ, &rsa(json!({}))).await, ANSWERED);
    file.lock().unwrap().0 = set(&[]);
    pass(10).await;
    assert_eq!(problem(app, &es256()).await, "the token's issuer has no keys");
    assert_eq!(problem(app, &rsa(json!({}))).await, "the token's issuer has no keys");
}

#[tokio::test]
async fn keys_of_one_id_are_tried_by_their_algorithm() {
    let other = Jwk::from_encoding_key(&EncodingKey::from_rsa_der(OTHER), Algorithm::RS256).unwrap();
    let mut set: Value = serde_json::from_str(&set(&[0, 1])).unwrap();
    set["keys"].as_array_mut().unwrap().insert(0, serde_json::to_value(other).unwrap());
    for key in set["keys"].as_array_mut().unwrap() {
        key["kid"] = "one".into();
    }
    let url = serve_file(Arc::new(Mutex::new((set.to_string(), 0))));
    let app = &school_with(&[&format!("--jwks={url}"), "--jwt-audience=dovetail"]).await.0[0];
    for algorithm in [Algorithm::RS256, Algorithm::ES256] {
        assert_eq!(with_token(app, READ, &sign(algorithm, Some("one"), json!({}))).await, ANSWERED, "{algorithm:?}");
    }
    let said = problem(app, &sign(Algorithm::EdDSA, Some("one"), json!({}))).await;
    assert_eq!(said, "the token's algorithm is not that of its key");
}

/// A server with a certificate of the authority in `tests/tokens/`, which says the same to everybody.
fn serve_over_tls(response: String) -> String {
    let certificates = vec![include_bytes!("tokens/server.der").to_vec().into()];
    let key = PrivateKeyDer::try_from(&include_bytes!("tokens/server.key.der")[..]).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let config = Arc::new(config.with_single_cert(certificates, key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/jwks.json", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream.unwrap());
            let _ = stream.read(&mut [0; 4_096]);
            let _ = stream.write_all(response.as_bytes());
        }
    });
    url
}

const AUTHORITY: &str = concat!("--jwks-ca=", env!("CARGO_MANIFEST_DIR"), "/tests/tokens/ca.pem");

#[tokio::test]
async fn an_issuer_is_trusted_by_the_authority_that_is_named() {
    let jwks = format!("--jwks={}", serve_over_tls(response(&set(&[0]))));
    let app = &school_with(&[&jwks, AUTHORITY, "--jwt-audience=dovetail"]).await.0[0];
    assert_eq!(with_token(app, READ, &rsa(json!({}))).await, ANSWERED);
    let said = failure(&run(tempdir().unwrap().path(), &["serve", "--port=0", &jwks]));
    assert!(said.contains("cannot read --jwks https://127.0.0.1:") && said.contains("UnknownIssuer"), "{said}");
}

#[test]
fn an_issuer_over_tls_leads_nowhere_without_it() {
    let to = serve_file(Arc::new(Mutex::new((set(&[0]), 0))));
    let found = format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    let jwks = format!("--jwks={}", serve_over_tls(found));
    let said = failure(&run(tempdir().unwrap().path(), &["serve", "--port=0", &jwks, AUTHORITY]));
    assert!(said.contains("cannot read --jwks") && said.contains("https"), "{said}");
}
