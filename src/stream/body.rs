//! Bodies of HTTP messages.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use synodic_buffers::Buffer;
use synodic_streams::{Batch, Error, Options, Result, Sink, Source};

use crate::http::{BODY_HIGH_WATER_MARK_DEFAULT, Body, BodyWriter, Incoming};

impl Source for Incoming {
    type Item = Buffer;

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Buffer>>> {
        let next = ready!(Stream::poll_next(Pin::new(self), cx));
        Poll::Ready(next.transpose().map_err(|error| {
            let code = error.code();
            Error::other(error).with_code(code)
        }))
    }
}

/// The body ends when the sink has finished, and is broken off when it is closed before.
impl Sink for BodyWriter {
    type Item = Buffer;

    fn poll_write(&mut self, cx: &mut Context<'_>, batch: &mut Batch<Buffer>) -> Poll<Result<()>> {
        while !batch.is_empty() {
            ready!(self.poll_ready(cx)).map_err(Error::other)?;
            if let Some(bytes) = batch.pop() {
                self.push(bytes.into());
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_finish(&mut self, _: &mut Context<'_>) -> Poll<Result<()>> {
        self.finish();
        Poll::Ready(Ok(()))
    }

    fn poll_destroy(&mut self, _: &mut Context<'_>, why: Option<&Error>) -> Poll<Result<()>> {
        if why.is_some() {
            self.break_off();
        }
        Poll::Ready(Ok(()))
    }

    fn options(&self) -> Options<Buffer> {
        Options::bytes(BODY_HIGH_WATER_MARK_DEFAULT)
    }
}

impl Body {
    /// What a source delivers, at the pace at which the body is sent. When the source fails, the
    /// message is broken off.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic::fs::File;
    /// use synodic::http::{Body, Response};
    /// use synodic::stream::read_from;
    ///
    /// fn deliver(file: File) -> Response<Body> {
    ///     Response::new(Body::source(read_from(file)))
    /// }
    /// # let _ = deliver;
    /// ```
    pub fn source(source: impl Source<Item = Buffer> + 'static) -> Self {
        Self::stream(Items(source))
    }
}

/// A source as a stream.
struct Items<S>(S);

// A source is not pinned.
impl<S> Unpin for Items<S> {}

impl<S: Source<Item = Buffer>> Stream for Items<S> {
    type Item = io::Result<Buffer>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = ready!(self.0.poll_next(cx));
        Poll::Ready(next.map_err(io::Error::other).transpose())
    }
}
