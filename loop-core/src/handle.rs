//! The loop as its own thread sees it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use synodic_sync::Arc;

use crate::Outcome;
use crate::async_handle::Asyncs;
use crate::clock::LoopClock;
use crate::closure::Job;
use crate::idle_work::IdleWork;
use crate::immediate::Immediates;
use crate::io::{DriverInfo, Io};
use crate::metrics::Meter;
use crate::microtask::{Microtask, MicrotaskQueue};
use crate::process::Process;
use crate::rejections::Rejections;
use crate::remote::{LoopMailbox, Message};
use crate::signal::Signals;
use crate::tasks::Tasks;
use crate::tick_queue::TickQueue;
use crate::timer::Timers;
use crate::watch::Watchers;

/// A loop, for the code that runs on it: cheap to clone, and bound to the loop's thread.
///
/// Most programs use the free functions of this crate instead, which act on the
/// [current](Self::current) loop.
///
/// A handle may outlive its [`EventLoop`](crate::EventLoop). The loop is closed then: ticks,
/// microtasks, timers, immediates, tasks, close callbacks, listeners and rejections that come to it
/// are dropped at once, and nothing panics. The [`Timeout`](crate::Timeout) or
/// [`Immediate`](crate::Immediate) that is returned is a cleared one, a task is canceled, and a
/// promise that reacts stays pending.
///
/// # Examples
///
/// ```
/// let mut event_loop = synodic_loop::EventLoop::new()?;
/// let handle = event_loop.handle();
/// handle.next_tick(|| {});
/// event_loop.run(|| {});
/// # Ok::<(), synodic_loop::BuildError>(())
/// ```
#[derive(Clone)]
pub struct Handle(Rc<Inner>);

/// All state of one loop. Fields are reached by the modules that own them; no borrow of any of
/// them is ever held while user code runs.
pub(crate) struct Inner {
    pub(crate) clock: LoopClock,
    pub(crate) ticks: TickQueue,
    pub(crate) microtasks: MicrotaskQueue,
    pub(crate) rejections: Rejections,
    pub(crate) timers: Timers,
    pub(crate) immediates: Immediates,
    pub(crate) watchers: Watchers,
    pub(crate) asyncs: Asyncs,
    pub(crate) signals: Signals,
    pub(crate) tasks: Tasks,
    pub(crate) process: Process,
    pub(crate) idle_work: IdleWork,
    pub(crate) meter: Meter,
    pub(crate) io: Rc<Io>,
    pub(crate) mailbox: Arc<LoopMailbox>,
    /// What came through the mailbox and is to be served in this poll phase.
    pub(crate) mail: RefCell<VecDeque<Message>>,
    pub(crate) stop: Cell<bool>,
    /// The loop has been dropped, and takes nothing more.
    pub(crate) closed: Cell<bool>,
}

thread_local! {
    static CURRENT: RefCell<Option<Handle>> = const { RefCell::new(None) };
}

impl Handle {
    pub(crate) fn from_inner(inner: Rc<Inner>) -> Self {
        Self(inner)
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }

    /// The loop that this thread runs now.
    ///
    /// # Panics
    ///
    /// When it runs none: the caller is not inside a callback or a task of a loop.
    pub fn current() -> Self {
        Self::try_current().expect(
            "no event loop runs on this thread: call this from a callback or a task of a loop",
        )
    }

    /// The loop that this thread runs now, if any.
    pub fn try_current() -> Option<Self> {
        Self::with_current(Self::clone)
    }

    /// Looks at the current loop without a clone. `f` must not call user code.
    pub(crate) fn with_current<R>(f: impl FnOnce(&Self) -> R) -> Option<R> {
        // While a thread ends its thread-locals are gone, and so is its loop.
        CURRENT
            .try_with(|current| current.borrow().as_ref().map(f))
            .ok()
            .flatten()
    }

    /// Makes this the current loop until the guard is dropped.
    pub(crate) fn enter(&self) -> Entered {
        // A loop in a thread-local of the program may be dropped when this one is gone already.
        let before = CURRENT.try_with(|current| current.replace(Some(self.clone())));
        Entered(before.ok().flatten())
    }

    /// The operations of this loop.
    pub(crate) fn io(&self) -> &Rc<Io> {
        &self.0.io
    }

