//! Connections, one after the other.

use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::TcpStream;
use super::acceptor::{Acceptor, is_about_one_connection};
use crate::io::ops::{AcceptMulti, Taker, accepted};
use crate::io::{Io, KeepAlive, Op, OpStream};

/// The connections of a listener, as they come. It never ends by itself; an error does not end it
/// either.
///
/// While it exists it keeps the loop alive, unless it is [unreferenced](Self::unref).
///
/// # Errors
///
/// An item is an error when the process or the system ran out of something, such as descriptors
/// (`EMFILE`). Accepting is tried again when a descriptor of this loop was closed, or a moment
/// later; meanwhile connections wait in the kernel's queue.
///
/// # Cancel safety
///
/// No connection is lost: those that were accepted and not taken go to the listener's next
/// `accept` or `incoming`.
#[must_use = "streams do nothing unless polled"]
pub struct Incoming<S = TcpStream> {
    acceptor: Acceptor,
    taker: Taker,
    adopt: fn(&Rc<Io>, OwnedFd) -> io::Result<S>,
    armed: Armed,
    /// Held while this is referenced: the operations below come and go.
    alive: Option<KeepAlive>,
}

/// The operation that accepts now.
enum Armed {
    /// None: the next poll starts one.
    No,
    /// None until something is freed.
    Starved { waiting: bool },
    /// Many at once.
    Multi(OpStream),
    /// One by one.
    Single(Op<io::Result<OwnedFd>>),
}

impl<S> Incoming<S> {
    pub(super) fn new(acceptor: Acceptor, adopt: fn(&Rc<Io>, OwnedFd) -> io::Result<S>) -> Self {
        let alive = Some(acceptor.socket.io.keep_alive());
        let mut this = Self {
            taker: acceptor.left_over.taker(),
            acceptor,
            adopt,
            armed: Armed::No,
            alive,
        };
        this.arm();
        this
    }

    /// The next connection.
    ///
    /// # Errors
    ///
    /// See the [type](Self#errors).
    ///
    /// # Cancel safety
    ///
    /// No connection is lost.
    pub async fn next(&mut self) -> Option<io::Result<S>> {
        poll_fn(|cx| self.poll_accept(cx)).await
    }

    /// Lets the loop end although this waits for connections.
    pub fn unref(&mut self) {
        self.alive = None;
    }

    /// Keeps the loop alive again.
    pub fn r#ref(&mut self) {
        self.alive
            .get_or_insert_with(|| self.acceptor.socket.io.keep_alive());
    }

    /// The next connection, for hand-written futures.
    ///
    /// # Errors
    ///
    /// See the [type](Self#errors).
    pub fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<S>>> {
        loop {
            if let Poll::Ready(fd) = self.taker.poll_take(cx) {
                return Poll::Ready(Some(self.adopt(fd)));
            }
            let result = match &mut self.armed {
                Armed::No => {
                    self.arm();
                    continue;
                }
                Armed::Starved {
                    waiting: waiting @ false,
                } => {
                    *waiting = true;
                    self.acceptor
                        .socket
                        .io
                        .wake_when_relieved(cx.waker().clone());
                    return Poll::Pending;
                }
                Armed::Starved { waiting: true } => {
                    self.arm();
                    continue;
                }
                Armed::Multi(stream) => match ready!(stream.poll_next(cx)) {
                    Some(item) => accepted(item.result),
                    None => {
                        self.armed = Armed::No;
                        continue;
                    }
                },
                Armed::Single(op) => {
                    let result = ready!(Pin::new(op).poll(cx));
                    self.armed = Armed::No;
                    result
                }
            };
            if let Some(item) = self.judge(result) {
                return Poll::Ready(Some(item));
            }
        }
    }

    /// What a result means to the caller, if anything.
    fn judge(&mut self, result: io::Result<OwnedFd>) -> Option<io::Result<S>> {
        let error = match result {
            Ok(fd) => return Some(self.adopt(fd)),
            Err(error) => error,
        };
        if is_about_one_connection(&error) {
            return None;
        }
        if error.raw_os_error() == Some(libc::ECANCELED) && !self.acceptor.socket.io.is_shut_down()
        {
            // Results piled up, and accepting was paused; it goes on now.
            self.armed = Armed::No;
            return None;
        }
        self.armed = Armed::Starved { waiting: false };
        Some(Err(error))
    }

    fn adopt(&self, fd: OwnedFd) -> io::Result<S> {
        (self.adopt)(&self.acceptor.socket.io, fd)
    }

    fn arm(&mut self) {
        let (io, accept) = (&self.acceptor.socket.io, self.acceptor.operation());
        self.armed = if io.has_multishot() {
            let stream = io.submit_stream(AcceptMulti(accept));
            stream.set_referenced(false);
            Armed::Multi(stream)
        } else {
            Armed::Single(io.submit(accept).unref())
        };
    }
}

impl<S> Stream for Incoming<S> {
    type Item = io::Result<S>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_accept(cx)
    }
}

impl<S> fmt::Debug for Incoming<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("fd", &self.acceptor.socket.fd)
            .finish_non_exhaustive()
    }
}
