//! To and from the traits of the futures crates.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use futures_io::{AsyncRead, AsyncWrite};
use synodic_buffers::{Buffer, BufferMut};

use super::{
    inbox::Inbox,
    outbox::Outbox,
    written::{advance, gather},
};
use crate::{BYTES_DEFAULT, Batch, Error, Options, Result, Sink, Source};

/// Bytes that are read at a time: all of them are cleared before.
const READ_LEN: usize = 16 * 1024;

/// The items of a stream that may fail.
///
/// # Examples
///
/// ```
/// use futures_util::stream;
/// use synodic_streams::{Result, Source, compat};
///
/// # futures_util::FutureExt::now_or_never(async {
/// let stream = stream::iter([1, 2, 3].map(Ok::<_, std::io::Error>));
/// let source = compat::futures::from_stream(stream);
/// assert_eq!(source.map(|number| number * 2).to_vec().await?, [2, 4, 6]);
/// # Result::Ok(())
/// # }).unwrap().unwrap();
/// ```
pub fn from_stream<T, E, S>(stream: S) -> FromStream<S>
where
    E: Into<Error>,
    S: Stream<Item = std::result::Result<T, E>>,
{
    FromStream {
        stream: Box::pin(stream),
    }
}

/// What [`from_stream`] returns.
pub struct FromStream<S> {
    stream: Pin<Box<S>>,
}

impl<T, E, S> Source for FromStream<S>
where
    E: Into<Error>,
    S: Stream<Item = std::result::Result<T, E>>,
{
    type Item = T;

    #[inline]
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<T>>> {
        let next = ready!(self.stream.as_mut().poll_next(cx));
        Poll::Ready(next.transpose().map_err(E::into))
    }
}

/// A stream of the items of a source. It ends behind an error.
///
/// # Examples
///
/// ```
/// use futures_util::StreamExt;
/// use synodic_streams::{compat, from_iter};
///
/// # futures_util::FutureExt::now_or_never(async {
/// let mut stream = compat::futures::into_stream(from_iter(["a", "b"]));
/// assert_eq!(stream.next().await.unwrap().unwrap(), "a");
/// # }).unwrap();
/// ```
pub fn into_stream<S: Source>(source: S) -> IntoStream<S> {
    IntoStream {
        source: Some(source),
    }
}

/// What [`into_stream`] returns.
#[derive(Debug)]
pub struct IntoStream<S> {
    /// None behind the end.
    source: Option<S>,
}

// The source is polled by reference, never pinned.
impl<S> Unpin for IntoStream<S> {}

impl<S: Source> Stream for IntoStream<S> {
    type Item = Result<S::Item>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(source) = &mut self.source else {
            return Poll::Ready(None);
        };
        let next = ready!(source.poll_next(cx)).transpose();
        if !matches!(next, Some(Ok(_))) {
            self.source = None;
        }
        Poll::Ready(next)
    }
}

/// A sink that hands its items to a sink of the futures crates, flushes behind each batch, and closes
/// it in the end.
///
/// # Examples
///
/// ```
/// use futures_util::{SinkExt, sink};
/// use synodic_streams::{Result, compat, from_iter, pipeline};
///
/// # futures_util::FutureExt::now_or_never(async {
/// let drain = sink::drain().sink_map_err(|never| match never {});
/// let drain = compat::futures::from_sink::<u32, synodic_streams::Error, _>(drain);
/// let totals = pipeline((from_iter([1, 2, 3]), drain)).await?;
/// assert_eq!(totals.items, 3);
/// # Result::Ok(())
/// # }).unwrap().unwrap();
/// ```
pub fn from_sink<T, E, K>(sink: K) -> FromSink<T, K>
where
    E: Into<Error>,
    K: futures_sink::Sink<T, Error = E>,
{
    FromSink {
        sink: Box::pin(sink),
        _item: std::marker::PhantomData,
    }
}

/// What [`from_sink`] returns.
pub struct FromSink<T, K> {
    sink: Pin<Box<K>>,
    _item: std::marker::PhantomData<fn(T)>,
}

