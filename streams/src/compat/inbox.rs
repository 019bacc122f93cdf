//! A source behind the interfaces of other crates, which read bytes.

use std::task::{Context, Poll, ready};

use crate::{Result, Source};

/// A source, and what was read of its last chunk.
pub(super) struct Inbox<S: Source> {
    source: S,
    /// None at the end, and before the beginning.
    chunk: Option<S::Item>,
    /// How much of the chunk was read, in bytes.
    read: usize,
    has_ended: bool,
}

impl<S: Source<Item: AsRef<[u8]>>> Inbox<S> {
    pub(super) fn new(source: S) -> Self {
        Self {
            source,
            chunk: None,
            read: 0,
            has_ended: false,
        }
    }

    /// The bytes that come next; none at the end.
    pub(super) fn poll_bytes(&mut self, cx: &mut Context<'_>) -> Poll<Result<&[u8]>> {
        while !self.has_ended && self.rest().is_empty() {
            self.read = 0;
            self.chunk = ready!(self.source.poll_next(cx))?;
            self.has_ended = self.chunk.is_none();
        }
        Poll::Ready(Ok(self.rest()))
    }

    fn rest(&self) -> &[u8] {
        let bytes = self.chunk.as_ref().map_or(&[][..], AsRef::as_ref);
        bytes.get(self.read..).unwrap_or_default()
    }

    pub(super) fn consume(&mut self, count: usize) {
        self.read += count;
    }
}
