//! The keys that tokens are verified with: a secret, or those of a JSON Web Key Set (RFC 7517), which its issuer renews.

use std::{
    fs,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse},
};
use serde::Deserialize;
use tokio::{sync::Mutex, task::spawn_blocking};

use crate::config::access::AuthOptions;

/// The shortest secret, in bytes: as long as the hash (RFC 7518, section 3.2).
const SHORTEST_SECRET: usize = 32;

/// The shortest RSA modulus, in bytes: 2,048 bits (RFC 7518, section 3.3).
const SHORTEST_MODULUS: usize = 256;

/// How old a set may be: a key that its issuer has withdrawn is used no longer than that.
const MAX_AGE: Duration = Duration::from_secs(300);

/// How long to leave the issuer alone: whoever sends tokens with made-up key ids must not have it asked each time.
const COOLDOWN: Duration = Duration::from_secs(10);

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
    Set(Box<KeySet>),
}

/// A JSON Web Key Set, and where it is read again.
pub struct KeySet {
    source: String,
    loaded: RwLock<Loaded>,
    /// Held while the set is read: when it was last read because of a key that was missing.
    asked: Mutex<Option<Instant>>,
}

struct Loaded {
    keys: Vec<Arc<Key>>,
    at: Instant,
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
        let Some(source) = options.jwks.clone() else { return Ok(None) };
        let keys = load(source.clone()).await?;
        let loaded = RwLock::new(Loaded { keys, at: Instant::now() });
        Ok(Some(Self::Set(Box::new(KeySet { source, loaded, asked: Mutex::default() }))))
    }

    /// The key of a token that names this one, or none; otherwise what is wrong with the token.
    pub async fn find(&self, id: Option<&str>) -> Result<Arc<Key>, &'static str> {
        match self {
            Self::Secret(key) => Ok(Arc::clone(key)),
            Self::Set(set) => set.find(id).await.ok_or(match id {
                Some(_) => "the token names a key that its issuer does not have",
                None => "the token names no key, and there are several",
            }),
        }
    }
}

impl KeySet {
    async fn find(&self, id: Option<&str>) -> Option<Arc<Key>> {
        let (known, age) = self.known(id);
        if known.is_some() && age < MAX_AGE {
            return known;
        }
        let mut asked = self.asked.lock().await;
        // Somebody else may have read it meanwhile.
        let (known, age) = self.known(id);
        let may_ask = asked.is_none_or(|asked| asked.elapsed() > COOLDOWN);
        if !may_ask || (known.is_some() && age < MAX_AGE) {
            return known;
        }
        *asked = Some(Instant::now());
        match load(self.source.clone()).await {
            Ok(keys) => {
                *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = Loaded { keys, at: Instant::now() };
                self.known(id).0
            }
            Err(error) => {
                tracing::error!("{error:#}; the keys from before are used on");
                known
            }
        }
    }

    /// The key with this id, or the only one there is, and how old the set is.
    fn known(&self, id: Option<&str>) -> (Option<Arc<Key>>, Duration) {
        let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
        let key = match (id, &loaded.keys[..]) {
            (Some(id), keys) => keys.iter().find(|key| key.id.as_deref() == Some(id)),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        (key.cloned(), loaded.at.elapsed())
    }
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

async fn load(source: String) -> Result<Vec<Arc<Key>>> {
    let shown = source.clone();
    let text = spawn_blocking(move || read(&source)).await?.with_context(|| format!("cannot read --jwks {shown}"))?;
    let set: Set = serde_json::from_str(&text).with_context(|| format!("--jwks {shown} is no JSON Web Key Set"))?;
    // RFC 7517, section 5: keys of kinds that are not understood are ignored.
    let keys: Vec<_> = set.keys.into_iter().filter_map(|key| usable(&serde_json::from_value(key).ok()?)).collect();
    if keys.is_empty() {
        bail!(
            "--jwks {shown} has no key of use; allowed are RSA (2,048 bits or more), EC P-256 and OKP Ed25519, to verify with"
        );
    }
    Ok(keys)
}

fn read(source: &str) -> Result<String> {
    if !source.starts_with("https://") && !source.starts_with("http://") {
        return Ok(fs::read_to_string(source)?);
    }
    let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(FETCH_TIME)).build().into();
    Ok(agent.get(source).call()?.body_mut().with_config().limit(FETCH_BYTES).read_to_string()?)
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
