//! `setImmediate` and the check phase (section 7 of the ordering rules in
//! `conformance/node/ordering/SEMANTICS.md`).

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

use crate::Outcome;
use crate::closure::Job;
use crate::dispatch::{Called, Ended};
use crate::handle::Handle;

type Batch = VecDeque<Rc<Entry>>;

/// The immediates of one loop.
#[derive(Default)]
pub(crate) struct Immediates {
    queue: RefCell<Batch>,
    /// How many are to run, and how many of those keep the loop alive.
    pending: Cell<usize>,
    refed: Cell<usize>,
}

struct Entry {
    /// Empty once it has run or been cleared.
    callback: RefCell<Option<Job>>,
    refed: Cell<bool>,
}

impl Entry {
    fn is_retired(&self) -> bool {
        self.callback.borrow().is_none()
    }
}

impl Immediates {
    /// Whether an immediate keeps the loop alive, and the poll phase from blocking.
    pub(crate) fn is_alive(&self) -> bool {
        self.refed.get() > 0
    }

    pub(crate) fn clear(&self) {
        // Dropped outside of the borrow: a callback's captures may hold anything.
        for entry in self.queue.take() {
            drop(self.retire(&entry));
        }
    }

    /// Puts the rest of a batch before what was queued meanwhile.
    fn put_back(&self, mut batch: Batch) {
        let mut queue = self.queue.borrow_mut();
        batch.append(&mut queue);
        *queue = batch;
    }

    fn set_refed(&self, entry: &Entry, refed: bool) {
        if entry.refed.replace(refed) != refed {
            let count = self.refed.get();
            self.refed.set(if refed { count + 1 } else { count - 1 });
        }
    }

    /// Takes the callback: by running or by clearing, an immediate ends once.
    fn retire(&self, entry: &Entry) -> Option<Job> {
        let callback = entry.callback.take()?;
        self.pending.set(self.pending.get() - 1);
        self.set_refed(entry, false);
        Some(callback)
    }
}

/// A callback queued by [`set_immediate`](crate::set_immediate).
///
/// Dropping it does not clear the immediate. A clone is the same immediate.
///
/// # Node
///
/// The class `Immediate`.
///
/// # Examples
///
/// ```
/// let mut event_loop = synodic_loop::EventLoop::new()?;
/// event_loop.run(|| {
///     let immediate = synodic_loop::set_immediate(|| println!("never"));
///     immediate.clear();
/// });
/// # Ok::<(), synodic_loop::BuildError>(())
/// ```
#[derive(Clone)]
pub struct Immediate {
    handle: Handle,
    entry: Rc<Entry>,
}

impl Immediate {
    /// Takes the callback out of the queue. Does nothing when it has run or runs now.
    #[doc(alias = "clearImmediate")]
    pub fn clear(&self) {
        let callback = self.handle.inner().immediates.retire(&self.entry);
        drop(callback);
    }

    /// Lets the immediate keep the loop alive, as it does from the start.
    pub fn r#ref(&self) -> &Self {
        self.set_refed(true)
    }

    /// Lets the loop end, or sleep, although this immediate has not run.
    pub fn unref(&self) -> &Self {
        self.set_refed(false)
    }

    /// Whether the immediate keeps the loop alive: false as soon as its callback starts.
    pub fn has_ref(&self) -> bool {
        self.entry.refed.get()
    }

    /// Whether the callback is still to run.
    pub(crate) fn is_pending(&self) -> bool {
        !self.entry.is_retired()
    }

    fn set_refed(&self, refed: bool) -> &Self {
        if self.is_pending() {
            self.handle.inner().immediates.set_refed(&self.entry, refed);
        }
        self
    }
}

impl fmt::Debug for Immediate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Immediate")
            .field("has_ref", &self.has_ref())
            .finish_non_exhaustive()
    }
}

impl Handle {
    /// Calls `callback` in the next check phase. See [`set_immediate`](crate::set_immediate).
    pub fn set_immediate<O: Outcome<Value = ()>>(
        &self,
        callback: impl FnOnce() -> O + 'static,
    ) -> Immediate {
        let callback = Job::new(move || callback().into_result());
        let entry = Rc::new(Entry {
            callback: RefCell::new(Some(callback)),
            refed: Cell::new(false),
        });
        let immediates = &self.inner().immediates;
        immediates.set_refed(&entry, true);
        immediates.pending.set(immediates.pending.get() + 1);
        let immediate = Immediate {
            handle: self.clone(),
            entry,
        };
        if self.is_closed() {
            immediate.clear();
        } else {
            let mut queue = immediates.queue.borrow_mut();
            queue.push_back(immediate.entry.clone());
        }
        immediate
    }

    /// Runs the immediates of this check phase.
    pub(crate) fn run_immediates(&self) -> Result<(), Ended> {
        // What an exception left in the queues is drained before the first immediate.
        self.drain()?;
        let immediates = &self.inner().immediates;
        let mut batch = Batch::new();
        loop {
            if batch.is_empty() {
                if immediates.pending.get() == 0 {
                    immediates.queue.borrow_mut().clear();
                    return Ok(());
                }
                batch = immediates.queue.take();
            }
            match self.run_batch(&mut batch) {
                Ok(Called::Returned) => {
                    self.drain()?;
                    return Ok(());
                }
                Ok(Called::Threw) => {}
                Err(ended) => {
                    // What has not run is dropped with the loop.
                    immediates.put_back(batch);
                    return Err(ended);
                }
            }
            // After an exception the phase starts again, without a drain: with the rest of the
            // batch, or with what was queued meanwhile when there is no rest.
        }
    }

    /// Runs a batch up to its end, or up to an exception.
    fn run_batch(&self, batch: &mut Batch) -> Result<Called, Ended> {
        let mut is_first = true;
        while let Some(entry) = batch.front() {
            if entry.is_retired() {
                batch.pop_front();
                continue;
            }
            if !is_first && self.drain()? == Called::Threw {
                return Ok(Called::Threw);
            }
            is_first = false;
            let entry = batch.pop_front().expect("the drain leaves the batch alone");
            // Cleared by the drain: the next one follows, after a drain that finds nothing.
            let Some(callback) = self.inner().immediates.retire(&entry) else {
                continue;
            };
            if self.call(|| callback.run())? == Called::Threw {
                while batch.front().is_some_and(|entry| entry.is_retired()) {
                    batch.pop_front();
                }
                return Ok(Called::Threw);
            }
        }
        Ok(Called::Returned)
    }
}
