//! The command line and the environment, read into one [`Cli`]. Each setting is stated once: here, in
//! [`limits`], or in [`access`].

pub mod access;
mod file;
pub mod limits;
mod secrets;
pub mod telemetry;

use std::{collections::BTreeSet, env, ffi::OsString, net::IpAddr, path::PathBuf, sync::LazyLock};

use anyhow::{Result, ensure};
use clap::{
    Arg, ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum, error::ErrorKind,
    parser::ValueSource, value_parser,
};
use ipnet::IpNet;

pub use self::secrets::without_secrets;
use self::{
    access::{AuthOptions, DocumentOptions},
    file::{Settings, Sources},
    limits::{ApiLimits, ChangeLimits, HttpLimits},
    telemetry::TelemetryOptions,
};

/// The file that `DATABASE_URL` unset means, of a program of the name `dovetail`: in the working folder, created where it is missing.
pub const EMBEDDED_DATABASE: &str = "sqlite:dovetail.db";

/// A GraphQL server for related data, on an embedded SQLite or on PostgreSQL.
///
/// Without a command it serves. Every option can also come from the environment variable beside it.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Cli<C: Subcommand> {
    /// What to do; to serve, if none is given.
    #[command(subcommand)]
    pub command: Option<Command<C>>,

    /// A file with settings, in TOML: those of serving, by the names of their options
    #[arg(long, global = true, env = "DOVETAIL_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// The options of serving.
    #[command(flatten)]
    pub serve: Box<ServeOptions>,

    /// Where the settings are from, for the command that prints them.
    #[arg(skip)]
    pub sources: Option<Sources>,
}

impl<C: Subcommand> Cli<C> {
    /// How many threads a server is to have, if anything is said of that.
    pub fn worker_threads(&self) -> Option<u32> {
        match &self.command {
            None => self.serve.worker_threads,
            Some(Command::Serve(options)) => options.worker_threads,
            Some(_) => None,
        }
    }

    /// Reads the command line, the environment and the settings' file of the program of this name; a command line without arguments as if
    /// it had those of `without`. What cannot be read of the first two ends the process, and so do `--help` and `--version`, as clap has it.
    ///
    /// # Errors
    /// What is wrong in the file, in one line.
    pub fn read(name: &'static str, version: &'static str, without: &[&str]) -> Result<Self> {
        let database = format!("sqlite:{name}.db");
        let mut command = with_database(Self::command().name(name).version(version), &database);
        let mut arguments: Vec<OsString> = env::args_os().collect();
        if arguments.len() < 2 {
            arguments.extend(without.iter().map(OsString::from));
        }
        let given = command.try_get_matches_from_mut(&arguments).unwrap_or_else(|error| error.exit());
        let is_given = |name: &str| given.value_source(name) == Some(ValueSource::CommandLine);
        // Some options all commands have. Others would be read for nothing.
        let is_stray = |argument: &&Arg| is_given(argument.get_id().as_str()) && !argument.is_global_set();
        let stray = command.get_arguments().find(is_stray).and_then(Arg::get_long).map(str::to_owned);
        if let (Some(option), Some(name)) = (stray, given.subcommand_name()) {
            let problem = format!(
                "--{option} stands before `{name}`, which does not have it there; allowed are --config, --database-url and \
                 --prepared-statements, and behind `{name}`, its own options"
            );
            command.error(ErrorKind::ArgumentConflict, problem).exit();
        }
        let Some(path) = given.get_one::<PathBuf>("config") else {
            return Ok(Self::of(&command, &given, &given, Settings::default()));
        };
        let file = Settings::read(path, &command)?;
        let (asked, said) = innermost(&command, &given);
        arguments.extend(file.arguments(asked, said));
        match command.try_get_matches_from_mut(arguments) {
            Ok(all) => Ok(Self::of(&command, &given, &all, file)),
            Err(error) => file.refuse(&error),
        }
    }

