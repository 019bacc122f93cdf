//! What listeners of every kind have in common.

use std::future::{Future, poll_fn};
use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::task::{Poll, ready};

use super::socket::Socket;
use crate::io::ops::{Accept, Accepted};

/// A listening socket.
#[derive(Clone)]
pub(super) struct Acceptor {
    pub(super) socket: Socket,
    /// Connections that were accepted for futures which were dropped.
    pub(super) left_over: Accepted,
}

impl Acceptor {
    pub(super) fn new(socket: Socket) -> Self {
        Self {
            socket,
            left_over: Accepted::default(),
        }
    }

    /// A connection that somebody else has left, or accepts one.
    pub(super) async fn accept(&self) -> io::Result<OwnedFd> {
        let taker = self.left_over.taker();
        let mut accepting = None;
        poll_fn(|cx| {
            loop {
                if let Poll::Ready(fd) = taker.poll_take(cx) {
                    return Poll::Ready(Ok(fd));
                }
                let start = || self.socket.io.submit(self.operation());
                let op = accepting.get_or_insert_with(start);
                let result = ready!(Pin::new(op).poll(cx));
                accepting = None;
                match result {
                    Err(error) if is_about_one_connection(&error) => {}
                    result => return Poll::Ready(result),
                }
            }
        })
        .await
    }

    /// Accepts one connection.
    pub(super) fn operation(&self) -> Accept {
        let (fd, left_over) = (self.socket.fd.clone(), self.left_over.clone());
        Accept { fd, left_over }
    }
}

/// Whether an error of accept tells only that one connection had ended before it was accepted
/// (accept(2) names these; others may persist).
pub(super) fn is_about_one_connection(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(
            libc::ECONNABORTED
                | libc::EPROTO
                | libc::ENETDOWN
                | libc::ENOPROTOOPT
                | libc::EHOSTDOWN
                | libc::ENONET
                | libc::EHOSTUNREACH
                | libc::ENETUNREACH
        )
    )
}
