//! A body that goes to a peer.

mod channel;
mod file;

use std::fmt;
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use hyper::body::{Frame, SizeHint};
use synodic_loop::fs::File;

use channel::ChannelBody;
pub use channel::{BODY_HIGH_WATER_MARK_DEFAULT, BodyClosed, BodyWriter};
use file::FileBody;

/// The body of a response on a server, or of a request in a client: bytes, a file that is read
/// while it is sent, a stream, or what is written to a [`BodyWriter`].
///
/// It is taken at the pace of the peer: nothing is read or produced ahead but what fits into the
/// buffers of the connection.
///
/// # Examples
///
/// ```
/// use synodic::http::Body;
///
/// let empty = Body::empty();
/// let text = Body::from("hello");
/// let bytes = Body::from(vec![0, 1, 2]);
/// let (writer, body) = Body::channel();
/// # drop((empty, text, bytes, writer, body));
/// ```
#[derive(Debug, Default)]
pub struct Body(Kind);

enum Kind {
    Whole(Bytes),
    File(FileBody),
    Channel(ChannelBody),
    /// `None` after its end.
    Stream(Option<Pin<Box<dyn Stream<Item = io::Result<Bytes>>>>>),
}

impl Body {
    /// No bytes at all, as [`default`](Self::default).
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// The bytes of a file in `range`, read as the peer takes them.
    ///
    /// A file that turns out to be shorter breaks the connection off: its length was promised.
    #[must_use]
    pub fn file(file: File, range: Range<u64>) -> Self {
        Self(Kind::File(FileBody::new(file, range)))
    }

    /// A body, and what it is written with.
    ///
    /// It goes out in chunks, unless the message has a header `Content-Length`; writing another
    /// number of bytes than that breaks the message off.
    #[must_use]
    pub fn channel() -> (BodyWriter, Self) {
        Self::channel_with_high_water_mark(BODY_HIGH_WATER_MARK_DEFAULT)
    }

    /// As [`channel`](Self::channel), with another fill level, in bytes, at which the writer waits.
    #[must_use]
    pub fn channel_with_high_water_mark(bytes: usize) -> (BodyWriter, Self) {
        channel::channel(bytes)
    }

    /// What a stream yields; an error breaks the message off.
    ///
    /// Like that of a [`channel`](Self::channel), it goes out in chunks.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic::http::{Body, Incoming, Request, Response};
    ///
    /// async fn echo(request: Request<Incoming>) -> Response<Body> {
    ///     Response::new(Body::stream(request.into_body()))
    /// }
    /// # let _ = echo;
    /// ```
    pub fn stream<S, B, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<B, E>> + 'static,
        B: Into<Bytes>,
        E: Into<io::Error>,
    {
        Self(Kind::Stream(Some(Box::pin(Converted(Box::pin(stream))))))
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        match &mut self.0 {
            Kind::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Kind::Whole(bytes) => Poll::Ready(Some(Ok(std::mem::take(bytes)))),
            Kind::File(file) => file.poll_chunk(cx),
            Kind::Channel(channel) => channel.poll_chunk(cx),
            Kind::Stream(stream) => {
                let next = match stream {
                    Some(stream) => ready!(stream.as_mut().poll_next(cx)),
                    None => None,
                };
                if next.is_none() {
                    *stream = None;
                }
                Poll::Ready(next)
            }
        }
    }
}

impl Default for Kind {
    fn default() -> Self {
        Self::Whole(Bytes::new())
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        Self(Kind::Whole(bytes.into()))
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let chunk = ready!(self.poll_chunk(cx));
        Poll::Ready(chunk.map(|chunk| chunk.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Whole(bytes) => bytes.is_empty(),
            Kind::File(file) => file.left() == 0,
            Kind::Channel(channel) => channel.is_end(),
            Kind::Stream(stream) => stream.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::File(file) => SizeHint::with_exact(file.left()),
            Kind::Channel(_) | Kind::Stream(_) => SizeHint::default(),
        }
    }
}

/// A stream whose items become what a body yields.
struct Converted<S>(Pin<Box<S>>);

impl<S, B, E> Stream for Converted<S>
where
    S: Stream<Item = Result<B, E>>,
    B: Into<Bytes>,
    E: Into<io::Error>,
{
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = ready!(self.0.as_mut().poll_next(cx));
        Poll::Ready(next.map(|item| item.map(Into::into).map_err(Into::into)))
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(bytes) => f.debug_tuple("Whole").field(&bytes.len()).finish(),
            Self::File(file) => f.debug_tuple("File").field(&file.left()).finish(),
            Self::Channel(channel) => f.debug_tuple("Channel").field(&channel.is_end()).finish(),
            Self::Stream(stream) => f.debug_tuple("Stream").field(&stream.is_none()).finish(),
        }
    }
}