    fn of(command: &clap::Command, given: &ArgMatches, all: &ArgMatches, file: Settings) -> Self {
        let mut cli = Self::from_arg_matches(all).unwrap_or_else(|error| error.exit());
        if let Some(Command::Config(_)) = cli.command {
            let ((asked, given), (_, all)) = (innermost(command, given), innermost(command, all));
            cli.sources = Some(Sources { command: asked.clone(), given: given.clone(), all: all.clone(), file });
        }
        cli
    }

    /// Refuses environment variables of this program that no setting has: a limit that was misspelt would be none.
    ///
    /// # Errors
    /// One line that names each of them, and the nearest that there is.
    pub fn check_environment() -> Result<()> {
        let command = Self::command();
        let known = variables(&command);
        let given = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        let unknown = given.filter(|name| name.starts_with("DOVETAIL_") && !known.contains(name.as_str()));
        let problems: Vec<_> = unknown
            .map(|name| {
                let nearest = known.iter().min_by_key(|known| strsim::levenshtein(&name, known));
                format!("{name} is no setting; did you mean {}?", nearest.copied().unwrap_or_default())
            })
            .collect();
        ensure!(problems.is_empty(), "{}", problems.join("; "));
        Ok(())
    }
}

/// The command that is asked for, and what is given for it.
fn innermost<'a>(command: &'a clap::Command, given: &'a ArgMatches) -> (&'a clap::Command, &'a ArgMatches) {
    let inner = given.subcommand().and_then(|(name, given)| Some((command.find_subcommand(name)?, given)));
    inner.map_or((command, given), |(command, given)| innermost(command, given))
}

/// The same command and subcommands, for which this is the database unless they are told another.
fn with_database(command: clap::Command, url: &str) -> clap::Command {
    let is_database = |argument: &Arg| argument.get_id() == "database_url";
    command
        .mut_args(|argument| if is_database(&argument) { argument.default_value(url.to_owned()) } else { argument })
        .mut_subcommands(|command| with_database(command, url))
}

/// The environment variables of a command's settings, and of its subcommands'.
fn variables(command: &clap::Command) -> BTreeSet<&str> {
    let own = command.get_arguments().filter_map(|argument| argument.get_env()?.to_str());
    own.chain(command.get_subcommands().flat_map(variables)).collect()
}

/// What the program does: what every program does, and `C`.
#[derive(Debug, Subcommand)]
pub enum Command<C: Subcommand> {
    /// Serve the API over HTTP (the default)
    Serve(Box<ServeOptions>),
    /// Apply, undo or list the migrations of the database's tables
    Migrate {
        /// Which way.
        #[command(subcommand)]
        action: MigrateAction,
        /// Which database.
        #[command(flatten)]
        database: DatabaseOptions,
    },
    /// What the program does besides.
    #[command(flatten)]
    Own(C),
    /// Print the settings in force, as a file of settings has them, and where each is from; secrets are masked
    Config(Box<ServeOptions>),
    /// Examine the database that these settings name, and say what to do
    Doctor(Box<ServeOptions>),
    /// Ask the server that these settings start on this machine whether it is ready, for a container's health check
    Healthcheck(Box<ServeOptions>),
    /// Print the API's schema in GraphQL's schema definition language
    Schema,
}

/// What `dovetail migrate` does.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum MigrateAction {
    /// Apply all migrations that are pending
    Up,
    /// Undo the latest migrations; their tables and the rows in them are lost
    Down {
        /// How many to undo
        #[arg(long, env = "DOVETAIL_MIGRATE_STEPS", default_value_t = 1, value_parser = value_parser!(u32).range(1..))]
        steps: u32,
    },
    /// List all migrations, applied or pending
    Status,
    /// Drop all tables, with all rows, and apply all migrations
    Fresh {
        /// Do not ask first; needed where there is no terminal to ask on
        #[arg(long, env = "DOVETAIL_MIGRATE_YES")]
        yes: bool,
    },
}

/// The options of `dovetail serve`.
#[derive(Clone, Debug, Args)]
pub struct ServeOptions {
    /// Which database.
    #[command(flatten)]
    pub database: DatabaseOptions,

    /// How it is connected to.
    #[command(flatten)]
    pub pools: PoolOptions,

