//! A client of event streams over TCP, which hears one message after the other.

use std::collections::VecDeque;

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

use super::socket::Listening;

/// A response whose body may be a stream.
pub struct Streamed {
    pub status: u16,
    pub head: String,
    body: BufReader<TcpStream>,
    /// Messages that came together with another.
    waiting: VecDeque<String>,
}

impl Listening {
    /// The response to a request of this target.
    pub async fn request(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Streamed {
        Streamed::of(&self.address, method, target, headers, body).await
    }

    /// A stream with the answer to a query, or with what it subscribes to.
    pub async fn stream(&self, query: &str, headers: &[(&str, &str)]) -> Streamed {
        let body = serde_json::json!({ "query": query }).to_string();
        self.request("POST", "", &[&[("accept", "text/event-stream")], headers].concat(), &body).await
    }
}

impl Streamed {
    /// The response to a request of this target at an address.
    pub async fn of(address: &str, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Self {
        let mut request = format!("{method} /graphql{target} HTTP/1.1\r\nhost: localhost\r\n");
        if !body.is_empty() {
            request += &format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len());
        }
        headers.iter().for_each(|(name, value)| request += &format!("{name}: {value}\r\n"));
        let mut stream = BufReader::new(TcpStream::connect(address).await.unwrap());
        stream.write_all(format!("{request}\r\n{body}").as_bytes()).await.unwrap();
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(stream.read_line(&mut head).await.unwrap(), 0, "no head: {head}");
        }
        Self { status: head[9..12].parse().unwrap(), head, body: stream, waiting: VecDeque::new() }
    }

    /// A header's value, or nothing.
    pub fn header(&self, name: &str) -> &str {
        let line = self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_default()
    }

    /// What comes next: messages of a stream, or all of another body; nothing at its end.
    pub async fn hear(&mut self) -> String {
        let mut bytes = Vec::new();
        if self.header("transfer-encoding").is_empty() {
            bytes.resize(self.header("content-length").parse().unwrap_or(0), 0);
            self.head.clear();
            self.body.read_exact(&mut bytes).await.unwrap();
        } else {
            let mut size = String::new();
            self.body.read_line(&mut size).await.unwrap();
            bytes.resize(usize::from_str_radix(size.trim(), 16).unwrap_or(0) + 2, 0);
            // A connection that was cut has no end.
            self.body.read_exact(&mut bytes).await.ok();
            bytes.truncate(bytes.len() - 2);
        }
        String::from_utf8(bytes).unwrap()
    }

    /// The next message of a stream, but for comments; or the same.
    pub async fn message(&mut self) -> String {
        loop {
            if let Some(message) = self.waiting.pop_front() {
                return message;
            }
            let heard = self.hear().await;
            if heard.is_empty() {
                return heard;
            }
            let messages = heard.split_inclusive("\n\n").filter(|message| *message != ":\n\n");
            self.waiting.extend(messages.map(str::to_owned));
        }
    }

    /// All that comes until the end, but for comments.
    pub async fn rest(&mut self) -> String {
        let mut all = String::new();
        loop {
            let message = self.message().await;
            if message.is_empty() {
                return all;
            }
            all += &message;
        }
    }
}
