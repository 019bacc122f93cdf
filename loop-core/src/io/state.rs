//! The driver, the slab and the batch: everything that must not be touched while foreign code
//! runs.

use std::collections::VecDeque;
use std::io;
use std::os::fd::RawFd;
use std::task::Waker;

use super::driver::{BATCH_MAX, Completion, Driver, Wait};
use super::offload::Backlog;
use super::operation::Parked;
use super::slab::{Item, Slab, Stage, Waiter};
use super::{DriverKind, Event, KeyKind, OpKey};
use crate::blocking::BlockingJob;
use crate::sys::RawResult;

/// The most results of a multishot operation that wait to be taken. At this many it is canceled:
/// what is on its way still comes, and whoever takes the results starts it again.
pub(crate) const STREAM_RESULTS_MAX: usize = 16;

/// See the [module](self).
pub(super) struct State {
    /// `None` after shutdown.
    pub(super) driver: Option<Driver>,
    pub(super) slab: Slab,
    /// Blocking jobs that the executor has not taken yet.
    pub(super) backlog: Backlog,
    /// Results for the next pending phase.
    known: VecDeque<Completion>,
    /// Results of blocking work, for the next poll phase.
    worked: VecDeque<Completion>,
    batch: VecDeque<Completion>,
    /// Wakers of those that wait for a descriptor or a block, for the current batch.
    wakers: VecDeque<Waker>,
    /// How much of `batch` belongs to the current batch.
    batch_len: usize,
}

/// What is left to do for a completion, once the state is no longer borrowed.
pub(super) enum Settled {
    /// Nothing.
    Nothing,
    /// Tell somebody; `ended` when a referenced operation ended.
    Event { event: Option<Event>, ended: bool },
    /// Dispose of the payload of an operation that nobody wants.
    Reclaim(Parked, RawResult),
}

impl State {
    pub(super) fn new(driver: Driver) -> Self {
        Self {
            driver: Some(driver),
            slab: Slab::new(),
            backlog: Backlog::default(),
            known: VecDeque::new(),
            worked: VecDeque::new(),
            batch: VecDeque::with_capacity(BATCH_MAX),
            wakers: VecDeque::new(),
            batch_len: 0,
        }
    }

    pub(super) fn backend_fd(&mut self) -> io::Result<RawFd> {
        let driver = self.driver.as_mut();
        driver.map_or(Err(io::ErrorKind::NotConnected.into()), Driver::backend_fd)
    }

    pub(super) fn system_calls(&self) -> u64 {
        self.driver.as_ref().map_or(0, Driver::system_calls)
    }

    pub(super) fn has_work(&mut self) -> bool {
        !self.known.is_empty()
            || !self.worked.is_empty()
            || !self.batch.is_empty()
            || self.driver.as_mut().is_some_and(Driver::has_work)
    }

    pub(super) fn wait(&mut self, wait: Wait) -> io::Result<()> {
        self.batch.append(&mut self.worked);
        match &mut self.driver {
            Some(driver) => driver.wait(wait, &mut self.batch),
            None => Ok(()),
        }
    }

    pub(super) fn flush(&mut self) {
        if let Some(driver) = &mut self.driver {
            driver.flush();
        }
    }

    pub(super) fn begin_pending_batch(&mut self) {
        self.batch.append(&mut self.known);
        if let Some(driver) = &mut self.driver {
            driver.take_known(&mut self.batch);
        }
        self.batch_len = self.batch.len();
    }

    pub(super) fn begin_batch(&mut self, wakers: Vec<Waker>) {
        self.wakers.extend(wakers);
        self.batch.append(&mut self.worked);
        self.batch_len = self.batch.len();
    }

    /// Settles the next completion of the batch. `None` at its end.
    pub(super) fn settle_next(&mut self) -> Option<Settled> {
        if let Some(waker) = self.wakers.pop_front() {
            return Some(Settled::Event {
                event: Some(Event::Wake(waker)),
                ended: false,
            });
        }
        self.batch_len = self.batch_len.checked_sub(1)?;
        let completion = self.batch.pop_front()?;
        Some(self.settle(completion))
    }

    /// Lets an operation end with `result` in the next pending phase.
    pub(super) fn finish_pending(&mut self, key: OpKey, result: RawResult) {
        self.known.push_back(Completion::last(key, result));
    }

    /// Lets blocking work end with `result` in the next poll phase.
    pub(super) fn finish_work(&mut self, key: OpKey, result: RawResult) {
        self.worked.push_back(Completion::last(key, result));
    }

