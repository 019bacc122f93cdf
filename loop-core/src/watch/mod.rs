//! Handles as libuv has them: they live until they are closed, and keep the loop alive while they
//! are active and referenced.

mod phase_handle;
mod uv_timer;

pub use phase_handle::{Check, Idle, Prepare};
pub use uv_timer::Timer;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use crate::dispatch::{Called, Ended};
use crate::handle::Handle;
use crate::{Outcome, Reason};

pub(crate) use phase_handle::Watcher;

/// What closes at the next close phase.
type Closing = Box<dyn FnOnce(&Handle) -> Result<Called, Ended>>;

/// The handles of one loop.
#[derive(Default)]
pub(crate) struct Watchers {
    /// Handles that are active and referenced.
    alive: Cell<usize>,
    closing: RefCell<Vec<Closing>>,
    pub(crate) idle: RefCell<VecDeque<Rc<Watcher>>>,
    pub(crate) prepare: RefCell<VecDeque<Rc<Watcher>>>,
    pub(crate) check: RefCell<VecDeque<Rc<Watcher>>>,
    pub(crate) uv_timers: RefCell<uv_timer::Heap>,
    last_start_id: Cell<u64>,
}

impl Watchers {
    pub(crate) fn is_alive(&self) -> bool {
        self.alive.get() > 0 || self.is_closing()
    }

    pub(crate) fn is_closing(&self) -> bool {
        !self.closing.borrow().is_empty()
    }

    /// libuv's `start_id`: orders low-level timers that expire in one millisecond.
    pub(crate) fn next_start_id(&self) -> u64 {
        self.last_start_id.set(self.last_start_id.get() + 1);
        self.last_start_id.get()
    }

    pub(crate) fn push_closing(&self, closing: Closing) {
        self.closing.borrow_mut().push(closing);
    }

    /// Drops everything, outside of borrows.
    pub(crate) fn clear(&self) {
        drop(self.closing.take());
        drop(self.idle.take());
        drop(self.prepare.take());
        drop(self.check.take());
        drop(self.uv_timers.take());
    }
}

/// What every handle has: whether it is active, referenced, closing.
pub(crate) struct HandleState {
    pub(crate) handle: Handle,
    active: Cell<bool>,
    refed: Cell<bool>,
    closing: Cell<bool>,
}

impl HandleState {
    pub(crate) fn new(handle: &Handle) -> Self {
        Self {
            handle: handle.clone(),
            active: Cell::new(false),
            refed: Cell::new(true),
            closing: Cell::new(false),
        }
    }

    pub(crate) fn is_active(&self) -> bool {
        self.active.get()
    }

    pub(crate) fn is_refed(&self) -> bool {
        self.refed.get()
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.get()
    }

    pub(crate) fn set_active(&self, active: bool) {
        if self.active.replace(active) != active && self.refed.get() {
            self.count(active);
        }
    }

    pub(crate) fn set_refed(&self, refed: bool) {
        if self.refed.replace(refed) != refed && self.active.get() {
            self.count(refed);
        }
    }

    /// Starts to close; false when that has been done already.
    pub(crate) fn start_closing(&self) -> bool {
        self.set_active(false);
        !self.closing.replace(true)
    }

    fn count(&self, more: bool) {
        let alive = &self.handle.inner().watchers.alive;
        alive.set(if more {
            alive.get() + 1
        } else {
            alive.get() - 1
        });
    }
}

/// Queues the close callback of a handle that has just started to close.
pub(crate) fn queue_close<O: Outcome<Value = ()>>(
    handle: &Handle,
    callback: impl FnOnce() -> O + 'static,
) {
    let callback = move || -> Result<(), Reason> { callback().into_result() };
    handle
        .inner()
        .watchers
        .push_closing(Box::new(move |handle| handle.dispatch(callback)));
}

impl Handle {
    /// Runs the close phase: last closed, first called (section 9).
    pub(crate) fn run_closing(&self) -> Result<(), Ended> {
        // Handles closed by these callbacks wait for the next turn.
        let closing = self.inner().watchers.closing.take();
        for close in closing.into_iter().rev() {
            close(self)?;
        }
        Ok(())
    }
}
