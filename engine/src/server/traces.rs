//! Traces of requests, for OpenTelemetry: a span for each GraphQL request, and in it one for each part of its work and each batch.
//!
//! Names and attributes are those of the GraphQL working group (<https://github.com/graphql/otel-wg>, `spec/spans.yml`), and of a statement,
//! OpenTelemetry's for databases (<https://opentelemetry.io/docs/specs/semconv/database/database-spans/>). A span is made of what is
//! known once its request is over: none is open while rows arrive, for sqlx would enter it for each row.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use anyhow::{Context as _, Result, anyhow};
use axum::http::HeaderMap;
use opentelemetry::{
    Context, Key, KeyValue,
    propagation::TextMapPropagator,
    trace::{
        Link, Span as _, SpanBuilder, SpanContext, SpanKind, Status, TraceContextExt, TraceState, Tracer,
        TracerProvider,
    },
};
use opentelemetry_http::{Bytes, HeaderExtractor, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{Sampler, SdkTracer, SdkTracerProvider, Span},
};
use sea_orm::{DbBackend, prelude::async_trait};
use ureq::Agent;
use url::Url;

use super::keys::agent;
use crate::{
    api::{Known, Step},
    config::{telemetry::TelemetryOptions, without_secrets},
    error::code,
    loaders::{Batch, Ran, Report},
    log::{MOST, MOST_OF_DATABASE, cut},
};

/// How long whoever gathers traces may take to take some: it is not waited for longer at the end, either.
const PATIENCE: Duration = Duration::from_secs(5);

/// The header's form is W3C's (<https://www.w3.org/TR/trace-context/>).
static PROPAGATOR: LazyLock<TraceContextPropagator> = LazyLock::new(TraceContextPropagator::new);

/// What traces requests. Dropped, it sends what it has.
pub struct Traces {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    backend: DbBackend,
}

impl Traces {
    /// What sends traces of requests to a program of this name over this database to where the options say, if they do. Headers for that, such as a key, are
    /// those of OpenTelemetry's variable `OTEL_EXPORTER_OTLP_HEADERS`, and `OTEL_SERVICE_NAME` names the service.
    ///
    /// # Errors
    /// One line that says what is wrong with the options and what to do.
    pub fn open(options: &TelemetryOptions, name: &'static str, backend: DbBackend) -> Result<Option<Self>> {
        let Some(endpoint) = &options.otlp_endpoint else { return Ok(None) };
        let url = Url::parse(endpoint).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let mut url = url.with_context(|| {
            let shown = without_secrets(endpoint);
            format!("--otlp-endpoint is {shown}; allowed are URLs such as http://127.0.0.1:4318")
        })?;
        url.set_fragment(None);
        // A URL with a host has a path.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["v1", "traces"]);
        }
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Client { agent: agent(url.as_str(), None, PATIENCE)?, is_well: true.into() })
            .with_endpoint(url.as_str())
            .build()
            // Its own words have the URL with its secrets.
            .map_err(|_| anyhow!("--otlp-endpoint {} cannot be sent to", without_secrets(endpoint)))?;
        let mut resource = Resource::builder().build();
        let service = Key::from_static_str("service.name");
        if resource.get(&service).is_none_or(|name| name.as_str().starts_with("unknown_service")) {
            resource = Resource::builder().with_service_name(name).build();
        }
        let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(options.trace_sampling)));
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(sampler)
            .with_resource(resource)
            .build();
        Ok(Some(Self { tracer: provider.tracer("dovetail"), provider, backend }))
    }

    /// The trace of a request that begins now with these headers, if it is to be traced. A trace that a trusted proxy has begun goes
    /// on; to that of anybody else, there is but a link: strangers do not decide what is traced.
    pub fn begin(&self, headers: Option<&HeaderMap>, is_trusted: bool) -> Option<Trace> {
        let caller = headers.map(|headers| PROPAGATOR.extract_with_context(&Context::new(), &HeaderExtractor(headers)));
        let caller = caller.filter(Context::has_active_span);
        let builder = SpanBuilder::from_name("GraphQL Operation").with_kind(SpanKind::Server);
        let (builder, parent) = match caller {
            Some(caller) if is_trusted => (builder, caller),
            Some(caller) => {
                let caller = caller.span().span_context().clone();
                // Without its state, which may be long.
                let (trace, span, flags) = (caller.trace_id(), caller.span_id(), caller.trace_flags());
                let link = Link::with_context(SpanContext::new(trace, span, flags, true, TraceState::NONE));
                (builder.with_links(vec![link]), Context::new())
            }
            None => (builder, Context::new()),
        };
        let span = self.tracer.build_with_context(builder, &parent);
        span.is_recording().then(|| Trace { tracer: self.tracer.clone(), backend: self.backend, span })
    }

    /// Sends what there is.
    pub fn end(&self) {
        if let Err(error) = self.provider.shutdown_with_timeout(PATIENCE) {
            tracing::warn!(%error, "not all traces were sent");
        }
    }
}

