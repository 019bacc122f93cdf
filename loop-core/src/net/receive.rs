//! Received bytes, as they come.

use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use synodic_buffers::{Block, Buffer};

use super::socket::Socket;
use crate::io::ops::{Recv, RecvMulti};
use crate::io::{BufResult, Op, OpStream};
use crate::sys::{io_result, received};

/// The bytes that a connection receives, in blocks of the loop's pool.
///
/// Receiving starts with the first poll. A [`Buffer`] may outlive the stream, the loop and the
/// thread. The stream ends (`None`) when the peer has ended its side, or after an error.
///
/// Whoever takes the bytes too slowly stops the flow: when 16 buffers wait, receiving pauses
/// until they were taken, and the peer's window closes.
///
/// Only one stream receives from a connection at a time: two would share its bytes out at random.
///
/// # Cancel safety
///
/// Dropping the future of [`next`](Self::next) loses nothing. Dropping the stream loses what was
/// received and not taken; [`stop`](Self::stop) returns it.
#[must_use = "streams do nothing unless polled"]
pub struct ReceiveStream {
    socket: Socket,
    armed: Armed,
    paused: bool,
    referenced: bool,
    ended: bool,
}

/// The operation that receives now.
enum Armed {
    No,
    /// Again and again, into blocks that the driver provides.
    Multi(OpStream),
    /// Once, into a block of its own.
    Single(Op<BufResult<usize, Block>>),
}

impl ReceiveStream {
    pub(super) fn new(socket: Socket) -> Self {
        Self {
            socket,
            armed: Armed::No,
            paused: false,
            referenced: true,
            ended: false,
        }
    }

    /// The next bytes, never empty.
    ///
    /// # Errors
    ///
    /// What the system says, such as [`ConnectionReset`](io::ErrorKind::ConnectionReset). The
    /// stream ends after it.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<io::Result<Buffer>> {
        poll_fn(|cx| self.poll_receive(cx)).await
    }

    /// Stops the flow until [`resume`](Self::resume). Bytes that were received before still come.
    pub fn pause(&mut self) {
        self.paused = true;
        if let Armed::Multi(stream) = &self.armed {
            stream.cancel();
        }
    }

    /// Lets bytes flow again, from the next poll on.
    pub fn resume(&mut self) {
        self.paused = false;
    }

    /// Whether the flow is stopped.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// Ends the stream and returns what was received and not taken.
    ///
    /// The connection itself goes on: what comes later is for the next who receives. So is an error
    /// that came up meanwhile, behind bytes that are returned.
    ///
    /// # Errors
    ///
    /// An error of the connection that came up meanwhile, when there are no bytes before it.
    ///
    /// # Cancel safety
    ///
    /// Not safe: the returned bytes are lost with the future.
    pub async fn stop(mut self) -> io::Result<Vec<Buffer>> {
        self.pause();
        self.armed = match std::mem::replace(&mut self.armed, Armed::No) {
            Armed::Single(op) => {
                let (result, block) = op.cancel().await.into_inner();
                return match result {
                    Ok(len) => Ok(vec![received(block, len)]),
                    Err(error) if error.raw_os_error() == Some(libc::ECANCELED) => Ok(Vec::new()),
                    Err(error) => Err(error),
                };
            }
            other => other,
        };
        let mut rest = Vec::new();
        while !matches!(self.armed, Armed::No)
            && let Some(buffer) = poll_fn(|cx| self.poll_rest(cx)).await
        {
            match buffer {
                Ok(buffer) => rest.push(buffer),
                Err(error) if rest.is_empty() => return Err(error),
                // It ends the loop: the stream ends with an error.
                Err(error) => self.socket.fd.keep_error(code_of(&error)),
            }
        }
        Ok(rest)
    }

    /// Lets the loop end although this waits for bytes.
    pub fn unref(&mut self) {
        self.set_referenced(false);
    }

    /// Keeps the loop alive again.
    pub fn r#ref(&mut self) {
        self.set_referenced(true);
    }

    /// The next bytes, for hand-written futures.
    ///
    /// # Errors
    ///
    /// As for [`next`](Self::next).
    pub fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Buffer>>> {
        loop {
            if self.ended {
                return Poll::Ready(None);
            }
            if matches!(self.armed, Armed::No) {
                if self.paused {
                    // `resume` takes the stream by reference: whoever calls it polls again.
                    return Poll::Pending;
                }
                if let Some(code) = self.socket.fd.take_error() {
                    self.ended = true;
                    return Poll::Ready(Some(Err(io::Error::from_raw_os_error(code))));
                }
                self.arm();
            }
            if let Some(item) = ready!(self.poll_armed(cx)) {
                return Poll::Ready(Some(item));
            }
        }
    }

    /// What a stopped operation still has; `None` at its end.
    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Buffer>>> {
        loop {
            if self.ended || matches!(self.armed, Armed::No) {
                return Poll::Ready(None);
            }
            if let Some(item) = ready!(self.poll_armed(cx)) {
                return Poll::Ready(Some(item));
            }
        }
    }

    /// The next result of the armed operation, as far as it concerns the caller.
    fn poll_armed(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Buffer>>> {
        let result = match &mut self.armed {
            Armed::No => return Poll::Ready(None),
            Armed::Multi(stream) => match ready!(stream.poll_next(cx)) {
                None => {
                    self.armed = Armed::No;
                    return Poll::Ready(None);
                }
                Some(item) => io_result(item.result).map(|len| (len as usize, item.block)),
            },
            Armed::Single(op) => {
                let (result, block) = ready!(Pin::new(op).poll(cx));
                self.armed = Armed::No;
                result.map(|len| (len, Some(block)))
            }
        };
        Poll::Ready(self.judge(result))
    }

    /// What a result means to the caller, if anything.
    fn judge(&mut self, result: io::Result<(usize, Option<Block>)>) -> Option<io::Result<Buffer>> {
        match result {
            Ok((0, _)) => {
                self.ended = true;
                None
            }
            Ok((len, block)) => {
                let block = block.expect("received bytes are in a block");
                Some(Ok(received(block, len)))
            }
            // The driver ran out of blocks for a moment: it has fresh ones at the next wait.
            Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => None,
            // Paused, by the caller or because too much waits to be taken.
            Err(error)
                if error.raw_os_error() == Some(libc::ECANCELED)
                    && !self.socket.io.is_shut_down() =>
            {
                None
            }
            Err(error) => {
                self.ended = true;
                Some(Err(error))
            }
        }
    }

    fn arm(&mut self) {
        let (io, fd) = (&self.socket.io, self.socket.fd.clone());
        self.armed = if io.has_multishot() {
            Armed::Multi(io.submit_stream(RecvMulti { fd }))
        } else {
            let buffer = io.pool().block();
            Armed::Single(io.submit(Recv { fd, buffer }))
        };
        if !self.referenced {
            self.set_referenced(false);
        }
    }

    fn set_referenced(&mut self, referenced: bool) {
        self.referenced = referenced;
        match &self.armed {
            Armed::Multi(stream) => stream.set_referenced(referenced),
            Armed::Single(op) => op.set_referenced(referenced),
            Armed::No => {}
        }
    }
}

/// The code of an error of the kernel.
fn code_of(error: &io::Error) -> i32 {
    error
        .raw_os_error()
        .expect("what an operation reports has a code")
}

impl Stream for ReceiveStream {
    type Item = io::Result<Buffer>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_receive(cx)
    }
}

impl fmt::Debug for ReceiveStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceiveStream")
            .field("fd", &self.socket.fd)
            .field("paused", &self.paused)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}
