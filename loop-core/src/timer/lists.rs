//! Node's timer lists: one list a duration, and the lists ordered by expiry.
//!
//! Arming a timer of a known duration appends to a list, so it costs O(1) and moves nothing. The
//! order that follows is Node's and not that of deadlines: a list is emptied of all that is due
//! before the next list is looked at, and its expiry goes stale when its first timer is cleared
//! (sections 6.1 to 6.5 of `conformance/node/ordering/SEMANTICS.md`).
//!
//! Nothing in here calls user code.

use std::task::Waker;

use super::by_duration::ByDuration;
use super::list::List;
use super::order::{ListKey, ListOrder};
use super::slots::{NONE, Slots, State, Timer, TimerKey};
use crate::closure::Closure;

/// All timers of one loop.
pub(crate) struct TimerLists {
    pub(super) timers: Slots,
    pub(super) lists: Vec<List>,
    free_lists: Vec<u32>,
    by_duration: ByDuration,
    pub(super) order: ListOrder,
    /// The earliest expiry that the wake-up time knows of; `u64::MAX` for none.
    next_expiry_ms: u64,
    /// Live timers that keep the loop alive.
    pub(super) refed_count: usize,
}

/// What the first list says about now.
pub(crate) enum First {
    /// There is no list.
    Nothing,
    /// Nothing is due; the first list expires then.
    Later { expiry_ms: u64 },
    /// This list may have something due.
    Due(ListKey),
}

/// What the first timer of a list says about now.
pub(crate) enum Head {
    /// The list is empty, or has been rescheduled: go on with the next list.
    Done,
    /// This timer is due.
    Due(TimerKey),
}

/// A timer on its way into its callback.
pub(crate) struct Running {
    pub(crate) key: TimerKey,
    pub(crate) callback: Closure,
    pub(crate) repeats: bool,
}

impl TimerLists {
    pub(crate) fn new() -> Self {
        Self {
            timers: Slots::new(),
            lists: Vec::new(),
            free_lists: Vec::new(),
            by_duration: ByDuration::new(),
            order: ListOrder::new(),
            next_expiry_ms: u64::MAX,
            refed_count: 0,
        }
    }

    /// Makes a live timer with one holder, at the end of the list of its duration. Returns the
    /// new wake-up delay too, in milliseconds from the loop time, when a list was made that
    /// expires before all others.
    #[inline]
    pub(crate) fn set(
        &mut self,
        duration_ms: u32,
        repeats: bool,
        start_ms: u64,
        callback: Closure,
    ) -> (TimerKey, Option<u32>) {
        let (list, wake_in) = self.list_of(duration_ms, start_ms);
        let mut state = if repeats {
            State::INTERVAL
        } else {
            State::TIMEOUT
        };
        state.set_drops(callback.has_drop());
        let position = self.lists[list as usize].push(self.timers.next());
        let timer = Timer {
            start_ms,
            duration_ms,
            generation: 0,
            holders: 1,
            list,
            position,
            state,
        };
        let key = self.timers.insert(timer, callback);
        self.refed_count += 1;
        (key, wake_in)
    }

    /// Appends a timer, which may be in a list already, to the list of its duration. Returns the
    /// new wake-up delay as [`set`](Self::set) does.
    pub(crate) fn insert(&mut self, key: TimerKey, start_ms: u64) -> Option<u32> {
        let duration_ms = self.timer(key).duration_ms;
        let (list, wake_in) = self.list_of(duration_ms, start_ms);
        self.unlink(key.index);
        let position = self.lists[list as usize].push(key.index);
        let timer = self.timer_mut(key);
        timer.start_ms = start_ms;
        timer.list = list;
        timer.position = position;
        wake_in
    }

    #[inline]
    fn list_of(&mut self, duration_ms: u32, start_ms: u64) -> (u32, Option<u32>) {
        match self.by_duration.get(duration_ms) {
            Some(list) => (list, None),
            None => self.create_list(duration_ms, start_ms),
        }
    }

    #[cold]
    fn create_list(&mut self, duration_ms: u32, start_ms: u64) -> (u32, Option<u32>) {
        let expiry_ms = start_ms + u64::from(duration_ms);
        let index = match self.free_lists.pop() {
            Some(index) => {
                self.lists[index as usize].reuse(duration_ms);
                index
            }
            None => {
                self.lists.push(List::new(duration_ms));
                u32::try_from(self.lists.len() - 1).expect("durations are 31 bits")
            }
        };
        self.by_duration.insert(duration_ms, index);
        self.order.schedule(index, expiry_ms);
        let earliest = expiry_ms < self.next_expiry_ms;
        if earliest {
            self.next_expiry_ms = expiry_ms;
        }
        (index, earliest.then_some(duration_ms))
    }