    /// The address to listen on
    #[arg(long, env = "DOVETAIL_HOST", default_value = "127.0.0.1")]
    pub host: IpAddr,

    /// The port to listen on; 0 takes any that is free
    #[arg(long, env = "DOVETAIL_PORT", default_value_t = 8000)]
    pub port: u16,

    /// The threads that answer requests [default: as many as the cores that the process may use]
    #[arg(long, env = "DOVETAIL_WORKER_THREADS", value_name = "THREADS", value_parser = value_parser!(u32).range(1..=1_024))]
    pub worker_threads: Option<u32>,

    /// What the API allows.
    #[command(flatten)]
    pub api: ApiOptions,

    /// Fill the database with a few rows first, if it is empty, and allow the SQL report
    #[cfg(feature = "demo")]
    #[arg(long, env = "DOVETAIL_DEMO")]
    pub demo: bool,

    /// Who may do what.
    #[command(flatten)]
    pub auth: AuthOptions,

    /// How much HTTP carries, and for how long.
    #[command(flatten)]
    pub http: HttpLimits,

    /// How much is told of changes, and for how long.
    #[command(flatten)]
    pub changes: ChangeLimits,

    /// What is told to those who look after the server.
    #[command(flatten)]
    pub telemetry: TelemetryOptions,

    /// Which texts are executed.
    #[command(flatten)]
    pub documents: DocumentOptions,

    /// Origins allowed by CORS, such as `https://app.example.com`; separated by commas
    #[arg(long, env = "DOVETAIL_CORS_ORIGINS", value_name = "ORIGINS", value_delimiter = ',')]
    pub cors_origins: Vec<String>,

    /// Proxies whose `x-forwarded-for` is trusted: addresses or networks such as `10.0.0.0/8`; separated by commas
    #[arg(long, env = "DOVETAIL_TRUSTED_PROXIES", value_name = "NETWORKS", value_delimiter = ',', value_parser = network)]
    pub trusted_proxies: Vec<IpNet>,

    /// Serve GraphiQL on / [default: on, and off in production]
    #[arg(long, env = "DOVETAIL_GRAPHIQL", value_name = "KIND")]
    pub graphiql: Option<Graphiql>,

    /// The purpose of the server: in production, the defaults are strict, and unsafe settings are refused
    #[arg(long, env = "DOVETAIL_PROFILE", value_enum, default_value_t = Profile::Development)]
    pub profile: Profile,

    /// What to log, as directives such as `info` or `warn,dovetail=debug`
    #[arg(long, env = "DOVETAIL_LOG", default_value = "warn,dovetail=info", value_name = "DIRECTIVES")]
    pub log: String,

    /// The milliseconds from which a request is slow: its SQL is logged; 0 logs none
    #[arg(long, env = "DOVETAIL_SLOW_MS", default_value_t = 1_000, value_name = "MILLISECONDS")]
    pub slow_ms: u64,

    /// How to write the log [default: text, and json in production]
    #[arg(long, env = "DOVETAIL_LOG_FORMAT", value_enum, value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
}

impl ServeOptions {
    /// The settings that others decide of which nothing is said, by the names of their options, once they are settled.
    pub fn settled(&self) -> Vec<(&'static str, String)> {
        fn name(value: impl ValueEnum) -> Option<String> {
            Some(value.to_possible_value()?.get_name().to_owned())
        }
        let all = [
            ("auth", name(self.auth.mode())),
            ("introspection", self.api.introspection.and_then(name)),
            ("graphiql", self.graphiql.and_then(name)),
            ("log-format", self.log_format.and_then(name)),
        ];
        all.into_iter().filter_map(|(option, value)| Some((option, value?))).collect()
    }
}

/// The names of the settings, as messages have them.
static SETTINGS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let command = ServeOptions::augment_args(clap::Command::new(""));
    command.get_arguments().filter_map(|argument| Some(format!("--{}", argument.get_long()?))).collect()
});