impl<T, E, K> Sink for FromSink<T, K>
where
    E: Into<Error>,
    K: futures_sink::Sink<T, Error = E>,
{
    type Item = T;

    fn poll_write(&mut self, cx: &mut Context<'_>, batch: &mut Batch<T>) -> Poll<Result<()>> {
        while !batch.is_empty() {
            ready!(self.sink.as_mut().poll_ready(cx)).map_err(E::into)?;
            if let Some(item) = batch.pop() {
                self.sink.as_mut().start_send(item).map_err(E::into)?;
            }
        }
        self.sink.as_mut().poll_flush(cx).map_err(E::into)
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.sink.as_mut().poll_close(cx).map_err(E::into)
    }
}

/// What comes out of a reader, in chunks of up to 16 KiB.
pub fn from_reader<R: AsyncRead>(reader: R) -> FromReader<R> {
    FromReader {
        reader: Box::pin(reader),
        room: BufferMut::zeroed(READ_LEN),
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
        let len = ready!(self.reader.as_mut().poll_read(cx, &mut self.room))?;
        if len == 0 {
            return Poll::Ready(Ok(None));
        }
        let mut full = std::mem::replace(&mut self.room, BufferMut::zeroed(READ_LEN));
        full.truncate(len);
        Poll::Ready(Ok(Some(full.freeze())))
    }
}

/// A sink that writes chunks to a writer, several with one call, and closes it in the end.
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
        self.writer.as_mut().poll_close(cx).map_err(Error::from)
    }

    fn options(&self) -> Options<Buffer> {
        Options::bytes(BYTES_DEFAULT)
    }
}

/// A sink of the futures crates that hands its items on.
///
/// # Examples
///
/// ```
/// use futures_util::SinkExt;
/// use synodic_streams::{Result, compat};
///
/// # futures_util::FutureExt::now_or_never(async {
/// let mut numbers = Vec::new();
/// let mut sink = compat::futures::into_sink(&mut numbers);
/// sink.send(1).await?;
/// sink.close().await?;
/// drop(sink);
/// assert_eq!(numbers, [1]);
/// # Result::Ok(())
/// # }).unwrap().unwrap();
/// ```
pub fn into_sink<K: Sink>(sink: K) -> IntoSink<K> {
    IntoSink {
        outbox: Outbox::new(sink),
    }
}

/// What [`into_sink`] returns.
pub struct IntoSink<K: Sink> {
    outbox: Outbox<K>,
}

// The sink is polled by reference, never pinned.
impl<K: Sink> Unpin for IntoSink<K> {}

impl<K: Sink> futures_sink::Sink<K::Item> for IntoSink<K> {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.outbox.poll_room(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, item: K::Item) -> Result<()> {
        self.outbox.push(item);
        Ok(())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.outbox.poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.outbox.poll_close(cx)
    }
}

/// A reader of the bytes of a source.
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

impl<S: Source<Item: AsRef<[u8]>>> AsyncRead for IntoReader<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let bytes = ready!(self.inbox.poll_bytes(cx))?;
        let count = bytes.len().min(buffer.len());
        buffer[..count].copy_from_slice(&bytes[..count]);
        self.inbox.consume(count);
        Poll::Ready(Ok(count))
    }
}

/// A writer to a sink: each write is a chunk, collected until it is flushed or enough.
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

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.outbox.poll_close(cx).map_err(io::Error::from)
    }
}

impl<K: Sink> fmt::Debug for IntoSink<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoSink").finish_non_exhaustive()
    }
}

impl<S: Source> fmt::Debug for IntoReader<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoReader").finish_non_exhaustive()
    }
}

impl<K: Sink> fmt::Debug for IntoWriter<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoWriter").finish_non_exhaustive()
    }
}

macro_rules! debug {
    ($($name:ident<$($inner:ident),+>),+) => {$(
        impl<$($inner),+> fmt::Debug for $name<$($inner),+> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )+};
}

debug!(FromStream<S>, FromSink<T, K>, FromReader<R>, FromWriter<W>);
