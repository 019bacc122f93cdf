//! The io_uring driver.
//!
//! Submissions gather in the queue and go to the kernel with the next wait, in one call. What
//! does not fit waits in a backlog, in order, so that neither an operation nor a cancellation is
//! lost. Completions are copied out before anybody sees them: callbacks push new submissions.

mod backend;
mod entry;
mod receive;

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd, RawFd};

use io_uring::{cqueue, squeue};
use std::rc::Rc;

use synodic_buffers::BlockPool;
use synodic_sync::Arc;

use self::backend::Backend;
use self::receive::ReceiveGroup;
use super::{BATCH_MAX, Completion, Wait};
use crate::io::{IoOptions, KeyKind, OpKey, Request};
use crate::sys::EventFd;
use crate::sys::ring::{Entered, Features, Ring, SetupError};

/// Queued submissions that are flushed without waiting for the end of the phase: it bounds how
/// long the first write of a long phase is held back.
const FLUSH_AT: usize = 64;

/// Idle turns that skip the system call before one makes it all the same, in case the kernel has
/// work that it did not flag.
const SKIPPED_TURNS_MAX: u32 = 64;

/// How often a congested ring is drained and entered again in one wait.
const CONGESTED_RETRIES_MAX: u32 = 16;

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct Uring {
    ring: Ring,
    /// Entries that found the queue full, oldest first.
    backlog: VecDeque<squeue::Entry>,
    /// Completions that are not the kernel's, of operations that it never saw.
    local: VecDeque<Completion>,
    wake: Arc<EventFd>,
    wake_armed: bool,
    receive: Option<ReceiveGroup>,
    /// What an embedder waits on, once there is one.
    backend: Option<Backend>,
    skipped_turns: u32,
    system_calls: u64,
}

impl Uring {
    /// Sets up the ring on this thread.
    pub(crate) fn open(
        options: &IoOptions,
        wake: Arc<EventFd>,
        pool: Rc<BlockPool>,
    ) -> Result<Self, SetupError> {
        let (submissions, completions) = (options.submission_entries, options.completion_entries);
        let mut ring = Ring::open(submissions, completions, options.skipped_rungs)?;
        let receive = ReceiveGroup::open(&mut ring, pool);
        Ok(Self {
            ring,
            backlog: VecDeque::new(),
            local: VecDeque::new(),
            wake,
            wake_armed: false,
            receive,
            backend: None,
            skipped_turns: 0,
            system_calls: 0,
        })
    }

    /// What the probe found.
    pub(crate) fn features(&self) -> &Features {
        self.ring.features()
    }

    /// Whether the kernel has the operation that `request` needs.
    pub(crate) fn has_operation(&self, request: &Request) -> bool {
        self.features()
            .has_operation(entry::build(request).get_opcode())
    }

    /// # Safety
    ///
    /// As for [`Driver::submit`](super::Driver::submit).
    pub(crate) unsafe fn submit(&mut self, key: OpKey, request: &Request) {
        if let Request::RecvMulti { .. } = request
            && self.receive.is_none()
        {
            // As a kernel without provided buffers answers; the stream then receives singly.
            self.local.push_back(Completion::last(key, -libc::EINVAL));
            return;
        }
        if let (Request::RecvMulti { .. }, Some(receive)) = (request, &mut self.receive) {
            receive.refill();
        }
        let entry = entry::build(request).user_data(key.raw());
        // SAFETY: this function's own contract.
        unsafe { self.push(entry) };
        if self.ring.unsubmitted() >= FLUSH_AT {
            self.flush();
        }
    }

    pub(crate) fn cancel(&mut self, key: OpKey) {
        let waiting = self
            .backlog
            .iter()
            .position(|entry| entry.get_user_data() == key.raw());
        if let Some(position) = waiting {
            // The kernel has never seen it.
            self.backlog.remove(position);
            let key = key.with_kind(KeyKind::Operation);
            self.local
                .push_back(Completion::last(key, -libc::ECANCELED));
            return;
        }
        let skip_success = self.ring.features().skip_success;
        // SAFETY: a cancellation carries numbers only.
        unsafe { self.push(entry::cancel(key, skip_success)) };
    }

    pub(crate) fn await_readiness(&mut self, key: OpKey, request: &Request) {
        let (fd, events) = request
            .poll_events()
            .expect("only socket operations would block");
        let key = key.with_kind(KeyKind::Readiness);
        // SAFETY: a poll carries numbers only.
        unsafe { self.push(entry::poll(fd, events).user_data(key.raw())) };
    }

    pub(crate) fn has_work(&mut self) -> bool {
        !self.local.is_empty() || self.ring.has_completions()
    }

    pub(crate) fn take_known(&mut self, batch: &mut VecDeque<Completion>) {
        batch.append(&mut self.local);
    }

