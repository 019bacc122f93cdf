//! A body that comes from a peer.

use std::error::Error;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use hyper::body::Body as _;
use synodic_buffers::{Buffer, BufferMut};
use synodic_loop::Sleep;

/// Why a body could not be read to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// It is longer than allowed.
    #[error("the body is longer than {bytes_max} bytes")]
    TooLarge {
        /// What is allowed.
        bytes_max: u64,
    },
    /// Nothing of it came for too long.
    #[error("nothing of the body came for {limit:?}")]
    TimedOut {
        /// How long it was waited for.
        limit: Duration,
    },
    /// Its chunks are not framed as they should be.
    #[error("the body is malformed")]
    Malformed(#[source] Box<dyn Error + Send + Sync>),
    /// The peer ended the connection before the body's end.
    #[error("the connection ended before the body did")]
    Incomplete,
    /// The connection failed.
    #[error("the connection failed before the body's end")]
    Connection(#[source] Box<dyn Error + Send + Sync>),
}

impl BodyError {
    fn new(error: hyper::Error) -> Self {
        if error.is_incomplete_message() {
            return Self::Incomplete;
        }
        let cause = error.source().and_then(|cause| cause.downcast_ref());
        match cause.map(io::Error::kind) {
            Some(io::ErrorKind::UnexpectedEof) => Self::Incomplete,
            Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) => {
                Self::Malformed(error.into())
            }
            _ => Self::Connection(error.into()),
        }
    }

    /// Node's code for this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "ERR_OUT_OF_RANGE",
            Self::TimedOut { .. } => "ERR_HTTP_REQUEST_TIMEOUT",
            Self::Malformed(_) => "HPE_INVALID_CHUNK_SIZE",
            Self::Incomplete | Self::Connection(_) => "ECONNRESET",
        }
    }
}

impl From<BodyError> for io::Error {
    fn from(error: BodyError) -> Self {
        let kind = match error {
            BodyError::TooLarge { .. } | BodyError::Malformed(_) => io::ErrorKind::InvalidData,
            BodyError::TimedOut { .. } => io::ErrorKind::TimedOut,
            BodyError::Incomplete => io::ErrorKind::UnexpectedEof,
            BodyError::Connection(_) => io::ErrorKind::ConnectionReset,
        };
        Self::new(kind, error)
    }
}

/// What happens at a body's end.
pub(super) trait BodyOwner {
    /// The body was read to its end.
    fn ended(&self);

    /// The body could not be read to its end.
    fn failed(&self, error: &BodyError);

    /// Nobody will read the body to its end.
    fn abandoned(&self);
}

/// The body of a request on a server, or of a response in a client: a stream of buffers.
///
/// The peer is slowed down to the pace at which the body is read: nothing but what fits into the
/// buffers of the connection is received ahead. Trailers are skipped.
///
/// # Errors
///
/// An error is the last item. On a server it is the client's doing, and unless the response has
/// begun the client is answered in the handler's place (400, 408 or 413), and the handler's future
/// is dropped.
///
/// # Cancel safety
///
/// Dropping the future of [`next`](Self::next) loses nothing. Dropping a body before its end ends
/// the connection, after the response when on a server.
///
/// # Node
///
/// `http.IncomingMessage`, as a stream.
///
/// # Examples
///
/// ```
/// use synodic::http::{Body, BodyError, Incoming, Request, Response};
///
/// async fn count(request: Request<Incoming>) -> Response<Body> {
///     let mut body = request.into_body();
///     let mut bytes = 0;
///     while let Some(Ok(buffer)) = body.next().await {
///         bytes += buffer.len();
///     }
///     Response::new(Body::from(format!("{bytes} bytes\n")))
/// }
/// # let _ = count;
/// ```
#[must_use = "streams do nothing unless polled"]
pub struct Incoming {
    body: hyper::body::Incoming,
    bytes: u64,
    bytes_max: u64,
    timeout: Option<Duration>,
    /// Runs while bytes are waited for.
    sleep: Option<Sleep>,
    ended: bool,
    owner: Option<Rc<dyn BodyOwner>>,
}

impl Incoming {
    pub(super) fn new(
        body: hyper::body::Incoming,
        bytes_max: u64,
        timeout: Option<Duration>,
        owner: Rc<dyn BodyOwner>,
    ) -> Self {
        let mut this = Self {
            ended: body.is_end_stream(),
            body,
            bytes: 0,
            bytes_max,
            timeout,
            sleep: None,
            owner: None,
        };
        if this.ended {
            owner.ended();
        } else {
            this.owner = Some(owner);
        }
        this
    }

