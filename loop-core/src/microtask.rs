//! The microtask queue: `queueMicrotask`, promise reactions, and the polls of tasks.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

use crate::closure::Job;
use crate::handle::Handle;
use crate::tasks::TaskKey;

/// One entry of the microtask queue.
///
/// An embedder's [`MicrotaskHost`] gets these to keep in its engine's queue.
pub struct Microtask(pub(crate) Kind);

pub(crate) enum Kind {
    Job(Job),
    Task(TaskKey),
}

impl Microtask {
    #[inline]
    pub(crate) fn job(job: Job) -> Self {
        Self(Kind::Job(job))
    }

    pub(crate) fn task(key: TaskKey) -> Self {
        Self(Kind::Task(key))
    }

    /// Runs it, on the loop's thread. What it throws is reported to the loop's listeners, and the
    /// queue goes on, as a JavaScript engine's does. After the loop has ended nothing is run.
    pub fn run(self, handle: &Handle) {
        // Once the loop has ended, the error makes the caller of the checkpoint stop as well.
        let _ = handle.run_microtask(self);
    }
}

impl fmt::Debug for Microtask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Microtask").finish_non_exhaustive()
    }
}

/// The job queue of a JavaScript engine, in the place of the loop's own microtask queue.
///
/// Promise jobs of the engine and those of Rust then share one queue, so they run in one order.
///
/// # Examples
///
/// ```
/// use std::cell::RefCell;
/// use std::collections::VecDeque;
/// use std::rc::Rc;
/// use synodic_loop::{EventLoop, Handle, Microtask, MicrotaskHost};
///
/// #[derive(Default)]
/// struct Engine(RefCell<VecDeque<Microtask>>);
///
/// impl MicrotaskHost for Engine {
///     fn enqueue(&self, microtask: Microtask) {
///         self.0.borrow_mut().push_back(microtask);
///     }
///     fn perform_checkpoint(&self, handle: &Handle) {
///         loop {
///             let Some(next) = self.0.borrow_mut().pop_front() else { return };
///             next.run(handle);
///         }
///     }
/// }
///
/// let mut event_loop = EventLoop::builder().microtask_host(Rc::new(Engine::default())).build()?;
/// let status = event_loop.run(|| synodic_loop::queue_microtask(|| println!("from the engine")));
/// assert!(status.success());
/// # Ok::<(), synodic_loop::BuildError>(())
/// ```
pub trait MicrotaskHost {
    /// Puts a microtask at the end of the engine's queue.
    fn enqueue(&self, microtask: Microtask);

    /// Runs the engine's queue until it is empty, in order. Calls [`Microtask::run`] for those
    /// that came through [`enqueue`](Self::enqueue).
    fn perform_checkpoint(&self, handle: &Handle);
}

/// The loop's own queue, or the door to a host's.
pub(crate) struct MicrotaskQueue {
    own: RefCell<VecDeque<Microtask>>,
    host: Option<Rc<dyn MicrotaskHost>>,
}

impl MicrotaskQueue {
    pub(crate) fn new(host: Option<Rc<dyn MicrotaskHost>>) -> Self {
        Self {
            own: RefCell::default(),
            host,
        }
    }

    #[inline]
    pub(crate) fn push(&self, microtask: Microtask) {
        match &self.host {
            None => self.own.borrow_mut().push_back(microtask),
            Some(host) => host.enqueue(microtask),
        }
    }

    #[inline]
    pub(crate) fn pop(&self) -> Option<Microtask> {
        self.own.borrow_mut().pop_front()
    }

    pub(crate) fn host(&self) -> Option<&Rc<dyn MicrotaskHost>> {
        self.host.as_ref()
    }

    /// Drops what is queued. A drop may queue more, which is dropped too.
    pub(crate) fn clear(&self) {
        while self.pop().is_some() {}
    }
}
