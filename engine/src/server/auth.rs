//! Who asks, and what they may: JWT bearer tokens (RFC 6750, RFC 7519, and RFC 8725 on how not to be fooled).

use std::{
    collections::HashSet,
    future::pending,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::ensure;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use headers::{Authorization, Header, authorization::Bearer};
use jsonwebtoken::{
    Validation, decode, decode_header,
    errors::{Error, ErrorKind},
};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::{Instant, sleep_until};

use super::{
    admission::Sender,
    keys::{COOLDOWN, Key, Keys, NoKey},
    refusal::Refusal,
};
use crate::{
    config::access::{AuthMode, AuthOptions},
    error::code,
};

/// What a token can allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Queries.
    Read,
    /// Mutations.
    Write,
    /// The SQL report.
    Sql,
}

impl Scope {
    /// Its name in tokens.
    fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Sql => "sql",
        }
    }
}

/// Who is let in.
pub struct Auth {
    mode: AuthMode,
    tokens: Option<Tokens>,
}

/// What tokens must be.
struct Tokens {
    keys: Keys,
    issuer: Option<String>,
    audience: Option<String>,
    leeway: u64,
}

/// Whose request it is.
pub struct Caller {
    mode: AuthMode,
    claims: Option<Claims>,
    expiry: Option<Instant>,
}

/// What a token says of its bearer.
#[derive(Deserialize)]
struct Claims {
    sub: Option<String>,
    /// As OAuth has it (RFC 8693, section 4.2).
    scope: Option<Texts>,
    /// The same, as Okta and Microsoft have it.
    scp: Option<Texts>,
    /// Seconds of Unix (RFC 7519, section 4.1.4), of which jsonwebtoken says what is wrong.
    #[serde(default)]
    exp: Value,
    // Read for their types alone (RFC 7519, sections 4.1.1 and 4.1.3): jsonwebtoken takes a list of issuers too, and looks at no
    // claim that nothing is expected of.
    #[serde(rename = "iss")]
    _issuer: Option<String>,
    #[serde(rename = "aud")]
    _audience: Option<Texts>,
}

/// One text, or a list of texts.
#[derive(Deserialize)]
#[serde(untagged)]
enum Texts {
    One(String),
    List(HashSet<String>),
}

impl Texts {
    /// Whether these scopes have this one.
    fn has(&self, scope: &str) -> bool {
        match self {
            Self::One(text) => text.split(' ').any(|it| it == scope),
            Self::List(list) => list.contains(scope),
        }
    }
}

impl Auth {
    /// As the options say; what they leave out, [`AuthOptions::mode`] does.
    ///
    /// # Errors
    /// One line that says what is wrong and what to do.
    pub async fn open(options: &AuthOptions) -> anyhow::Result<Self> {
        let mode = options.mode();
        let keys = Keys::open(options).await?;
        ensure!(
            keys.is_some() || mode == AuthMode::Open,
            "--auth needs keys to verify tokens with: set --jwt-secret or --jwks"
        );
        let tokens = keys.map(|keys| Tokens {
            keys,
            issuer: options.jwt_issuer.clone(),
            audience: options.jwt_audience.clone(),
            leeway: options.jwt_leeway,
        });
        Ok(Self { mode, tokens })
    }

    /// Whose request it is, by its headers. A token that is wrong is refused, also where none is needed.
    pub async fn caller(&self, headers: &HeaderMap) -> Result<Caller, Refusal> {
        let claims = match &self.tokens {
            Some(tokens) if self.mode != AuthMode::Open && headers.contains_key(header::AUTHORIZATION) => {
                let mut given = headers.get_all(header::AUTHORIZATION).iter();
                let token = Authorization::<Bearer>::decode(&mut given).ok().filter(|_| given.next().is_none());
                let token = token.ok_or_else(|| wrong("the header `authorization` is not `Bearer` and one token"))?;
                Some(tokens.verify(token.token()).await?)
            }
            // Before anything of the request is read.
            _ if self.mode == AuthMode::All => {
                let problem = "this needs a token, in the header `authorization`";
                return Err(challenge(Refusal::coded(StatusCode::UNAUTHORIZED, code::UNAUTHENTICATED, problem), ""));
            }
            _ => None,
        };
        let leeway = self.tokens.as_ref().map_or(0, |tokens| tokens.leeway);
        let expiry = claims.as_ref().and_then(|claims| instant(claims.exp.as_f64()? + leeway as f64));
        Ok(Caller { mode: self.mode, claims, expiry })
    }
}

/// Of a token that was good when it came.
pub fn expired() -> Refusal {
    Refusal::coded(StatusCode::UNAUTHORIZED, code::UNAUTHENTICATED, "the token has expired")
}

/// Ends when a token is good no longer; never, if it is good for ever.
pub async fn until(expiry: Option<Instant>) {
    match expiry {
        Some(expiry) => sleep_until(expiry).await,
        None => pending().await,
    }
}

impl Caller {
    /// The subject of the token, for the log.
    pub fn subject(&self) -> Option<&str> {
        self.claims.as_ref()?.sub.as_deref()
    }

    /// The subject as a sender of requests.
    pub fn sender(&self) -> Option<Sender> {
        self.subject().map(|subject| Sender::Subject(subject.to_owned()))
    }

