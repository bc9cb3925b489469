//! The limits of a request: how much it may ask, how much HTTP carries, and for how long.

use clap::{Args, value_parser};

/// How much a request may ask.
#[derive(Clone, Copy, Debug, Args)]
pub struct ApiLimits {
    /// How large a page may be.
    #[command(flatten)]
    pub page_size: PageSize,

    /// How much a filter may ask.
    #[command(flatten)]
    pub filter: FilterLimits,

    /// How much a document may ask.
    #[command(flatten)]
    pub document: DocumentLimits,

    /// The most bytes of an answer's data, counted while it is written, and of the texts that are read for it
    #[arg(
        long = "max-response-bytes",
        env = "DOVETAIL_MAX_RESPONSE_BYTES",
        default_value_t = 16 << 20,
        value_name = "BYTES"
    )]
    pub response_bytes: u64,
}

/// How many items a page of a list has.
#[derive(Clone, Copy, Debug, Args)]
pub struct PageSize {
    /// The items of a page when neither `first` nor `last` is given
    #[arg(long = "default-page-size", env = "DOVETAIL_DEFAULT_PAGE_SIZE", default_value_t = 20, value_name = "ITEMS")]
    #[arg(value_parser = value_parser!(u64).range(0..=i32::MAX as u64))]
    pub default: u64,

    /// The most items that `first` or `last` may ask for
    #[arg(long = "max-page-size", env = "DOVETAIL_MAX_PAGE_SIZE", default_value_t = 100, value_name = "ITEMS")]
    #[arg(value_parser = value_parser!(u64).range(0..=i32::MAX as u64))]
    pub max: u64,
}

/// How much a list's filter may ask.
#[derive(Clone, Copy, Debug, Args)]
pub struct FilterLimits {
    /// The most conditions of a filter: its comparisons, and the filters in it
    #[arg(
        long = "max-filter-conditions",
        env = "DOVETAIL_MAX_FILTER_CONDITIONS",
        default_value_t = 50,
        value_name = "CONDITIONS"
    )]
    pub conditions: u64,

    /// The most relations that a filter may reach through
    #[arg(
        long = "max-filter-relations",
        env = "DOVETAIL_MAX_FILTER_RELATIONS",
        default_value_t = 3,
        value_name = "RELATIONS"
    )]
    pub relations: usize,
}

/// How much a document may ask: looked at before anything runs.
#[derive(Clone, Copy, Debug, Args)]
pub struct DocumentLimits {
    /// The most characters of a document
    #[arg(
        long = "max-document-characters",
        env = "DOVETAIL_MAX_DOCUMENT_CHARACTERS",
        default_value_t = 15_000,
        value_name = "CHARACTERS"
    )]
    pub characters: u64,

    /// The most tokens of a document: its names, values and signs; and the most selections and values that its operations and
    /// fragments spread to
    #[arg(
        long = "max-document-tokens",
        env = "DOVETAIL_MAX_DOCUMENT_TOKENS",
        default_value_t = 5_000,
        value_name = "TOKENS"
    )]
    pub tokens: u64,

    /// The most variables of an operation
    #[arg(long = "max-variables", env = "DOVETAIL_MAX_VARIABLES", default_value_t = 200, value_name = "VARIABLES")]
    pub variables: u64,

    /// The most bytes of an operation's variables, each counted as often as arguments name it
    #[arg(
        long = "max-argument-bytes",
        env = "DOVETAIL_MAX_ARGUMENT_BYTES",
        default_value_t = 4 << 20,
        value_name = "BYTES"
    )]
    pub argument_bytes: u64,

    /// The most values in an operation's variables, items and fields included, each counted as often as arguments name it
    #[arg(
        long = "max-variable-values",
        env = "DOVETAIL_MAX_VARIABLE_VALUES",
        default_value_t = 5_000,
        value_name = "VALUES"
    )]
    pub variable_values: u64,

    /// The most bytes of a text in an argument
    #[arg(long = "max-text-bytes", env = "DOVETAIL_MAX_TEXT_BYTES", default_value_t = 1 << 16, value_name = "BYTES")]
    pub text_bytes: u64,

    /// The most items of a list in an argument or a variable
    #[arg(long = "max-list-items", env = "DOVETAIL_MAX_LIST_ITEMS", default_value_t = 1_000, value_name = "ITEMS")]
    pub list_items: u64,

    /// The most fields in one another; introspection is not counted
    #[arg(long = "max-depth", env = "DOVETAIL_MAX_DEPTH", default_value_t = 12, value_name = "FIELDS")]
    #[arg(value_parser = value_parser!(u64).range(1..=30))]
    pub depth: u64,

    /// The most aliases in an operation, once its fragments are spread
    #[arg(long = "max-aliases", env = "DOVETAIL_MAX_ALIASES", default_value_t = 30, value_name = "ALIASES")]
    pub aliases: u64,

    /// The most fields of an operation's root
    #[arg(long = "max-root-fields", env = "DOVETAIL_MAX_ROOT_FIELDS", default_value_t = 20, value_name = "FIELDS")]
    pub root_fields: u64,

    /// The most directives of a field, a fragment or an operation
    #[arg(long = "max-directives", env = "DOVETAIL_MAX_DIRECTIVES", default_value_t = 5, value_name = "DIRECTIVES")]
    pub directives: u64,

    /// The most that an operation may cost: the size of each list's page times what lies under it, and for a relation in a filter 10,
    /// in that 100, in that 1,000
    #[arg(long = "max-cost", env = "DOVETAIL_MAX_COST", default_value_t = 10_000, value_name = "COST")]
    pub cost: u64,

    /// The most errors told of a document or variables that do not fit the schema
    #[arg(
        long = "max-validation-errors",
        env = "DOVETAIL_MAX_VALIDATION_ERRORS",
        default_value_t = 5,
        value_name = "ERRORS"
    )]
    #[arg(value_parser = value_parser!(u64).range(1..))]
    pub validation_errors: u64,
}

