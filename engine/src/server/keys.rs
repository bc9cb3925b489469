//! The keys that tokens are verified with: a secret, or those of a JSON Web Key Set (RFC 7517), which its issuer renews.

use std::{
    fs,
    path::Path,
    sync::{Arc, Weak},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::Utc;
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse},
};
use parking_lot::RwLock;
use rustls::crypto::aws_lc_rs;
use serde::Deserialize;
use tokio::{
    sync::Mutex,
    task::spawn_blocking,
    time::{Instant, sleep},
};
use ureq::{
    Agent,
    tls::{PemItem, RootCerts, TlsConfig, parse_pem},
};

use crate::{
    config::{access::AuthOptions, without_secrets},
    metrics::METRICS,
};

/// The shortest secret, in bytes: as long as the hash (RFC 7518, section 3.2).
const SHORTEST_SECRET: usize = 32;

/// The shortest RSA modulus, in bytes: 2,048 bits (RFC 7518, section 3.3).
const SHORTEST_MODULUS: usize = 256;

/// How often a set is read again: while its issuer answers, a key that was withdrawn is used no longer than that.
const REFRESH: Duration = Duration::from_secs(300);

/// How long to leave the issuer alone: whoever sends tokens with made-up key ids must not have it asked each time.
pub const COOLDOWN: Duration = Duration::from_secs(10);

/// How long the issuer may take to answer, and how many bytes.
const FETCH_TIME: Duration = Duration::from_secs(5);
const FETCH_BYTES: u64 = 1 << 20;

/// A key, and the one algorithm that it is used with.
pub struct Key {
    id: Option<String>,
    /// What signatures are made with.
    pub algorithm: Algorithm,
    /// What they are verified with.
    pub key: DecodingKey,
}

/// Where keys come from.
pub enum Keys {
    /// One secret.
    Secret(Arc<Key>),
    /// A set.
    Set(Arc<KeySet>),
}

/// A JSON Web Key Set, and where it is read again.
pub struct KeySet {
    source: Source,
    max_age: Duration,
    loaded: RwLock<Loaded>,
    /// Held while the set is read: when that last began.
    asked: Mutex<Option<Instant>>,
}

struct Loaded {
    keys: Vec<Arc<Key>>,
    at: Instant,
}

/// Why there is no key to verify a token with.
pub enum NoKey {
    /// The token is wrong: how.
    Wrong(&'static str),
    /// The issuer could not be reached for so long: the token may be good.
    TooOld(Duration),
}

impl Keys {
    /// Those that the options name, if any.
    ///
    /// # Errors
    /// One line that says what is wrong and what to do.
    pub async fn open(options: &AuthOptions) -> Result<Option<Self>> {
        if let Some(secret) = &options.jwt_secret {
            let bytes = secret.len();
            ensure!(
                bytes >= SHORTEST_SECRET,
                "--jwt-secret has {bytes} bytes; allowed are {SHORTEST_SECRET} or more, at random"
            );
            let key = DecodingKey::from_secret(secret.as_bytes());
            return Ok(Some(Self::Secret(Arc::new(Key { id: None, algorithm: Algorithm::HS256, key }))));
        }
        let Some(place) = options.jwks.clone() else { return Ok(None) };
        let source = Source { agent: agent(&place, options.jwks_ca.as_deref(), FETCH_TIME)?, place };
        let loaded = source.load().await?;
        ensure!(
            !loaded.keys.is_empty(),
            "--jwks {} has no key of use; allowed are RSA (2,048 bits or more), EC P-256 and OKP Ed25519, to verify with",
            source.shown()
        );
        let max_age = Duration::from_secs(options.jwks_max_age);
        let set = Arc::new(KeySet { source, max_age, loaded: RwLock::new(loaded), asked: Mutex::default() });
        tokio::spawn(KeySet::keep_fresh(Arc::downgrade(&set)));
        Ok(Some(Self::Set(set)))
    }

    /// The keys that may have signed a token with this algorithm that names this one, or none: one or more.
    pub async fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<Vec<Arc<Key>>, NoKey> {
        match self {
            // It has no id for a token to name.
            Self::Secret(key) => fitting(std::slice::from_ref(key), None, algorithm).map_err(NoKey::Wrong),
            Self::Set(set) => set.find(id, algorithm).await,
        }
    }
}

impl KeySet {
    async fn find(self: &Arc<Self>, id: Option<&str>, algorithm: Algorithm) -> Result<Vec<Arc<Key>>, NoKey> {
        if let Ok(keys) = self.known(id, algorithm) {
            return Ok(keys);
        }
        // As a task: a client that leaves must not take along what others wait for. What it finds, it logs.
        let _ = tokio::spawn(Arc::clone(self).refresh()).await;
        self.known(id, algorithm)
    }

    fn known(&self, id: Option<&str>, algorithm: Algorithm) -> Result<Vec<Arc<Key>>, NoKey> {
        let loaded = self.loaded.read();
        if loaded.at.elapsed() > self.max_age {
            return Err(NoKey::TooOld(self.max_age));
        }
        fitting(&loaded.keys, id, algorithm).map_err(NoKey::Wrong)
    }

    /// Reads the set again and again, while anybody has it: requests with known keys wait for no issuer.
    async fn keep_fresh(set: Weak<Self>) {
        loop {
            sleep(REFRESH).await;
            let Some(set) = set.upgrade() else { return };
            set.refresh().await;
        }
    }

