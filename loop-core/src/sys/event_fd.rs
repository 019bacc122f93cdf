//! An eventfd: the doorbell by which other threads end a blocking wait.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use rustix::event::{EventfdFlags, eventfd};

/// A counter in the kernel that makes a descriptor readable.
///
/// Any thread rings it; the loop's driver watches it.
#[derive(Debug)]
pub(crate) struct EventFd {
    fd: OwnedFd,
}

impl EventFd {
    /// Creates a counter of zero, non-blocking and closed on exec.
    pub(crate) fn new() -> io::Result<Self> {
        let fd = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self { fd })
    }

    /// Makes the descriptor readable, and wakes whoever waits on it.
    ///
    /// The counter cannot overflow in practice; when it would, the descriptor is readable
    /// already, so the refused write is as good as an accepted one.
    pub(crate) fn ring(&self) {
        let _ = rustix::io::write(&self.fd, &1_u64.to_ne_bytes());
    }

    /// Makes the descriptor unreadable again, whatever was written before.
    pub(crate) fn drain(&self) {
        let mut count = [0; size_of::<u64>()];
        // An empty counter refuses with EAGAIN, which is the state that is asked for.
        let _ = rustix::io::read(&self.fd, &mut count);
    }
}

impl AsFd for EventFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl AsRawFd for EventFd {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}
