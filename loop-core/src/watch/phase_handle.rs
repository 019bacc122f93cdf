//! Idle, prepare and check handles: a callback in each turn.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use super::{HandleState, Watched, Watchers, handle_type};
use crate::Outcome;
use crate::callback::Callback;
use crate::dispatch::Ended;
use crate::handle::Handle;

type Queue = RefCell<VecDeque<Rc<Watcher>>>;

/// One handle of a phase.
pub(crate) struct Watcher {
    state: HandleState,
    callback: Callback,
}

impl Watcher {
    fn new(handle: &Handle) -> Rc<Self> {
        Rc::new(Self {
            state: HandleState::new(handle),
            callback: Callback::default(),
        })
    }

    fn start<O>(self: &Rc<Self>, queue: &Queue, mut callback: impl FnMut() -> O + 'static)
    where
        O: Outcome<Value = ()>,
    {
        if self.state.is_closing() || self.state.is_active() {
            return;
        }
        self.callback.set(move |()| callback());
        self.state.set_active(true);
        // libuv puts a started handle before the others.
        queue.borrow_mut().push_front(self.clone());
    }

    /// Drops the callback, which may own the handle.
    pub(super) fn forget(&self) {
        self.state.set_active(false);
        self.callback.clear();
    }

    fn stop(self: &Rc<Self>, queue: &Queue) {
        self.state.set_active(false);
        queue
            .borrow_mut()
            .retain(|watcher| !Rc::ptr_eq(watcher, self));
        self.callback.clear();
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
                self.dispatch_kept(&watcher.callback, &())?;
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

            fn queue(&self) -> &Queue {
                let watchers: &Watchers = &self.0.state.handle.inner().watchers;
                &watchers.$queue
            }
        }

        impl Watched for $name {
            fn state(&self) -> &HandleState {
                &self.0.state
            }

            fn release(&self) {
                self.stop();
            }
        }

        handle_type!($name);
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