    pub(crate) fn wait(&mut self, wait: Wait, batch: &mut VecDeque<Completion>) -> io::Result<()> {
        self.arm_wake();
        if let Some(backend) = &self.backend {
            // Before the look at the queue: what comes after it is told again.
            backend.drain();
        }
        if let Some(receive) = self.receive.as_mut().filter(|receive| receive.is_used()) {
            receive.refill();
        }
        let wait = if self.has_work() { Wait::Now } else { wait };
        if !self.may_skip(wait) {
            self.enter(wait, batch)?;
        }
        self.reap(batch);
        Ok(())
    }

    pub(crate) fn backend_fd(&mut self) -> io::Result<RawFd> {
        let backend = match self.backend.take() {
            Some(backend) => backend,
            None => Backend::open(&self.ring, &self.wake)?,
        };
        let fd = self.backend.insert(backend).fd();
        self.flush();
        Ok(fd)
    }

    pub(crate) fn system_calls(&self) -> u64 {
        self.system_calls
    }

    /// Whether a turn that does not block can do without a system call.
    fn may_skip(&mut self, wait: Wait) -> bool {
        // Without the flag the kernel would hold completions back silently.
        let idle = wait == Wait::Now
            && self.ring.features().taskrun_flag
            && self.backlog.is_empty()
            && self.ring.unsubmitted() == 0
            && !self.ring.holds_back_completions();
        self.skipped_turns += 1;
        if idle && self.skipped_turns < SKIPPED_TURNS_MAX {
            return true;
        }
        self.skipped_turns = 0;
        false
    }

    /// Enters the kernel until everything is submitted, then waits.
    fn enter(&mut self, wait: Wait, batch: &mut VecDeque<Completion>) -> io::Result<()> {
        for _ in 0..CONGESTED_RETRIES_MAX {
            // While there is a backlog, the queue is full: submit it without blocking.
            self.move_backlog();
            let more = !self.backlog.is_empty();
            self.system_calls += 1;
            let entered = match wait {
                _ if more => self.ring.submit_and_collect()?,
                Wait::Now => self.ring.submit_and_collect()?,
                _ => self.ring.submit_and_wait(wait.deadline())?,
            };
            if entered == Entered::Congested {
                // The kernel wants its completion queue emptied first.
                self.reap(batch);
            } else if !more {
                return Ok(());
            }
        }
        // What could not be submitted stays queued for the next wait.
        Ok(())
    }

    /// Copies completions out of the queue.
    fn reap(&mut self, batch: &mut VecDeque<Completion>) {
        let mut room = BATCH_MAX.saturating_sub(batch.len());
        while room > 0
            && let Some(entry) = self.ring.next_completion()
        {
            if let Some(completion) = self.translate(&entry) {
                batch.push_back(completion);
                room -= 1;
            }
        }
    }

    fn translate(&mut self, entry: &cqueue::Entry) -> Option<Completion> {
        let key = OpKey::from_raw(entry.user_data());
        let more = cqueue::more(entry.flags());
        match key.kind() {
            KeyKind::Wake => {
                self.wake_armed = more;
                None
            }
            KeyKind::Cancel => None,
            KeyKind::Operation | KeyKind::Readiness => {
                let result = entry.result();
                let block = cqueue::buffer_select(entry.flags())
                    .and_then(|id| self.receive.as_mut()?.take(id));
                Some(Completion {
                    key,
                    result,
                    more,
                    block,
                })
            }
        }
    }

    /// Keeps one multishot poll on the wake descriptor. Each write to it triggers the poll, so the
    /// counter is read only here, where a level that was there before would trigger it at once.
    fn arm_wake(&mut self) {
        if self.wake_armed {
            return;
        }
        let entry = entry::poll_multi(self.wake.as_raw_fd(), libc::POLLIN);
        // SAFETY: a poll carries numbers only.
        unsafe { self.push(entry.user_data(OpKey::WAKE.raw())) };
        self.wake_armed = true;
    }

    /// Queues an entry, behind the backlog if there is one.
    ///
    /// # Safety
    ///
    /// As for [`Ring::push`].
    unsafe fn push(&mut self, entry: squeue::Entry) {
        if !self.backlog.is_empty() {
            self.backlog.push_back(entry);
            return;
        }
        // SAFETY: this function's own contract.
        let pushed = unsafe { self.ring.push(&entry) };
        if !pushed {
            self.backlog.push_back(entry);
        }
    }

    /// Moves as much of the backlog into the queue as fits.
    fn move_backlog(&mut self) {
        while let Some(entry) = self.backlog.front() {
            // SAFETY: the entry came in through `push`, under the same contract.
            let pushed = unsafe { self.ring.push(entry) };
            if !pushed {
                return;
            }
            self.backlog.pop_front();
        }
    }

    /// Submits what is queued, without waiting. A refusal is no error here: the next wait deals
    /// with it.
    pub(crate) fn flush(&mut self) {
        self.move_backlog();
        if self.ring.unsubmitted() == 0 {
            return;
        }
        self.system_calls += 1;
        let _ = self.ring.submit();
    }
}

impl Drop for Uring {
    /// The owner has reaped every operation, or forgets the driver instead of dropping it.
    fn drop(&mut self) {
        if let Some(receive) = &self.receive {
            receive.unregister(&self.ring);
        }
    }
}
