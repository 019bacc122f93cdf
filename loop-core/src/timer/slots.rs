//! Where timers are kept: in places that are used again. Records and callbacks are apart, so that
//! clearing timers, which looks at no callback, reads half as much memory.

use std::ops::{Index, IndexMut};

use crate::closure::Closure;

/// No place, or no list.
pub(super) const NONE: u32 = u32::MAX;

/// Names a timer: its place, and which of the timers it is that have had this place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimerKey {
    pub(super) index: u32,
    pub(super) generation: u32,
}

impl TimerKey {
    /// The key of no timer.
    pub(crate) const NOBODY: Self = Self {
        index: NONE,
        generation: 0,
    };
}

/// What is known of a timer beside its times: flags in one byte, so one comparison finds the usual
/// case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State(u8);

impl State {
    /// To fire, and counted.
    const LIVE: u8 = 1;
    /// It keeps the loop alive while it is live.
    const REFED: u8 = 2;
    /// It is armed again after its callback.
    const REPEATS: u8 = 4;
    /// Its callback has been removed by clear.
    const SILENCED: u8 = 8;
    /// It was cleared while it was live: refresh does nothing.
    const DESTROYED: u8 = 16;

    /// It may have a callback whose drop does something.
    const DROPS: u8 = 32;

    /// A timer that was just set.
    pub(super) const TIMEOUT: Self = Self(Self::LIVE | Self::REFED);
    /// An interval that was just set.
    pub(super) const INTERVAL: Self = Self(Self::LIVE | Self::REFED | Self::REPEATS);

    #[inline]
    fn has(self, flag: u8) -> bool {
        self.0 & flag != 0
    }

    #[inline]
    fn set(&mut self, flag: u8, on: bool) {
        if on {
            self.0 |= flag;
        } else {
            self.0 &= !flag;
        }
    }

    pub(super) fn is_live(self) -> bool {
        self.has(Self::LIVE)
    }

    pub(super) fn is_refed(self) -> bool {
        self.has(Self::REFED)
    }

    /// Whether it is counted among those that keep the loop alive.
    #[inline]
    pub(super) fn is_counted(self) -> bool {
        self.0 & (Self::LIVE | Self::REFED) == Self::LIVE | Self::REFED
    }

    pub(super) fn repeats(self) -> bool {
        self.has(Self::REPEATS)
    }

    pub(super) fn is_silenced(self) -> bool {
        self.has(Self::SILENCED)
    }

    pub(super) fn is_destroyed(self) -> bool {
        self.has(Self::DESTROYED)
    }

    /// Whether a callback may be left whose drop does something.
    #[inline]
    pub(super) fn drops(self) -> bool {
        self.has(Self::DROPS)
    }

    #[inline]
    pub(super) fn set_drops(&mut self, drops: bool) {
        self.set(Self::DROPS, drops);
    }

    pub(super) fn set_live(&mut self, live: bool) {
        self.set(Self::LIVE, live);
    }

    pub(super) fn set_refed(&mut self, refed: bool) {
        self.set(Self::REFED, refed);
    }

    /// Whether it is counted, and calls something: as a timer does that waits.
    #[inline]
    pub(super) fn is_usual(self) -> bool {
        self.0 & !(Self::REPEATS | Self::DROPS) == Self::LIVE | Self::REFED
    }

    /// Whether it is [usual](Self::is_usual), and its callback has no drop.
    #[inline]
    fn is_usual_without_drop(self) -> bool {
        self.0 & !Self::REPEATS == Self::LIVE | Self::REFED
    }

    /// What `clear` does to a dead timer.
    pub(super) fn silence(&mut self) {
        self.0 |= Self::SILENCED;
    }

    /// What `clear` does to a usual timer: [`destroy`](Self::destroy) in one instruction.
    #[inline]
    pub(super) fn destroy_usual(&mut self) {
        self.0 ^= Self::LIVE | Self::SILENCED | Self::DESTROYED;
    }

    /// What `clear` does to a live timer.
    pub(super) fn destroy(&mut self) {
        self.0 = self.0 & !Self::LIVE | Self::SILENCED | Self::DESTROYED;
    }
}

/// A timer but for its callback: half a cache line.
pub(super) struct Timer {
    pub(super) start_ms: u64,
    pub(super) duration_ms: u32,
    pub(super) generation: u32,
    /// Handles that can still name the timer, and its callback while that runs.
    pub(super) holders: u32,
    /// The list that it is in, or `NONE`.
    pub(super) list: u32,
    /// Its position in the list; the next free place once the timer is gone.
    pub(super) position: u32,
    pub(super) state: State,
}

