//! The timer handle of libuv: one deadline, on the cached loop time.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use super::{HandleState, Watched, handle_type};
use crate::Outcome;
use crate::callback::Callback;
use crate::dispatch::Ended;
use crate::handle::Handle;
use crate::timer::WakeUp;

/// Started timers, in the order in which they are due.
pub(crate) type Started = BTreeMap<WakeUp, Rc<State>>;

pub(crate) struct State {
    state: HandleState,
    callback: Callback,
    at: Cell<WakeUp>,
    repeat_ms: Cell<u64>,
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
            callback: Callback::default(),
            at: Cell::new(WakeUp {
                at_ms: 0,
                start_id: 0,
            }),
            repeat_ms: Cell::new(0),
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
        self.0.callback.set(move |()| callback());
        self.0.repeat_ms.set(repeat.map_or(0, round_up_ms));
        self.0.arm(round_up_ms(delay));
    }

    /// Starts the timer anew with its repeat period as the delay. Does nothing without one.
    pub fn again(&self) {
        let repeat_ms = self.0.repeat_ms.get();
        if repeat_ms > 0 && self.0.callback.is_set() {
            self.0.arm(repeat_ms);
        }
    }

    /// Stops the timer.
    pub fn stop(&self) {
        self.0.stop();
    }

    /// How long until the timer is due, by the loop time. `None` when it is not started.
    pub fn due_in(&self) -> Option<Duration> {
        let now_ms = self.0.state.handle.inner().clock.loop_time_ms();
        self.is_active()
            .then(|| Duration::from_millis(self.0.at.get().at_ms.saturating_sub(now_ms)))
    }
}

impl Watched for Timer {
    fn state(&self) -> &HandleState {
        &self.0.state
    }

    fn release(&self) {
        self.0.stop();
        self.0.callback.clear();
    }
}

handle_type!(Timer);

impl State {
    fn arm(self: &Rc<Self>, delay_ms: u64) {
        self.stop();
        let inner = self.state.handle.inner();
        let at = WakeUp {
            at_ms: inner.clock.loop_time_ms().saturating_add(delay_ms),
            start_id: inner.watchers.next_start_id(),
        };
        self.at.set(at);
        self.state.set_active(true);
        let mut started = inner.watchers.uv_timers.borrow_mut();
        started.insert(at, self.clone());
    }

    fn stop(&self) {
        self.state.set_active(false);
        let watchers = &self.state.handle.inner().watchers;
        let stopped = watchers.uv_timers.borrow_mut().remove(&self.at.get());
        drop(stopped);
    }

    /// Drops the callback, which may own the handle.
    pub(super) fn forget(&self) {
        self.state.set_active(false);
        self.callback.clear();
    }

    fn fire(self: &Rc<Self>) -> Result<(), Ended> {
        self.stop();
        if self.repeat_ms.get() > 0 {
            self.arm(self.repeat_ms.get());
        }
        let handle = self.state.handle.clone();
        handle.dispatch_kept(&self.callback, &())
    }
}

impl Handle {
    /// The timers phase: libuv's timers and the one behind Node's lists, by time.
    pub(crate) fn run_timers(&self) -> Result<(), Ended> {
        if self.inner().watchers.uv_timers.borrow().is_empty() {
            return self.run_node_timers();
        }
        // All that is due is taken first, so what these callbacks start waits for the next turn.
        let due = self.take_due_timers();
        let lists_at = self.inner().timers.wake_at.get();
        let (before, after): (Vec<_>, Vec<_>) = due
            .into_iter()
            .partition(|(at, _)| lists_at.is_none_or(|lists_at| *at < lists_at));
        fire_all(before)?;
        self.run_node_timers()?;
        fire_all(after)
    }

    fn take_due_timers(&self) -> Started {
        let inner = self.inner();
        let first_later = WakeUp {
            at_ms: inner.clock.loop_time_ms() + 1,
            start_id: 0,
        };
        let mut started = inner.watchers.uv_timers.borrow_mut();
        let later = started.split_off(&first_later);
        std::mem::replace(&mut *started, later)
    }

    /// When the next started timer handle is due.
    pub(crate) fn next_uv_timer_ms(&self) -> Option<u64> {
        let started = self.inner().watchers.uv_timers.borrow();
        started.first_key_value().map(|(at, _)| at.at_ms)
    }
}

fn fire_all(due: Vec<(WakeUp, Rc<State>)>) -> Result<(), Ended> {
    for (at, timer) in due {
        // Unless a callback before it has stopped it, or started it anew.
        if timer.state.is_active() && timer.at.get() == at {
            timer.fire()?;
        }
    }
    Ok(())
}

fn round_up_ms(delay: Duration) -> u64 {
    u64::try_from(delay.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
