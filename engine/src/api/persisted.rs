//! Documents that clients name instead of sending them: trusted documents, of a client's build, and automatic persisted
//! queries (<https://www.apollographql.com/docs/apollo-server/performance/apq>), which clients send once.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::Path,
};

use anyhow::{Context, Result, bail, ensure};
use async_graphql::ServerError;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Parameters, latest::Latest};
use crate::{
    config::access::{DocumentOptions, TrustMode},
    error::{self, code},
};

/// How many bytes the texts of automatic persisted queries have together.
const MOST_BYTES: usize = 8 << 20;

/// The documents that requests may name.
pub struct Persisted {
    /// By their ids.
    trusted: HashMap<String, String>,
    texts: HashSet<String>,
    mode: TrustMode,
    /// By the SHA-256 of their texts, in hexadecimal; `None` if that is off.
    automatic: Option<Latest<String>>,
}

/// The document that a request asks for.
pub struct Named {
    /// Its text.
    pub text: String,
    /// Whether it is known to be a trusted one.
    pub is_trusted: bool,
    /// Its SHA-256, if it is to be logged that it is not trusted.
    pub untrusted: Option<String>,
    /// Its SHA-256, computed here, if it came as a text that later requests are to name.
    pub to_keep: Option<String>,
}

/// A manifest of trusted documents.
#[derive(Deserialize)]
#[serde(untagged)]
enum Manifest {
    /// Apollo's, of `generate-persisted-query-manifest`.
    Apollo { operations: Vec<ApolloOperation> },
    /// Ids and texts: what relay-compiler (`persistConfig`) and graphql-codegen (`persistedDocuments`) write.
    Texts(HashMap<String, String>),
}

#[derive(Deserialize)]
struct ApolloOperation {
    id: String,
    body: String,
}

impl Persisted {
    /// Reads the manifests of the options' folder.
    ///
    /// # Errors
    /// One line that says what is wrong and what to do.
    pub fn open(options: &DocumentOptions) -> Result<Self> {
        let (mut trusted, mut mode) = (HashMap::new(), TrustMode::Off);
        if let Some(folder) = &options.trusted_documents {
            mode = options.trusted_documents_mode;
            let shown = folder.display();
            let files = fs::read_dir(folder).with_context(|| format!("cannot read --trusted-documents {shown}"))?;
            for file in files {
                let path = file.with_context(|| format!("cannot read --trusted-documents {shown}"))?.path();
                if path.extension().is_some_and(|extension| extension == "json") {
                    add(&mut trusted, &path)?;
                }
            }
            ensure!(!trusted.is_empty(), "--trusted-documents {shown} has no documents; allowed are manifests, *.json");
        }
        let texts = trusted.values().cloned().collect();
        let most = options.persisted_queries as usize;
        let automatic = (most > 0).then(|| Latest::new(most, MOST_BYTES));
        Ok(Self { trusted, texts, mode, automatic })
    }

    /// The text of the document that a request asks for.
    pub fn text(&self, parameters: &Parameters) -> Result<Named, ServerError> {
        let hash = hash(parameters);
        let Some(text) = parameters.query.as_deref() else {
            let wrong = |name| bad_input(&format!("`{name}` is of another type; allowed is a string or null"));
            let text = match (parameters.document_id().map_err(wrong)?, hash) {
                (Some(_), Some(_)) => Err(bad_input(
                    "the request has the id of a trusted document and `extensions.persistedQuery`; allowed is one of them",
                )),
                (Some(id), None) => self.trusted(&id).ok_or_else(|| {
                    bad_input("the request names a trusted document that is not in this server's manifests")
                }),
                (None, Some(hash)) => self.by_hash(hash),
                (None, None) => Err(bad_input("there is no `query`, and no `documentId` of a trusted document")),
            };
            let text = text?;
            return Ok(Named { is_trusted: self.texts.contains(&text), text, untrusted: None, to_keep: None });
        };
        let digest = || hex(&Sha256::digest(text));
        let to_keep = hash.map(|_| digest());
        if hash != to_keep.as_deref() {
            return Err(bad_input("`extensions.persistedQuery.sha256Hash` is not the SHA-256 of `query`"));
        }
        let is_trusted = self.texts.contains(text);
        let untrusted = match self.mode {
            TrustMode::Log if !is_trusted => Some(digest()),
            TrustMode::Enforce if !is_trusted => {
                let problem = "the document is not among this server's trusted documents, which alone are allowed";
                return Err(refused(problem, code::FORBIDDEN));
            }
            _ => None,
        };
        Ok(Named { text: text.to_owned(), is_trusted, untrusted, to_keep })
    }

    /// Keeps a text for later requests, which name it by this digest, once every check is passed.
    pub fn keep(&self, digest: String, text: String) {
        if let Some(automatic) = &self.automatic {
            let bytes = text.len();
            automatic.keep(digest, text, bytes);
        }
    }

    fn trusted(&self, id: &str) -> Option<String> {
        let bare = || id.strip_prefix("sha256:").and_then(|hash| self.trusted.get(hash));
        self.trusted.get(id).or_else(bare).cloned()
    }

    fn by_hash(&self, hash: &str) -> Result<String, ServerError> {
        if let Some(text) = self.trusted(hash) {
            return Ok(text);
        }
        // The messages and codes are those that Apollo's clients look for.
        let Some(automatic) = &self.automatic else {
            return Err(refused("PersistedQueryNotSupported", code::PERSISTED_QUERY_NOT_SUPPORTED));
        };
        let known = automatic.get(hash);
        known.ok_or_else(|| refused("PersistedQueryNotFound", code::PERSISTED_QUERY_NOT_FOUND))
    }
}

fn add(trusted: &mut HashMap<String, String>, path: &Path) -> Result<()> {
    let shown = path.display();
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
    let manifest = serde_json::from_str(&text).with_context(|| {
        format!("{shown} is no manifest of trusted documents; allowed are those of relay-compiler, graphql-codegen and Apollo")
    })?;
    let documents: Vec<_> = match manifest {
        Manifest::Apollo { operations } => operations.into_iter().map(|it| (it.id, it.body)).collect(),
        Manifest::Texts(texts) => texts.into_iter().collect(),
    };
    for (id, text) in documents {
        let another = trusted.get(&id).is_some_and(|known| *known != text);
        if another {
            bail!(
                "{shown} has another document with the id `{id}` than another manifest; give each its own --trusted-documents"
            );
        }
        trusted.insert(id, text);
    }
    Ok(())
}

/// The hash in a request of Apollo's protocol.
fn hash(parameters: &Parameters) -> Option<&str> {
    parameters.extensions.get("persistedQuery")?.get("sha256Hash")?.as_str()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bad_input(problem: &str) -> ServerError {
    refused(problem, code::BAD_USER_INPUT)
}

fn refused(problem: &str, code: &str) -> ServerError {
    error::of_request(ServerError::new(problem, None), code)
}
