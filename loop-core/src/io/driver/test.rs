//! The test driver: no rings, no readiness to race with, the same result each time.
//!
//! Operations run at the next wait, in the order in which they were submitted, with ordinary
//! system calls, and complete in that poll phase. Those that would block are tried again at each
//! wait; those that are canceled end in the next pending phase. Files block the loop's thread, which in a test is what makes the order certain.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::rc::Rc;

use synodic_buffers::BlockPool;
use synodic_sync::Arc;

use super::lanes::{Pending, Tried};
use super::{BATCH_MAX, Completion, Wait};
use crate::io::{OpKey, Request};
use crate::sys::{EventFd, epoll};

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct TestDriver {
    /// In order of submission.
    pending: Vec<Pending>,
    canceled: VecDeque<Completion>,
    wake: Arc<EventFd>,
    pool: Rc<BlockPool>,
    system_calls: u64,
}

impl TestDriver {
    pub(crate) fn new(wake: Arc<EventFd>, pool: Rc<BlockPool>) -> Self {
        Self {
            pending: Vec::new(),
            canceled: VecDeque::new(),
            wake,
            pool,
            system_calls: 0,
        }
    }

    /// # Safety
    ///
    /// As for [`Driver::submit`](super::Driver::submit).
    pub(crate) unsafe fn submit(&mut self, key: OpKey, request: &Request) {
        // SAFETY: this function's own contract.
        self.pending.push(unsafe { Pending::new(key, request) });
    }

    pub(crate) fn cancel(&mut self, key: OpKey) {
        if let Some(position) = self.pending.iter().position(|pending| pending.key() == key) {
            self.pending.remove(position);
            self.canceled
                .push_back(Completion::last(key, -libc::ECANCELED));
        }
    }

    /// Whether something was canceled: what is merely pending may have to wait for its peer.
    pub(crate) fn has_work(&self) -> bool {
        !self.canceled.is_empty()
    }

    pub(crate) fn take_known(&mut self, batch: &mut VecDeque<Completion>) {
        batch.append(&mut self.canceled);
    }

    pub(crate) fn wait(&mut self, wait: Wait, batch: &mut VecDeque<Completion>) -> io::Result<()> {
        let before = batch.len();
        self.run_all(batch);
        if batch.len() == before && wait != Wait::Now {
            self.block(wait)?;
            self.run_all(batch);
        }
        self.wake.drain();
        Ok(())
    }

    /// The wake descriptor: it alone does not follow the operations, which an embedder that polls
    /// from outside has no use for on a virtual clock.
    pub(crate) fn backend_fd(&self) -> RawFd {
        self.wake.as_raw_fd()
    }

    pub(crate) fn system_calls(&self) -> u64 {
        self.system_calls
    }

    /// Tries every operation once, in order.
    fn run_all(&mut self, batch: &mut VecDeque<Completion>) {
        let pool = &self.pool;
        self.pending.retain_mut(|pending| {
            batch.len() >= BATCH_MAX || pending.run(pool, batch, &mut false) != Tried::Finished
        });
    }

    /// Sleeps until a descriptor that something waits for is ready.
    fn block(&mut self, wait: Wait) -> io::Result<()> {
        let wake = (self.wake.as_raw_fd(), libc::POLLIN);
        let waiting = self
            .pending
            .iter()
            .filter_map(|pending| pending.request().poll_events());
        let mut fds: Vec<_> = std::iter::once(wake)
            .chain(waiting)
            .map(|(fd, events)| libc::pollfd {
                fd,
                events,
                revents: 0,
            })
            .collect();
        self.system_calls += 1;
        epoll::poll(&mut fds, wait.deadline())
    }
}