    /// The first list by expiry.
    pub(crate) fn first(&mut self, now_ms: u64) -> First {
        match self.order.first() {
            None => First::Nothing,
            Some((expiry_ms, _)) if expiry_ms > now_ms => First::Later { expiry_ms },
            Some((_, list)) => First::Due(list),
        }
    }

    /// Remembers the expiry that the wake-up time is set to; `u64::MAX` for none.
    pub(crate) fn set_next_expiry(&mut self, expiry_ms: u64) {
        self.next_expiry_ms = expiry_ms;
    }

    /// Looks at the first timer of a list; a timer that is not due reschedules the list, and the
    /// end of a list removes it.
    pub(crate) fn head(&mut self, key: ListKey, now_ms: u64) -> Head {
        if !self.order.is_current(key) {
            // The list was removed by a callback; perhaps another one stands in its place.
            return Head::Done;
        }
        let Some(index) = self.lists[key.index as usize].first() else {
            self.remove_list(key.index);
            return Head::Done;
        };
        let timer = &self.timers[index];
        let due_ms = timer.start_ms + u64::from(timer.duration_ms);
        if due_ms > now_ms.max(timer.start_ms) {
            self.order.schedule(key.index, due_ms.max(now_ms + 1));
            return Head::Done;
        }
        Head::Due(TimerKey {
            index,
            generation: timer.generation,
        })
    }

    /// Takes a due timer out of its list to run it. `None` when there is nothing to call: it has
    /// been cleared since it was looked at, or was revived without a callback.
    pub(crate) fn start(&mut self, key: TimerKey) -> Option<Running> {
        if !self.timers.exists(key) {
            return None;
        }
        self.unlink(key.index);
        let callback = match self.timer(key).state.is_silenced() {
            true => None,
            false => self.timers.callback(key.index).take(),
        };
        let Some(callback) = callback else {
            self.kill(key);
            if self.timer(key).is_gone() {
                self.timers.free(key.index);
            }
            return None;
        };
        let timer = self.timer_mut(key);
        timer.holders += 1;
        Some(Running {
            key,
            callback,
            repeats: timer.state.repeats(),
        })
    }

    /// Puts a timer back after its callback. Returns true when it is an interval to insert again.
    /// A callback that is not taken is for the caller to drop, outside of any borrow.
    pub(crate) fn finish(&mut self, key: TimerKey, callback: &mut Option<Closure>) -> bool {
        let timer = self.timer_mut(key);
        timer.holders -= 1;
        let repeats = timer.state.repeats() && !timer.state.is_destroyed();
        if !repeats && timer.list == NONE {
            self.kill(key);
        }
        let timer = self.timer_mut(key);
        if timer.is_gone() {
            self.timers.free(key.index);
            return false;
        }
        let is_waker = |callback: &Closure| callback.as_waker().is_some();
        if !timer.state.is_silenced() && !callback.as_ref().is_some_and(is_waker) {
            *self.timers.callback(key.index) = callback.take();
        }
        repeats
    }

    /// Arms a timer again from now, if it can be: its start is `start_ms`. Returns what
    /// [`insert`](Self::insert) does.
    pub(crate) fn refresh(&mut self, key: TimerKey, start_ms: u64) -> Option<u32> {
        if self.timer(key).state.is_destroyed() {
            return None;
        }
        let wake_in = self.insert(key, start_ms);
        let timer = self.timer_mut(key);
        if !timer.state.is_live() {
            timer.state.set_live(true);
            if timer.state.is_counted() {
                self.refed_count += 1;
            }
        }
        wake_in
    }

    /// Clears a timer. Returns whether the caller has to take the callback and drop it.
    #[inline]
    pub(crate) fn clear(&mut self, key: TimerKey) -> bool {
        debug_assert!(self.timers.exists(key), "a handle keeps its timer's place");
        let timer = &mut self.timers[key.index];
        let index = timer.list;
        if index == NONE || !timer.state.is_usual() {
            return self.clear_unusual(key.index);
        }
        timer.state.destroy_usual();
        timer.list = NONE;
        let (drops, position) = (timer.state.drops(), timer.position);
        self.refed_count -= 1;
        self.take_out(index, position);
        drops
    }

    /// Clears a timer and takes its only holder away, in one step. Does nothing and returns false
    /// when it is another than the usual timer that waits, or has a callback to drop.
    #[inline]
    pub(crate) fn clear_and_let_go(&mut self, key: TimerKey) -> bool {
        debug_assert!(self.timers.exists(key), "a handle keeps its timer's place");
        let Some((index, position)) = self.timers.take_usual(key.index) else {
            return false;
        };
        self.refed_count -= 1;
        self.take_out(index, position);
        true
    }

    /// Takes a timer that was cleared out of its list, and the list with the last one.
    #[inline]
    fn take_out(&mut self, index: u32, position: u32) {
        let list = &mut self.lists[index as usize];
        if list.remove(position) {
            Self::close_holes(list, &mut self.timers);
        } else if list.is_empty() {
            self.remove_list(index);
        }
    }

