//! Handles as libuv has them: they live until they are closed, and keep the loop alive while they
//! are active and referenced.

mod phase_handle;
mod uv_timer;

pub use phase_handle::{Check, Idle, Prepare};
pub use uv_timer::Timer;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use crate::Outcome;
use crate::dispatch::{Called, Ended};
use crate::handle::Handle;

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
    pub(crate) uv_timers: RefCell<uv_timer::Started>,
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

    /// Drops everything, outside of borrows.
    pub(crate) fn clear(&self) {
        drop(self.closing.take());
        for queue in [&self.idle, &self.prepare, &self.check] {
            queue.take().iter().for_each(|watcher| watcher.forget());
        }
        self.uv_timers
            .take()
            .values()
            .for_each(|timer| timer.forget());
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

/// What the public handle types have in common; [`handle_type`] makes their methods of it.
pub(crate) trait Watched {
    /// Where it stands.
    fn state(&self) -> &HandleState;

    /// Takes the handle off the loop and drops its callback, when it starts to close.
    fn release(&self);

    /// Closes the handle; `callback` runs in the close phase. A second call does nothing.
    fn start_close<O: Outcome<Value = ()>>(&self, callback: impl FnOnce() -> O + 'static) {
        let state = self.state();
        if state.start_closing() {
            self.release();
            let callback = move || callback().into_result();
            let closing = move |handle: &Handle| handle.dispatch(callback);
            state.handle.push_closing(Box::new(closing));
        }
    }
}

/// The methods that libuv gives every handle, for a type that is [`Watched`].
macro_rules! handle_type {
    ($name:ident) => {
        impl $name {
            /// Closes the handle: its callback is dropped, and `callback` runs in the close phase.
            /// A second call does nothing.
            #[doc(alias = "uv_close")]
            pub fn close<O: $crate::Outcome<Value = ()>>(
                &self,
                callback: impl FnOnce() -> O + 'static,
            ) {
                $crate::watch::Watched::start_close(self, callback);
            }

            /// Lets the handle keep the loop alive while it is active, as it does from the start.
            #[doc(alias = "uv_ref")]
            pub fn r#ref(&self) -> &Self {
                $crate::watch::Watched::state(self).set_refed(true);
                self
            }

            /// Lets the loop end although this handle is active.
            #[doc(alias = "uv_unref")]
            pub fn unref(&self) -> &Self {
                $crate::watch::Watched::state(self).set_refed(false);
                self
            }

            /// Whether the handle keeps the loop alive while it is active.
            #[doc(alias = "uv_has_ref")]
            pub fn has_ref(&self) -> bool {
                $crate::watch::Watched::state(self).is_refed()
            }

            /// Whether the handle may call back: it is started, or open when there is no start.
            #[doc(alias = "uv_is_active")]
            pub fn is_active(&self) -> bool {
                $crate::watch::Watched::state(self).is_active()
            }

            /// Whether `close` has been called.
            #[doc(alias = "uv_is_closing")]
            pub fn is_closing(&self) -> bool {
                $crate::watch::Watched::state(self).is_closing()
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                self.close(|| {});
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("active", &self.is_active())
                    .field("has_ref", &self.has_ref())
                    .finish_non_exhaustive()
            }
        }
    };
}
pub(crate) use handle_type;

impl Handle {
    /// Has `closing` called in the next close phase, unless the loop is closed.
    pub(crate) fn push_closing(&self, closing: Closing) {
        if !self.is_closed() {
            self.inner().watchers.closing.borrow_mut().push(closing);
        }
    }

    /// Runs the close phase: last closed, first called (section 9).
    pub(crate) fn run_closing(&self) -> Result<(), Ended> {
        // Handles closed by these callbacks wait for the next turn.
        let watchers = &self.inner().watchers;
        let mut closing = watchers.closing.take();
        while let Some(close) = closing.pop() {
            if let Err(ended) = close(self) {
                // What has not been called is dropped with the loop.
                watchers.closing.borrow_mut().append(&mut closing);
                return Err(ended);
            }
        }
        Ok(())
    }
}
