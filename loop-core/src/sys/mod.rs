//! System calls: the only place of this crate that talks to the kernel without types in between.

pub(crate) mod attempt;
pub(crate) mod credentials;
pub(crate) mod epoll;
pub(crate) mod event_fd;
mod file_calls;
pub(crate) mod ring;
pub(crate) mod signal;
pub(crate) mod spawn;

pub(crate) use event_fd::EventFd;

use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

use synodic_buffers::{Block, Buffer};

/// A result in the kernel's own convention: the value, or a negated `errno`.
pub(crate) type RawResult = i32;

/// Turns the return value of a system call into a [`RawResult`].
pub(crate) fn raw_result(value: isize) -> RawResult {
    if value < 0 {
        return -last_errno();
    }
    // One call moves at most `MAX_RW_COUNT` (2 GiB less a page) bytes, so the value fits.
    i32::try_from(value).unwrap_or(i32::MAX)
}

/// Turns a [`RawResult`] into a value or a typed error.
pub(crate) fn io_result(result: RawResult) -> io::Result<u32> {
    u32::try_from(result).map_err(|_| io::Error::from_raw_os_error(-result))
}

/// The `errno` that the last failed system call of this thread left.
pub(crate) fn last_errno() -> i32 {
    // `last_os_error` always carries a code.
    io::Error::last_os_error()
        .raw_os_error()
        .unwrap_or(libc::EIO)
}

/// Reads `CLOCK_MONOTONIC`, the clock that all deadlines of this crate are measured on.
pub(crate) fn monotonic_now() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    // The monotonic clock starts at boot: neither part is ever negative.
    Duration::new(now.tv_sec.cast_unsigned(), now.tv_nsec as u32)
}

/// Takes ownership of a descriptor that an operation completed with.
///
/// # Safety
///
/// `fd` is open, and nothing else owns it.
pub(crate) unsafe fn own_fd(fd: RawFd) -> OwnedFd {
    // SAFETY: this function's own contract.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

/// The bytes that an operation received into `block`.
pub(crate) fn received(block: Block, len: usize) -> Buffer {
    assert!(len <= block.capacity(), "the kernel stays within the block");
    // SAFETY: a block travels with a completion whose result is the count of bytes written to it.
    unsafe { block.freeze(len) }
}
