//! The timer handle of libuv: one deadline, in a heap, on the cached loop time.

use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::fmt;
use std::rc::{Rc, Weak};
use std::time::Duration;

use super::{HandleState, queue_close};
use crate::dispatch::{Called, Ended};
use crate::handle::Handle;
use crate::{Outcome, Reason};

type Callback = Box<dyn FnMut() -> Result<(), Reason>>;

/// Started timers by (time, start id). An entry whose timer has been stopped or started again
/// since is stale, and is skipped.
pub(crate) type Heap = BinaryHeap<Entry>;

pub(crate) struct Entry {
    at_ms: u64,
    start_id: u64,
    timer: Weak<State>,
}

impl Entry {
    fn live(&self) -> Option<Rc<State>> {
        let timer = self.timer.upgrade()?;
        (timer.state.is_active() && timer.start_id.get() == self.start_id).then_some(timer)
    }
}

impl Ord for Entry {
    /// Reversed: the heap's greatest entry is the earliest timer.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at_ms, other.start_id).cmp(&(self.at_ms, self.start_id))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}

struct State {
    state: HandleState,
    callback: RefCell<Option<Callback>>,
    at_ms: Cell<u64>,
    repeat_ms: Cell<u64>,
    start_id: Cell<u64>,
}

/// A timer as libuv has it, for embedders: one deadline that can be moved, on the loop time.
///
/// Programs want [`set_timeout`](crate::set_timeout), which orders timers as Node does. Dropping
/// the handle closes it.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let mut event_loop = synodic_loop::EventLoop::new()?;
/// let timer = synodic_loop::Timer::new(&event_loop.handle());
/// timer.start(Duration::from_millis(1), None, || {});
/// event_loop.run(|| {});
/// assert!(!timer.is_active());
/// # Ok::<(), synodic_loop::BuildError>(())
/// ```
#[doc(alias = "uv_timer_t")]
pub struct Timer(Rc<State>);

impl Timer {
    /// A timer that is not started.
    pub fn new(handle: &Handle) -> Self {
        Self(Rc::new(State {
            state: HandleState::new(handle),
            callback: RefCell::new(None),
            at_ms: Cell::new(0),
            repeat_ms: Cell::new(0),
            start_id: Cell::new(0),
        }))
    }

    /// Starts the timer, or starts it anew. `callback` runs in the first timers phase at or after
    /// loop time + `delay`, and every `repeat` from then on. Both are rounded up to whole
    /// milliseconds. Does nothing when the handle is closing.
    ///
    /// # Node
    ///
    /// The delay counts from the loop time, which is older than now by what the current callback
    /// has taken; [`Handle::update_time`] refreshes it. A timer with a delay of zero that is
    /// started by a timer runs in the next turn (libuv 1.48 and later).
    pub fn start<O: Outcome<Value = ()>>(
        &self,
        delay: Duration,
        repeat: Option<Duration>,
        mut callback: impl FnMut() -> O + 'static,
    ) {
        if self.0.state.is_closing() {
            return;
        }
        let callback: Callback = Box::new(move || callback().into_result());
        let old = self.0.callback.replace(Some(callback));
        drop(old);
        self.0.repeat_ms.set(repeat.map_or(0, round_up_ms));
        self.0.arm(round_up_ms(delay));
    }

    /// Starts the timer anew with its repeat period as the delay. Does nothing without one.
    pub fn again(&self) {
        let repeat_ms = self.0.repeat_ms.get();
        if repeat_ms > 0 && !self.0.state.is_closing() && self.0.callback.borrow().is_some() {
            self.0.arm(repeat_ms);
        }
    }

    /// Stops the timer.
    pub fn stop(&self) {
        self.0.state.set_active(false);
    }

    /// How long until the timer is due, by the loop time. `None` when it is not started.
    pub fn due_in(&self) -> Option<Duration> {
        let now_ms = self.0.state.handle.inner().clock.loop_time_ms();
        self.is_active()
            .then(|| Duration::from_millis(self.0.at_ms.get().saturating_sub(now_ms)))
    }

