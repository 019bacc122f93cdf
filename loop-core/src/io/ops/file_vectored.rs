//! Reads and writes of several buffers at once.

use std::io;

use synodic_buffers::{IoBuf, IoBufMut};

use super::{IOV_MAX, count, slices_of};
use crate::io::{Operation, Request, SharedFd};
use crate::sys::RawResult;

/// Reads into several buffers, in order.
pub(crate) struct ReadVectoredAt<B> {
    fd: SharedFd,
    buffers: Vec<B>,
    slices: Vec<libc::iovec>,
    offset: u64,
}

impl<B: IoBufMut> ReadVectoredAt<B> {
    /// Into the first [`IOV_MAX`] buffers.
    pub(crate) fn new(fd: SharedFd, buffers: Vec<B>, offset: u64) -> Self {
        Self {
            fd,
            buffers,
            slices: Vec::new(),
            offset,
        }
    }
}

// SAFETY: the memory of the buffers stays where it is while they are not touched, and so does the
// memory of `slices`; `fd` keeps the descriptor open.
unsafe impl<B: IoBufMut> Operation for ReadVectoredAt<B> {
    type Output = (io::Result<usize>, Vec<B>);

    fn request(&mut self) -> Request {
        self.slices = self
            .buffers
            .iter_mut()
            .take(IOV_MAX)
            .map(|buffer| libc::iovec {
                iov_base: buffer.stable_mut_ptr().cast(),
                iov_len: buffer.total_len(),
            })
            .collect();
        Request::ReadVectoredAt {
            fd: self.fd.raw(),
            slices: self.slices.as_ptr(),
            count: self.slices.len() as u32,
            offset: self.offset,
        }
    }

    fn finish(mut self, result: RawResult) -> Self::Output {
        let result = count(result);
        let mut left = *result.as_ref().unwrap_or(&0);
        for (buffer, slice) in self.buffers.iter_mut().zip(&self.slices) {
            if result.is_err() {
                break;
            }
            let filled = left.min(slice.iov_len);
            left -= filled;
            // SAFETY: the kernel fills the buffers in order, and this many bytes of this one.
            unsafe { buffer.set_init(filled) };
        }
        (result, self.buffers)
    }
}

/// Writes several buffers, in order.
pub(crate) struct WriteVectoredAt<B> {
    fd: SharedFd,
    buffers: Vec<B>,
    slices: Vec<libc::iovec>,
    offset: u64,
}

impl<B: IoBuf> WriteVectoredAt<B> {
    /// Of the first [`IOV_MAX`] buffers.
    pub(crate) fn new(fd: SharedFd, buffers: Vec<B>, offset: u64) -> Self {
        Self {
            fd,
            buffers,
            slices: Vec::new(),
            offset,
        }
    }
}

// SAFETY: as for `ReadVectoredAt`.
unsafe impl<B: IoBuf> Operation for WriteVectoredAt<B> {
    type Output = (io::Result<usize>, Vec<B>);

    fn request(&mut self) -> Request {
        self.slices = slices_of(&self.buffers);
        Request::WriteVectoredAt {
            fd: self.fd.raw(),
            slices: self.slices.as_ptr(),
            count: self.slices.len() as u32,
            offset: self.offset,
        }
    }

    fn finish(self, result: RawResult) -> Self::Output {
        (count(result), self.buffers)
    }
}
