//! Who may do what, and which texts are executed.

use std::path::PathBuf;

use clap::{Args, ValueEnum, value_parser};

/// Who may do what.
#[derive(Clone, Debug, Args)]
pub struct AuthOptions {
    /// What needs a token: nothing, mutations, or everything [default: all where there are keys, else open]
    #[arg(long, env = "DOVETAIL_AUTH", value_enum, value_name = "WHAT")]
    pub auth: Option<AuthMode>,

    /// Allow `--auth open` on an address that other machines can reach
    #[arg(long, env = "DOVETAIL_INSECURE_OPEN")]
    pub insecure_open: bool,

    /// The secret that tokens are signed with: 32 bytes or more (HS256)
    #[arg(long, env = "DOVETAIL_JWT_SECRET", hide_env_values = true, conflicts_with = "jwks", value_name = "SECRET")]
    pub jwt_secret: Option<String>,

    /// The keys that tokens are signed with: a JSON Web Key Set, as a file or a URL (RS256, ES256, EdDSA)
    #[arg(long, env = "DOVETAIL_JWKS", hide_env_values = true, value_name = "FILE|URL")]
    pub jwks: Option<String>,

    /// The certificate authorities to trust for the key set's URL, a file in PEM [default: Mozilla's list]
    #[arg(long, env = "DOVETAIL_JWKS_CA", requires = "jwks", value_name = "FILE")]
    pub jwks_ca: Option<PathBuf>,

    /// The most seconds for which keys are trusted after their set was read last
    #[arg(long, env = "DOVETAIL_JWKS_MAX_AGE", default_value_t = 3_600, value_name = "SECONDS")]
    #[arg(value_parser = clap::value_parser!(u64).range(301..=86_400))]
    pub jwks_max_age: u64,

    /// The issuer that tokens must name (`iss`)
    #[arg(long, env = "DOVETAIL_JWT_ISSUER", value_name = "ISSUER")]
    pub jwt_issuer: Option<String>,

    /// The audience that tokens must name (`aud`)
    #[arg(long, env = "DOVETAIL_JWT_AUDIENCE", value_name = "AUDIENCE")]
    pub jwt_audience: Option<String>,

    /// The most seconds by which the issuer's clock may differ
    #[arg(long, env = "DOVETAIL_JWT_LEEWAY", default_value_t = 30, value_name = "SECONDS")]
    #[arg(value_parser = clap::value_parser!(u64).range(0..=3_600))]
    pub jwt_leeway: u64,
}

impl AuthOptions {
    /// What needs a token: everything where there are keys to verify it with, unless it is said.
    pub fn mode(&self) -> AuthMode {
        let has_keys = self.jwt_secret.is_some() || self.jwks.is_some();
        self.auth.unwrap_or(if has_keys { AuthMode::All } else { AuthMode::Open })
    }
}

/// What needs a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AuthMode {
    /// Nothing: whoever reaches the server may do all.
    Open,
    /// Mutations: whoever reaches the server may read.
    Write,
    /// Everything.
    All,
}

/// Which texts are executed.
#[derive(Clone, Debug, Args)]
pub struct DocumentOptions {
    /// A folder with manifests of trusted documents (*.json), as relay-compiler, graphql-codegen and Apollo write them
    #[arg(long, env = "DOVETAIL_TRUSTED_DOCUMENTS", value_name = "FOLDER")]
    pub trusted_documents: Option<PathBuf>,

    /// What is done with other documents
    #[arg(long, env = "DOVETAIL_TRUSTED_DOCUMENTS_MODE", value_enum, default_value_t = TrustMode::Enforce)]
    #[arg(value_name = "MODE")]
    pub trusted_documents_mode: TrustMode,

    /// The most automatic persisted queries to keep (Apollo's protocol), of 8 MiB together; 0 refuses them
    #[arg(long, env = "DOVETAIL_PERSISTED_QUERIES", default_value_t = 1_000, value_name = "QUERIES")]
    #[arg(value_parser = value_parser!(u32).range(..=1_000_000))]
    pub persisted_queries: u32,
}

/// What becomes of documents that are not trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TrustMode {
    /// They are executed.
    Off,
    /// They are executed, and logged.
    Log,
    /// They are refused.
    Enforce,
}