impl Timer {
    /// Whether it is dead, and nobody can name it any more.
    #[inline]
    pub(super) fn is_gone(&self) -> bool {
        self.holders == 0 && !self.state.is_live()
    }
}

/// The places of all timers of a loop.
pub(super) struct Slots {
    timers: Vec<Timer>,
    /// By place. Away while it runs. One without a drop may stay after clear: the timer's state
    /// says so.
    callbacks: Vec<Option<Closure>>,
    /// The place that was freed last; each names the next.
    free: u32,
}

impl Slots {
    pub(super) fn new() -> Self {
        Self {
            timers: Vec::new(),
            callbacks: Vec::new(),
            free: NONE,
        }
    }

    /// The place that the next timer gets.
    #[inline]
    pub(super) fn next(&self) -> u32 {
        if self.free != NONE {
            return self.free;
        }
        let next = u32::try_from(self.timers.len()).unwrap_or(NONE);
        assert!(next != NONE, "fewer than 2^32 - 1 timers");
        next
    }

    /// Puts a timer in the [`next`](Self::next) place, and gives it its generation.
    #[inline]
    pub(super) fn insert(&mut self, timer: Timer, callback: Closure) -> TimerKey {
        let index = self.next();
        let mut generation = timer.generation;
        if self.free == NONE {
            self.timers.push(timer);
            self.callbacks.push(Some(callback));
        } else {
            self.callbacks[index as usize] = Some(callback);
            let slot = &mut self.timers[index as usize];
            generation = slot.generation;
            self.free = slot.position;
            *slot = Timer {
                generation,
                ..timer
            };
        }
        TimerKey { index, generation }
    }

    /// Frees the place of a timer whose callback has been taken out, or has no drop.
    #[inline]
    pub(super) fn free(&mut self, index: u32) {
        Self::give_back(&mut self.timers[index as usize], &mut self.free, index);
    }

    /// Makes a place the first free one. Whoever still has its old key finds nobody.
    #[inline]
    fn give_back(slot: &mut Timer, free: &mut u32, index: u32) {
        slot.generation = slot.generation.wrapping_add(1);
        slot.position = std::mem::replace(free, index);
    }

    /// Takes a holder away, and frees the place with the last one of a dead timer. Returns whether
    /// there is a callback to drop first; then the place is not free yet.
    #[inline]
    pub(super) fn let_go(&mut self, index: u32) -> bool {
        let slot = &mut self.timers[index as usize];
        slot.holders -= 1;
        if !slot.is_gone() {
            return false;
        }
        if slot.state.drops() {
            return true;
        }
        Self::give_back(slot, &mut self.free, index);
        false
    }

    /// Frees the place of a usual timer that waits, has one holder and nothing to drop. Returns the
    /// list that it is in, and its position there.
    #[inline]
    pub(super) fn take_usual(&mut self, index: u32) -> Option<(u32, u32)> {
        let slot = &mut self.timers[index as usize];
        if !slot.state.is_usual_without_drop() || slot.holders != 1 || slot.list == NONE {
            return None;
        }
        slot.state.destroy_usual();
        slot.holders = 0;
        let position = slot.position;
        Self::give_back(slot, &mut self.free, index);
        Some((std::mem::replace(&mut slot.list, NONE), position))
    }

    pub(super) fn exists(&self, key: TimerKey) -> bool {
        self[key.index].generation == key.generation
    }

    #[inline]
    pub(super) fn callback(&mut self, index: u32) -> &mut Option<Closure> {
        &mut self.callbacks[index as usize]
    }

    /// Takes all callbacks out.
    pub(super) fn take_callbacks(&mut self) -> Vec<Closure> {
        self.callbacks.iter_mut().filter_map(Option::take).collect()
    }

    /// All timers, free places included.
    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = &Timer> {
        self.timers.iter()
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.timers.len()
    }
}

impl Index<u32> for Slots {
    type Output = Timer;

    #[inline]
    fn index(&self, index: u32) -> &Timer {
        &self.timers[index as usize]
    }
}

impl IndexMut<u32> for Slots {
    #[inline]
    fn index_mut(&mut self, index: u32) -> &mut Timer {
        &mut self.timers[index as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_is_32_bytes() {
        assert_eq!(size_of::<Timer>(), 32);
    }
}
