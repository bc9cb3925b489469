//! What `--profile` makes of the settings, and which go together.

use std::{collections::HashSet, net::IpAddr};

use anyhow::{Result, bail, ensure};
use sea_orm::sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::config::{Graphiql, LogFormat, Profile, ServeOptions, Switch, access::AuthMode};

/// Settles what the options leave to the profile.
///
/// # Errors
/// One line that says which settings are unsafe together, and what to do.
pub fn settle(mut options: ServeOptions) -> Result<ServeOptions> {
    let page_size = options.api.limits.page_size;
    ensure!(
        page_size.default <= page_size.max,
        "--default-page-size is {}; allowed are 0 to {}, the --max-page-size",
        page_size.default,
        page_size.max
    );
    let auth = &options.auth;
    let is_open = auth.mode() == AuthMode::Open;
    if is_open && !options.host.is_loopback() && !auth.insecure_open {
        bail!(
            "on {} others can reach the server too: set --jwt-secret or --jwks, so that they need a token, or say --insecure-open",
            options.host
        );
    }
    let any_origin = options.cors_origins.iter().any(|origin| origin == "*");
    if is_open && any_origin && !auth.insecure_open {
        bail!(
            "--cors-origins * lets every web page read and write: name the origins, need tokens (--auth), or say --insecure-open"
        );
    }
    let is_production = options.profile == Profile::Production;
    if is_production {
        let jwks = auth.jwks.as_deref().unwrap_or_default();
        let is_weak = |secret: &String| secret.bytes().collect::<HashSet<_>>().len() < 10;
        let unsafe_settings = [
            (is_open, "without tokens; set --jwt-secret or --jwks, and --auth write or all"),
            (auth.insecure_open, "with --insecure-open"),
            (jwks.starts_with("http://"), "with --jwks over http"),
            (!jwks.is_empty() && auth.jwt_issuer.is_none(), "with --jwks, but without --jwt-issuer"),
            (!jwks.is_empty() && auth.jwt_audience.is_none(), "with --jwks, but without --jwt-audience"),
            (auth.jwt_secret.as_ref().is_some_and(is_weak), "with a --jwt-secret of fewer than 10 different bytes"),
            (
                is_overheard(&options.database.database_url),
                "with --database-url without sslmode=verify-full (or require)",
            ),
            (
                options.pools.read_database_url.iter().any(|url| is_overheard(url)),
                "with --read-database-url without sslmode=verify-full (or require)",
            ),
            (any_origin, "with --cors-origins *"),
            #[cfg(feature = "demo")]
            (options.demo, "with --demo"),
            (options.api.sql_report, "with --sql-report"),
            (options.api.introspection == Some(Switch::On), "with --introspection on"),
            (matches!(options.graphiql, Some(Graphiql::On | Graphiql::Cdn)), "with --graphiql on or cdn"),
        ];
        let met: Vec<_> = unsafe_settings.iter().filter_map(|(is_met, what)| is_met.then_some(*what)).collect();
        ensure!(met.is_empty(), "--profile production is unsafe {}", met.join("; and "));
    }
    let switch = if is_production { Switch::Off } else { Switch::On };
    options.api.introspection.get_or_insert(switch);
    options.graphiql.get_or_insert(if is_production { Graphiql::Off } else { Graphiql::On });
    options.log_format.get_or_insert(if is_production { LogFormat::Json } else { LogFormat::Text });
    // What a demo is for.
    #[cfg(feature = "demo")]
    {
        options.api.sql_report |= options.demo;
    }
    Ok(options)
}

/// Whether others may overhear what is said to the database: a PostgreSQL on another host, without TLS for sure.
fn is_overheard(url: &str) -> bool {
    // What the environment says counts too, as it does for the connection. What is wrong with a URL, its opening tells.
    let (true, Ok(options)) = (url.starts_with("postgres"), url.parse::<PgConnectOptions>()) else { return false };
    let host = options.get_host().trim_matches(['[', ']']);
    let is_here = options.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || host.parse().is_ok_and(|address: IpAddr| address.to_canonical().is_loopback());
    let is_sealed = matches!(options.get_ssl_mode(), PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull);
    !is_here && !is_sealed
}
