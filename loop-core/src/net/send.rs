//! Outgoing bytes, gathered and sent by one operation at a time.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use synodic_buffers::{BufferMut, IoBuf, Slice};

use super::socket::Socket;
use crate::io::ops::Send;
use crate::io::{BufResult, Op};

/// The most bytes that a [`TcpIo`](super::TcpIo) gathers while others are being sent.
pub const SEND_BUFFER_BYTES_MAX: usize = 64 * 1024;

/// Gathered bytes that are sent without waiting for a flush.
const SEND_AT_BYTES: usize = 16 * 1024;

/// What goes out of one connection, in order.
#[derive(Debug, Default)]
pub(super) struct SendQueue {
    /// Bytes that no operation has yet.
    gathered: BufferMut,
    /// An empty buffer, to gather in while the other one is being sent.
    spare: Option<BufferMut>,
    sending: Option<Op<BufResult<usize, Slice<BufferMut>>>>,
    /// The first error: everything after it fails alike.
    failed: Option<io::ErrorKind>,
    /// What the system has taken, in bytes.
    sent_bytes: u64,
}

impl SendQueue {
    /// Gathers as many of `bytes` as there is room for. Pending when there is none.
    pub(super) fn poll_push(
        &mut self,
        socket: &Socket,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        if self.gathered.len() >= SEND_AT_BYTES {
            // Both buffers may be full: then somebody has to be told when one is sent.
            let progress = self.poll_send(socket, cx);
            if let Poll::Ready(result) = progress {
                result?;
            }
        }
        let room = SEND_BUFFER_BYTES_MAX - self.gathered.len();
        if room == 0 {
            return Poll::Pending;
        }
        let count = bytes.len().min(room);
        self.gathered.extend_from_slice(&bytes[..count]);
        Poll::Ready(Ok(count))
    }

    /// Sends everything that was gathered.
    pub(super) fn poll_flush(
        &mut self,
        socket: &Socket,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        self.check()?;
        loop {
            ready!(self.poll_send(socket, cx))?;
            if self.gathered.is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }

    pub(super) fn sent_bytes(&self) -> u64 {
        self.sent_bytes
    }

    /// Sends what is gathered now. Ready when nothing is being sent.
    fn poll_send(&mut self, socket: &Socket, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            if let Some(op) = &mut self.sending {
                let (result, slice) = ready!(Pin::new(op).poll(cx));
                self.sending = None;
                self.sent_bytes += result.as_ref().map_or(0, |count| *count as u64);
                let sent = result.and_then(|count| match count {
                    0 => Err(io::ErrorKind::WriteZero.into()),
                    count => Ok(count),
                });
                let sent = sent.inspect_err(|error| self.failed = Some(error.kind()))?;
                let start = slice.range().start + sent;
                let mut buffer = slice.into_inner();
                if start < buffer.len() {
                    self.start(socket, buffer, start);
                } else {
                    buffer.clear();
                    self.spare = Some(buffer);
                }
            } else if self.gathered.is_empty() {
                return Poll::Ready(Ok(()));
            } else {
                let next = self.spare.take().unwrap_or_default();
                let buffer = std::mem::replace(&mut self.gathered, next);
                self.start(socket, buffer, 0);
            }
        }
    }

    fn start(&mut self, socket: &Socket, buffer: BufferMut, from: usize) {
        let end = buffer.len();
        let buffer = buffer.slice(from..end);
        self.sending = Some(socket.io.submit(Send {
            fd: socket.fd.clone(),
            buffer,
        }));
    }

    fn check(&self) -> io::Result<()> {
        match self.failed {
            Some(kind) => Err(kind.into()),
            None => Ok(()),
        }
    }
}
