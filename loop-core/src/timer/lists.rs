//! Node's timer lists: one list a duration, and the lists ordered by expiry.
//!
//! Arming a timer of a known duration appends to a list, so it costs O(1) and moves nothing. The
//! order that follows is Node's and not that of deadlines: a list is emptied of all that is due
//! before the next list is looked at, and its expiry goes stale when its first timer is cleared
//! (sections 6.1 to 6.5 of `conformance/node/ordering/SEMANTICS.md`).
//!
//! Nothing in here calls user code.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::task::Waker;

use super::duration_hash::DurationHash;
use crate::Reason;

/// No timer, or no list.
const NONE: u32 = u32::MAX;

/// A stale heap entry stays until it comes to the top, or until this many, and half of the heap,
/// are stale.
const STALE_ENTRIES_MIN: usize = 64;

/// Names a timer: its place, and which of the timers it is that have had this place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimerKey {
    index: u32,
    generation: u32,
}

/// Names a list as it was when it was looked at: rescheduling or removing it makes the name void.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ListKey {
    index: u32,
    sequence: u64,
}

/// What a timer does when it is due.
pub(crate) enum Action {
    Call(Box<dyn FnMut() -> Result<(), Reason>>),
    Wake(Waker),
}

struct Timer {
    generation: u32,
    /// Handles that can still name the timer.
    handles: u32,
    previous: u32,
    next: u32,
    /// The list that it is in, or `NONE`.
    list: u32,
    duration_ms: u32,
    start_ms: u64,
    repeats: bool,
    refed: bool,
    /// Fired or cleared: not live, not counted.
    dead: bool,
    /// Cleared while it was live: refresh does nothing.
    destroyed: bool,
    /// Its callback has been removed by clear.
    silenced: bool,
    /// Its callback runs now, so the slot must stay.
    running: bool,
    action: Option<Action>,
}

struct List {
    duration_ms: u32,
    expiry_ms: u64,
    /// Of the global counter; `u64::MAX` marks a free place.
    sequence: u64,
    first: u32,
    last: u32,
}

/// All timers of one loop.
pub(crate) struct TimerLists {
    timers: Vec<Timer>,
    free_timers: Vec<u32>,
    lists: Vec<List>,
    free_lists: Vec<u32>,
    by_duration: HashMap<u32, u32, DurationHash>,
    /// (expiry, sequence, list). An entry whose sequence is not its list's is stale.
    order: BinaryHeap<Reverse<(u64, u64, u32)>>,
    stale_entries: usize,
    next_sequence: u64,
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

impl TimerLists {
    pub(crate) fn new() -> Self {
        Self {
            timers: Vec::new(),
            free_timers: Vec::new(),
            lists: Vec::new(),
            free_lists: Vec::new(),
            by_duration: HashMap::with_hasher(DurationHash::new()),
            order: BinaryHeap::new(),
            stale_entries: 0,
            next_sequence: 0,
            next_expiry_ms: u64::MAX,
            refed_count: 0,
        }
    }

    /// Makes a live timer that is in no list yet, with one handle.
    pub(crate) fn create(&mut self, duration_ms: u32, repeats: bool, action: Action) -> TimerKey {
        let timer = Timer {
            generation: 0,
            handles: 1,
            previous: NONE,
            next: NONE,
            list: NONE,
            duration_ms,
            start_ms: 0,
            repeats,
            refed: true,
            dead: false,
            destroyed: false,
            silenced: false,
            running: false,
            action: Some(action),
        };
        self.refed_count += 1;
        let Some(index) = self.free_timers.pop() else {
            self.timers.push(timer);
            let index = u32::try_from(self.timers.len() - 1).expect("fewer than 2^32 timers");
            return TimerKey {
                index,
                generation: 0,
            };
        };
        let slot = &mut self.timers[index as usize];
        let generation = slot.generation.wrapping_add(1);
        *slot = Timer {
            generation,
            ..timer
        };
        TimerKey { index, generation }
    }

    /// Appends a timer to the list of its duration. Returns the new wake-up delay, in
    /// milliseconds from the loop time, when a list was made that expires before all others.
    pub(crate) fn insert(&mut self, key: TimerKey, start_ms: u64) -> Option<u32> {
        let duration_ms = self.timer(key).duration_ms;
        self.timer_mut(key).start_ms = start_ms;
        let (list, wake_in) = match self.by_duration.get(&duration_ms) {
            Some(&list) => (list, None),
            None => self.create_list(duration_ms, start_ms),
        };
        self.unlink(key);
        self.append(list, key.index);
        wake_in
    }

