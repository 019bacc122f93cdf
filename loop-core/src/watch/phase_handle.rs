//! Idle, prepare and check handles: a callback in each turn.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

use super::{HandleState, Watchers, queue_close};
use crate::dispatch::Ended;
use crate::handle::Handle;
use crate::{Outcome, Reason};

type Queue = RefCell<VecDeque<Rc<Watcher>>>;
type Callback = Box<dyn FnMut() -> Result<(), Reason>>;

/// One handle of a phase.
pub(crate) struct Watcher {
    state: HandleState,
    /// Empty while the callback runs.
    callback: RefCell<Option<Callback>>,
}

impl Watcher {
    fn new(handle: &Handle) -> Rc<Self> {
        Rc::new(Self {
            state: HandleState::new(handle),
            callback: RefCell::new(None),
        })
    }

    fn start<O>(self: &Rc<Self>, queue: &Queue, mut callback: impl FnMut() -> O + 'static)
    where
        O: Outcome<Value = ()>,
    {
        if self.state.is_closing() || self.state.is_active() {
            return;
        }
        let callback: Callback = Box::new(move || callback().into_result());
        let old = self.callback.replace(Some(callback));
        drop(old);
        self.state.set_active(true);
        // libuv puts a started handle before the others.
        queue.borrow_mut().push_front(self.clone());
    }

    fn stop(self: &Rc<Self>, queue: &Queue) {
        self.state.set_active(false);
        queue
            .borrow_mut()
            .retain(|watcher| !Rc::ptr_eq(watcher, self));
        let callback = self.callback.take();
        drop(callback);
    }

    fn run(&self) -> Result<(), Ended> {
        let Some(mut callback) = self.callback.take() else {
            return Ok(());
        };
        let called = self.state.handle.call(&mut callback);
        // Unless the callback stopped the handle, or stopped and started it anew.
        if self.state.is_active() && self.callback.borrow().is_none() {
            self.callback.replace(Some(callback));
        } else {
            drop(callback);
        }
        if called? == crate::dispatch::Called::Returned {
            self.state.handle.drain()?;
        }
        Ok(())
    }
}

impl Handle {
    pub(crate) fn run_idle(&self) -> Result<(), Ended> {
        self.run_watchers(&self.inner().watchers.idle)
    }

    pub(crate) fn run_prepare(&self) -> Result<(), Ended> {
        self.run_watchers(&self.inner().watchers.prepare)
    }

    pub(crate) fn run_check_handles(&self) -> Result<(), Ended> {
        self.run_watchers(&self.inner().watchers.check)
    }

    fn run_watchers(&self, queue: &Queue) -> Result<(), Ended> {
        if queue.borrow().is_empty() {
            return Ok(());
        }
        // Handles started by these callbacks wait for the next turn.
        let batch: Vec<_> = queue.borrow().iter().cloned().collect();
        for watcher in batch {
            if watcher.state.is_active() {
                watcher.run()?;
            }
        }
        Ok(())
    }
}

macro_rules! phase_handle {
    ($(#[$docs:meta])* $name:ident, $alias:literal, $queue:ident) => {
        $(#[$docs])*
        #[doc = concat!(
            "\n\nDropping it closes it.\n\n# Examples\n\n```\nuse synodic_loop::{EventLoop, ",
            stringify!($name),
            "};\n\nlet mut event_loop = EventLoop::new()?;\nevent_loop.run(|| {\n    let watcher = ",
            stringify!($name),
            "::new(&synodic_loop::Handle::current());\n    watcher.start(|| {});\n    ",
            "watcher.stop();\n});\n# Ok::<(), synodic_loop::BuildError>(())\n```"
        )]
        #[doc(alias = $alias)]
        pub struct $name(Rc<Watcher>);

        impl $name {
            /// A handle that is not started.
            pub fn new(handle: &Handle) -> Self {
                Self(Watcher::new(handle))
            }

            /// Calls `callback` in this phase of each turn from now on. Does nothing when the
            /// handle is active or closing. The handle started last is called first.
            pub fn start<O: Outcome<Value = ()>>(&self, callback: impl FnMut() -> O + 'static) {
                self.0.start(self.queue(), callback);
            }

            /// Stops the calls. Does nothing when the handle is not active.
            pub fn stop(&self) {
                self.0.stop(self.queue());
            }

            /// Closes the handle; `callback` runs in the close phase. A second call does nothing.
            pub fn close<O: Outcome<Value = ()>>(&self, callback: impl FnOnce() -> O + 'static) {
                self.stop();
                if self.0.state.start_closing() {
                    queue_close(&self.0.state.handle, callback);
                }
            }

            /// Lets the handle keep the loop alive while it is active, as it does from the start.
            pub fn r#ref(&self) -> &Self {
                self.0.state.set_refed(true);
                self
            }

            /// Lets the loop end although this handle is active.
            pub fn unref(&self) -> &Self {
                self.0.state.set_refed(false);
                self
            }

            /// Whether the handle keeps the loop alive while it is active.
            pub fn has_ref(&self) -> bool {
                self.0.state.is_refed()
            }

            /// Whether the handle is started.
            pub fn is_active(&self) -> bool {
                self.0.state.is_active()
            }

            /// Whether `close` has been called.
            pub fn is_closing(&self) -> bool {
                self.0.state.is_closing()
            }

            fn queue(&self) -> &Queue {
                let watchers: &Watchers = &self.0.state.handle.inner().watchers;
                &watchers.$queue
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                if !self.0.state.is_closing() {
                    self.close(|| {});
                }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("active", &self.is_active())
                    .finish_non_exhaustive()
            }
        }
    };
}

phase_handle! {
    /// A callback in each turn before the poll phase, which does not block meanwhile.
    Idle, "uv_idle_t", idle
}
phase_handle! {
    /// A callback in each turn right before the poll phase.
    Prepare, "uv_prepare_t", prepare
}
phase_handle! {
    /// A callback in each turn right after the poll phase, before the immediates.
    Check, "uv_check_t", check
}
