//! What a server answers with.

use std::fmt;
use std::future::Future;
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use synodic_loop::fs::File;
use synodic_loop::io::{BufResult, Op};

/// How much of a file is read at once.
const FILE_CHUNK_BYTES_MAX: u64 = 64 * 1024;

/// The body of a response: bytes, or a file that is read while it is sent.
///
/// # Examples
///
/// ```
/// use synodic::http::Body;
///
/// let empty = Body::default();
/// let text = Body::from("hello");
/// let bytes = Body::from(vec![0, 1, 2]);
/// # drop((empty, text, bytes));
/// ```
#[derive(Debug, Default)]
pub struct Body(Kind);

enum Kind {
    Whole(Bytes),
    File(FileBody),
}

struct FileBody {
    file: File,
    offset: u64,
    end: u64,
    read: Option<Op<BufResult<usize, Vec<u8>>>>,
}

impl Body {
    /// The bytes of a file in `range`, read as the client takes them.
    ///
    /// A file that turns out to be shorter breaks the connection off: its length was promised.
    #[must_use]
    pub fn file(file: File, range: Range<u64>) -> Self {
        Self(Kind::File(FileBody {
            file,
            offset: range.start,
            end: range.end.max(range.start),
            read: None,
        }))
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

impl FileBody {
    fn left(&self) -> u64 {
        self.end - self.offset
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if self.left() == 0 {
            return Poll::Ready(None);
        }
        let size = usize::try_from(self.left().min(FILE_CHUNK_BYTES_MAX)).unwrap_or(usize::MAX);
        let read = self
            .read
            .get_or_insert_with(|| self.file.read_at(Vec::with_capacity(size), self.offset));
        let (result, chunk) = ready!(Pin::new(read).poll(cx));
        self.read = None;
        Poll::Ready(Some(match result {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                self.offset += count as u64;
                Ok(chunk.into())
            }
            Err(error) => Err(error),
        }))
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let chunk = match &mut self.0 {
            Kind::Whole(bytes) if bytes.is_empty() => None,
            Kind::Whole(bytes) => Some(Ok(std::mem::take(bytes))),
            Kind::File(file) => ready!(file.poll_chunk(cx)),
        };
        Poll::Ready(chunk.map(|chunk| chunk.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.size_hint().exact() == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match &self.0 {
            Kind::Whole(bytes) => bytes.len() as u64,
            Kind::File(file) => file.left(),
        })
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(bytes) => f.debug_tuple("Whole").field(&bytes.len()).finish(),
            Self::File(file) => f.debug_tuple("File").field(&file.left()).finish(),
        }
    }
}