/// The trace of a request.
pub struct Trace {
    tracer: SdkTracer,
    backend: DbBackend,
    span: Span,
}

impl Trace {
    /// The trace's id.
    pub fn id(&self) -> String {
        self.span.span_context().trace_id().to_string()
    }

    /// The request is over, of which this is known: its execution began then, and its first error has this code.
    pub fn end(mut self, known: &Known, executing: Option<SystemTime>, report: Option<&Report>, error: &'static str) {
        let ended = SystemTime::now();
        let mut of_operation = Vec::new();
        if let Some(kind) = known.kind {
            self.span.update_name(kind.to_string());
            of_operation.push(KeyValue::new("graphql.operation.type", kind.to_string()));
        }
        let name = known.operation.as_deref().map(|name| cut(name, MOST).into_owned());
        of_operation.extend(name.map(|name| KeyValue::new("graphql.operation.name", name)));
        of_operation
            .extend(known.document.map(|digest| KeyValue::new("graphql.document.hash", format!("sha256:{digest}"))));
        self.span.set_attributes(of_operation.iter().cloned());
        if !error.is_empty() {
            self.span.set_attribute(KeyValue::new("error.type", error));
        }
        // What is wrong with a request is no fault of the server (OpenTelemetry's conventions for HTTP, of servers' spans).
        if code::is_fault(error) || error == "panicked" {
            self.span.set_status(Status::error(error));
        }
        let request = Context::new().with_remote_span_context(self.span.span_context().clone());
        for Step { name, began, ended } in known.steps.iter().copied() {
            let builder = SpanBuilder::from_name(name).with_attributes(of_operation.clone());
            self.tracer.build_with_context(builder.with_start_time(began), &request).end_with_timestamp(ended);
        }
        if let Some(began) = executing {
            let builder = SpanBuilder::from_name("GraphQL Operation Execution").with_attributes(of_operation);
            let mut execution = self.tracer.build_with_context(builder.with_start_time(began), &request);
            let of_execution = Context::new().with_remote_span_context(execution.span_context().clone());
            for ran in report.map(Report::statements).unwrap_or_default() {
                self.statement(ran, &of_execution);
            }
            execution.end_with_timestamp(ended);
        }
        self.span.end_with_timestamp(ended);
    }

