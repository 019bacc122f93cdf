//! What an embedder waits on while the loop is not in the kernel itself.
//!
//! The ring's own descriptor would not do: completions that the kernel defers to the loop's next
//! entry (`DEFER_TASKRUN`) do not wake those who poll it, and they do ring an eventfd that is
//! registered with the ring. But when what completes is a poll of another eventfd, such as the loop's
//! doorbell, that is late: on Linux 6.18 by 14 ms the first time, and the second time it had not come
//! after seconds. So the embedder gets both, in an epoll descriptor that nobody ever takes events from.

use std::io;
use std::os::fd::{AsRawFd, RawFd};

use synodic_sync::Arc;

use crate::sys::EventFd;
use crate::sys::epoll::Epoll;
use crate::sys::ring::Ring;

/// See the [module](self).
#[derive(Debug)]
pub(super) struct Backend {
    both: Epoll,
    completions: EventFd,
    doorbell: Arc<EventFd>,
}

impl Backend {
    pub(super) fn open(ring: &Ring, doorbell: &Arc<EventFd>) -> io::Result<Self> {
        let (both, completions) = (Epoll::new(0)?, EventFd::new()?);
        for fd in [completions.as_raw_fd(), doorbell.as_raw_fd()] {
            both.add_readable(fd)?;
        }
        ring.register_event_fd(completions.as_raw_fd())?;
        Ok(Self {
            both,
            completions,
            doorbell: doorbell.clone(),
        })
    }

    pub(super) fn fd(&self) -> RawFd {
        self.both.as_raw_fd()
    }

    /// Makes the descriptor unreadable until something comes that is newer than this call.
    pub(super) fn drain(&self) {
        self.completions.drain();
        self.doorbell.drain();
    }
}