    /// Which driver the loop runs on, and why.
    pub fn driver(&self) -> &DriverInfo {
        self.0.io.info()
    }

    /// Calls `callback` before any microtask, after the callback that runs now.
    /// See [`next_tick`](crate::next_tick).
    pub fn next_tick<O: Outcome<Value = ()>>(&self, callback: impl FnOnce() -> O + 'static) {
        // Node takes no ticks once the exit listeners are called.
        if !self.0.process.is_exiting() && !self.is_closed() {
            self.0
                .ticks
                .push(Job::new(move || callback().into_result()));
        }
    }

    /// Puts `callback` at the end of the microtask queue.
    /// See [`queue_microtask`](crate::queue_microtask).
    pub fn queue_microtask<O: Outcome<Value = ()>>(&self, callback: impl FnOnce() -> O + 'static) {
        let job = Microtask::job(Job::new(move || callback().into_result()));
        self.enqueue(job);
    }

    /// Puts a microtask at the end of the queue, or drops it when the loop is closed.
    #[inline]
    pub(crate) fn enqueue(&self, microtask: Microtask) {
        if !self.is_closed() {
            self.0.microtasks.push(microtask);
        }
    }

    /// Whether the loop has been dropped. What it is given then would never be run, nor dropped.
    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        self.0.closed.get()
    }

    /// The loop time: the clock as it was last read, in whole milliseconds since its origin.
    #[doc(alias = "uv_now")]
    pub fn now(&self) -> Duration {
        Duration::from_millis(self.0.clock.loop_time_ms())
    }

    /// The time now, by the loop's clock, since its origin.
    #[doc(alias = "uv_hrtime")]
    #[doc(alias = "process.hrtime")]
    pub fn hrtime(&self) -> Duration {
        self.0.clock.now()
    }

    /// Reads the clock, after a callback that took long.
    #[doc(alias = "uv_update_time")]
    pub fn update_time(&self) {
        self.0.clock.read();
    }

    /// Makes the loop return at the end of this turn. What is due meanwhile still runs.
    #[doc(alias = "uv_stop")]
    pub fn stop(&self) {
        self.0.stop.set(true);
    }

    /// Whether anything keeps the loop alive: referenced timers, immediates, handles, operations in
    /// flight, or a handle that is closing.
    #[doc(alias = "uv_loop_alive")]
    pub fn alive(&self) -> bool {
        let inner = &*self.0;
        inner.timers.is_alive()
            || inner.immediates.is_alive()
            || inner.watchers.is_alive()
            || inner.io.active_requests() > 0
    }

    /// Calls `f` as a callback of its own when no callback runs, and drains the queues after it;
    /// for an embedder who enters from outside of the loop.
    ///
    /// # Node
    ///
    /// `node::CallbackScope`.
    #[doc(alias = "CallbackScope")]
    pub fn callback_scope<O: Outcome<Value = ()>>(&self, f: impl FnOnce() -> O) {
        let is_outermost = Self::with_current(|_| ()).is_none();
        let entered = self.enter();
        if is_outermost {
            // An end of the process is remembered; the loop then does not run any more.
            let _ = self.dispatch(|| f().into_result());
        } else if let Err(reason) = f().into_result() {
            self.next_tick(move || Err::<(), _>(reason));
        }
        drop(entered);
    }

    /// Takes nothing more, and drops everything that user code has left here: what the loop owns may
    /// own the loop.
    pub(crate) fn clear(&self) {
        let entered = self.enter();
        let inner = &*self.0;
        inner.closed.set(true);
        inner.tasks.clear();
        inner.ticks.clear();
        inner.microtasks.clear();
        let timers = inner.timers.lists.borrow_mut().take_callbacks();
        drop(timers);
        inner.immediates.clear();
        inner.watchers.clear();
        inner.asyncs.clear();
        inner.signals.clear();
        drop(inner.mail.take());
        inner.process.clear_listeners();
        inner.idle_work.clear();
        inner.rejections.clear();
        drop(entered);
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("alive", &self.alive())
            .finish_non_exhaustive()
    }
}

/// Restores the loop that was current before.
pub(crate) struct Entered(Option<Handle>);

impl Drop for Entered {
    fn drop(&mut self) {
        let before = self.0.take();
        let ours = CURRENT.try_with(|current| current.replace(before));
        drop(ours);
    }
}