    /// Keeps a job until the executor takes it.
    pub(super) fn offload(&mut self, key: OpKey, job: BlockingJob) {
        let slot = self.slab.get(key).expect("the operation was parked before");
        slot.offloaded = true;
        self.backlog.push(key, job);
    }

    /// Asks the driver to end an operation. `Some` is a job to drop outside the borrow.
    #[must_use]
    pub(super) fn cancel(&mut self, key: OpKey) -> Option<BlockingJob> {
        let slot = self.slab.get(key)?;
        let driver = self.driver.as_mut()?;
        slot.canceled = true;
        if slot.offloaded {
            return self.backlog.remove(key);
        }
        let kind = if slot.awaits_readiness {
            KeyKind::Readiness
        } else {
            KeyKind::Operation
        };
        driver.cancel(key.with_kind(kind), &slot.request);
        None
    }

    /// Moves one completion into its slot and says what follows from it.
    pub(super) fn settle(&mut self, completion: Completion) -> Settled {
        if completion.key.kind() == KeyKind::Readiness {
            return self.settle_readiness(completion);
        }
        let key = completion.key;
        let Some(slot) = self.slab.get(key) else {
            debug_assert!(false, "a slot is live until its last completion");
            return Settled::Nothing;
        };
        let would_block = completion.result == -libc::EAGAIN && !completion.more;
        if would_block && !slot.canceled {
            // The descriptor is non-blocking by itself, and the kernel did not wait for it.
            if let (Some(driver), Some(_)) = (&mut self.driver, slot.request.waits_for())
                && driver.kind() == DriverKind::IoUring
            {
                slot.awaits_readiness = true;
                driver.await_readiness(key, &slot.request);
                return Settled::Nothing;
            }
        }
        if !completion.more {
            self.slab.in_flight -= 1;
        }
        self.deliver(completion)
    }

    fn deliver(&mut self, completion: Completion) -> Settled {
        let Completion {
            key,
            result,
            more,
            block,
        } = completion;
        let slot = self.slab.get(key).expect("checked by the caller");
        let ended = !more && slot.referenced;
        match &mut slot.stage {
            Stage::InFlight(waiter) => {
                let waiter = std::mem::replace(waiter, Waiter::Nobody);
                slot.stage = Stage::Done(result);
                Settled::Event {
                    event: waiter.into_event(),
                    ended,
                }
            }
            Stage::Stream(results) => {
                results.items.push_back(Item { result, block });
                results.ended = !more;
                let waiter = std::mem::replace(&mut results.waiter, Waiter::Nobody);
                if results.items.len() >= STREAM_RESULTS_MAX && more && !slot.canceled {
                    let job = self.cancel(key);
                    debug_assert!(job.is_none(), "no multishot operation blocks a thread");
                }
                Settled::Event {
                    event: waiter.into_event(),
                    ended,
                }
            }
            Stage::Orphan if more => {
                // No foreign code: multishot payloads are this crate's own.
                slot.parked
                    .as_ref()
                    .expect("the slot is live")
                    .reclaim_item(result);
                Settled::Nothing
            }
            Stage::Orphan => Settled::Reclaim(self.slab.remove(key), result),
            Stage::Vacant | Stage::Done(_) => unreachable!("an operation ends once"),
        }
    }

    /// The descriptor that a refused operation waited for is ready, or the wait failed.
    fn settle_readiness(&mut self, completion: Completion) -> Settled {
        let key = completion.key.with_kind(KeyKind::Operation);
        let Some(slot) = self.slab.get(key) else {
            return Settled::Nothing;
        };
        slot.awaits_readiness = false;
        match &mut self.driver {
            Some(driver) if completion.result >= 0 && !slot.canceled => {
                // SAFETY: the payload is still parked in the slot.
                unsafe { driver.submit(key, &slot.request) };
                Settled::Nothing
            }
            _ => {
                // Ready, but asked to end meanwhile.
                let ready = completion.result >= 0;
                let result = if ready {
                    -libc::ECANCELED
                } else {
                    completion.result
                };
                self.slab.in_flight -= 1;
                self.deliver(Completion::last(key, result))
            }
        }
    }
}

impl Waiter {
    /// The event that tells the waiter.
    fn into_event(self) -> Option<Event> {
        match self {
            Self::Nobody => None,
            Self::Waker(waker) => Some(Event::Wake(waker)),
            Self::Callback(callback) => Some(Event::Callback(callback)),
        }
    }
}
