//! Spawning local tasks, and the handles that wait for them.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::error::JoinError;
use crate::handle::Handle;
use crate::promise::{Promise, PromiseCell};
use crate::tasks::TaskKey;
use crate::{Outcome, Reason};

/// Waits for a task, and takes its value.
///
/// Dropping it lets the task go on alone. Should such a task fail, its error is an unhandled
/// rejection, reported to [`on_unhandled_rejection`](Handle::on_unhandled_rejection): it is not
/// lost. A failure that waits in a live `JoinHandle` is not reported.
///
/// # Cancel safety
///
/// Awaiting it by reference is cancel safe: the value stays until it is taken.
///
/// # Examples
///
/// ```
/// let mut event_loop = synodic_loop::EventLoop::new()?;
/// let sum = event_loop.block_on(async {
///     let task = synodic_loop::spawn_local(async { 40_u32 + 2 });
///     task.await
/// })?;
/// assert_eq!(sum?, 42);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct JoinHandle<T: 'static> {
    cell: Rc<PromiseCell<T>>,
    task: TaskKey,
    /// The result has been seen.
    seen: bool,
}

impl<T: 'static> JoinHandle<T> {
    /// Drops the task's future, now or at the end of its current poll. Awaiting the handle then
    /// gives [`JoinError::Canceled`]. Does nothing when the task has ended.
    pub fn abort(&self) {
        self.cell.handle().abort_task(self.task);
    }
}

impl<T: 'static> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let result = std::task::ready!(self.cell.poll_take(context));
        self.seen = true;
        Poll::Ready(result.map_err(JoinError::from_reason))
    }
}

impl<T: 'static> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        if !self.seen {
            self.cell.abandon();
        }
    }
}

impl<T: 'static> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle")
            .field("task", &self.task)
            .finish_non_exhaustive()
    }
}

/// Settles a task's cell; a task that is dropped before its end settles it as canceled.
struct Settle<T: 'static>(Option<Rc<PromiseCell<T>>>);

impl<T: 'static> Settle<T> {
    fn settle(mut self, result: Result<T, Reason>) {
        if let Some(cell) = self.0.take() {
            cell.settle(result);
        }
    }
}

impl<T: 'static> Drop for Settle<T> {
    fn drop(&mut self) {
        if let Some(cell) = self.0.take() {
            // Somebody asked for it: nothing that an unhandled rejection would have to tell.
            cell.handle_rejection();
            cell.settle(Err(Reason::from(TaskCanceled)));
        }
    }
}

/// The reason of a task that was dropped before its end.
#[derive(Debug, thiserror::Error)]
#[error("the task was canceled")]
pub(crate) struct TaskCanceled;

impl Handle {
    /// Starts a task on this loop. See [`spawn_local`](crate::spawn_local).
    pub fn spawn_local<F>(&self, future: F) -> JoinHandle<<F::Output as Outcome>::Value>
    where
        F: Future + 'static,
        F::Output: Outcome,
    {
        let cell = PromiseCell::new(self);
        // The join handle counts as a handler until it is dropped.
        cell.handle_rejection();
        let settle = Settle(Some(cell.clone()));
        let task = self.start_task(future, false, move |result| settle.settle(result));
        JoinHandle {
            cell,
            task,
            seen: false,
        }
    }

    /// Calls an async function as JavaScript does: it runs at once, up to its first await, and its
    /// result is a promise. See [`call_async`](crate::call_async).
    pub fn call_async<F>(&self, future: F) -> Promise<<F::Output as Outcome>::Value>
    where
        F: Future + 'static,
        F::Output: Outcome,
    {
        self.start_promise(future, true)
    }

    /// Starts a task whose result is a promise; its first poll is `now`, or a microtask.
    pub(crate) fn start_promise<F>(
        &self,
        future: F,
        now: bool,
    ) -> Promise<<F::Output as Outcome>::Value>
    where
        F: Future + 'static,
        F::Output: Outcome,
    {
        let cell = PromiseCell::new(self);
        let settle = Settle(Some(cell.clone()));
        self.start_task(future, now, move |result| settle.settle(result));
        Promise::from_cell(cell)
    }
}
