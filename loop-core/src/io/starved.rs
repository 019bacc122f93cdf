//! Those that ran out of descriptors or blocks and try again a little later.
//!
//! The kernel does not tell when a process may open descriptors again, and a pool's blocks come
//! back from any thread. Waiting for a short while, or until this loop closes a descriptor, is
//! neither spinning nor being stuck.

use std::task::Waker;
use std::time::Duration;

use super::Wait;
use crate::sys::monotonic_now;

/// The longest that a starved operation waits before it tries again.
const BACK_OFF: Duration = Duration::from_millis(20);

/// See the [module](self).
#[derive(Debug, Default)]
pub(super) struct Starved {
    waiters: Vec<Waker>,
    /// When to try again, while something waits.
    retry_at: Option<Duration>,
    /// Whether a descriptor was closed since the oldest waiter came.
    relieved: bool,
}

impl Starved {
    /// Adds somebody to wake when a new try is worth it.
    pub(super) fn add(&mut self, waker: Waker) {
        self.waiters.push(waker);
        self.retry_soon();
    }

    /// Bounds the next wait, for something that is tried again at each.
    pub(super) fn retry_soon(&mut self) {
        self.retry_at
            .get_or_insert_with(|| monotonic_now() + BACK_OFF);
    }

    /// Notes that a descriptor was closed: its number is free for another.
    pub(super) fn relieve(&mut self) {
        self.relieved = !self.waiters.is_empty();
    }

    /// Cuts `wait` short so that it ends when a new try is due.
    pub(super) fn limit(&self, wait: Wait) -> Wait {
        match self.retry_at {
            Some(retry_at) => wait.at_most(retry_at),
            None => wait,
        }
    }

    /// Whether somebody is to be woken now.
    pub(super) fn is_due(&self) -> bool {
        self.retry_at.is_some_and(|retry_at| {
            !self.waiters.is_empty() && (self.relieved || monotonic_now() >= retry_at)
        })
    }

    /// Takes those that are to be woken now.
    pub(super) fn take_due(&mut self) -> Vec<Waker> {
        if self.waiters.is_empty() {
            self.retry_at = None;
        }
        if !self.is_due() {
            return Vec::new();
        }
        self.retry_at = None;
        self.relieved = false;
        std::mem::take(&mut self.waiters)
    }

    /// Takes everybody, whether due or not.
    pub(super) fn take_all(&mut self) -> Vec<Waker> {
        std::mem::take(&mut self.waiters)
    }
}
