//! The functions that act on the loop which this thread runs.

use std::future::Future;
use std::io;
use std::time::Duration;

use crate::io::{Op, current, ops};
use crate::{Handle, Immediate, JoinHandle, Outcome, Promise, Timeout};

/// Calls `callback` once, in the first timers phase after `delay`. Never early.
///
/// `delay` is cut to whole milliseconds. The callback is `FnMut` because
/// [`refresh`](Timeout::refresh) makes a timer that has fired fire again.
///
/// # Panics
///
/// Outside of a loop.
///
/// # Node
///
/// `setTimeout`, to the letter: a delay below 1 ms, or above 2<sup>31</sup> - 1 ms, becomes 1 ms.
/// For longer waits there is [`sleep`](crate::sleep).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let mut event_loop = synodic_loop::EventLoop::new()?;
/// event_loop.run(|| {
///     synodic_loop::set_timeout(Duration::from_millis(2), || println!("2 ms later"));
/// });
/// # Ok::<(), synodic_loop::BuildError>(())
/// ```
#[doc(alias = "setTimeout")]
pub fn set_timeout<O: Outcome<Value = ()>>(
    delay: Duration,
    callback: impl FnMut() -> O + 'static,
) -> Timeout {
    Handle::current().set_timeout(delay, callback)
}

/// Calls `callback` every `period`, until the [`Timeout`] is cleared.
///
/// The next period counts from when the timer ran; missed periods are not made up for. Otherwise as
/// [`set_timeout`].
///
/// # Panics
///
/// Outside of a loop.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let mut event_loop = synodic_loop::EventLoop::new()?;
/// event_loop.run(|| {
///     let interval = synodic_loop::set_interval(Duration::from_millis(1), || {});
///     synodic_loop::set_timeout(Duration::from_millis(3), move || interval.clear());
/// });
/// # Ok::<(), synodic_loop::BuildError>(())
/// ```
#[doc(alias = "setInterval")]
pub fn set_interval<O: Outcome<Value = ()>>(
    period: Duration,
    callback: impl FnMut() -> O + 'static,
) -> Timeout {
    Handle::current().set_interval(period, callback)
}

/// Clears a timeout or an interval that nobody needs any more, as [`Timeout::clear`] does, and gives
/// up its handle in the same step: the cheapest way to be rid of a timer.
///
/// # Node
///
/// `clearTimeout`, which clears intervals too.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let mut event_loop = synodic_loop::EventLoop::new()?;
/// event_loop.run(|| {
///     let late = synodic_loop::set_timeout(Duration::from_secs(60), || println!("too late"));
///     synodic_loop::clear_timeout(late);
/// });
/// # Ok::<(), synodic_loop::BuildError>(())
/// ```
#[doc(alias = "clearTimeout")]
#[doc(alias = "clearInterval")]
#[inline]
pub fn clear_timeout(timeout: Timeout) {
    timeout.clear_and_drop();
}

/// Calls `callback` in the next check phase: after the poll phase, before timers.
///
/// # Panics
///
/// Outside of a loop.
#[doc(alias = "setImmediate")]
pub fn set_immediate<O: Outcome<Value = ()>>(callback: impl FnOnce() -> O + 'static) -> Immediate {
    Handle::current().set_immediate(callback)
}

/// Calls `callback` when the callback that runs now is done, before any microtask.
///
/// Ticks that queue ticks starve the loop, as they do in Node.
///
/// # Panics
///
/// Outside of a loop.
#[doc(alias = "process.nextTick")]
pub fn next_tick<O: Outcome<Value = ()>>(callback: impl FnOnce() -> O + 'static) {
    Handle::current().next_tick(callback);
}

/// Puts `callback` at the end of the microtask queue, which is emptied after the ticks.
///
/// # Panics
///
/// Outside of a loop.
#[doc(alias = "queueMicrotask")]
pub fn queue_microtask<O: Outcome<Value = ()>>(callback: impl FnOnce() -> O + 'static) {
    Handle::current().queue_microtask(callback);
}

/// Starts a task: its future is polled as a microtask, now and whenever it is woken.
///
/// A pending task does not keep the loop alive; what it waits for does. Wakers may be used on any
/// thread. A panic is caught and given to the [`JoinHandle`].
///
/// # Panics
///
/// Outside of a loop.
///
/// # Examples
///
/// ```
/// let mut event_loop = synodic_loop::EventLoop::new()?;
/// event_loop.run_async(async {
///     let task = synodic_loop::spawn_local(async { Err::<(), _>(std::io::Error::other("no")) });
///     assert!(task.await.is_err());
/// });
/// # Ok::<(), synodic_loop::BuildError>(())
/// ```
pub fn spawn_local<F>(future: F) -> JoinHandle<<F::Output as Outcome>::Value>
where
    F: Future + 'static,
    F::Output: Outcome,
{
    Handle::current().spawn_local(future)
}

/// Calls an async function as JavaScript does: it runs at once, up to its first `await`, and its
/// result is a [`Promise`].
///
/// # Panics
///
/// Outside of a loop.
pub fn call_async<F>(future: F) -> Promise<<F::Output as Outcome>::Value>
where
    F: Future + 'static,
    F::Output: Outcome,
{
    Handle::current().call_async(future)
}

/// Runs `work` on a thread of the loop's [`BlockingExecutor`](crate::BlockingExecutor), where it may
/// block.
///
/// A panic of `work` continues where the result is awaited.
///
/// # Errors
///
/// What awaits the result gets an error when the executor dropped the work without running it.
///
/// # Panics
///
/// Outside of a loop.
///
/// # Cancel safety
///
/// Work that still waits for room in the executor is dropped. What the executor has taken runs to its
/// end, and its result is dropped.
///
/// # Node
///
/// What `crypto.pbkdf2` and `dns.lookup` do inside; libuv's `uv_queue_work`.
///
/// # Examples
///
/// ```
/// let mut event_loop = synodic_loop::EventLoop::new()?;
/// let answer = event_loop.block_on(async {
///     synodic_loop::spawn_blocking(|| (1..=6_u64).product::<u64>()).await
/// })??;
/// assert_eq!(answer, 720);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "uv_queue_work")]
pub fn spawn_blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Op<io::Result<T>> {
    ops::work(&current(), work)
}