    /// Clears a timer that is unref'd, or running, or dead.
    #[cold]
    fn clear_unusual(&mut self, index: u32) -> bool {
        let timer = &mut self.timers[index];
        let (was, duration_ms) = (timer.state, timer.duration_ms);
        if was.is_silenced() {
            return false;
        }
        let drops = was.drops();
        if !was.is_live() {
            timer.state.silence();
            return drops;
        }
        timer.state.destroy();
        self.unlink(index);
        if !was.is_refed() {
            // Its empty list is left until it expires, as in Node.
            return drops;
        }
        self.refed_count -= 1;
        // Its callback runs, so it is in no list; that of its duration may be empty.
        if let Some(list) = self.by_duration.get(duration_ms)
            && self.lists[list as usize].is_empty()
        {
            self.remove_list(list);
        }
        drops
    }

    /// Takes out the callback of a timer that was cleared.
    pub(crate) fn take_callback(&mut self, key: TimerKey) -> Option<Closure> {
        self.timer_mut(key).state.set_drops(false);
        self.timers.callback(key.index).take()
    }

    pub(crate) fn set_refed(&mut self, key: TimerKey, refed: bool) {
        let timer = self.timer_mut(key);
        let was_counted = timer.state.is_counted();
        timer.state.set_refed(refed);
        match (was_counted, timer.state.is_counted()) {
            (false, true) => self.refed_count += 1,
            (true, false) => self.refed_count -= 1,
            _ => {}
        }
    }

    pub(crate) fn is_refed(&self, key: TimerKey) -> bool {
        self.timer(key).state.is_refed()
    }

    /// Whether the timer will fire.
    pub(crate) fn is_live(&self, key: TimerKey) -> bool {
        self.timer(key).state.is_live()
    }

    /// Replaces the waker of a timer that is still to fire.
    pub(crate) fn set_waker(&mut self, key: TimerKey, waker: &Waker) -> Option<Closure> {
        self.timer_mut(key).state.set_drops(true);
        let callback = self.timers.callback(key.index);
        let old = callback.as_ref().and_then(Closure::as_waker);
        if old.is_some_and(|old| old.will_wake(waker)) {
            return None;
        }
        callback.replace(Closure::wake(waker.clone()))
    }

    /// Counts another handle.
    pub(crate) fn add_handle(&mut self, key: TimerKey) {
        self.timer_mut(key).holders += 1;
    }

    /// Gives up a handle. Returns whether the caller has to [`release`](Self::release) the timer.
    #[inline]
    pub(crate) fn remove_handle(&mut self, key: TimerKey) -> bool {
        debug_assert!(self.timers.exists(key), "a handle keeps its timer's place");
        self.timers.let_go(key.index)
    }

    /// Frees the place of a timer that nobody can name any more. Its callback is for the caller
    /// to drop, outside of any borrow.
    pub(crate) fn release(&mut self, key: TimerKey) -> Option<Closure> {
        let callback = self.take_callback(key);
        self.timers.free(key.index);
        callback
    }

    /// Takes all callbacks out, to be dropped outside of any borrow.
    pub(crate) fn take_callbacks(&mut self) -> Vec<Closure> {
        self.timers.take_callbacks()
    }

    #[cold]
    fn remove_list(&mut self, index: u32) {
        let list = &mut self.lists[index as usize];
        list.shrink();
        self.by_duration.remove(list.duration_ms);
        self.free_lists.push(index);
        self.order.remove(index);
    }

    /// Takes a timer out of its list, if it is in one.
    #[inline]
    fn unlink(&mut self, index: u32) {
        let timer = &mut self.timers[index];
        let list = std::mem::replace(&mut timer.list, NONE);
        if list == NONE {
            return;
        }
        let list = &mut self.lists[list as usize];
        if list.remove(timer.position) {
            Self::close_holes(list, &mut self.timers);
        }
    }

    #[cold]
    fn close_holes(list: &mut List, timers: &mut Slots) {
        list.compact(|index, position| timers[index].position = position);
    }

    /// Says that a timer has fired.
    fn kill(&mut self, key: TimerKey) {
        let timer = self.timer_mut(key);
        let was_counted = timer.state.is_counted();
        timer.state.set_live(false);
        if was_counted {
            self.refed_count -= 1;
        }
    }

    #[inline]
    fn timer(&self, key: TimerKey) -> &Timer {
        debug_assert!(self.timers.exists(key), "a handle keeps its timer's place");
        &self.timers[key.index]
    }

    #[inline]
    fn timer_mut(&mut self, key: TimerKey) -> &mut Timer {
        debug_assert!(self.timers.exists(key), "a handle keeps its timer's place");
        &mut self.timers[key.index]
    }
}
