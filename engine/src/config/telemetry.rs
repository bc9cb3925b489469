//! What is told to those who look after the server, beside the log.

use std::net::SocketAddr;

use clap::Args;

/// What is told to those who look after the server, beside the log.
#[derive(Clone, Debug, Args)]
pub struct TelemetryOptions {
    /// Where to serve `/metrics` for Prometheus, such as `127.0.0.1:9464`; to all who reach it [default: nowhere]
    #[arg(long, env = "DOVETAIL_METRICS_ADDRESS", value_name = "ADDRESS")]
    pub metrics_address: Option<SocketAddr>,

    /// Where to send traces, by OTLP over HTTP, such as `http://127.0.0.1:4318` [default: nowhere]
    #[arg(long, env = "DOVETAIL_OTLP_ENDPOINT", hide_env_values = true, value_name = "URL")]
    pub otlp_endpoint: Option<String>,

    /// The share of requests to trace, from 0 to 1; what a trusted proxy decided is followed
    #[arg(long, env = "DOVETAIL_TRACE_SAMPLING", default_value_t = 1.0, value_name = "SHARE", value_parser = share)]
    pub trace_sampling: f64,
}

fn share(text: &str) -> Result<f64, &'static str> {
    text.parse().ok().filter(|share| (0.0..=1.0).contains(share)).ok_or("allowed are 0 to 1, such as 0.01")
}
