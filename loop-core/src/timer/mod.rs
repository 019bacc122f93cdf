//! `setTimeout` and `setInterval`, in Node's order.

mod by_duration;
mod duration_hash;
mod list;
pub(crate) mod lists;
#[cfg(test)]
mod model_tests;
mod order;
mod phase;
mod slots;

use std::cell::{Cell, RefCell};
use std::fmt;
use std::task::Waker;
use std::time::Duration;

use self::lists::TimerLists;
use self::slots::TimerKey;
use crate::Outcome;
use crate::closure::Closure;
use crate::handle::Handle;

/// The longest delay of a timer. Node makes 1 ms of a longer one.
pub(crate) const DELAY_MAX_MS: u32 = i32::MAX as u32;

/// The timers of one loop and the low-level wake-up behind them (section 6.6).
pub(crate) struct Timers {
    pub(crate) lists: RefCell<TimerLists>,
    /// When the loop has to look at the lists: loop time in milliseconds, and the place in the
    /// order of low-level timers.
    pub(crate) wake_at: Cell<Option<WakeUp>>,
}

/// A set wake-up time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct WakeUp {
    pub(crate) at_ms: u64,
    /// libuv's `start_id`: orders low-level timers of one time.
    pub(crate) start_id: u64,
}

impl Timers {
    pub(crate) fn new() -> Self {
        Self {
            lists: RefCell::new(TimerLists::new()),
            wake_at: Cell::new(None),
        }
    }

    /// Whether a live timer keeps the loop alive.
    pub(crate) fn is_alive(&self) -> bool {
        self.lists.borrow().refed_count > 0
    }
}

/// A timer made by [`set_timeout`](crate::set_timeout) or [`set_interval`](crate::set_interval).
///
/// Dropping it does not clear the timer. A clone is the same timer.
///
/// # Node
///
/// The class `Timeout`. All its methods do what Node's do, on fired and cleared timers too.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let mut event_loop = synodic_loop::EventLoop::new()?;
/// event_loop.run(|| {
///     let timeout = synodic_loop::set_timeout(Duration::from_secs(60), || {});
///     assert!(timeout.has_ref());
///     timeout.unref(); // so the loop ends at once
/// });
/// # Ok::<(), synodic_loop::BuildError>(())
/// ```
pub struct Timeout {
    handle: Handle,
    key: TimerKey,
}

impl Timeout {
    /// Cancels the timer. Does nothing when it has fired or been cleared.
    #[doc(alias = "clearTimeout")]
    #[doc(alias = "clearInterval")]
    #[inline]
    pub fn clear(&self) {
        let timers = &self.handle.inner().timers;
        let has_to_drop = timers.lists.borrow_mut().clear(self.key);
        if has_to_drop {
            self.drop_callback();
        }
    }

    /// As [`clear`](Self::clear), and gives up the handle with it.
    #[inline]
    pub(crate) fn clear_and_drop(mut self) {
        let timers = &self.handle.inner().timers;
        if timers.lists.borrow_mut().clear_and_let_go(self.key) {
            self.key = TimerKey::NOBODY;
        } else {
            self.clear();
        }
    }

    /// Starts the timer anew from now, with the delay that it has. A timer that has fired becomes
    /// live again; one that was cleared does not.
    pub fn refresh(&self) {
        self.handle.refresh_timer(self.key);
    }

    /// Lets the timer keep the loop alive, as it does from the start.
    pub fn r#ref(&self) -> &Self {
        self.handle
            .inner()
            .timers
            .lists
            .borrow_mut()
            .set_refed(self.key, true);
        self
    }

    /// Lets the loop end although this timer has not fired.
    pub fn unref(&self) -> &Self {
        self.handle
            .inner()
            .timers
            .lists
            .borrow_mut()
            .set_refed(self.key, false);
        self
    }

    /// Whether the timer keeps the loop alive while it is live.
    pub fn has_ref(&self) -> bool {
        self.handle.inner().timers.lists.borrow().is_refed(self.key)
    }

    /// Drops the callback after `clear`, outside of any borrow.
    fn drop_callback(&self) {
        let mut lists = self.handle.inner().timers.lists.borrow_mut();
        let callback = lists.take_callback(self.key);
        drop(lists);
        drop(callback);
    }

    /// Frees the timer, which nobody can name any more, and drops its callback outside of any
    /// borrow.
    fn release(&self) {
        let mut lists = self.handle.inner().timers.lists.borrow_mut();
        let callback = lists.release(self.key);
        drop(lists);
        drop(callback);
    }

    /// Whether the timer is still to fire.
    pub(crate) fn is_live(&self) -> bool {
        self.handle.inner().timers.lists.borrow().is_live(self.key)
    }

    /// Makes the timer wake another task.
    pub(crate) fn set_waker(&self, waker: &Waker) {
        let old = self
            .handle
            .inner()
            .timers
            .lists
            .borrow_mut()
            .set_waker(self.key, waker);
        drop(old);
    }
}

