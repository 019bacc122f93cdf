//! Moving bytes through pipes and terminals, which are no sockets.

use std::io;

use synodic_buffers::{IoBuf, IoBufMut};

use super::{count, request_len};
use crate::io::{Operation, Request, SharedFd};
use crate::sys::RawResult;

/// Reads what comes next into a buffer.
pub(crate) struct Read<B> {
    pub(crate) fd: SharedFd,
    pub(crate) buffer: B,
}

// SAFETY: an `IoBufMut`'s memory stays where it is while the buffer is not touched; `fd` keeps
// the descriptor open.
unsafe impl<B: IoBufMut> Operation for Read<B> {
    type Output = (io::Result<usize>, B);

    fn request(&mut self) -> Request {
        let len = request_len(self.buffer.total_len());
        Request::Read {
            fd: self.fd.raw(),
            buffer: self.buffer.stable_mut_ptr(),
            len,
        }
    }

    fn finish(mut self, result: RawResult) -> Self::Output {
        let result = count(result);
        if let Ok(read) = result {
            // SAFETY: the kernel has written this many bytes at the buffer's start.
            unsafe { self.buffer.set_init(read) };
        }
        (result, self.buffer)
    }
}

/// Writes from a buffer behind what was written before.
pub(crate) struct Write<B> {
    pub(crate) fd: SharedFd,
    pub(crate) buffer: B,
}

// SAFETY: an `IoBuf`'s memory stays where it is while the buffer is not touched; `fd` keeps the
// descriptor open.
unsafe impl<B: IoBuf> Operation for Write<B> {
    type Output = (io::Result<usize>, B);

    fn request(&mut self) -> Request {
        let len = request_len(self.buffer.init_len());
        Request::Write {
            fd: self.fd.raw(),
            buffer: self.buffer.stable_ptr(),
            len,
        }
    }

    fn finish(self, result: RawResult) -> Self::Output {
        (count(result), self.buffer)
    }
}