    /// The next bytes, never empty; `None` at the end.
    ///
    /// # Errors
    ///
    /// [`BodyError`]; the stream ends after it.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Result<Buffer, BodyError>> {
        poll_fn(|cx| self.poll_next_buffer(cx)).await
    }

    /// The whole body, of at most `bytes_max` bytes.
    ///
    /// # Errors
    ///
    /// [`BodyError`], among them [`TooLarge`](BodyError::TooLarge) when there is more.
    ///
    /// # Cancel safety
    ///
    /// What was read is lost with the future, and the connection ends.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic::http::{BodyError, Incoming};
    ///
    /// async fn text(body: Incoming) -> Result<String, BodyError> {
    ///     let bytes = body.collect(64 * 1024).await?;
    ///     Ok(String::from_utf8_lossy(&bytes).into_owned())
    /// }
    /// # let _ = text;
    /// ```
    pub async fn collect(mut self, bytes_max: usize) -> Result<Buffer, BodyError> {
        self.bytes_max = self.bytes_max.min(bytes_max as u64);
        let mut first = match self.next().await {
            Some(buffer) => buffer?,
            None => return Ok(Buffer::new()),
        };
        let Some(second) = self.next().await else {
            return Ok(std::mem::take(&mut first));
        };
        let mut whole = BufferMut::copy_from_slice(&first);
        whole.extend_from_slice(&second?);
        while let Some(buffer) = self.next().await {
            whole.extend_from_slice(&buffer?);
        }
        Ok(whole.freeze())
    }

    /// How many bytes are still to come, if the peer has said so.
    #[must_use]
    pub fn remaining_bytes(&self) -> Option<u64> {
        self.body.size_hint().exact()
    }

    /// Whether the body has come to its end, or has none.
    #[must_use]
    pub fn is_end(&self) -> bool {
        self.ended
    }

    fn poll_next_buffer(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Buffer, BodyError>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let result = match self.poll_data(cx) {
            Poll::Ready(result) => result,
            Poll::Pending => {
                let limit = ready!(self.poll_timeout(cx));
                Err(BodyError::TimedOut { limit })
            }
        };
        self.sleep = None;
        let result = result.and_then(|data| self.admit(data));
        match &result {
            Ok(Some(_)) => {
                // A length that was announced tells the end with the last bytes.
                if self.body.is_end_stream() {
                    self.end(Ok(()));
                }
            }
            Ok(None) => self.end(Ok(())),
            Err(error) => self.end(Err(error)),
        }
        Poll::Ready(result.transpose())
    }

    /// The next data of hyper's, whatever its size.
    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Buffer>, BodyError>> {
        loop {
            let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(cx)) else {
                return Poll::Ready(Ok(None));
            };
            match frame.map_err(BodyError::new)?.into_data() {
                Ok(data) if data.is_empty() => {}
                Ok(data) => return Poll::Ready(Ok(Some(data.into()))),
                Err(_trailers) => {}
            }
        }
    }

    fn poll_timeout(&mut self, cx: &mut Context<'_>) -> Poll<Duration> {
        let Some(limit) = self.timeout else {
            return Poll::Pending;
        };
        let sleep = self.sleep.get_or_insert_with(|| synodic_loop::sleep(limit));
        Pin::new(sleep).poll(cx).map(|()| limit)
    }

    fn admit(&mut self, data: Option<Buffer>) -> Result<Option<Buffer>, BodyError> {
        self.bytes += data.as_ref().map_or(0, |data| data.len() as u64);
        if self.bytes > self.bytes_max {
            let bytes_max = self.bytes_max;
            return Err(BodyError::TooLarge { bytes_max });
        }
        Ok(data)
    }

    fn end(&mut self, result: Result<(), &BodyError>) {
        self.ended = true;
        if let Some(owner) = self.owner.take() {
            match result {
                Ok(()) => owner.ended(),
                Err(error) => owner.failed(error),
            }
        }
    }
}

impl Stream for Incoming {
    type Item = Result<Buffer, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_next_buffer(cx)
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if let Some(owner) = self.owner.take() {
            owner.abandoned();
        }
    }
}

impl std::fmt::Debug for Incoming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Incoming")
            .field("bytes", &self.bytes)
            .field("remaining_bytes", &self.remaining_bytes())
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}
