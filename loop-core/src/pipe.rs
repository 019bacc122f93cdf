//! Pipes: one-way channels between processes, or within one (pipe(7)).
//!
//! What both drivers do with them is the same; on epoll a pipe is made non-blocking, which all who
//! share its open file description then see. Rust programs ignore `SIGPIPE`, so that writing where
//! nobody reads is an error and not the end.

use std::io;
use std::os::fd::OwnedFd;

use synodic_buffers::{Buffer, BufferMut, IoBuf, IoBufMut};

use crate::io::ops::{Read, Write};
use crate::io::{self as event_io, BufResult, Op, owns_descriptor};
use crate::net::Socket;

/// Bytes that [`PipeReader::read_to_end`] asks for at once.
const READ_BYTES: usize = 64 * 1024;

/// A new pipe, on the current loop: what is written to one end is read from the other.
///
/// # Errors
///
/// What the system says, such as `EMFILE`.
///
/// # Panics
///
/// Outside of an event loop.
///
/// # Examples
///
/// ```
/// use synodic_loop::{EventLoop, pipe::pipe};
///
/// EventLoop::new()?.block_on(async {
///     let (reader, writer) = pipe()?;
///     writer.write_all("hello").await.0?;
///     drop(writer);
///     assert_eq!(reader.read_to_end(1024).await?, *b"hello");
///     Ok::<(), std::io::Error>(())
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn pipe() -> io::Result<(PipeReader, PipeWriter)> {
    let (reader, writer) = std::io::pipe()?;
    Ok((
        PipeReader::from_fd(reader.into())?,
        PipeWriter::from_fd(writer.into())?,
    ))
}

/// The end of a pipe that is read from. Dropping it closes it.
#[doc(alias = "uv_pipe_t")]
pub struct PipeReader {
    pipe: Socket,
}

impl PipeReader {
    /// Adopts the reading end of a pipe or FIFO, on the current loop.
    ///
    /// # Errors
    ///
    /// When the descriptor cannot be made non-blocking, which the epoll driver needs.
    ///
    /// # Panics
    ///
    /// Outside of an event loop.
    pub fn from_fd(fd: OwnedFd) -> io::Result<Self> {
        let pipe = Socket::adopt(event_io::current(), fd, true)?;
        Ok(Self { pipe })
    }

    /// Reads at least one byte into `buffer`, from its beginning up to its capacity. Zero bytes are
    /// the end: nobody can write any more.
    ///
    /// # Errors
    ///
    /// What the system says.
    ///
    /// # Cancel safety
    ///
    /// Dropping the operation may lose bytes that the kernel had read by then.
    /// [`Op::cancel`] loses none: it returns them.
    pub fn read<B: IoBufMut>(&self, buffer: B) -> Op<BufResult<usize, B>> {
        let fd = self.pipe.fd.clone();
        self.pipe.io.submit(Read { fd, buffer })
    }

    /// Reads to the end, at most `bytes_max` bytes.
    ///
    /// # Errors
    ///
    /// [`FileTooLarge`](io::ErrorKind::FileTooLarge) when there is more, else what the system says.
    ///
    /// # Cancel safety
    ///
    /// What was read is lost with the future.
    pub async fn read_to_end(&self, bytes_max: usize) -> io::Result<Buffer> {
        let mut whole = BufferMut::new();
        let mut room = BufferMut::with_capacity(READ_BYTES);
        loop {
            let (read, filled) = self.read(room).await;
            let count = read?;
            if count == 0 {
                return Ok(whole.freeze());
            }
            if whole.len() + count > bytes_max {
                let problem = format!("there are more than {bytes_max} bytes to read");
                return Err(io::Error::new(io::ErrorKind::FileTooLarge, problem));
            }
            whole.extend_from_slice(&filled[..count]);
            room = filled;
            room.clear();
        }
    }
}

owns_descriptor!(PipeReader, pipe.fd);

/// The end of a pipe that is written to. Dropping it closes it, and the reader comes to an end.
#[doc(alias = "uv_pipe_t")]
pub struct PipeWriter {
    pipe: Socket,
}

impl PipeWriter {
    /// Adopts the writing end of a pipe or FIFO, on the current loop.
    ///
    /// # Errors
    ///
    /// When the descriptor cannot be made non-blocking, which the epoll driver needs.
    ///
    /// # Panics
    ///
    /// Outside of an event loop.
    pub fn from_fd(fd: OwnedFd) -> io::Result<Self> {
        let pipe = Socket::adopt(event_io::current(), fd, true)?;
        Ok(Self { pipe })
    }

    /// Writes from `buffer` what there is room for, at least one byte, and returns how much.
    ///
    /// # Errors
    ///
    /// What the system says, such as [`BrokenPipe`](io::ErrorKind::BrokenPipe) when nobody reads.
    ///
    /// # Cancel safety
    ///
    /// Dropping the operation leaves open how much was written. [`Op::cancel`] tells.
    pub fn write<B: IoBuf>(&self, buffer: B) -> Op<BufResult<usize, B>> {
        let fd = self.pipe.fd.clone();
        self.pipe.io.submit(Write { fd, buffer })
    }

    /// Writes the whole buffer.
    ///
    /// # Errors
    ///
    /// As for [`write`](Self::write); how much was written before is then unknown.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves open how much was written, and the buffer is dropped.
    pub async fn write_all<B: IoBuf>(&self, mut buffer: B) -> BufResult<(), B> {
        let len = buffer.init_len();
        let mut done = 0;
        while done < len {
            let (result, slice) = self.write(buffer.slice(done..len)).await;
            buffer = slice.into_inner();
            match result {
                Ok(0) => return (Err(io::ErrorKind::WriteZero.into()), buffer),
                Ok(written) => done += written,
                Err(error) => return (Err(error), buffer),
            }
        }
        (Ok(()), buffer)
    }
}

owns_descriptor!(PipeWriter, pipe.fd);
