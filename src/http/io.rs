//! A connection as hyper wants it, and as the one who watches over it does.

use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBufCursor, Write};
use synodic_buffers::Buffer;
use synodic_loop::net::{TcpIo, TcpStream};

/// One connection, shared between hyper, which speaks HTTP over it, and its owner, who sees how it
/// fares. Copies between hyper's buffers and the loop's.
#[derive(Clone, Debug)]
pub(super) struct Wire(Rc<RefCell<State>>);

#[derive(Debug)]
struct State {
    tcp: TcpIo,
    /// Received, and not yet taken by hyper.
    rest: Buffer,
    /// The peer has ended its side.
    ended: bool,
    received_bytes: u64,
    /// Hyper has asked for bytes in this turn, and waits.
    reading: bool,
    /// Bytes were taken that the system does not have yet.
    unsent: bool,
}

impl State {
    /// Makes sure that `rest` has bytes, unless the peer has ended.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.rest.is_empty() && !self.ended {
            self.rest = ready!(self.tcp.poll_recv(cx))?;
            self.received_bytes += self.rest.len() as u64;
            self.ended = self.rest.is_empty();
        }
        Poll::Ready(Ok(()))
    }
}

impl Wire {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self(Rc::new(RefCell::new(State {
            tcp: TcpIo::new(stream),
            rest: Buffer::new(),
            ended: false,
            received_bytes: 0,
            reading: false,
            unsent: false,
        })))
    }

    /// How many bytes have come.
    pub(super) fn received_bytes(&self) -> u64 {
        self.0.borrow().received_bytes
    }

    /// While bytes wait to be sent: how many were sent before them.
    pub(super) fn stuck_at(&self) -> Option<u64> {
        let state = self.0.borrow();
        state.unsent.then(|| state.tcp.sent_bytes())
    }

    /// To be called before hyper is polled: it asks again for what it waits for.
    pub(super) fn begin_turn(&self) {
        self.0.borrow_mut().reading = false;
    }

    /// Notices a connection that fails while hyper does not read: it yields the failure. At most one
    /// buffer is received ahead of hyper.
    pub(super) fn poll_failure(&self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let mut state = self.0.borrow_mut();
        if state.reading {
            // Hyper is told, and tells.
            return Poll::Pending;
        }
        match state.poll_fill(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(error),
            Poll::Ready(Ok(())) | Poll::Pending => Poll::Pending,
        }
    }

    /// Throws away what has come and returns how much; zero when the peer has ended.
    pub(super) fn poll_discard(&self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut state = self.0.borrow_mut();
        ready!(state.poll_fill(cx))?;
        Poll::Ready(Ok(std::mem::take(&mut state.rest).len()))
    }

    /// The same connection, which this does not keep open.
    pub(super) fn downgrade(&self) -> WeakWire {
        WeakWire(Rc::downgrade(&self.0))
    }
}

/// A connection that somebody else keeps open.
#[derive(Clone, Debug)]
pub(super) struct WeakWire(Weak<RefCell<State>>);

impl WeakWire {
    /// Whether the loop stays alive while this waits for bytes.
    pub(super) fn set_referenced(&self, referenced: bool) {
        let Some(state) = self.0.upgrade() else {
            return;
        };
        let tcp = &mut state.borrow_mut().tcp;
        if referenced { tcp.r#ref() } else { tcp.unref() }
    }
}

impl Read for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut room: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut state = self.0.borrow_mut();
        let filled = state.poll_fill(cx);
        state.reading = filled.is_pending();
        ready!(filled)?;
        let count = state.rest.len().min(room.remaining());
        room.put_slice(&state.rest[..count]);
        state.rest.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl Write for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.0.borrow_mut();
        state.unsent = true;
        state.tcp.poll_send(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.0.borrow_mut();
        let flushed = state.tcp.poll_flush(cx);
        state.unsent = flushed.is_pending();
        flushed
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.borrow_mut().tcp.poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.0.borrow_mut();
        state.unsent = true;
        state.tcp.poll_send_vectored(cx, slices)
    }
}
