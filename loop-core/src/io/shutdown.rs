//! The end: everything is canceled and reaped, or leaked and reported, never freed early.

use std::time::Duration;

use super::driver::{Completion, Driver, Wait};
use super::slab::{Stage, Waiter};
use super::{Io, OpKey};
use crate::sys::monotonic_now;

/// How [`Io::shutdown`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shutdown {
    /// The kernel has let go of everything.
    Reaped,
    /// The kernel did not let go in time. The ring and all that these operations use is leaked.
    Leaked {
        /// How many.
        operations: usize,
    },
}

impl Io {
    /// Cancels all operations and waits until the kernel has let go of each, at most for the grace
    /// period. After that no operation starts any more: new ones end as canceled at once.
    ///
    /// Sound at any time, and while a panic unwinds: what is not reaped is leaked.
    pub(crate) fn shutdown(&self) -> Shutdown {
        if self.state.borrow().driver.is_none() {
            return Shutdown::Reaped;
        }
        self.board.results().close();
        self.drop_callbacks();
        self.cancel_everything();
        let operations = self.reap(monotonic_now() + self.drop_grace);
        let (driver, wakers) = {
            let mut state = self.state.borrow_mut();
            (state.driver.take(), self.starved.borrow_mut().take_all())
        };
        self.active.set(0);
        let shutdown = if operations == 0 {
            drop(driver);
            Shutdown::Reaped
        } else {
            // Closing a ring does not wait for its operations: the kernel would go on writing into
            // buffers. The slots keep their payloads for ever, because a parked payload is only
            // freed by its last completion, and the driver keeps the provided blocks.
            std::mem::forget::<Option<Driver>>(driver);
            Shutdown::Leaked { operations }
        };
        // Foreign code, which may panic: the driver is beyond its reach by now.
        drop(wakers);
        shutdown
    }

    /// Callbacks hold their operations' handles: dropping them orphans those.
    fn drop_callbacks(&self) {
        for key in self.held_in_flight() {
            let is_callback = self
                .state
                .borrow_mut()
                .slab
                .get(key)
                .is_some_and(|slot| matches!(slot.stage, Stage::InFlight(Waiter::Callback(_))));
            if is_callback {
                self.set_waiter(key, Waiter::Nobody);
            }
        }
    }

    fn cancel_everything(&self) {
        for key in self.held_in_flight() {
            self.cancel(key);
        }
        let jobs = self.state.borrow_mut().backlog.take();
        // Each reports itself as canceled.
        drop(jobs);
    }

    fn held_in_flight(&self) -> Vec<OpKey> {
        self.state.borrow().slab.held_in_flight()
    }

    /// Settles completions until none is left or `deadline` has passed. Returns how many are left.
    fn reap(&self, deadline: Duration) -> usize {
        loop {
            self.settle_board();
            for begin in [Self::begin_pending_batch, Self::begin_batch] {
                begin(self);
                // Futures are not told: nobody would poll them. Handles that are still held find
                // the results, and with them their buffers.
                while let Some(event) = self.next_event() {
                    drop(event);
                }
            }
            let left = self.state.borrow().slab.in_flight;
            if left == 0 || monotonic_now() >= deadline {
                return left;
            }
            let waited = self.state.borrow_mut().wait(Wait::Until(deadline));
            if waited.is_err() {
                return self.state.borrow().slab.in_flight;
            }
        }
    }

    /// Takes in what blocking threads have left.
    fn settle_board(&self) {
        for (key, result) in self.board.results().take_all() {
            let settled = self
                .state
                .borrow_mut()
                .settle(Completion::last(key, result));
            self.after(settled);
        }
    }
}
