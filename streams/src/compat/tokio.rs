//! To and from tokio's readers and writers.

use std::{
    fmt, io,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use synodic_buffers::{Buffer, BufferMut};
use tokio::io::{AsyncBufRead, AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

use super::{
    inbox::Inbox,
    outbox::Outbox,
    written::{advance, gather},
};
use crate::{BYTES_DEFAULT, Batch, Error, Options, Result, Sink, Source};

/// Room that is too little to read into.
const ROOM_MIN: usize = 4 * 1024;

/// What comes out of a reader, in chunks of up to 64 KiB, read into pooled memory.
///
/// # Examples
///
/// ```
/// use synodic_streams::{Lines, Source, compat};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> synodic_streams::Result<()> {
/// let reader = &b"one\ntwo"[..];
/// let lines = compat::tokio::from_reader(reader).through(Lines::new()).to_vec().await?;
/// assert_eq!(lines, ["one", "two"]);
/// # Ok(())
/// # }
/// ```
pub fn from_reader<R: AsyncRead>(reader: R) -> FromReader<R> {
    FromReader {
        reader: Box::pin(reader),
        room: BufferMut::with_capacity(0),
    }
}

/// What [`from_reader`] returns.
pub struct FromReader<R> {
    reader: Pin<Box<R>>,
    /// Where the next bytes go.
    room: BufferMut,
}

impl<R: AsyncRead> Source for FromReader<R> {
    type Item = Buffer;

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Buffer>>> {
        if self.room.capacity() < ROOM_MIN {
            self.room = BufferMut::with_capacity(BYTES_DEFAULT);
        }
        // A future that reads holds nothing that is lost when it is dropped.
        let len = ready!(pin!(self.reader.read_buf(&mut self.room)).poll(cx))?;
        if len == 0 {
            return Poll::Ready(Ok(None));
        }
        let full = std::mem::replace(&mut self.room, BufferMut::with_capacity(0));
        Poll::Ready(Ok(Some(full.freeze())))
    }
}

impl<R> fmt::Debug for FromReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FromReader").finish_non_exhaustive()
    }
}

/// A sink that writes chunks to a writer, several with one call, and shuts it down in the end.
///
/// # Examples
///
/// ```
/// use synodic_buffers::Buffer;
/// use synodic_streams::{compat, from_iter, pipeline};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> synodic_streams::Result<()> {
/// let mut written = Vec::new();
/// let chunks = from_iter(["one", "two"].map(Buffer::from));
/// pipeline((chunks, compat::tokio::from_writer(&mut written))).await?;
/// assert_eq!(written, b"onetwo");
/// # Ok(())
/// # }
/// ```
pub fn from_writer<W: AsyncWrite>(writer: W) -> FromWriter<W> {
    FromWriter {
        writer: Box::pin(writer),
        is_unflushed: false,
    }
}

/// What [`from_writer`] returns.
pub struct FromWriter<W> {
    writer: Pin<Box<W>>,
    /// Something was written that the writer may hold back.
    is_unflushed: bool,
}

impl<W: AsyncWrite> Sink for FromWriter<W> {
    type Item = Buffer;

    fn poll_write(&mut self, cx: &mut Context<'_>, batch: &mut Batch<Buffer>) -> Poll<Result<()>> {
        while !batch.is_empty() {
            let writer = self.writer.as_mut();
            let written = ready!(gather(batch, |slices| writer.poll_write_vectored(cx, slices)))?;
            self.is_unflushed = true;
            advance(batch, written)?;
        }
        if self.is_unflushed {
            // The source may be waiting for an answer to this.
            ready!(self.writer.as_mut().poll_flush(cx))?;
            self.is_unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.writer.as_mut().poll_shutdown(cx).map_err(Error::from)
    }

    fn options(&self) -> Options<Buffer> {
        Options::bytes(BYTES_DEFAULT)
    }
}

impl<W> fmt::Debug for FromWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FromWriter")
            .field("is_unflushed", &self.is_unflushed)
            .finish_non_exhaustive()
    }
}

/// A reader of the bytes of a source.
///
/// # Examples
///
/// ```
/// use synodic_streams::{compat, from_iter};
/// use tokio::io::AsyncReadExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let mut text = String::new();
/// let source = from_iter(["one", "two"]);
/// compat::tokio::into_reader(source).read_to_string(&mut text).await?;
/// assert_eq!(text, "onetwo");
/// # Ok(())
/// # }
/// ```
pub fn into_reader<S: Source<Item: AsRef<[u8]>>>(source: S) -> IntoReader<S> {
    IntoReader {
        inbox: Inbox::new(source),
    }
}

/// What [`into_reader`] returns.
pub struct IntoReader<S: Source> {
    inbox: Inbox<S>,
}

// The source is polled by reference, never pinned.
impl<S: Source> Unpin for IntoReader<S> {}

impl<S: Source<Item: AsRef<[u8]>>> AsyncBufRead for IntoReader<S> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        self.get_mut().inbox.poll_bytes(cx).map_err(io::Error::from)
    }

    fn consume(mut self: Pin<&mut Self>, count: usize) {
        self.inbox.consume(count);
    }
}

impl<S: Source<Item: AsRef<[u8]>>> AsyncRead for IntoReader<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let bytes = ready!(self.inbox.poll_bytes(cx))?;
        let count = bytes.len().min(buffer.remaining());
        buffer.put_slice(&bytes[..count]);
        self.inbox.consume(count);
        Poll::Ready(Ok(()))
    }
}

impl<S: Source> fmt::Debug for IntoReader<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoReader").finish_non_exhaustive()
    }
}

/// A writer to a sink: each write is a chunk, collected until it is flushed or enough.
///
/// # Examples
///
/// ```
/// use synodic_streams::compat;
/// use tokio::io::AsyncWriteExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let mut chunks = Vec::new();
/// let mut writer = compat::tokio::into_writer(&mut chunks);
/// writer.write_all(b"hello").await?;
/// writer.shutdown().await?;
/// drop(writer);
/// assert_eq!(chunks, ["hello"]);
/// # Ok(())
/// # }
/// ```
pub fn into_writer<K: Sink<Item = Buffer>>(sink: K) -> IntoWriter<K> {
    IntoWriter {
        outbox: Outbox::new(sink),
    }
}

/// What [`into_writer`] returns.
pub struct IntoWriter<K: Sink> {
    outbox: Outbox<K>,
}

// The sink is polled by reference, never pinned.
impl<K: Sink> Unpin for IntoWriter<K> {}

impl<K: Sink<Item = Buffer>> AsyncWrite for IntoWriter<K> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.outbox.poll_room(cx))?;
        self.outbox.push(Buffer::copy_from_slice(bytes));
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.outbox.poll_flush(cx).map_err(io::Error::from)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.outbox.poll_close(cx).map_err(io::Error::from)
    }
}

impl<K: Sink> fmt::Debug for IntoWriter<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoWriter").finish_non_exhaustive()
    }
}