    /// Closes the handle; `callback` runs in the close phase. A second call does nothing.
    pub fn close<O: Outcome<Value = ()>>(&self, callback: impl FnOnce() -> O + 'static) {
        if self.0.state.start_closing() {
            let unused = self.0.callback.take();
            drop(unused);
            queue_close(&self.0.state.handle, callback);
        }
    }

    /// Lets the timer keep the loop alive while it is started, as it does from the start.
    pub fn r#ref(&self) -> &Self {
        self.0.state.set_refed(true);
        self
    }

    /// Lets the loop end although this timer is started.
    pub fn unref(&self) -> &Self {
        self.0.state.set_refed(false);
        self
    }

    /// Whether the timer keeps the loop alive while it is started.
    pub fn has_ref(&self) -> bool {
        self.0.state.is_refed()
    }

    /// Whether the timer is started.
    pub fn is_active(&self) -> bool {
        self.0.state.is_active()
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if !self.0.state.is_closing() {
            self.close(|| {});
        }
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timer")
            .field("due_in", &self.due_in())
            .finish_non_exhaustive()
    }
}

impl State {
    fn arm(self: &Rc<Self>, delay_ms: u64) {
        let inner = self.state.handle.inner();
        let at_ms = inner.clock.loop_time_ms().saturating_add(delay_ms);
        let start_id = inner.watchers.next_start_id();
        self.at_ms.set(at_ms);
        self.start_id.set(start_id);
        self.state.set_active(true);
        let entry = Entry {
            at_ms,
            start_id,
            timer: Rc::downgrade(self),
        };
        inner.watchers.uv_timers.borrow_mut().push(entry);
    }

    fn fire(self: &Rc<Self>) -> Result<(), Ended> {
        self.state.set_active(false);
        if self.repeat_ms.get() > 0 {
            self.arm(self.repeat_ms.get());
        }
        let handle = self.state.handle.clone();
        let Some(mut callback) = self.callback.take() else {
            return Ok(());
        };
        let called = handle.call(&mut callback);
        if !self.state.is_closing() && self.callback.borrow().is_none() {
            self.callback.replace(Some(callback));
        } else {
            drop(callback);
        }
        if called? == Called::Returned {
            handle.drain()?;
        }
        Ok(())
    }
}

impl Handle {
    /// The timers phase: libuv's timers and the one behind Node's lists, by time.
    pub(crate) fn run_timers(&self) -> Result<(), Ended> {
        if self.inner().watchers.uv_timers.borrow().is_empty() {
            return self.run_node_timers();
        }
        // All that is due is taken first, so what these callbacks start waits for the next turn.
        let (due, lists_at) = self.take_due_timers();
        let (before, after): (Vec<_>, Vec<_>) = due
            .into_iter()
            .partition(|entry| lists_at.is_none_or(|at| (entry.at_ms, entry.start_id) < at));
        fire_all(before)?;
        self.run_node_timers()?;
        fire_all(after)
    }

    fn take_due_timers(&self) -> (Vec<Entry>, Option<(u64, u64)>) {
        let inner = self.inner();
        let now_ms = inner.clock.loop_time_ms();
        let mut heap = inner.watchers.uv_timers.borrow_mut();
        let mut due = Vec::new();
        while heap.peek().is_some_and(|entry| entry.at_ms <= now_ms) {
            due.extend(heap.pop());
        }
        (
            due,
            inner
                .timers
                .wake_at
                .get()
                .map(|wake| (wake.at_ms, wake.start_id)),
        )
    }

    /// When the next started timer handle is due.
    pub(crate) fn next_uv_timer_ms(&self) -> Option<u64> {
        let mut heap = self.inner().watchers.uv_timers.borrow_mut();
        while let Some(entry) = heap.peek() {
            if entry.live().is_some() {
                return Some(entry.at_ms);
            }
            heap.pop();
        }
        None
    }
}

fn fire_all(entries: Vec<Entry>) -> Result<(), Ended> {
    for entry in entries {
        if let Some(timer) = entry.live() {
            timer.fire()?;
        }
    }
    Ok(())
}

fn round_up_ms(delay: Duration) -> u64 {
    u64::try_from(delay.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
