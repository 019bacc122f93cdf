//! Sinks of bytes.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::Shutdown;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use synodic_buffers::{Buffer, BufferMut, IoBuf, Slice};
use synodic_loop::fs::File;
use synodic_loop::io::{BufResult, Op};
use synodic_loop::net::{TcpStream, UnixStream};
use synodic_loop::pipe::PipeWriter;
use synodic_streams::{Batch, Error, Options, Result, Sink};

/// Small buffers are gathered into writes of up to so many bytes.
const GATHER_BYTES: usize = 64 * 1024;

/// A buffer of so many bytes is written by itself: copying it would cost more than a call.
const ALONE_BYTES: usize = 16 * 1024;

/// A write under way.
type Writing = Op<BufResult<usize, Slice<Buffer>>>;

/// What bytes can be written to: files, connections, pipes, and those that are shared (`Rc`).
pub trait WriteBytes: super::sealed::Sealed {
    /// Writes at `offset`, or behind what was written before where there are no offsets.
    #[doc(hidden)]
    fn start_write(&self, bytes: Slice<Buffer>, offset: u64) -> Writing;

    /// Says that this was all, if that can be said and the writer stays open.
    #[doc(hidden)]
    fn start_finish(&self) -> Option<Op<io::Result<()>>> {
        None
    }
}

impl WriteBytes for File {
    fn start_write(&self, bytes: Slice<Buffer>, offset: u64) -> Writing {
        self.write_at(bytes, offset)
    }
}

impl WriteBytes for PipeWriter {
    fn start_write(&self, bytes: Slice<Buffer>, _: u64) -> Writing {
        self.write(bytes)
    }
}

macro_rules! write_connection {
    ($($name:ident),+) => {$(
        impl WriteBytes for $name {
            fn start_write(&self, bytes: Slice<Buffer>, _: u64) -> Writing {
                self.write(bytes)
            }

            fn start_finish(&self) -> Option<Op<io::Result<()>>> {
                Some(self.shutdown(Shutdown::Write))
            }
        }
    )+};
}

write_connection!(TcpStream, UnixStream);

impl<W: WriteBytes> WriteBytes for Rc<W> {
    fn start_write(&self, bytes: Slice<Buffer>, offset: u64) -> Writing {
        (**self).start_write(bytes, offset)
    }

    fn start_finish(&self) -> Option<Op<io::Result<()>>> {
        (**self).start_finish()
    }
}

/// Writes to a file, from its beginning, or to a connection or pipe. Small buffers are gathered, up to
/// 64 KiB. A file that was longer keeps what is behind the end; create it, or open it to be truncated.
///
/// At the end a connection is shut down for writing. The writer is dropped, and so closed unless it is
/// shared, when the sink is closed.
pub fn write_to<W: WriteBytes>(writer: W) -> WriteTo<W> {
    WriteTo {
        writer: Some(writer),
        writing: None,
        finishing: None,
        offset: 0,
    }
}

/// What [`write_to`] returns.
pub struct WriteTo<W> {
    /// `None` once closed.
    writer: Option<W>,
    writing: Option<Writing>,
    finishing: Option<Op<io::Result<()>>>,
    /// How much was written.
    offset: u64,
}

impl<W: WriteBytes> WriteTo<W> {
    fn writer(&self) -> io::Result<&W> {
        // A pipeline writes nothing to what it has closed.
        let closed = || io::ErrorKind::NotConnected.into();
        self.writer.as_ref().ok_or_else(closed)
    }

    /// Waits for the write under way, and writes what it has left over.
    fn poll_written(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(op) = &mut self.writing {
            let (written, bytes) = ready!(Pin::new(op).poll(cx));
            self.writing = None;
            let count = match written? {
                0 if !bytes.is_empty() => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => count,
            };
            self.offset += count as u64;
            let range = bytes.range();
            if range.start + count < range.end {
                let rest = bytes.into_inner().slice(range.start + count..range.end);
                self.writing = Some(self.writer()?.start_write(rest, self.offset));
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<W: WriteBytes> Sink for WriteTo<W> {
    type Item = Buffer;

    fn poll_write(&mut self, cx: &mut Context<'_>, batch: &mut Batch<Buffer>) -> Poll<Result<()>> {
        loop {
            ready!(self.poll_written(cx))?;
            let Some(bytes) = gather(batch) else {
                return Poll::Ready(Ok(()));
            };
            let len = bytes.len();
            let bytes = IoBuf::slice(bytes, 0..len);
            self.writing = Some(self.writer()?.start_write(bytes, self.offset));
        }
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        ready!(self.poll_written(cx))?;
        if self.finishing.is_none() {
            self.finishing = self.writer()?.start_finish();
        }
        let finished = match &mut self.finishing {
            Some(op) => ready!(Pin::new(op).poll(cx)),
            None => Ok(()),
        };
        self.finishing = None;
        Poll::Ready(match finished {
            // The peer has gone, and has taken everything before.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            finished => Ok(finished?),
        })
    }

    fn poll_destroy(&mut self, _: &mut Context<'_>, _: Option<&Error>) -> Poll<Result<()>> {
        self.writing = None;
        self.finishing = None;
        self.writer = None;
        Poll::Ready(Ok(()))
    }

    fn options(&self) -> Options<Buffer> {
        Options::bytes(GATHER_BYTES)
    }
}

/// Takes what makes one write off the front of `batch`. `None` when there is nothing in it.
fn gather(batch: &mut Batch<Buffer>) -> Option<Buffer> {
    let first = loop {
        let buffer = batch.pop()?;
        if !buffer.is_empty() {
            break buffer;
        }
    };
    let fits = |batch: &Batch<Buffer>, len: usize| {
        let next = batch.first();
        next.is_some_and(|next| next.len() < ALONE_BYTES && len + next.len() <= GATHER_BYTES)
    };
    if first.len() >= ALONE_BYTES || !fits(batch, first.len()) {
        return Some(first);
    }
    let mut gathered = BufferMut::with_capacity(GATHER_BYTES);
    gathered.extend_from_slice(&first);
    while fits(batch, gathered.len())
        && let Some(next) = batch.pop()
    {
        gathered.extend_from_slice(&next);
    }
    Some(gathered.freeze())
}

impl<W: fmt::Debug> fmt::Debug for WriteTo<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteTo")
            .field("writer", &self.writer)
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}
