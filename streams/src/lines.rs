//! Text in lines.

use std::fmt;

use memchr::memchr_iter;
use synodic_buffers::Buffer;

use crate::{Emit, Error, ErrorKind, Options, Result, Transform};

/// Bytes that a line may have, unless [`Lines::max`] says otherwise.
pub const LINE_BYTES_DEFAULT: usize = 1 << 20;

/// Cuts chunks of bytes into lines, without their ends: `\n` or `\r\n`.
///
/// A line within a chunk shares its memory; only one that spans chunks is copied. What stands behind
/// the last end is a line too, unless it is empty.
///
/// # Examples
///
/// ```
/// use synodic_buffers::Buffer;
/// use synodic_streams::{Lines, Source, from_iter};
///
/// # fn block_on<F: Future>(future: F) -> F::Output {
/// #     let mut future = std::pin::pin!(future);
/// #     let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
/// #     loop {
/// #         if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut cx) {
/// #             return output;
/// #         }
/// #     }
/// # }
/// let chunks = [&b"one\r\ntw"[..], b"o\n\nfour"].map(Buffer::from_static);
/// let lines = block_on(from_iter(chunks).through(Lines::new()).to_vec()).unwrap();
/// assert_eq!(lines, ["one", "two", "", "four"]);
/// ```
pub struct Lines {
    /// The beginning of a line whose end has not come.
    tail: Vec<u8>,
    /// The rest of a chunk, which waits for room.
    chunk: Buffer,
    is_ending: bool,
    max: usize,
}

impl Lines {
    /// Lines of up to 1 MiB.
    #[must_use]
    pub fn new() -> Self {
        Self {
            tail: Vec::new(),
            chunk: Buffer::from_static(b""),
            is_ending: false,
            max: LINE_BYTES_DEFAULT,
        }
    }

    /// Lines of up to `bytes`; a longer one is an error of kind [`TooLarge`](ErrorKind::TooLarge).
    #[must_use]
    pub fn max(mut self, bytes: usize) -> Self {
        self.max = bytes;
        self
    }

    fn check(&self, len: usize) -> Result<()> {
        if len > self.max {
            return Err(Error::new(ErrorKind::TooLarge));
        }
        Ok(())
    }

    /// The line whose last part this is, put together.
    #[cold]
    fn complete(&mut self, last: &[u8]) -> Result<Buffer> {
        self.tail.extend_from_slice(last);
        let mut line = std::mem::take(&mut self.tail);
        line.truncate(without_return(&line).len());
        self.check(line.len())?;
        Ok(line.into())
    }
}

/// A line without the carriage return in front of its end.
#[inline]
fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

impl Default for Lines {
    fn default() -> Self {
        Self::new()
    }
}

impl Transform for Lines {
    type In = Buffer;
    type Out = Buffer;

    #[inline]
    fn transform(&mut self, chunk: Buffer, out: &mut Emit<'_, Buffer>) -> Result<()> {
        self.chunk = chunk;
        self.more(out)
    }

    fn more(&mut self, out: &mut Emit<'_, Buffer>) -> Result<()> {
        let chunk = std::mem::take(&mut self.chunk);
        let mut start = 0;
        for end in memchr_iter(b'\n', &chunk) {
            let part = &chunk[start..end];
            let line = if self.tail.is_empty() {
                let len = without_return(part).len();
                self.check(len)?;
                chunk.slice(start..start + len)
            } else {
                self.complete(part)?
            };
            start = end + 1;
            if !out.push(line) {
                self.chunk = chunk.slice(start..);
                out.call_again();
                return Ok(());
            }
        }
        let rest = &chunk[start..];
        // A carriage return may belong to the end of the line.
        self.check((self.tail.len() + rest.len()).saturating_sub(1))?;
        self.tail.extend_from_slice(rest);
        if self.is_ending && !self.tail.is_empty() {
            let line = self.complete(b"")?;
            out.push(line);
        }
        Ok(())
    }

    fn flush(&mut self, out: &mut Emit<'_, Buffer>) -> Result<()> {
        self.is_ending = true;
        self.more(out)
    }

    fn options(&self) -> Options<Buffer> {
        Options::objects(LINES_AT_ONCE)
    }
}

/// Lines that are cut before they are passed on.
const LINES_AT_ONCE: usize = 64;

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines")
            .field("tail", &self.tail.len())
            .finish_non_exhaustive()
    }
}