    /// The span of a statement, which loaded a batch. In its text, parameters stand for values.
    fn statement(&self, Ran { text, batch, rows, began, time, .. }: Ran, execution: &Context) {
        let Batch { loader, keys } = batch;
        let system = if self.backend == DbBackend::Postgres { "postgresql" } else { "sqlite" };
        let operation = text.split_whitespace().next().unwrap_or_default().to_owned();
        let mut name = operation.clone();
        let mut attributes = vec![
            KeyValue::new("db.system.name", system),
            KeyValue::new("db.operation.name", operation),
            KeyValue::new("db.query.text", cut(&text, MOST_OF_DATABASE).into_owned()),
            KeyValue::new("db.response.returned_rows", rows as i64),
        ];
        if let Some((loader, table)) = loader {
            let table = table.source();
            name = format!("{name} {table}");
            attributes.extend([
                KeyValue::new("db.collection.name", table),
                KeyValue::new("dovetail.loader", loader),
                KeyValue::new("dovetail.batch.keys", keys as i64),
            ]);
        }
        let builder = SpanBuilder::from_name(name).with_kind(SpanKind::Client).with_attributes(attributes);
        let mut span = self.tracer.build_with_context(builder.with_start_time(began), execution);
        span.end_with_timestamp(began + time);
    }
}

/// What sends traces, on the exporter's own thread.
#[derive(Debug)]
struct Client {
    agent: Agent,
    /// Whether what was sent last was taken.
    is_well: AtomicBool,
}

impl Client {
    /// Sends it there and nowhere else: whoever is at another place is not given what the headers have.
    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request = self.agent.configure_request(request.map(|body| body.to_vec()));
        let request = request.max_redirects(0).max_redirects_will_error(false).http_status_as_error(false);
        let (head, mut body) = self.agent.run(request.build())?.into_parts();
        if !head.status.is_success() {
            return Err(format!("http status: {}", head.status.as_u16()).into());
        }
        Ok(Response::from_parts(head, body.read_to_vec()?.into()))
    }
}

#[async_trait::async_trait]
impl HttpClient for Client {
    /// Never fails: the exporter would say so at each batch, and not why.
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sent = self.send(request);
        let was_well = self.is_well.swap(sent.is_ok(), Ordering::Relaxed);
        match &sent {
            Err(error) if was_well => tracing::warn!(%error, "traces cannot be sent (`--otlp-endpoint`), and are lost"),
            Ok(_) if !was_well => tracing::info!("traces are sent again"),
            _ => {}
        }
        Ok(sent.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, BufRead, BufReader, Write, pipe, read_to_string},
        net::TcpListener,
        sync::Arc,
        thread,
    };

    use expect_test::expect;
    use futures_util::FutureExt;
    use tracing::subscriber::set_default;

    use super::*;

    /// What is logged while a collector answers with these heads, one after the other, and is then gone.
    fn logged(heads: &'static [&str]) -> Result<String> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let collector = thread::spawn(move || {
            for head in heads {
                let (mut client, _) = listener.accept()?;
                BufReader::new(&client).lines().find(|line| line.as_ref().is_ok_and(String::is_empty));
                write!(client, "HTTP/1.1 {head}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")?;
            }
            Ok::<_, io::Error>(())
        });
        let (lines, writer) = pipe()?;
        let log = tracing_subscriber::fmt().with_writer(Arc::new(writer)).without_time().with_target(false);
        let guard = set_default(log.with_ansi(false).finish());
        let client = Client { agent: agent(&url, None, PATIENCE)?, is_well: true.into() };
        let send = || anyhow::Ok(client.send_bytes(Request::post(&url).body(Bytes::new())?).now_or_never());
        for _ in heads {
            send()?;
        }
        assert!(collector.join().is_ok_and(|served| served.is_ok()));
        send()?;
        drop(guard);
        Ok(read_to_string(lines)?.lines().map(|line| format!("{}\n", line.trim_start())).collect())
    }

    #[test]
    fn it_is_said_when_traces_begin_to_be_lost_and_when_they_are_sent_again() -> Result<()> {
        expect![[r#"
            WARN traces cannot be sent (`--otlp-endpoint`), and are lost error=http status: 302
            INFO traces are sent again
            WARN traces cannot be sent (`--otlp-endpoint`), and are lost error=io: Connection refused (os error 111)
        "#]]
        .assert_eq(&logged(&[
            "200 OK",
            "302 Found\r\nlocation: http://user:secret@localhost:9/",
            "500 Internal Server Error",
            "200 OK",
        ])?);
        Ok(())
    }
}