impl Clone for Timeout {
    fn clone(&self) -> Self {
        self.handle
            .inner()
            .timers
            .lists
            .borrow_mut()
            .add_handle(self.key);
        Self {
            handle: self.handle.clone(),
            key: self.key,
        }
    }
}

impl Drop for Timeout {
    #[inline]
    fn drop(&mut self) {
        if self.key == TimerKey::NOBODY {
            return;
        }
        let timers = &self.handle.inner().timers;
        let has_to_release = timers.lists.borrow_mut().remove_handle(self.key);
        if has_to_release {
            self.release();
        }
    }
}

impl fmt::Debug for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeout")
            .field("live", &self.is_live())
            .finish_non_exhaustive()
    }
}

impl Handle {
    /// Calls `callback` once, after `delay`. See [`set_timeout`](crate::set_timeout).
    pub fn set_timeout<O: Outcome<Value = ()>>(
        &self,
        delay: Duration,
        callback: impl FnMut() -> O + 'static,
    ) -> Timeout {
        self.arm(delay, false, call(callback))
    }

    /// Calls `callback` every `period`. See [`set_interval`](crate::set_interval).
    pub fn set_interval<O: Outcome<Value = ()>>(
        &self,
        period: Duration,
        callback: impl FnMut() -> O + 'static,
    ) -> Timeout {
        self.arm(period, true, call(callback))
    }

    /// A timer that wakes a task.
    pub(crate) fn set_wake_timer(&self, delay: Duration, waker: &Waker) -> Timeout {
        self.arm(delay, false, Closure::wake(waker.clone()))
    }

    #[inline]
    fn arm(&self, delay: Duration, repeats: bool, callback: Closure) -> Timeout {
        let now_ms = self.inner().clock.read();
        let mut lists = self.inner().timers.lists.borrow_mut();
        let (key, wake_in) = lists.set(node_delay_ms(delay), repeats, now_ms, callback);
        drop(lists);
        self.start_wake_up(wake_in);
        let timeout = Timeout {
            handle: self.clone(),
            key,
        };
        if self.is_closed() {
            timeout.clear();
        }
        timeout
    }

    fn refresh_timer(&self, key: TimerKey) {
        let now_ms = self.inner().clock.read();
        let wake_in = self.inner().timers.lists.borrow_mut().refresh(key, now_ms);
        self.start_wake_up(wake_in);
    }

    /// Sets the wake-up time, in milliseconds from the loop time.
    #[inline]
    pub(crate) fn start_wake_up(&self, wake_in_ms: Option<u32>) {
        if let Some(wake_in_ms) = wake_in_ms {
            let at_ms = self.inner().clock.loop_time_ms() + u64::from(wake_in_ms);
            let start_id = self.inner().watchers.next_start_id();
            self.inner()
                .timers
                .wake_at
                .set(Some(WakeUp { at_ms, start_id }));
        }
    }
}

#[inline]
fn call<O: Outcome<Value = ()>>(mut callback: impl FnMut() -> O + 'static) -> Closure {
    Closure::new(move || callback().into_result())
}

/// Node's coercion of a delay: whole milliseconds, and 1 for what is below 1 or above 2^31 - 1.
#[inline]
fn node_delay_ms(delay: Duration) -> u32 {
    match u32::try_from(delay.as_millis()) {
        Ok(ms) if (1..=DELAY_MAX_MS).contains(&ms) => ms,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_coerced_as_node_does() {
        let coerced = |ms: u64| node_delay_ms(Duration::from_millis(ms));
        assert_eq!(coerced(0), 1);
        assert_eq!(coerced(20), 20);
        assert_eq!(coerced(2_147_483_647), 2_147_483_647);
        assert_eq!(coerced(2_147_483_648), 1);
        assert_eq!(node_delay_ms(Duration::from_micros(20_900)), 20);
        assert_eq!(node_delay_ms(Duration::MAX), 1);
    }
}
