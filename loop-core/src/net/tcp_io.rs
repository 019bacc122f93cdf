//! A connection for protocols that poll.

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use std::future::Future;
use synodic_buffers::Buffer;

use super::send::SendQueue;
use super::{ReceiveStream, TcpStream};
use crate::io::Op;

/// A connection with `poll_` methods, for protocol libraries that are written in terms of
/// readiness.
///
/// Receiving yields pooled buffers. Sending copies into a buffer that the kernel may keep while
/// the caller goes on; at most [`SEND_BUFFER_BYTES_MAX`](super::SEND_BUFFER_BYTES_MAX) bytes are
/// gathered beside as many in flight.
///
/// # Cancel safety
///
/// Dropping a future that polls these methods loses nothing. Dropping the value cancels what is in
/// flight and closes the connection.
#[derive(Debug)]
pub struct TcpIo {
    stream: TcpStream,
    receive: ReceiveStream,
    send: SendQueue,
    shutdown: Option<Op<io::Result<()>>>,
}

impl TcpIo {
    /// Takes over a connection.
    #[must_use]
    pub fn new(stream: TcpStream) -> Self {
        let receive = stream.receive_stream();
        Self {
            stream,
            receive,
            send: SendQueue::default(),
            shutdown: None,
        }
    }

    /// The connection, for its addresses and options.
    #[must_use]
    pub fn get_ref(&self) -> &TcpStream {
        &self.stream
    }

    /// Gives the connection back, with the bytes that were received and not taken.
    ///
    /// # Errors
    ///
    /// When sending what was gathered fails, or receiving did.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection.
    pub async fn into_parts(mut self) -> io::Result<(TcpStream, Vec<Buffer>)> {
        std::future::poll_fn(|cx| self.poll_flush(cx)).await?;
        let received = self.receive.stop().await?;
        Ok((self.stream, received))
    }

    /// The next received bytes; an empty buffer at the end of the stream.
    ///
    /// # Errors
    ///
    /// What the system says, such as [`ConnectionReset`](io::ErrorKind::ConnectionReset).
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Buffer>> {
        let next = ready!(self.receive.poll_receive(cx));
        Poll::Ready(next.unwrap_or_else(|| Ok(Buffer::new())))
    }

    /// Takes bytes to send, and returns how many. Pending when the buffers are full.
    ///
    /// The bytes are on their way at the latest after [`poll_flush`](Self::poll_flush).
    ///
    /// # Errors
    ///
    /// What the system said to bytes taken earlier.
    pub fn poll_send(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.send.poll_push(self.stream.socket(), cx, bytes)
    }

    /// As [`poll_send`](Self::poll_send), from several slices in order.
    ///
    /// # Errors
    ///
    /// As for [`poll_send`](Self::poll_send).
    pub fn poll_send_vectored(
        &mut self,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut taken = 0;
        for slice in slices.iter().filter(|slice| !slice.is_empty()) {
            match self.poll_send(cx, slice)? {
                Poll::Ready(count) => taken += count,
                Poll::Pending if taken == 0 => return Poll::Pending,
                Poll::Pending => break,
            }
            if taken >= super::SEND_BUFFER_BYTES_MAX {
                break;
            }
        }
        Poll::Ready(Ok(taken))
    }

    /// Sends everything that was taken.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.send.poll_flush(self.stream.socket(), cx)
    }

    /// Sends everything that was taken and ends the sending direction.
    ///
    /// # Errors
    ///
    /// What the system says. A connection that the peer has ended already is no error.
    pub fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_flush(cx))?;
        let op = self
            .shutdown
            .get_or_insert_with(|| self.stream.shutdown(Shutdown::Write));
        let result = ready!(Pin::new(op).poll(cx));
        self.shutdown = None;
        Poll::Ready(match result {
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            result => result,
        })
    }

    /// How many bytes the system has taken so far; more only when a `poll_` method for sending looks.
    /// A peer that reads nothing keeps it where it is, once the system's buffers are full.
    #[must_use]
    pub fn sent_bytes(&self) -> u64 {
        self.send.sent_bytes()
    }

    /// Lets the loop end although this waits for bytes.
    pub fn unref(&mut self) {
        self.receive.unref();
    }

    /// Keeps the loop alive again.
    pub fn r#ref(&mut self) {
        self.receive.r#ref();
    }

    /// Stops receiving until [`resume`](Self::resume).
    pub fn pause(&mut self) {
        self.receive.pause();
    }

    /// Receives again.
    pub fn resume(&mut self) {
        self.receive.resume();
    }
}
