//! GraphQL over WebSocket: the protocol `graphql-transport-ws`
//! (<https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>), in which a socket carries any number of operations.
//!
//! What is read never waits for what is written: a client that takes its answers slowly can end an operation all the same.

mod messages;
mod operation;
mod outbox;

use std::{borrow::Cow, collections::HashMap, fmt::Display, pin::pin, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use futures_util::{
    FutureExt, SinkExt, StreamExt,
    future::{AbortHandle, Abortable, BoxFuture},
    stream::{FuturesUnordered, SplitSink, SplitStream},
};
use hyper::upgrade::{self, Upgraded};
use hyper_util::rt::TokioIo;
use serde_json::value::RawValue;
use tokio::{
    io, select, spawn,
    sync::{oneshot, watch},
    time::{Instant, interval_at, sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error as Failure, Message, Utf8Bytes,
        error::ProtocolError,
        handshake::server::create_response_with_body,
        protocol::{CloseFrame, Role, WebSocketConfig},
    },
};

use self::{
    messages::{ClientMessage, authorization},
    operation::{Begun, Operation},
    outbox::{Outbox, outbox},
};
use super::{
    admission::Sender,
    auth::{Caller, until},
    connections::{Lease, Phase, Slot},
    entry::Entry,
    refusal::Refusal,
    state::Server,
};
use crate::{
    api::Parameters,
    log::{MOST, cut},
    metrics::{Counted, METRICS},
};

/// The protocol's name, which a client offers in `sec-websocket-protocol`.
const PROTOCOL: &str = "graphql-transport-ws";

/// How many bytes are read at a time: tungstenite keeps as many for each socket.
const READ_BYTES: usize = 1 << 10;

/// How many pings of WebSocket's own a client may send while a ping of ours is due: tungstenite keeps a pong for each.
const MOST_PINGS: u32 = 100;

/// How many bytes the reason of a close may have (RFC 6455, section 5.5).
const LONGEST_REASON: usize = 123;

/// How long a client may take to take its close, and to hang up.
const LAST_TIME: Duration = Duration::from_secs(1);

/// Why sockets are closed: the protocol's codes, and WebSocket's (<https://www.iana.org/assignments/websocket/>).
mod close_code {
    pub const GOING_AWAY: u16 = 1001;
    pub const PROTOCOL_ERROR: u16 = 1002;
    pub const INVALID_DATA: u16 = 1007;
    pub const POLICY_VIOLATION: u16 = 1008;
    pub const TOO_BIG: u16 = 1009;
    pub const TRY_AGAIN_LATER: u16 = 1013;
    pub const TIMEOUT: u16 = 3008;
    pub const BAD_REQUEST: u16 = 4400;
    pub const UNAUTHORIZED: u16 = 4401;
    pub const FORBIDDEN: u16 = 4403;
    pub const SUBPROTOCOL_NOT_ACCEPTABLE: u16 = 4406;
    pub const INITIALISATION_TIMEOUT: u16 = 4408;
    pub const SUBSCRIBER_ALREADY_EXISTS: u16 = 4409;
    pub const TOO_MANY: u16 = 4429;
}

/// Whether a request is to open a socket. With another method, or beside other protocols, the header is nothing to heed (RFC 9110,
/// section 7.8).
pub fn is_wanted(method: &Method, headers: &HeaderMap) -> bool {
    let protocol = headers.get(header::UPGRADE).map(HeaderValue::as_bytes);
    method == Method::GET && protocol.is_some_and(|protocol| protocol.eq_ignore_ascii_case(b"websocket"))
}

/// Opens a socket, which the log calls by the id of the request for it.
pub async fn open(server: Arc<Server>, request_id: &str, mut request: Request) -> Result<Response, Refusal> {
    let mut response = create_response_with_body(&request, Body::empty)
        .map_err(|problem| Refusal::bad_request(format!("the request opens no WebSocket: {problem}")))?;
    let Lease { phase, slot } = Lease::of(request.extensions())?.clone();
    let headers = request.headers();
    let opened_by = match headers.contains_key(header::AUTHORIZATION) {
        true => Some(server.caller(headers, server.deadline()).await?),
        false => None,
    };
    let protocols = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
    let mut protocols = protocols.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    let is_ours = protocols.any(|protocol| protocol.trim_ascii() == PROTOCOL.as_bytes());
    if is_ours {
        response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
    }
    let upgraded = upgrade::on(&mut request);
    let (head, _) = request.into_parts();
    let (outbox, writer) = outbox();
    let connection = Connection {
        address: server.address(&head),
        server,
        request_id: request_id.to_owned(),
        opened_by,
        sender: None,
        operations: Operations::default(),
        phase,
        outbox,
    };
    spawn(async move {
        let Ok(upgraded) = upgraded.await else { return };
        let most = Some(connection.server.limits.max_socket_message_bytes as usize);
        let config = WebSocketConfig::default().read_buffer_size(READ_BYTES).write_buffer_size(0);
        let config = config.max_message_size(most).max_frame_size(most);
        let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
        // A task of its own, and but the halves of the socket: what lasts has no room for what came before.
        let (sink, stream) = socket.split();
        spawn(connection.serve(sink, stream, writer, is_ours, slot));
    });
    Ok(response)
}

/// Why a socket is closed: a code, and words for it.
struct Close(u16, Cow<'static, str>);

impl Close {
    fn bad(problem: impl Into<Cow<'static, str>>) -> Self {
        Self(close_code::BAD_REQUEST, problem.into())
    }

    /// For this setting, which is counted.
    fn by(setting: &'static str, code: u16, problem: impl Display) -> Self {
        METRICS.refused(setting);
        Self(code, format!("{problem} (`{setting}`)").into())
    }

    /// Of bytes that no socket has, or of a message of more bytes than `most`; `None` if it is the connection that failed.
    fn of(failure: &Failure, most: u32) -> Option<Self> {
        let code = match failure {
            Failure::Capacity(_) => {
                let problem = format!("a message has more bytes than are allowed: {most}");
                return Some(Self::by("--max-socket-message-bytes", close_code::TOO_BIG, problem));
            }
            Failure::Utf8(_) => close_code::INVALID_DATA,
            Failure::Protocol(ProtocolError::ResetWithoutClosingHandshake) => return None,
            Failure::Protocol(_) => close_code::PROTOCOL_ERROR,
            _ => return None,
        };
        Some(Self(code, failure.to_string().into()))
    }

    fn frame(&self) -> CloseFrame {
        let end = self.1.floor_char_boundary(LONGEST_REASON);
        CloseFrame { code: self.0.into(), reason: Utf8Bytes::from(&self.1[..end]) }
    }
}

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// The operations that run, by the ids that the client gave them.
#[derive(Default)]
struct Operations {
    live: HashMap<String, AbortHandle>,
    /// Each ends with its id, unless the client ended it.
    running: FuturesUnordered<BoxFuture<'static, Option<String>>>,
    /// Those that have not begun.
    beginning: Vec<Begun>,
    /// How many there were.
    count: u64,
}

/// A connection, in the protocol's words: what runs over a socket.
struct Connection {
    server: Arc<Server>,
    request_id: String,
    /// Who opened the socket, apart from tokens.
    address: Option<Sender>,
    /// Whose token the request for the socket has, if it has one.
    opened_by: Option<Caller>,
    /// Who sends the operations, once the connection is acknowledged.
    sender: Option<(Arc<Caller>, Option<Sender>)>,
    operations: Operations,
    phase: watch::Receiver<Phase>,
    outbox: Outbox,
}

impl Connection {
    /// Serves a socket until it is closed, which leaves a line in the log and its slot.
    async fn serve(
        mut self,
        mut sink: SplitSink<Socket, Message>,
        mut stream: SplitStream<Socket>,
        mut writer: outbox::Writer,
        is_ours: bool,
        _slot: Arc<Slot>,
    ) {
        let (begun, _counted) = (Instant::now(), Counted::by(&METRICS.sockets));
        let close = if is_ours {
            select! {
                close = self.read(&mut stream) => close,
                _ = writer.run(&mut sink) => None,
            }
        } else {
            let problem = format!("the socket's protocol is another; allowed is `{PROTOCOL}`");
            Some(Close(close_code::SUBPROTOCOL_NOT_ACCEPTABLE, problem.into()))
        };
        self.end(close.as_ref(), begun);
        if let Some(close) = close {
            let hang_up = async {
                let _ = sink.send(Message::Close(Some(close.frame()))).await;
                // What is dropped before all is read may take what was sent last with it.
                if let Ok(mut socket) = stream.reunite(sink) {
                    let _ = io::copy(socket.get_mut(), &mut io::sink()).await;
                }
            };
            let _ = timeout(LAST_TIME, hang_up).await;
        }
    }

    /// Ends what runs still, and leaves a line in the log.
    fn end(mut self, close: Option<&Close>, begun: Instant) {
        self.operations.running.clear();
        let subject = self.sender.as_ref().and_then(|(caller, _)| caller.subject()).map(|subject| cut(subject, MOST));
        let (code, problem) = close.map(|Close(code, problem)| (*code, cut(problem, MOST))).unzip();
        tracing::info!(
            request_id = self.request_id,
            subject = subject.as_deref(),
            operations = self.operations.count,
            code,
            problem = problem.as_deref(),
            elapsed = ?begun.elapsed(),
            "socket"
        );
    }

    /// Reads messages, and runs the operations that they begin, until the socket is to be closed; `None` if it is gone.
    async fn read(&mut self, stream: &mut SplitStream<Socket>) -> Option<Close> {
        let patience = Duration::from_secs(self.server.limits.client_timeout);
        let mut until_initialised = pin!(sleep(patience));
        let mut heard = Instant::now();
        let mut ticks = interval_at(heard + patience / 2, patience / 2);
        let mut pings = 0;
        loop {
            match *self.phase.borrow_and_update() {
                Phase::Draining if self.operations.running.is_empty() => {
                    return Some(Close(close_code::GOING_AWAY, "the server stops".into()));
                }
                Phase::Over => return None,
                _ => {}
            }
            let expiry = self.sender.as_ref().and_then(|(caller, _)| caller.expiry());
            select! {
                message = stream.next() => {
                    heard = Instant::now();
                    match message? {
                        Ok(Message::Text(text)) => {
                            if let Err(close) = self.take(&text).await {
                                return Some(close);
                            }
                        }
                        Ok(Message::Binary(_)) => return Some(Close::bad("a message is binary; allowed are texts")),
                        // tungstenite answers them.
                        Ok(Message::Ping(_)) if pings < MOST_PINGS => pings += 1,
                        Ok(Message::Ping(_)) => {
                            let problem = format!("too many pings of WebSocket; allowed are {MOST_PINGS} in {:?}", ticks.period());
                            return Some(Close(close_code::POLICY_VIOLATION, problem.into()));
                        }
                        Ok(Message::Pong(_) | Message::Close(_) | Message::Frame(_)) => {}
                        Err(failure) => return Close::of(&failure, self.server.limits.max_socket_message_bytes),
                    }
                }
                Some(ended) = self.operations.running.next() => {
                    if let Some(id) = ended {
                        self.operations.live.remove(&id);
                    }
                }
                () = &mut until_initialised, if self.sender.is_none() => {
                    let problem = "no `connection_init` came in time";
                    return Some(Close::by("--client-timeout", close_code::INITIALISATION_TIMEOUT, problem));
                }
                () = until(expiry) => return Some(Close(close_code::UNAUTHORIZED, "the token has expired".into())),
                _ = ticks.tick(), if self.sender.is_some() => {
                    pings = 0;
                    if self.outbox.is_busy() {
                        // Before the client has taken what is being sent, it cannot answer. How slowly it may, the connection says.
                        heard = Instant::now();
                    }
                    if heard.elapsed() > patience {
                        return Some(Close::by("--client-timeout", close_code::TIMEOUT, "no ping was answered in time"));
                    }
                    self.outbox.ping();
                }
                changed = self.phase.changed() => changed.ok()?,
            }
        }
    }

    /// Does what a message asks for.
    async fn take(&mut self, text: &str) -> Result<(), Close> {
        match ClientMessage::read(text).map_err(Close::bad)? {
            ClientMessage::Init(payload) => self.initialise(payload).await?,
            ClientMessage::Subscribe(id, payload) => self.subscribe(id, payload)?,
            ClientMessage::Complete(id) => {
                if let Some(operation) = self.operations.live.remove(&id) {
                    operation.abort();
                }
            }
            ClientMessage::Ping(payload) => self.outbox.pong(payload),
            ClientMessage::Pong => {}
        }
        Ok(())
    }

    async fn initialise(&mut self, payload: Option<&RawValue>) -> Result<(), Close> {
        if self.sender.is_some() {
            return Err(Close(close_code::TOO_MANY, "Too many initialisation requests".into()));
        }
        let given = authorization(payload).map_err(Close::bad)?;
        let caller = match self.opened_by.take() {
            Some(caller) if given.is_none() => caller,
            _ => {
                let headers = given.map(|value| (header::AUTHORIZATION, value)).into_iter().collect();
                self.server.caller(&headers, self.server.deadline()).await.map_err(|refusal| {
                    let (status, errors) = refusal.told();
                    let problem = errors.first().map_or("", |error| &error.message);
                    let code = match status {
                        StatusCode::UNAUTHORIZED => close_code::FORBIDDEN,
                        _ => close_code::TRY_AGAIN_LATER,
                    };
                    Close(code, problem.to_owned().into())
                })?
            }
        };
        let sender = caller.sender().or_else(|| self.address.clone());
        self.sender = Some((Arc::new(caller), sender));
        self.outbox.acknowledge();
        Ok(())
    }

    fn subscribe(&mut self, id: String, payload: &RawValue) -> Result<(), Close> {
        let Some((caller, sender)) = &self.sender else {
            return Err(Close(close_code::UNAUTHORIZED, "Unauthorized: no connection is acknowledged".into()));
        };
        let Operations { live, running, beginning, count } = &mut self.operations;
        if live.contains_key(&id) {
            let problem = format!("Subscriber for {id} already exists");
            return Err(Close(close_code::SUBSCRIBER_ALREADY_EXISTS, problem.into()));
        }
        let most = self.server.limits.max_socket_operations;
        if live.len() >= most as usize {
            let problem = format!("too many operations run; allowed are {most}");
            return Err(Close::by("--max-socket-operations", close_code::TOO_MANY, problem));
        }
        let parameters = Parameters::read(payload).map_err(Close::bad)?;
        let parameters = match *self.phase.borrow() {
            Phase::Serving | Phase::Stopping => Ok(parameters),
            Phase::Draining | Phase::Over => Err(Refusal::unavailable("the server stops; ask another, or later")),
        };
        *count += 1;
        let (handle, registration) = AbortHandle::new_pair();
        // Here, so that it leaves its line even if it is ended before it is begun.
        let mut entry = Box::new(Entry::new(format!("{}-{count}", self.request_id), self.server.slow));
        entry.of_subject(caller.subject());
        let operation = Operation {
            server: Arc::clone(&self.server),
            caller: Arc::clone(caller),
            sender: sender.clone(),
            id: id.clone(),
            handle: handle.clone(),
            outbox: self.outbox.clone(),
            phase: self.phase.clone(),
        };
        let (begun, has_begun) = oneshot::channel();
        beginning.retain(|begun| begun.clone().now_or_never().is_none());
        let run = operation.run(entry, Box::new(parameters), beginning.clone(), begun);
        beginning.push(has_begun.shared());
        running.push(Abortable::new(run, registration).map(Result::ok).boxed());
        live.insert(id, handle);
        Ok(())
    }
}
