//! The operations: each owns all that the kernel needs for it.
//!
//! This folder holds the `unsafe impl`s that promise so; the rest of the crate submits these
//! values and cannot get a pointer wrong.

mod accept;
mod control;
mod file;
mod file_vectored;
mod message;
mod name;
mod pipe;
mod socket;
mod work;

pub(crate) use accept::{Accept, AcceptMulti, Accepted, Taker, accepted};
pub(crate) use control::FDS_MAX;
pub(crate) use file::{Close, Fsync, Open, ReadAt, SetLen, Statx, WriteAt};
pub(crate) use file_vectored::{ReadVectoredAt, WriteVectoredAt};
pub(crate) use message::{Envelope, ReceiveMessage, SendMessage};
pub(crate) use name::ChangeName;
pub(crate) use pipe::{Read, Write};
pub(crate) use socket::{
    Connect, PollOnce, PollRepeat, Recv, RecvMulti, Send, SendVectored, Shutdown,
};
pub(crate) use work::work;

use std::io;

use synodic_buffers::IoBuf;

#[cfg(test)]
use super::{Operation, Request};
use crate::sys::{RawResult, io_result};

/// The most bytes that one operation is asked to move (the kernel's `MAX_RW_COUNT` is a page
/// below 2 GiB; a power of two keeps O_DIRECT lengths aligned).
const LEN_MAX: usize = 1 << 30;

/// The most buffers that the kernel takes at once.
const IOV_MAX: usize = 1024;

/// A buffer's length in the width of a request.
fn request_len(len: usize) -> u32 {
    len.min(LEN_MAX) as u32
}

/// What the kernel is to read of the first [`IOV_MAX`] buffers.
fn slices_of<B: IoBuf>(buffers: &[B]) -> Vec<libc::iovec> {
    let slices = buffers.iter().take(IOV_MAX).map(|buffer| libc::iovec {
        // The kernel only reads from it.
        iov_base: buffer.stable_ptr().cast_mut().cast(),
        iov_len: buffer.init_len(),
    });
    slices.collect()
}

/// A result without a value.
fn unit(result: RawResult) -> io::Result<()> {
    io_result(result).map(drop)
}

/// A count of bytes.
fn count(result: RawResult) -> io::Result<usize> {
    io_result(result).map(|count| count as usize)
}

/// Completes in the next poll phase.
#[cfg(test)]
#[derive(Debug)]
pub(crate) struct Nop;

#[cfg(test)]
// SAFETY: the request has no pointers.
unsafe impl Operation for Nop {
    type Output = io::Result<()>;

    fn request(&mut self) -> Request {
        Request::Nop
    }

    fn finish(self, result: RawResult) -> io::Result<()> {
        unit(result)
    }
}
