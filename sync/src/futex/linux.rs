//! The kernel's futex.

use std::time::Duration;

use rustix::{
    io::Errno,
    thread::futex::{self, Flags, Timespec},
};

use crate::atomic::AtomicU32;

pub(super) use atomic_wait::{wait, wake_all, wake_one};

pub(super) fn wait_timeout(word: &AtomicU32, expected: u32, timeout: Duration) -> bool {
    // A time that the kernel's type cannot hold (292 billion years) is no limit at all.
    let timeout = Timespec::try_from(timeout).ok();
    // FUTEX_WAIT counts a relative time on the monotonic clock. EAGAIN (another value) and EINTR
    // (a signal) are ordinary returns.
    futex::wait(word, Flags::PRIVATE, expected, timeout.as_ref()) != Err(Errno::TIMEDOUT)
}
