//! What is counted for operators. Where OpenTelemetry's conventions have a name for it, that is taken, as Prometheus spells it
//! (<https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/>); `docs/operating.md` says what each means.

use std::sync::LazyLock;

use prometheus::{
    Encoder, GaugeVec, Histogram, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Registry, Result,
    TextEncoder, register_gauge_vec_with_registry, register_histogram_vec_with_registry,
    register_histogram_with_registry, register_int_counter_vec_with_registry, register_int_counter_with_registry,
    register_int_gauge_vec_with_registry, register_int_gauge_with_registry,
};

/// The upper bounds of what takes time, in seconds: a look-up takes less than one thousandth.
const SECONDS: [f64; 15] =
    [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Those of how many statements a request runs.
const STATEMENTS: [f64; 10] = [0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 24.0, 48.0];

/// Those of how many keys a batch has.
const KEYS: [f64; 8] = [1.0, 2.0, 5.0, 20.0, 50.0, 200.0, 1_000.0, 10_000.0];

/// What this process counts.
#[expect(clippy::expect_used, reason = "the names are constants, and any test that counts makes them all")]
pub static METRICS: LazyLock<Metrics> = LazyLock::new(|| Metrics::new().expect("the names are valid, and differ"));

/// What is counted: each is there from the start, but those with labels once they are met.
pub struct Metrics {
    registry: Registry,
    /// The time of requests, by the type of their operations, the name if that is of a trusted document, and the code of their first error.
    pub requests: HistogramVec,
    /// The requests that are there.
    pub active_requests: IntGauge,
    /// How many may be there.
    pub active_requests_limit: IntGauge,
    /// The statements of requests.
    pub request_statements: Histogram,
    /// Requests that were refused, or ended, by the setting that says so.
    pub refusals: IntCounterVec,
    /// The keys of batches.
    pub batch_keys: Histogram,
    /// The time of statements.
    pub statements: Histogram,
    /// Connections to databases, by their pool and whether they are used.
    pub pool_connections: IntGaugeVec,
    /// How many each pool may have.
    pub pool_limit: IntGaugeVec,
    /// Requests that wait for a connection of a pool.
    pub pool_waiting: IntGaugeVec,
    /// The bytes that requests hold.
    pub memory: IntGauge,
    /// How many they may hold.
    pub memory_limit: IntGauge,
    /// Connections of clients.
    pub connections: IntGauge,
    /// How many there may be.
    pub connections_limit: IntGauge,
    /// WebSockets.
    pub sockets: IntGauge,
    /// Subscriptions, live queries and reserved event streams.
    pub subscriptions: IntGauge,
    /// How many there may be.
    pub subscriptions_limit: IntGauge,
    /// Subscriptions that the server ended, by their code.
    pub subscriptions_ended: IntCounterVec,
    /// Changes that are recorded, and not told of yet.
    pub changes_waiting: IntGauge,
    /// Documents that were known.
    pub documents_known: IntCounter,
    /// Documents that were parsed and validated.
    pub documents_read: IntCounter,
    /// When the key set was read last, in seconds of Unix time.
    pub key_set_read: IntGauge,
    /// Whether queries read from a replica.
    pub replica_well: IntGaugeVec,
    /// By how many seconds a replica is behind.
    pub replica_lag: GaugeVec,
    /// Lines of the log that nobody read in time.
    pub log_lines_dropped: IntCounter,
    /// 1, with the version as a label.
    pub build: IntGaugeVec,
}

impl Metrics {
    fn new() -> Result<Self> {
        let registry = Registry::new();
        #[cfg(target_os = "linux")]
        registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        Ok(Self {
            requests: register_histogram_vec_with_registry!(
                "graphql_server_request_duration_seconds",
                "The time of GraphQL requests, waiting included. The name is that of a trusted document's operation.",
                &["graphql_operation_type", "graphql_operation_name", "error_type"],
                SECONDS.into(),
                registry
            )?,
            active_requests: register_int_gauge_with_registry!(
                "graphql_server_active_requests",
                "GraphQL requests that run, wait, or are being answered.",
                registry
            )?,
            active_requests_limit: register_int_gauge_with_registry!(
                "dovetail_active_requests_limit",
                "How many GraphQL requests may be active: --max-concurrent-requests and --max-queued-requests.",
                registry
            )?,
            request_statements: register_histogram_with_registry!(
                "dovetail_request_statements",
                "SQL statements that a GraphQL request ran, transaction control apart.",
                STATEMENTS.into(),
                registry
            )?,
            refusals: register_int_counter_vec_with_registry!(
                "dovetail_refusals_total",
                "What was refused or ended for a setting, such as a limit, by its name: GraphQL requests, WebSockets, connections.",
                &["setting"],
                registry
            )?,
            batch_keys: register_histogram_with_registry!(
                "dovetail_batch_keys",
                "Keys that a statement loaded at once.",
                KEYS.into(),
                registry
            )?,
            statements: register_histogram_with_registry!(
                "db_client_operation_duration_seconds",
                "The time of the SQL statements of GraphQL requests, from sending one to its last row.",
                SECONDS.into(),
                registry
            )?,
            pool_connections: register_int_gauge_vec_with_registry!(
                "db_client_connections_usage",
                "Connections to databases.",
                &["pool_name", "state"],
                registry
            )?,
            pool_limit: register_int_gauge_vec_with_registry!(
                "db_client_connections_max",
                "How many connections to a database there may be.",
                &["pool_name"],
                registry
            )?,
            pool_waiting: register_int_gauge_vec_with_registry!(
                "db_client_connections_pending_requests",
                "GraphQL requests that wait for a connection to a database.",
                &["pool_name"],
                registry
            )?,
            memory: register_int_gauge_with_registry!(
                "dovetail_held_bytes",
                "Bytes that GraphQL requests and subscriptions hold.",
                registry
            )?,
            memory_limit: register_int_gauge_with_registry!(
                "dovetail_held_limit_bytes",
                "How many bytes may be held: --max-memory-bytes.",
                registry
            )?,
            connections: register_int_gauge_with_registry!(
                "dovetail_connections",
                "Connections of clients, Prometheus' own among them.",
                registry
            )?,
            connections_limit: register_int_gauge_with_registry!(
                "dovetail_connections_limit",
                "How many connections of clients there may be: --max-connections.",
                registry
            )?,
            sockets: register_int_gauge_with_registry!("dovetail_websockets", "WebSockets that are open.", registry)?,
            subscriptions: register_int_gauge_with_registry!(
                "dovetail_subscriptions",
                "Subscriptions, live queries and reserved event streams.",
                registry
            )?,
            subscriptions_limit: register_int_gauge_with_registry!(
                "dovetail_subscriptions_limit",
                "How many subscriptions there may be: --max-subscriptions.",
                registry
            )?,
            subscriptions_ended: register_int_counter_vec_with_registry!(
                "dovetail_subscriptions_ended_total",
                "Subscriptions that ended or did not begin for their client's slowness, lost changes or a failure, by the error's code.",
                &["error_type"],
                registry
            )?,
            changes_waiting: register_int_gauge_with_registry!(
                "dovetail_changes_waiting",
                "Recorded changes that subscriptions are not told of yet.",
                registry
            )?,
            documents_known: register_int_counter_with_registry!(
                "dovetail_document_cache_hits_total",
                "Documents that were parsed and validated before.",
                registry
            )?,
            documents_read: register_int_counter_with_registry!(
                "dovetail_document_cache_misses_total",
                "Documents that had to be parsed and validated.",
                registry
            )?,
            key_set_read: register_int_gauge_with_registry!(
                "dovetail_jwks_loaded_timestamp_seconds",
                "When the keys of --jwks were read last; 0 if there are none.",
                registry
            )?,
            replica_well: register_int_gauge_vec_with_registry!(
                "dovetail_replica_up",
                "Whether queries read from a replica.",
                &["replica"],
                registry
            )?,
            replica_lag: register_gauge_vec_with_registry!(
                "dovetail_replica_lag_seconds",
                "By how much what a replica shows is older than what the database has.",
                &["replica"],
                registry
            )?,
            log_lines_dropped: register_int_counter_with_registry!(
                "dovetail_log_lines_dropped_total",
                "Lines of the log that nobody read in time.",
                registry
            )?,
            build: register_int_gauge_vec_with_registry!(
                "dovetail_build_info",
                "The program that runs.",
                &["version"],
                registry
            )?,
            registry,
        })
    }

    /// Something was refused, or ended, for this setting.
    pub fn refused(&self, setting: &str) {
        self.refusals.with_label_values(&[setting]).inc();
    }

    /// All of them, in Prometheus' text format.
    ///
    /// # Errors
    /// What is counted has no such form, which is a fault of this program.
    pub fn text(&self) -> Result<Vec<u8>> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}

/// One of those that a gauge counts, for as long as it is there.
pub struct Counted(IntGauge);

impl Counted {
    /// One more.
    pub fn by(gauge: &IntGauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}