impl HttpLimits {
    /// How much of so much one sender may have.
    pub fn share_of(&self, whole: usize) -> usize {
        (whole as u128 * u128::from(self.max_sender_share)).div_ceil(100) as usize
    }
}

/// How much HTTP carries, and for how long.
#[derive(Clone, Copy, Debug, Args)]
pub struct HttpLimits {
    /// The most bytes of a request's body
    #[arg(long, env = "DOVETAIL_MAX_BODY_BYTES", default_value_t = 1 << 20, value_name = "BYTES")]
    pub max_body_bytes: usize,

    /// The most GraphQL requests in one HTTP request, as a JSON array; 0 refuses arrays
    #[arg(long, env = "DOVETAIL_MAX_BATCH", default_value_t = 0, value_name = "REQUESTS")]
    pub max_batch: usize,

    /// The most seconds for a request, and for each of its statements on the database
    #[arg(long, env = "DOVETAIL_REQUEST_TIMEOUT", default_value_t = 10, value_name = "SECONDS")]
    #[arg(value_parser = value_parser!(u64).range(1..=86_400))]
    pub request_timeout: u64,

    /// The most queries to execute at once, and the most mutations; more wait, as those do for which no connection to the database
    /// is free
    #[arg(long, env = "DOVETAIL_MAX_CONCURRENT_REQUESTS", default_value_t = 100, value_name = "REQUESTS")]
    #[arg(value_parser = value_parser!(u32).range(1..))]
    pub max_concurrent_requests: u32,

    /// The most requests beside those, which arrive, wait, or are being answered; more are refused with status 503
    #[arg(long, env = "DOVETAIL_MAX_QUEUED_REQUESTS", default_value_t = 400, value_name = "REQUESTS")]
    pub max_queued_requests: u32,

    /// The most of that room, of memory and of connections for one sender (a token's subject, or an address), in percent
    #[arg(long, env = "DOVETAIL_MAX_SENDER_SHARE", default_value_t = 50, value_name = "PERCENT")]
    #[arg(value_parser = value_parser!(u32).range(1..=100))]
    pub max_sender_share: u32,

    /// The most that the requests of one sender may cost in a minute; more are refused with status 429; 0 is no limit
    #[arg(long, env = "DOVETAIL_RATE_COST_PER_MINUTE", default_value_t = 0, value_name = "COST")]
    pub rate_cost_per_minute: u32,

    /// The most bytes of bodies, variables, rows and answers at once; more are refused with status 503
    #[arg(long, env = "DOVETAIL_MAX_MEMORY_BYTES", default_value_t = 128 << 20, value_name = "BYTES")]
    pub max_memory_bytes: usize,

    /// The most operations that run over one WebSocket or event stream at once; of more a socket is closed, and a stream refuses them
    #[arg(long, env = "DOVETAIL_MAX_SOCKET_OPERATIONS", default_value_t = 100, value_name = "OPERATIONS")]
    #[arg(value_parser = value_parser!(u32).range(1..))]
    pub max_socket_operations: u32,

    /// The most bytes of a message that comes over a WebSocket; of more it is closed
    #[arg(long, env = "DOVETAIL_MAX_SOCKET_MESSAGE_BYTES", default_value_t = 1 << 17, value_name = "BYTES")]
    #[arg(value_parser = value_parser!(u32).range(1_024..))]
    pub max_socket_message_bytes: u32,