    fn create_list(&mut self, duration_ms: u32, start_ms: u64) -> (u32, Option<u32>) {
        let expiry_ms = start_ms + u64::from(duration_ms);
        let sequence = self.take_sequence();
        let made = List {
            duration_ms,
            expiry_ms,
            sequence,
            first: NONE,
            last: NONE,
        };
        let list = match self.free_lists.pop() {
            Some(list) => {
                self.lists[list as usize] = made;
                list
            }
            None => {
                self.lists.push(made);
                u32::try_from(self.lists.len() - 1).expect("durations are 31 bits")
            }
        };
        self.by_duration.insert(duration_ms, list);
        self.order.push(Reverse((expiry_ms, sequence, list)));
        let earliest = expiry_ms < self.next_expiry_ms;
        if earliest {
            self.next_expiry_ms = expiry_ms;
        }
        (list, earliest.then_some(duration_ms))
    }

    /// The first list by expiry.
    pub(crate) fn first(&mut self, now_ms: u64) -> First {
        while let Some(&Reverse((expiry_ms, sequence, list))) = self.order.peek() {
            if self.lists[list as usize].sequence != sequence {
                self.order.pop();
                self.stale_entries -= 1;
                continue;
            }
            if expiry_ms > now_ms {
                return First::Later { expiry_ms };
            }
            return First::Due(ListKey {
                index: list,
                sequence,
            });
        }
        First::Nothing
    }

    /// Remembers the expiry that the wake-up time is set to; `u64::MAX` for none.
    pub(crate) fn set_next_expiry(&mut self, expiry_ms: u64) {
        self.next_expiry_ms = expiry_ms;
    }

    /// Looks at the first timer of a list; a timer that is not due reschedules the list, and the
    /// end of a list removes it.
    pub(crate) fn head(&mut self, list: ListKey, now_ms: u64) -> Head {
        if self.lists[list.index as usize].sequence != list.sequence {
            // The list was removed by a callback; perhaps another one stands in its place.
            return Head::Done;
        }
        let first = self.lists[list.index as usize].first;
        if first == NONE {
            self.remove_list(list.index);
            return Head::Done;
        }
        let timer = &self.timers[first as usize];
        let duration_ms = u64::from(timer.duration_ms);
        if now_ms - timer.start_ms.min(now_ms) < duration_ms {
            let expiry_ms = (timer.start_ms + duration_ms).max(now_ms + 1);
            self.reschedule(list.index, expiry_ms);
            return Head::Done;
        }
        Head::Due(TimerKey {
            index: first,
            generation: timer.generation,
        })
    }

    /// Takes a due timer out of its list to run it. `None` when there is nothing to call: it has
    /// been cleared since it was looked at, or was revived without a callback.
    pub(crate) fn start(&mut self, key: TimerKey) -> Option<Running> {
        if !self.exists(key) {
            return None;
        }
        self.unlink(key);
        let timer = self.timer_mut(key);
        let Some(action) = timer.action.take() else {
            self.kill(key);
            self.release_if_gone(key);
            return None;
        };
        timer.running = true;
        Some(Running {
            key,
            action,
            repeats: timer.repeats,
        })
    }

    /// Puts a timer back after its callback. Returns true when it is an interval to insert again.
    /// What comes back in `unused` is for the caller to drop, outside of any borrow.
    pub(crate) fn finish(&mut self, key: TimerKey, action: Action) -> (bool, Option<Action>) {
        let timer = self.timer_mut(key);
        timer.running = false;
        let unused = if timer.silenced || matches!(action, Action::Wake(_)) {
            Some(action)
        } else {
            timer.action = Some(action);
            None
        };
        if timer.repeats && !timer.destroyed {
            return (true, unused);
        }
        if timer.list == NONE {
            self.kill(key);
        }
        (false, self.release_if_gone(key).or(unused))
    }

    /// Arms a timer again from now, if it can be: its start is `start_ms`. Returns what
    /// [`insert`](Self::insert) does.
    pub(crate) fn refresh(&mut self, key: TimerKey, start_ms: u64) -> Option<u32> {
        if self.timer(key).destroyed {
            return None;
        }
        let wake_in = self.insert(key, start_ms);
        let timer = self.timer_mut(key);
        if timer.dead {
            timer.dead = false;
            if timer.refed {
                self.refed_count += 1;
            }
        }
        wake_in
    }

    /// Clears a timer. Returns its callback, for the caller to drop outside of any borrow.
    pub(crate) fn clear(&mut self, key: TimerKey) -> Option<Action> {
        let timer = self.timer_mut(key);
        if timer.silenced {
            return None;
        }
        timer.silenced = true;
        let action = timer.action.take();
        if timer.dead {
            return action;
        }
        timer.destroyed = true;
        let (refed, duration_ms) = (timer.refed, timer.duration_ms);
        self.unlink(key);
        self.kill(key);
        // An unref'd timer leaves its empty list until it expires, as in Node.
        if refed
            && let Some(&list) = self.by_duration.get(&duration_ms)
            && self.lists[list as usize].first == NONE
        {
            self.remove_list(list);
        }
        action
    }

    pub(crate) fn set_refed(&mut self, key: TimerKey, refed: bool) {
        let timer = self.timer_mut(key);
        if std::mem::replace(&mut timer.refed, refed) == refed || timer.dead {
            return;
        }
        if refed {
            self.refed_count += 1;
        } else {
            self.refed_count -= 1;
        }
    }

