//! A client of WebSocket over TCP, which says and hears one message after the other.

use dovetail::{config::limits::HttpLimits, server::serve};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest, http::HeaderValue},
};

use super::{App, school_with, settings};

/// A server that listens.
pub struct Listening {
    pub address: String,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

/// The server with a few rows that listens, as with these arguments.
pub async fn listening(arguments: &[&str]) -> (App, Listening) {
    let app = school_with(arguments).await.0.remove(0);
    let server = Listening::start(&app, arguments).await;
    (app, server)
}

impl Listening {
    /// Serves `app` as `dovetail serve` does with these arguments.
    pub async fn start(app: &App, arguments: &[&str]) -> Self {
        let limits: HttpLimits = settings(arguments).http;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (stop, stopped) = oneshot::channel();
        let router = app.router.clone();
        let served = tokio::spawn(async move {
            // A test that does not tell it to stop drops the sender.
            let stopped = async { drop(stopped.await) };
            serve(listener, router, &limits, &[], stopped).await;
        });
        Self { address, stop, served }
    }

    /// A socket whose connection is acknowledged.
    pub async fn connected(&self) -> Socket {
        let mut socket = self.socket().await;
        assert_eq!(socket.ask(r#"{"type":"connection_init"}"#).await, r#"{"type":"connection_ack"}"#);
        socket
    }

    /// A socket that said nothing yet.
    pub async fn socket(&self) -> Socket {
        self.socket_with(&[("sec-websocket-protocol", "graphql-transport-ws")]).await.unwrap()
    }

    /// The same, opened with these headers; or the status of the refusal.
    pub async fn socket_with(&self, headers: &[(&'static str, &str)]) -> Result<Socket, u16> {
        Socket::open(&self.address, headers).await
    }

    /// Tells the server to stop, and returns what ends with it.
    pub fn stop(self) -> JoinHandle<()> {
        self.stop.send(()).unwrap();
        self.served
    }
}

/// A socket.
pub struct Socket(pub WebSocketStream<TcpStream>);

impl Socket {
    /// Opens one to this address with these headers; or returns the status of the refusal.
    pub async fn open(address: &str, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        let mut request = format!("ws://{address}/graphql").into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_str(value).unwrap());
        }
        let stream = TcpStream::connect(address).await.unwrap();
        match client_async(request, stream).await {
            Ok((stream, _)) => Ok(Self(stream)),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Sends a text.
    pub async fn say(&mut self, text: &str) {
        self.send(Message::text(text)).await;
    }

    /// Sends a message; one that is closed already takes none.
    pub async fn send(&mut self, message: Message) {
        let _ = self.0.send(message).await;
    }

    /// The next text; or how the socket was closed.
    pub async fn hear(&mut self) -> String {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => return text.to_string(),
                Some(Ok(Message::Close(Some(frame)))) => return format!("{} {}", u16::from(frame.code), frame.reason),
                Some(Ok(_)) => {}
                other => return format!("{other:?}"),
            }
        }
    }

    /// Sends a text, and returns the next one.
    pub async fn ask(&mut self, text: &str) -> String {
        self.say(text).await;
        self.hear().await
    }

    /// Begins an operation.
    pub async fn subscribe(&mut self, id: &str, query: &str) {
        let payload = serde_json::json!({ "query": query });
        self.say(&serde_json::json!({ "id": id, "type": "subscribe", "payload": payload }).to_string()).await;
    }

    /// What comes of an operation: its messages, in a line each.
    pub async fn all_of(&mut self, id: &str, query: &str) -> String {
        self.subscribe(id, query).await;
        let mut all = String::new();
        loop {
            let message = self.hear().await;
            let kind = serde_json::from_str::<Value>(&message).unwrap_or_default()["type"].take();
            all += &format!("{message}\n");
            if kind != "next" {
                return all;
            }
        }
    }
}