    /// Until when the token is good, if it ends.
    pub fn expiry(&self) -> Option<Instant> {
        self.expiry
    }

    /// Refuses what the caller may not.
    pub fn check(&self, scope: Scope) -> Result<(), Refusal> {
        let is_public = match self.mode {
            AuthMode::Open => true,
            AuthMode::Write => scope == Scope::Read,
            AuthMode::All => false,
        };
        let name = scope.name();
        match &self.claims {
            _ if is_public => Ok(()),
            Some(Claims { scope, scp, .. }) if [scope, scp].into_iter().flatten().any(|scopes| scopes.has(name)) => {
                Ok(())
            }
            Some(_) => Err(challenge(
                Refusal::coded(StatusCode::FORBIDDEN, code::FORBIDDEN, format!("the token lacks the scope `{name}`")),
                &format!(", error=\"insufficient_scope\", scope=\"{name}\""),
            )),
            None => {
                let problem = format!("this needs a token with the scope `{name}`, in the header `authorization`");
                Err(challenge(Refusal::coded(StatusCode::UNAUTHORIZED, code::UNAUTHENTICATED, problem), ""))
            }
        }
    }
}

impl Tokens {
    async fn verify(&self, token: &str) -> Result<Claims, Refusal> {
        let header = decode_header(token).map_err(|_| wrong("the token is malformed, or its algorithm is none"))?;
        // RFC 7515, section 4.1.11: what must be understood, and is not, makes it invalid.
        if header.crit.is_some() {
            return Err(wrong("the token has critical header fields, which this server does not know"));
        }
        let keys = self.keys.find(header.kid.as_deref(), header.alg).await.map_err(|problem| match problem {
            NoKey::Wrong(problem) => wrong(problem),
            NoKey::TooOld(age) => unreachable_issuer(age),
        })?;
        let is_of_another_key = |error: &Error| matches!(error.kind(), ErrorKind::InvalidSignature);
        let mut outcomes = keys.iter().map(|key| self.decode(token, key));
        let outcome = outcomes.find(|outcome| !outcome.as_ref().is_err_and(is_of_another_key));
        match outcome.unwrap_or_else(|| Err(ErrorKind::InvalidSignature.into())) {
            Ok(claims) => Ok(claims),
            Err(error) => Err(wrong(match error.kind() {
                ErrorKind::InvalidSignature => "the token's signature is not of the key that it names",
                ErrorKind::ExpiredSignature => "the token has expired",
                ErrorKind::ImmatureSignature => "the token is not valid yet",
                ErrorKind::InvalidIssuer => "the token is of another issuer",
                ErrorKind::InvalidAudience => "the token is for another audience",
                ErrorKind::MissingRequiredClaim(_) => {
                    "the token lacks one of `exp`, `iss` and `aud`, or has it of another type"
                }
                ErrorKind::Json(_) | ErrorKind::InvalidClaimFormat(_) => {
                    "a claim of the token has another type; allowed are a number for `exp` and `nbf`, a text for `iss` and \
                     `sub`, and a text or a list of texts for `aud`, `scope` and `scp`"
                }
                _ => "the token is malformed",
            })),
        }
    }

    fn decode(&self, token: &str, Key { algorithm, key, .. }: &Key) -> Result<Claims, Error> {
        // The key says which algorithm it is for, not the token (RFC 8725, section 3.1).
        let mut validation = Validation::new(*algorithm);
        validation.leeway = self.leeway;
        validation.validate_nbf = true;
        if let Some(issuer) = &self.issuer {
            validation.set_issuer(&[issuer]);
            validation.required_spec_claims.insert("iss".to_owned());
        }
        if let Some(audience) = &self.audience {
            validation.set_audience(&[audience]);
            validation.required_spec_claims.insert("aud".to_owned());
        }
        decode(token, key, &validation).map(|token| token.claims)
    }
}

/// The instant of a time of Unix, in seconds; `None` if it is too far for this machine.
fn instant(time: f64) -> Option<Instant> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    Instant::now().checked_add(Duration::try_from_secs_f64((time - now).max(0.0)).ok()?)
}

/// Of a token that may be good, for all that can be told.
fn unreachable_issuer(age: Duration) -> Refusal {
    let problem = format!(
        "the token cannot be verified: its issuer's keys could not be read for {} s (`--jwks-max-age`); try again later",
        age.as_secs()
    );
    Refusal::coded(StatusCode::SERVICE_UNAVAILABLE, code::UNAVAILABLE, problem)
        .with(header::RETRY_AFTER, COOLDOWN.as_secs().into())
}

/// Of a token that is wrong: `problem` says how, without the characters that a header's quoted text must not have.
fn wrong(problem: &str) -> Refusal {
    let refusal = Refusal::coded(StatusCode::UNAUTHORIZED, code::UNAUTHENTICATED, problem);
    challenge(refusal, &format!(", error=\"invalid_token\", error_description=\"{problem}\""))
}

/// RFC 6750, section 3.
fn challenge(refusal: Refusal, parameters: &str) -> Refusal {
    let challenge = format!("Bearer realm=\"dovetail\"{parameters}");
    let challenge = challenge.parse().unwrap_or(HeaderValue::from_static("Bearer"));
    refusal.with(header::WWW_AUTHENTICATE, challenge)
}
