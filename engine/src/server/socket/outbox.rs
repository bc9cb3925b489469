//! The messages to a client, and how they are written.

use std::{
    mem::take,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use axum::body::Bytes;
use futures_util::{Sink, SinkExt, future::AbortHandle};
use parking_lot::Mutex;
use serde_json::{json, value::RawValue};
use tokio::{
    select,
    sync::{Notify, mpsc, oneshot},
};
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

/// How many messages of operations wait for a client to take them. An operation with another one waits too.
const QUEUE: usize = 16;

/// How many bytes a frame has: tungstenite keeps as many for each socket once it sent as many at once.
const FRAME_BYTES: usize = 1 << 14;

/// A message of an operation, which is sent unless the client ended that.
struct Queued {
    text: Vec<u8>,
    operation: AbortHandle,
    /// Dropped when it is written.
    _written: oneshot::Sender<()>,
}

/// What is sent before all that waits. Of several pongs, the latest is enough.
#[derive(Default)]
struct Urgent {
    acknowledgement: bool,
    ping: bool,
    pong: Option<String>,
}

#[derive(Default)]
struct Shared {
    urgent: Mutex<Urgent>,
    is_urgent: Notify,
    is_writing: AtomicBool,
}

/// Where messages to a client go. Clones share it.
#[derive(Clone)]
pub struct Outbox {
    /// Boxed: a channel has room for 32 from the beginning.
    queue: mpsc::Sender<Box<Queued>>,
    shared: Arc<Shared>,
}

/// Where they are written from.
pub struct Writer {
    queue: mpsc::Receiver<Box<Queued>>,
    shared: Arc<Shared>,
}

/// An outbox, and what writes from it.
pub fn outbox() -> (Outbox, Writer) {
    let (sender, queue) = mpsc::channel(QUEUE);
    let shared = Arc::new(Shared::default());
    (Outbox { queue: sender, shared: Arc::clone(&shared) }, Writer { queue, shared })
}

impl Outbox {
    /// Sends `connection_ack`.
    pub fn acknowledge(&self) {
        self.urge(|urgent| urgent.acknowledgement = true);
    }

    /// Sends a `ping`.
    pub fn ping(&self) {
        self.urge(|urgent| urgent.ping = true);
    }

    /// Sends a `pong`, with what the ping had.
    pub fn pong(&self, payload: Option<&RawValue>) {
        let payload = payload.map(|payload| format!(r#","payload":{payload}"#)).unwrap_or_default();
        self.urge(|urgent| urgent.pong = Some(format!(r#"{{"type":"pong"{payload}}}"#)));
    }

    fn urge(&self, change: impl FnOnce(&mut Urgent)) {
        change(&mut self.shared.urgent.lock());
        self.shared.is_urgent.notify_one();
    }

    /// Sends a message of this type of an operation, and waits until it is written. Its payload is JSON.
    pub async fn send(&self, operation: &AbortHandle, id: &str, kind: &str, payload: Option<&[u8]>) {
        let mut text = format!(r#"{{"id":{},"type":"{kind}""#, json!(id)).into_bytes();
        if let Some(payload) = payload {
            text.extend_from_slice(br#","payload":"#);
            text.extend_from_slice(payload);
        }
        text.push(b'}');
        let (sender, written) = oneshot::channel();
        // It is refused if the client is gone, and so are all that come after.
        let queued = Box::new(Queued { text, operation: operation.clone(), _written: sender });
        let _ = self.queue.send(queued).await;
        let _ = written.await;
    }

    /// Whether something is being written, or waits to be.
    pub fn is_busy(&self) -> bool {
        self.shared.is_writing.load(Relaxed) || self.queue.capacity() < QUEUE
    }
}

impl Writer {
    /// Writes what is sent, until nobody can send any more, or the client is gone.
    pub async fn run<S: Sink<Message> + Unpin>(&mut self, sink: &mut S) -> Result<(), S::Error> {
        loop {
            let Urgent { acknowledgement, ping, pong } = take(&mut *self.shared.urgent.lock());
            let fixed = [(acknowledgement, r#"{"type":"connection_ack"}"#), (ping, r#"{"type":"ping"}"#)];
            for (_, text) in fixed.into_iter().filter(|(is_urgent, _)| *is_urgent) {
                self.write(sink, text.into()).await?;
            }
            if let Some(text) = pong {
                self.write(sink, text.into()).await?;
            }
            select! {
                biased;
                () = self.shared.is_urgent.notified() => {}
                message = self.queue.recv() => {
                    let Some(message) = message else { return Ok(()) };
                    let Queued { text, operation, _written } = *message;
                    if !operation.is_aborted() {
                        self.write(sink, text.into()).await?;
                    }
                }
            }
        }
    }

    async fn write<S: Sink<Message> + Unpin>(&self, sink: &mut S, mut text: Bytes) -> Result<(), S::Error> {
        self.shared.is_writing.store(true, Relaxed);
        let mut data = Data::Text;
        loop {
            let rest = text.split_off(text.len().min(FRAME_BYTES));
            sink.send(Message::Frame(Frame::message(text, OpCode::Data(data), rest.is_empty()))).await?;
            if rest.is_empty() {
                break;
            }
            (text, data) = (rest, Data::Continue);
        }
        self.shared.is_writing.store(false, Relaxed);
        Ok(())
    }
}
