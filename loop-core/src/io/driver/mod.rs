//! The one seam below the loop: take operations, wait, yield completions.
//!
//! Three implementations, one file or folder each: [`uring`], [`epoll`] and [`test`]. They agree
//! on this much: an operation never completes inside `submit`, but in a later wait, or, when its
//! result was known without one, in the pending phase before; every operation ends with exactly one
//! completion without `more`; a cancellation is never lost.

mod choice;
mod epoll;
mod lanes;
mod test;
mod uring;

pub(crate) use choice::open;
pub use choice::{DriverChoice, DriverError, DriverInfo, DriverKind, DriverRefusal};

use std::collections::VecDeque;
use std::io;
use std::os::fd::RawFd;
use std::time::Duration;

use synodic_buffers::Block;

use super::{OpKey, Request};
use crate::sys::RawResult;

/// The most completions that one wait moves to the batch (as libuv: 1,024 events a poll).
pub(crate) const BATCH_MAX: usize = 1024;

/// How long a wait may block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Not at all.
    Now,
    /// Until this time on `CLOCK_MONOTONIC`.
    Until(Duration),
    /// Until something completes or the wake descriptor is written.
    Forever,
}

impl Wait {
    /// The deadline in the form of `Option`: none waits forever, zero not at all.
    pub(crate) fn deadline(self) -> Option<Duration> {
        match self {
            Self::Now => Some(Duration::ZERO),
            Self::Until(deadline) => Some(deadline),
            Self::Forever => None,
        }
    }

    /// This wait, but ending at `deadline` at the latest.
    pub(crate) fn at_most(self, deadline: Duration) -> Self {
        match self {
            Self::Now => Self::Now,
            Self::Until(other) => Self::Until(other.min(deadline)),
            Self::Forever => Self::Until(deadline),
        }
    }
}

/// One result of one operation.
#[derive(Debug)]
pub(crate) struct Completion {
    /// Which operation, and by its kind what the result is of.
    pub(crate) key: OpKey,
    /// The value, or a negated `errno`.
    pub(crate) result: RawResult,
    /// Whether the operation goes on and more results follow.
    pub(crate) more: bool,
    /// The block that holds received bytes.
    pub(crate) block: Option<Block>,
}

impl Completion {
    /// The only, or last, result of an operation.
    pub(crate) fn last(key: OpKey, result: RawResult) -> Self {
        Self {
            key,
            result,
            more: false,
            block: None,
        }
    }
}

/// A driver. Closed dispatch: user types need no parameter, calls cost a match.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one driver a loop, moved once")]
pub(crate) enum Driver {
    /// io_uring.
    Uring(uring::Uring),
    /// epoll and ordinary system calls.
    Epoll(epoll::EpollDriver),
    /// Deterministic, for the virtual clock.
    Test(test::TestDriver),
}

impl Driver {
    /// Which one it is.
    pub(crate) fn kind(&self) -> DriverKind {
        match self {
            Self::Uring(_) => DriverKind::IoUring,
            Self::Epoll(_) => DriverKind::Epoll,
            Self::Test(_) => DriverKind::Test,
        }
    }

    /// Whether `request` must run on a thread that may block.
    pub(crate) fn offloads(&self, request: &Request) -> bool {
        match self {
            Self::Uring(uring) => request.is_optional() && !uring.has_operation(request),
            Self::Epoll(_) => request.blocks(),
            Self::Test(_) => false,
        }
    }

    /// Takes an operation, which completes later.
    ///
    /// # Safety
    ///
    /// What `request` points to stays valid until the completion without `more` for `key` has
    /// come out of [`wait`](Self::wait) or [`take_known`](Self::take_known), and nothing else uses
    /// it meanwhile.
    pub(crate) unsafe fn submit(&mut self, key: OpKey, request: &Request) {
        match self {
            // SAFETY: this function's own contract.
            Self::Uring(driver) => unsafe { driver.submit(key, request) },
            // SAFETY: this function's own contract.
            Self::Epoll(driver) => unsafe { driver.submit(key, request) },
            // SAFETY: this function's own contract.
            Self::Test(driver) => unsafe { driver.submit(key, request) },
        }
    }

    /// Asks for the operation to end soon. It still completes later: canceled, or with the result
    /// that it had already.
    pub(crate) fn cancel(&mut self, key: OpKey, request: &Request) {
        match self {
            Self::Uring(driver) => driver.cancel(key),
            Self::Epoll(driver) => driver.cancel(key, request),
            Self::Test(driver) => driver.cancel(key),
        }
    }

    /// Waits for the descriptor that `request` is blocked on, then completes under the key's
    /// readiness kind, upon which the operation is submitted again. Only io_uring needs this, for
    /// descriptors that are non-blocking by themselves.
    pub(crate) fn await_readiness(&mut self, key: OpKey, request: &Request) {
        match self {
            Self::Uring(driver) => driver.await_readiness(key, request),
            Self::Epoll(_) | Self::Test(_) => unreachable!("readiness is this driver's own matter"),
        }
    }

    /// Whether completions can be had without blocking.
    pub(crate) fn has_work(&mut self) -> bool {
        match self {
            Self::Uring(driver) => driver.has_work(),
            Self::Epoll(driver) => driver.has_work(),
            Self::Test(driver) => driver.has_work(),
        }
    }

    /// Appends the results that were known without a wait: of what the kernel refused or finished
    /// when it was submitted, and of what was canceled before the kernel saw it.
    pub(crate) fn take_known(&mut self, batch: &mut VecDeque<Completion>) {
        match self {
            Self::Uring(driver) => driver.take_known(batch),
            Self::Epoll(driver) => driver.take_known(batch),
            Self::Test(driver) => driver.take_known(batch),
        }
    }

    /// Submits what is queued, so that [`backend_fd`](Self::backend_fd) tells of it.
    pub(crate) fn flush(&mut self) {
        if let Self::Uring(driver) = self {
            driver.flush();
        }
    }

    /// Submits what is queued, waits, and appends at most [`BATCH_MAX`] completions to `batch`.
    pub(crate) fn wait(&mut self, wait: Wait, batch: &mut VecDeque<Completion>) -> io::Result<()> {
        match self {
            Self::Uring(driver) => driver.wait(wait, batch),
            Self::Epoll(driver) => driver.wait(wait, batch),
            Self::Test(driver) => driver.wait(wait, batch),
        }
    }

    /// Forgets `fd`, which is about to be closed or given away. No operation is in flight on it.
    pub(crate) fn forget(&mut self, fd: RawFd) {
        if let Self::Epoll(driver) = self {
            driver.forget(fd);
        }
    }

    /// A descriptor that becomes readable when there is something to do.
    pub(crate) fn backend_fd(&mut self) -> io::Result<RawFd> {
        match self {
            Self::Uring(driver) => driver.backend_fd(),
            Self::Epoll(driver) => Ok(driver.backend_fd()),
            Self::Test(driver) => Ok(driver.backend_fd()),
        }
    }

    /// How often the driver has entered the kernel to submit or wait.
    pub(crate) fn system_calls(&self) -> u64 {
        match self {
            Self::Uring(driver) => driver.system_calls(),
            Self::Epoll(driver) => driver.system_calls(),
            Self::Test(driver) => driver.system_calls(),
        }
    }
}