    /// Reads the set again, once for all who want it. One that was read and is empty is empty: its keys were withdrawn.
    async fn refresh(self: Arc<Self>) {
        let mut asked = self.asked.lock().await;
        if asked.is_some_and(|asked| asked.elapsed() < COOLDOWN) {
            return;
        }
        *asked = Some(Instant::now());
        match self.source.load().await {
            Ok(loaded) => *self.loaded.write() = loaded,
            Err(error) => tracing::error!("{error:#}; the known keys are used until they are {:?} old", self.max_age),
        }
    }
}

/// Those of these keys that may have signed a token, or what is wrong with the token. An issuer may give keys of several
/// algorithms the same id (RFC 7517, section 4.5).
fn fitting(keys: &[Arc<Key>], id: Option<&str>, algorithm: Algorithm) -> Result<Vec<Arc<Key>>, &'static str> {
    let mut named: Vec<_> = keys.iter().filter(|key| id.is_none() || key.id.as_deref() == id).cloned().collect();
    match (id, &named[..]) {
        _ if keys.is_empty() => return Err("the token's issuer has no keys"),
        (Some(_), []) => return Err("the token names a key that its issuer does not have"),
        (None, [_, _, ..]) => return Err("the token names no key, and there are several"),
        _ => named.retain(|key| key.algorithm == algorithm),
    }
    if named.is_empty() { Err("the token's algorithm is not that of its key") } else { Ok(named) }
}

/// Where a set is read.
#[derive(Clone)]
struct Source {
    /// A file or a URL.
    place: String,
    agent: Agent,
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

impl Source {
    fn shown(&self) -> String {
        without_secrets(&self.place)
    }

    async fn load(&self) -> Result<Loaded> {
        let (source, at) = (self.clone(), Instant::now());
        let text = spawn_blocking(move || source.read()).await?;
        let text = text.with_context(|| format!("cannot read --jwks {}", self.shown()))?;
        let set = serde_json::from_str(&text);
        let set: Set = set.with_context(|| format!("--jwks {} is no JSON Web Key Set", self.shown()))?;
        // RFC 7517, section 5: keys of kinds that are not understood are ignored.
        let keys = set.keys.into_iter().filter_map(|key| usable(&serde_json::from_value(key).ok()?)).collect();
        METRICS.key_set_read.set(Utc::now().timestamp());
        Ok(Loaded { keys, at })
    }

    fn read(&self) -> Result<String> {
        if !is_url(&self.place) {
            return Ok(fs::read_to_string(&self.place)?);
        }
        Ok(self.agent.get(&self.place).call()?.body_mut().with_config().limit(FETCH_BYTES).read_to_string()?)
    }
}

fn is_url(place: &str) -> bool {
    place.starts_with("https://") || place.starts_with("http://")
}

/// What asks this place, which has so much time, and trusts these authorities, or else those that Mozilla does.
pub fn agent(place: &str, authorities: Option<&Path>, patience: Duration) -> Result<Agent> {
    let roots = authorities.map_or(Ok(RootCerts::WebPki), certificates)?;
    let tls = TlsConfig::builder()
        .root_certs(roots)
        .unversioned_rustls_crypto_provider(Arc::new(aws_lc_rs::default_provider()))
        .build();
    // Where TLS is asked for, no redirect leads out of it.
    let config = Agent::config_builder().timeout_global(Some(patience)).https_only(place.starts_with("https://"));
    Ok(config.tls_config(tls).build().into())
}

fn certificates(file: &Path) -> Result<RootCerts> {
    let shown = file.display();
    let pem = fs::read(file).with_context(|| format!("cannot read --jwks-ca {shown}"))?;
    let items = parse_pem(&pem).collect::<Result<Vec<_>, _>>();
    let items = items.with_context(|| format!("--jwks-ca {shown} is no PEM file"))?;
    let is_certificate = |item| if let PemItem::Certificate(certificate) = item { Some(certificate) } else { None };
    let certificates: Vec<_> = items.into_iter().filter_map(is_certificate).collect();
    ensure!(!certificates.is_empty(), "--jwks-ca {shown} has no certificate; allowed are certificates in PEM");
    Ok(certificates.into())
}

/// The key of a set, if it is for signatures of an algorithm that is allowed. A secret in a set is not: whoever can read the set
/// could sign with it.
fn usable(jwk: &Jwk) -> Option<Arc<Key>> {
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(rsa) => {
            let modulus = BASE64_URL_SAFE_NO_PAD.decode(&rsa.n).ok()?;
            (modulus.len() >= SHORTEST_MODULUS).then_some((Algorithm::RS256, KeyAlgorithm::RS256))
        }
        AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P256 => {
            Some((Algorithm::ES256, KeyAlgorithm::ES256))
        }
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
            Some((Algorithm::EdDSA, KeyAlgorithm::EdDSA))
        }
        _ => None,
    };
    let (algorithm, named) = algorithm?;
    let is_for_it = jwk.common.key_algorithm.is_none_or(|it| it == named)
        && jwk.common.public_key_use.as_ref().is_none_or(|it| *it == PublicKeyUse::Signature);
    let key = DecodingKey::from_jwk(jwk).ok()?;
    is_for_it.then(|| Arc::new(Key { id: jwk.common.key_id.clone(), algorithm, key }))
}
