//! Sources of bytes.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use synodic_buffers::{Buffer, BufferMut};
use synodic_loop::fs::File;
use synodic_loop::io::{BufResult, Op};
use synodic_loop::net::{TcpStream, UnixStream};
use synodic_loop::pipe::PipeReader;
use synodic_streams::{Error, Result, Source};

/// Bytes that are asked for at once.
const READ_BYTES: usize = 64 * 1024;

/// What bytes can be read from: files, connections, pipes, and those that are shared (`Rc`).
pub trait ReadBytes: super::sealed::Sealed {
    /// Reads what comes at `offset`, or next where there are no offsets.
    #[doc(hidden)]
    fn start_read(&self, room: BufferMut, offset: u64) -> Op<BufResult<usize, BufferMut>>;
}

impl ReadBytes for File {
    fn start_read(&self, room: BufferMut, offset: u64) -> Op<BufResult<usize, BufferMut>> {
        self.read_at(room, offset)
    }
}

macro_rules! read_next {
    ($($name:ident),+) => {$(
        impl ReadBytes for $name {
            fn start_read(&self, room: BufferMut, _: u64) -> Op<BufResult<usize, BufferMut>> {
                self.read(room)
            }
        }
    )+};
}

read_next!(TcpStream, UnixStream, PipeReader);

impl<R: ReadBytes> ReadBytes for Rc<R> {
    fn start_read(&self, room: BufferMut, offset: u64) -> Op<BufResult<usize, BufferMut>> {
        (**self).start_read(room, offset)
    }
}

/// What comes out of a file, from its beginning, or of a connection or pipe, in pooled buffers of up to
/// 64 KiB.
///
/// It is dropped, and so closed unless it is shared, when the source is closed.
///
/// # Cancel safety
///
/// A pipeline that is dropped or fails may lose what was being read: up to 64 KiB of a connection that
/// somebody else goes on using.
pub fn read_from<R: ReadBytes>(reader: R) -> ReadFrom<R> {
    ReadFrom {
        reader: Some(reader),
        reading: None,
        offset: 0,
    }
}

/// What [`read_from`] returns.
pub struct ReadFrom<R> {
    /// `None` once closed.
    reader: Option<R>,
    reading: Option<Op<BufResult<usize, BufferMut>>>,
    /// How much was read.
    offset: u64,
}

impl<R: ReadBytes> Source for ReadFrom<R> {
    type Item = Buffer;

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Buffer>>> {
        let Some(reader) = &self.reader else {
            return Poll::Ready(Ok(None));
        };
        let offset = self.offset;
        let start = || reader.start_read(BufferMut::with_capacity(READ_BYTES), offset);
        let op = self.reading.get_or_insert_with(start);
        let (read, buffer) = ready!(Pin::new(op).poll(cx));
        self.reading = None;
        let count = read?;
        self.offset += count as u64;
        Poll::Ready(Ok((count > 0).then(|| buffer.freeze())))
    }

    fn poll_destroy(&mut self, _: &mut Context<'_>, _: Option<&Error>) -> Poll<Result<()>> {
        self.reading = None;
        self.reader = None;
        Poll::Ready(Ok(()))
    }
}

impl<R: fmt::Debug> fmt::Debug for ReadFrom<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadFrom")
            .field("reader", &self.reader)
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}