/// The setting that a message names first, as that of a limit does (`` `--max-depth` ``).
pub fn setting_in(message: &str) -> Option<&'static str> {
    let mut named = message.split('`').skip(1).step_by(2);
    named.find_map(|name| SETTINGS.get(name)).map(String::as_str)
}

/// A network, or one address.
fn network(text: &str) -> Result<IpNet, &'static str> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| address()).map_err(|_| "allowed are addresses, and networks such as 10.0.0.0/8")
}

/// What the server is run for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// For developers.
    Development,
    /// For the public.
    Production,
}

/// Whether something is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// Yes
    On,
    /// No
    Off,
}

/// Which GraphiQL there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Graphiql {
    /// The bundled one, or a CDN's where the build bundled none
    On,
    /// None
    Off,
    /// A CDN's
    Cdn,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Which database.
#[derive(Clone, Debug, Args)]
pub struct DatabaseOptions {
    /// The database: sqlite:FILE, or postgres://USER:PASSWORD@HOST:PORT/NAME
    #[arg(long, global = true, env = "DATABASE_URL", hide_env_values = true, default_value = EMBEDDED_DATABASE, value_name = "URL")]
    pub database_url: String,

    /// How statements are prepared on PostgreSQL: `unnamed` for poolers that know no names [default: named, and unnamed where a pooler is
    /// found]
    #[arg(long, global = true, env = "DOVETAIL_PREPARED_STATEMENTS", value_enum, value_name = "KIND")]
    pub prepared_statements: Option<PreparedStatements>,
}

impl DatabaseOptions {
    /// The same of another URL.
    #[must_use]
    pub fn at(&self, url: &str) -> Self {
        Self { database_url: url.to_owned(), ..self.clone() }
    }
}

/// How statements are prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PreparedStatements {
    /// Once on each connection
    Named,
    /// Each time that they run
    Unnamed,
}

/// How a database is connected to.
#[derive(Clone, Debug, Args)]
pub struct PoolOptions {
    /// Replicas of the database to read from, each one server's URL; separated by commas [default: the database that is written to]
    #[arg(
        long,
        env = "DOVETAIL_READ_DATABASE_URL",
        hide_env_values = true,
        value_name = "URLS",
        value_delimiter = ','
    )]
    pub read_database_url: Vec<String>,

    /// The most seconds that a replica may be behind; nothing is read from one that is further
    #[arg(long, env = "DOVETAIL_MAX_REPLICA_LAG", default_value_t = 10, value_name = "SECONDS")]
    #[arg(value_parser = value_parser!(u64).range(1..=86_400))]
    pub max_replica_lag: u64,

    /// The most connections for queries; a query keeps one until it is answered
    #[arg(long, env = "DOVETAIL_READ_CONNECTIONS", default_value_t = 10, value_parser = value_parser!(u32).range(1..=10_000))]
    pub read_connections: u32,

    /// The most connections for mutations, on PostgreSQL; SQLite has one
    #[arg(long, env = "DOVETAIL_WRITE_CONNECTIONS", default_value_t = 10, value_parser = value_parser!(u32).range(1..=10_000))]
    pub write_connections: u32,
}

/// What the API allows.
#[derive(Clone, Copy, Debug, Args)]
pub struct ApiOptions {
    /// How much a request may ask.
    #[command(flatten)]
    pub limits: ApiLimits,

    /// Allow requests to ask for a report of the SQL that they ran
    #[arg(long, env = "DOVETAIL_SQL_REPORT")]
    pub sql_report: bool,

    /// Answer questions about the schema, and suggest names in errors [default: on, and off in production]
    #[arg(long, env = "DOVETAIL_INTROSPECTION", value_enum, value_name = "SWITCH")]
    pub introspection: Option<Switch>,
}

#[cfg(test)]
mod tests {
    use super::setting_in;

    #[test]
    fn a_message_names_a_setting_that_there_is() {
        assert_eq!(setting_in("`--x` and `a` are too deep; allowed are 9 (`--max-depth`)"), Some("--max-depth"));
        assert_eq!(setting_in("unknown field `--max`depth`"), None);
    }
}
