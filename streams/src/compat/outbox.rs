//! A sink behind the interfaces of other crates, which push one thing at a time.

use std::task::{Context, Poll, ready};

use crate::{Batch, ErrorKind, Result, Sink};

/// A sink, and what it has not taken yet.
pub(super) struct Outbox<K: Sink> {
    sink: K,
    batch: Batch<K::Item>,
    /// The sink has not said that it is ready since it was given something.
    is_writing: bool,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    Finished,
    Closed,
}

impl<K: Sink> Outbox<K> {
    pub(super) fn new(sink: K) -> Self {
        Self {
            batch: Batch::new(sink.options()),
            sink,
            is_writing: false,
            phase: Phase::Open,
        }
    }

    /// Waits until there is room for an item.
    pub(super) fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        if self.phase != Phase::Open {
            return Poll::Ready(Err(ErrorKind::WriteAfterEnd.into()));
        }
        if self.batch.is_full() {
            ready!(self.poll_flush(cx))?;
        }
        Poll::Ready(Ok(()))
    }

    pub(super) fn push(&mut self, item: K::Item) {
        self.batch.push(item);
        self.is_writing = true;
    }

    /// Waits until the sink has taken everything.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        if self.is_writing {
            ready!(self.sink.poll_write(cx, &mut self.batch))?;
            self.is_writing = false;
        }
        Poll::Ready(Ok(()))
    }

    /// Waits until the sink has finished and closed what it stands for.
    pub(super) fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        if self.phase == Phase::Open {
            ready!(self.poll_flush(cx))?;
            ready!(self.sink.poll_finish(cx))?;
            self.phase = Phase::Finished;
        }
        if self.phase == Phase::Finished {
            ready!(self.sink.poll_destroy(cx, None))?;
            self.phase = Phase::Closed;
        }
        Poll::Ready(Ok(()))
    }
}