    pub(crate) fn is_refed(&self, key: TimerKey) -> bool {
        self.timer(key).refed
    }

    /// Whether the timer will fire.
    pub(crate) fn is_live(&self, key: TimerKey) -> bool {
        !self.timer(key).dead
    }

    /// Replaces the waker of a timer that is still to fire.
    pub(crate) fn set_waker(&mut self, key: TimerKey, waker: &Waker) -> Option<Action> {
        let action = &mut self.timer_mut(key).action;
        match action {
            Some(Action::Wake(old)) if old.will_wake(waker) => None,
            _ => action.replace(Action::Wake(waker.clone())),
        }
    }

    /// Counts another handle.
    pub(crate) fn add_handle(&mut self, key: TimerKey) {
        self.timer_mut(key).handles += 1;
    }

    /// Gives up a handle. Returns what the caller is to drop outside of any borrow.
    pub(crate) fn remove_handle(&mut self, key: TimerKey) -> Option<Action> {
        if !self.exists(key) {
            return None;
        }
        self.timer_mut(key).handles -= 1;
        self.release_if_gone(key)
    }

    /// Takes all timers out, to be dropped outside of any borrow.
    pub(crate) fn take_actions(&mut self) -> Vec<Action> {
        self.timers
            .iter_mut()
            .filter_map(|timer| timer.action.take())
            .collect()
    }

    fn take_sequence(&mut self) -> u64 {
        self.next_sequence += 1;
        self.next_sequence
    }

    fn reschedule(&mut self, list: u32, expiry_ms: u64) {
        let sequence = self.take_sequence();
        let entry = &mut self.lists[list as usize];
        entry.expiry_ms = expiry_ms;
        entry.sequence = sequence;
        self.order.push(Reverse((expiry_ms, sequence, list)));
        self.count_stale();
    }

    fn remove_list(&mut self, list: u32) {
        let entry = &mut self.lists[list as usize];
        entry.sequence = u64::MAX;
        let duration_ms = entry.duration_ms;
        self.by_duration.remove(&duration_ms);
        self.free_lists.push(list);
        self.count_stale();
    }

    fn count_stale(&mut self) {
        self.stale_entries += 1;
        if self.stale_entries < STALE_ENTRIES_MIN || self.stale_entries * 2 < self.order.len() {
            return;
        }
        let lists = &self.lists;
        self.order
            .retain(|Reverse((_, sequence, list))| lists[*list as usize].sequence == *sequence);
        self.stale_entries = 0;
    }

    fn kill(&mut self, key: TimerKey) {
        let timer = self.timer_mut(key);
        if !std::mem::replace(&mut timer.dead, true) && timer.refed {
            self.refed_count -= 1;
        }
    }

    fn append(&mut self, list: u32, index: u32) {
        let entry = &mut self.lists[list as usize];
        let last = std::mem::replace(&mut entry.last, index);
        if last == NONE {
            entry.first = index;
        } else {
            self.timers[last as usize].next = index;
        }
        let timer = &mut self.timers[index as usize];
        timer.previous = last;
        timer.next = NONE;
        timer.list = list;
    }

    fn unlink(&mut self, key: TimerKey) {
        let timer = self.timer_mut(key);
        let list = std::mem::replace(&mut timer.list, NONE);
        if list == NONE {
            return;
        }
        let (previous, next) = (timer.previous, timer.next);
        match previous {
            NONE => self.lists[list as usize].first = next,
            _ => self.timers[previous as usize].next = next,
        }
        match next {
            NONE => self.lists[list as usize].last = previous,
            _ => self.timers[next as usize].previous = previous,
        }
    }

    /// Frees the slot of a dead timer that nobody can name any more.
    fn release_if_gone(&mut self, key: TimerKey) -> Option<Action> {
        let timer = self.timer_mut(key);
        if !timer.dead || timer.handles > 0 || timer.running {
            return None;
        }
        // The next timer in this slot gets another generation; until then nobody matches.
        timer.generation = timer.generation.wrapping_add(1);
        let action = timer.action.take();
        self.free_timers.push(key.index);
        action
    }

    fn exists(&self, key: TimerKey) -> bool {
        self.timers
            .get(key.index as usize)
            .is_some_and(|timer| timer.generation == key.generation)
    }

    fn timer(&self, key: TimerKey) -> &Timer {
        debug_assert!(self.exists(key), "a handle keeps its timer's slot");
        &self.timers[key.index as usize]
    }

    fn timer_mut(&mut self, key: TimerKey) -> &mut Timer {
        debug_assert!(self.exists(key), "a handle keeps its timer's slot");
        &mut self.timers[key.index as usize]
    }
}

/// A timer on its way into its callback.
pub(crate) struct Running {
    pub(crate) key: TimerKey,
    pub(crate) action: Action,
    pub(crate) repeats: bool,
}
