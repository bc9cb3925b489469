//! The bytes of a connection, whose client must take what it is sent.

use std::{
    io::{Error, ErrorKind, IoSlice, Result},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};
use tokio_io_timeout::TimeoutStream;

use crate::metrics::METRICS;

/// A stream that fails once its client takes nothing for too long, or too little of an answer for the time that the answer waited
/// for it.
pub struct Paced<S> {
    stream: Pin<Box<TimeoutStream<S>>>,
    patience: Duration,
    /// Bytes a second; 0 is any.
    rate: u32,
    /// Since when the client has no room for more, if it has none.
    waiting: Option<Instant>,
    /// How long this answer waited for it.
    waited: Duration,
    /// How many bytes of this answer were taken.
    taken: u64,
}

impl<S: AsyncRead + AsyncWrite> Paced<S> {
    /// A stream whose client may take nothing for as long as `patience`, and over that, so many bytes of an answer a second.
    pub fn new(stream: S, patience: Duration, rate: u32) -> Self {
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(patience));
        Self { stream: Box::pin(stream), patience, rate, waiting: None, waited: Duration::ZERO, taken: 0 }
    }

    /// Counts what was written, and how long that took.
    fn count(&mut self, written: Poll<Result<usize>>) -> Poll<Result<usize>> {
        match &written {
            Poll::Pending => {
                self.waiting.get_or_insert_with(Instant::now);
            }
            Poll::Ready(Ok(bytes)) => {
                self.taken += *bytes as u64;
                self.waited += self.waiting.take().map(|since| since.elapsed()).unwrap_or_default();
                let slowest = self.taken as f64 / f64::from(self.rate);
                if self.rate > 0 && self.waited.saturating_sub(self.patience).as_secs_f64() > slowest {
                    METRICS.refused("--min-answer-rate");
                    let problem = "the client takes its answer more slowly than it may (`--min-answer-rate`)";
                    return Poll::Ready(Err(Error::new(ErrorKind::TimedOut, problem)));
                }
            }
            Poll::Ready(Err(_)) => {}
        }
        written
    }
}

impl<S: AsyncRead + AsyncWrite> AsyncRead for Paced<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let before = to.filled().len();
        let read = self.stream.as_mut().poll_read(context, to);
        if to.filled().len() > before && self.waiting.is_none() {
            // Another request: what is sent from now on is of another answer. What comes while one is sent is none: over a socket,
            // whoever takes too little could send some.
            (self.waited, self.taken) = (Duration::ZERO, 0);
        }
        read
    }
}

impl<S: AsyncRead + AsyncWrite> AsyncWrite for Paced<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, from: &[u8]) -> Poll<Result<usize>> {
        let written = self.stream.as_mut().poll_write(context, from);
        self.count(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let written = self.stream.as_mut().poll_write_vectored(context, from);
        self.count(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        self.stream.as_mut().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        self.stream.as_mut().poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
        time::{advance, pause},
    };

    use super::*;

    /// Takes so many of the bytes that are written, one a second, through a stream that has patience for 10 seconds and wants 2 a
    /// second.
    async fn taken_slowly(mut client: DuplexStream, bytes: usize) {
        for _ in 0..bytes {
            advance(Duration::from_secs(1)).await;
            client.read_u8().await.ok();
        }
    }

    #[tokio::test]
    async fn a_client_may_be_slow_for_its_patience_and_no_longer() {
        pause();
        for (bytes, is_answered) in [(18, true), (25, false)] {
            let (server, client) = duplex(1);
            let mut server = Paced::new(server, Duration::from_secs(10), 2);
            let answer = vec![0; bytes];
            // A stream that failed is dropped, as by hyper.
            let write = async move { server.write_all(&answer).await };
            let (written, ()) = tokio::join!(write, taken_slowly(client, bytes));
            assert_eq!(written.is_ok(), is_answered, "{bytes} bytes: {written:?}");
        }
    }
}