    /// The most connections, WebSockets and event streams among them; more wait for one to end
    #[arg(long, env = "DOVETAIL_MAX_CONNECTIONS", default_value_t = 4_096, value_name = "CONNECTIONS")]
    #[arg(value_parser = value_parser!(u32).range(1..))]
    pub max_connections: u32,

    /// The bytes that a request's head may have; of twice as many it is refused
    #[arg(long, env = "DOVETAIL_MAX_HEAD_BYTES", default_value_t = 1 << 16, value_name = "BYTES")]
    #[arg(value_parser = value_parser!(u32).range(8_192..))]
    pub max_head_bytes: u32,

    /// The fewest bytes of an answer that a client must take in a second, once the answer waited for it as long as
    /// `--client-timeout`; 0 is no limit
    #[arg(long, env = "DOVETAIL_MIN_ANSWER_RATE", default_value_t = 1 << 15, value_name = "BYTES")]
    pub min_answer_rate: u32,

    /// The most seconds that a client may take to send a request's head, be idle, or take nothing of its answer
    #[arg(long, env = "DOVETAIL_CLIENT_TIMEOUT", default_value_t = 30, value_name = "SECONDS")]
    #[arg(value_parser = value_parser!(u64).range(1..=86_400))]
    pub client_timeout: u64,

    /// The seconds for which a server that stops says that it is not ready, and still takes requests
    #[arg(long, env = "DOVETAIL_SHUTDOWN_DELAY", default_value_t = 0, value_name = "SECONDS")]
    #[arg(value_parser = value_parser!(u64).range(0..=86_400))]
    pub shutdown_delay: u64,

    /// The most seconds for requests to finish when the server stops
    #[arg(long, env = "DOVETAIL_SHUTDOWN_TIMEOUT", default_value_t = 15, value_name = "SECONDS")]
    #[arg(value_parser = value_parser!(u64).range(0..=86_400))]
    pub shutdown_timeout: u64,

    /// The bytes above which answers are compressed, for clients that accept it
    #[arg(long, env = "DOVETAIL_COMPRESS_ABOVE", default_value_t = 1_024, value_name = "BYTES")]
    pub compress_above: u64,
}

/// How much is told of changes, and for how long.
#[derive(Clone, Copy, Debug, Args)]
pub struct ChangeLimits {
    /// The most subscriptions and live queries at once, and event streams that are reserved; more are refused with the code `UNAVAILABLE`
    #[arg(long, env = "DOVETAIL_MAX_SUBSCRIPTIONS", default_value_t = 20_000, value_name = "SUBSCRIPTIONS")]
    pub max_subscriptions: u32,

    /// The bytes of events that may wait for a subscriber to take them; of more, the subscription ends with the code
    /// `SUBSCRIBER_TOO_SLOW`
    #[arg(long, env = "DOVETAIL_MAX_WAITING_EVENT_BYTES", default_value_t = 1 << 20, value_name = "BYTES")]
    pub max_waiting_event_bytes: u64,

    /// The most changes of a type since the cursor of a subscription that begins `after` it; of more, it ends with the code
    /// `CHANGES_LOST`
    #[arg(long, env = "DOVETAIL_MAX_MISSED_CHANGES", default_value_t = 10_000, value_name = "CHANGES")]
    #[arg(value_parser = value_parser!(u64).range(1..=1_000_000))]
    pub max_missed_changes: u64,

    /// The seconds for which the database keeps changes, for subscriptions that begin `after` a cursor
    #[arg(long, env = "DOVETAIL_KEEP_CHANGES", default_value_t = 3_600, value_name = "SECONDS")]
    #[arg(value_parser = value_parser!(u64).range(60..=31_536_000))]
    pub keep_changes: u64,

    /// The milliseconds that are between the answers of a live query, at least
    #[arg(long, env = "DOVETAIL_MIN_LIVE_INTERVAL_MS", default_value_t = 1_000, value_name = "MILLISECONDS")]
    #[arg(value_parser = value_parser!(u64).range(10..=3_600_000))]
    pub min_live_interval_ms: u64,

    /// The milliseconds after which it is looked for changes again that nobody told of: what other programs write is seen by then
    #[arg(long, env = "DOVETAIL_POLL_CHANGES_MS", default_value_t = 500, value_name = "MILLISECONDS")]
    #[arg(value_parser = value_parser!(u64).range(10..=60_000))]
    pub poll_changes_ms: u64,
}
