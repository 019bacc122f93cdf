//! A body that is written while it is sent.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use super::{Body, Kind};

/// The fill level, in bytes, at which a [`BodyWriter`] waits. As of a stream in Node 22.
pub const BODY_HIGH_WATER_MARK_DEFAULT: usize = 64 * 1024;

/// Nobody takes the body any more: the peer, or the whole connection, has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nobody takes the body any more")]
pub struct BodyClosed;

impl From<BodyClosed> for io::Error {
    fn from(error: BodyClosed) -> Self {
        Self::new(io::ErrorKind::BrokenPipe, error)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Open,
    /// The writer has said that this is all.
    Ended,
    /// The writer was dropped before it said so.
    Aborted,
}

struct Channel {
    queue: VecDeque<Bytes>,
    queued_bytes: usize,
    high_water_mark: usize,
    stage: Stage,
    reader_gone: bool,
    writer: Option<Waker>,
    reader: Option<Waker>,
}

/// The writing end of a [`Body::channel`].
///
/// Dropping it without [`end`](Self::end) breaks the message off, so that the peer does not take
/// the part for the whole.
///
/// # Examples
///
/// ```
/// use synodic::http::{Body, BodyClosed, Incoming, Request, Response};
///
/// async fn count(_request: Request<Incoming>) -> Response<Body> {
///     let (mut writer, body) = Body::channel();
///     synodic::spawn_local(async move {
///         for number in 0..1_000_000 {
///             // Waits for the client; ends this task when it has gone.
///             writer.write(format!("{number}\n")).await?;
///         }
///         writer.end();
///         Ok::<(), BodyClosed>(())
///     });
///     Response::new(body)
/// }
/// # let _ = count;
/// ```
#[doc(alias = "http.ServerResponse")]
#[doc(alias = "http.ClientRequest")]
pub struct BodyWriter(Rc<RefCell<Channel>>);

/// The end of a channel that sends.
pub(super) struct ChannelBody(Rc<RefCell<Channel>>);

pub(super) fn channel(high_water_mark: usize) -> (BodyWriter, Body) {
    let channel = Rc::new(RefCell::new(Channel {
        queue: VecDeque::new(),
        queued_bytes: 0,
        high_water_mark: high_water_mark.max(1),
        stage: Stage::Open,
        reader_gone: false,
        writer: None,
        reader: None,
    }));
    let body = Body(Kind::Channel(ChannelBody(channel.clone())));
    (BodyWriter(channel), body)
}

impl BodyWriter {
    /// Adds bytes to the body, when less than the high-water mark waits to be sent.
    ///
    /// A chunk is taken as a whole: at most the high-water mark and one chunk wait at a time.
    ///
    /// # Errors
    ///
    /// [`BodyClosed`] when nobody takes the body any more.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before it is done drops the bytes, and adds nothing to the body.
    pub async fn write(&mut self, bytes: impl Into<Bytes>) -> Result<(), BodyClosed> {
        let bytes = bytes.into();
        self.ready().await?;
        self.push(bytes);
        Ok(())
    }

    /// Waits until less than the high-water mark waits to be sent.
    ///
    /// # Errors
    ///
    /// [`BodyClosed`] when nobody takes the body any more.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future changes nothing.
    ///
    /// # Node
    ///
    /// The event `drain`.
    #[doc(alias = "drain")]
    pub async fn ready(&mut self) -> Result<(), BodyClosed> {
        poll_fn(|cx| self.poll_ready(cx)).await
    }

    /// As [`ready`](Self::ready).
    pub(crate) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BodyClosed>> {
        self.0.borrow_mut().poll_room(cx)
    }

    /// Adds bytes, whether there is room or not.
    pub(crate) fn push(&mut self, bytes: Bytes) {
        let reader = self.0.borrow_mut().push(bytes);
        wake(reader);
    }

    /// How many bytes wait to be sent, beside those that the connection has taken.
    #[doc(alias = "writableLength")]
    #[must_use]
    pub fn queued_bytes(&self) -> usize {
        self.0.borrow().queued_bytes
    }

    /// Ends the body: what was written is all of it.
    pub fn end(self) {
        self.finish();
    }

    /// As [`end`](Self::end).
    pub(crate) fn finish(&self) {
        self.stop(Stage::Ended);
    }

    /// Breaks the message off, unless it has ended.
    #[cfg(feature = "streams")]
    pub(crate) fn break_off(&self) {
        self.stop(Stage::Aborted);
    }

    fn stop(&self, stage: Stage) {
        let reader = self.0.borrow_mut().stop(stage);
        wake(reader);
    }
}

impl Drop for BodyWriter {
    fn drop(&mut self) {
        self.stop(Stage::Aborted);
    }
}

impl Channel {
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BodyClosed>> {
        if self.reader_gone {
            return Poll::Ready(Err(BodyClosed));
        }
        if self.queued_bytes < self.high_water_mark {
            return Poll::Ready(Ok(()));
        }
        self.writer = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Returns whom to wake.
    fn push(&mut self, bytes: Bytes) -> Option<Waker> {
        if bytes.is_empty() {
            return None;
        }
        self.queued_bytes += bytes.len();
        self.queue.push_back(bytes);
        self.reader.take()
    }

    /// Returns whom to wake.
    fn stop(&mut self, stage: Stage) -> Option<Waker> {
        if self.stage != Stage::Open {
            return None;
        }
        self.stage = stage;
        self.reader.take()
    }

    /// The next bytes, and whom to wake because there is room again.
    fn pop(&mut self) -> Option<(Bytes, Option<Waker>)> {
        let bytes = self.queue.pop_front()?;
        self.queued_bytes -= bytes.len();
        let has_room = self.queued_bytes < self.high_water_mark;
        Some((bytes, has_room.then(|| self.writer.take()).flatten()))
    }

    fn poll_stopped(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        match self.stage {
            Stage::Open => {
                self.reader = Some(cx.waker().clone());
                Poll::Pending
            }
            Stage::Ended => Poll::Ready(None),
            Stage::Aborted => Poll::Ready(Some(Err(io::ErrorKind::BrokenPipe.into()))),
        }
    }
}

/// Wakers are foreign code: none is called while the channel is borrowed.
fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl ChannelBody {
    pub(super) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let next = self.0.borrow_mut().pop();
        match next {
            Some((bytes, writer)) => {
                wake(writer);
                Poll::Ready(Some(Ok(bytes)))
            }
            None => self.0.borrow_mut().poll_stopped(cx),
        }
    }

    pub(super) fn is_end(&self) -> bool {
        let channel = self.0.borrow();
        channel.stage == Stage::Ended && channel.queue.is_empty()
    }
}

impl Drop for ChannelBody {
    fn drop(&mut self) {
        let mut channel = self.0.borrow_mut();
        channel.reader_gone = true;
        channel.queued_bytes = 0;
        let (queue, writer) = (std::mem::take(&mut channel.queue), channel.writer.take());
        drop(channel);
        drop(queue);
        wake(writer);
    }
}

impl fmt::Debug for BodyWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyWriter")
            .field("queued_bytes", &self.queued_bytes())
            .finish_non_exhaustive()
    }
}
