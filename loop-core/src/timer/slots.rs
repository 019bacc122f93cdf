//! Where timers are kept: places that never move, of one cache line each.

use std::ops::{Index, IndexMut};

use crate::closure::Closure;

/// No place, or no list.
pub(super) const NONE: u32 = u32::MAX;

/// Places are made so many at a time: what is made never moves, so growing copies nothing.
const CHUNK: usize = 1 << CHUNK_BITS;
const CHUNK_BITS: u32 = 8;

/// Names a timer: its place, and which of the timers it is that have had this place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimerKey {
    pub(super) index: u32,
    pub(super) generation: u32,
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

    pub(super) fn set_live(&mut self, live: bool) {
        self.set(Self::LIVE, live);
    }

    pub(super) fn set_refed(&mut self, refed: bool) {
        self.set(Self::REFED, refed);
    }

    /// What `clear` does; the second time it does nothing, even to a timer that was revived.
    #[inline]
    pub(super) fn silence(&mut self) {
        if self.is_silenced() {
            return;
        }
        self.set(Self::SILENCED, true);
        if self.is_live() {
            self.set(Self::DESTROYED, true);
            self.set(Self::LIVE, false);
        }
    }
}

/// A timer. To set, clear or fire one touches this line, its list, and nothing else of its size.
#[repr(align(64))]
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
    /// Away while it runs. One without a drop may stay here after clear: the state says so.
    pub(super) callback: Option<Closure>,
}

impl Timer {
    /// A free place, whose `position` is the next one.
    fn vacant(next_free: u32) -> Self {
        Self {
            start_ms: 0,
            duration_ms: 0,
            generation: 0,
            holders: 0,
            list: NONE,
            position: next_free,
            state: State(0),
            callback: None,
        }
    }

    /// Whether a callback is left whose drop does anything.
    #[inline]
    pub(super) fn has_to_drop(&self) -> bool {
        self.callback.as_ref().is_some_and(Closure::has_drop)
    }

    /// Whether it is dead, and nobody can name it any more.
    #[inline]
    pub(super) fn is_gone(&self) -> bool {
        self.holders == 0 && !self.state.is_live()
    }
}

/// The places of all timers of a loop.
pub(super) struct Slots {
    chunks: Vec<Box<[Timer; CHUNK]>>,
    /// The place that was freed last; each names the next.
    free: u32,
}

impl Slots {
    pub(super) fn new() -> Self {
        Self {
            chunks: Vec::new(),
            free: NONE,
        }
    }

    /// Takes a free place. Its generation names the timer that the caller makes of it.
    #[inline]
    pub(super) fn take(&mut self) -> (u32, &mut Timer) {
        if self.free == NONE {
            self.grow();
        }
        let index = self.free;
        let free = &mut self.chunks[(index >> CHUNK_BITS) as usize][index as usize % CHUNK];
        self.free = free.position;
        (index, free)
    }

    /// Frees the place of a timer whose callback has been taken out.
    #[inline]
    pub(super) fn free(&mut self, index: u32) {
        let next_free = self.free;
        let slot = &mut self[index];
        // Whoever still has the old key finds nobody.
        slot.generation = slot.generation.wrapping_add(1);
        slot.position = next_free;
        self.free = index;
    }

    pub(super) fn exists(&self, key: TimerKey) -> bool {
        self[key.index].generation == key.generation
    }

    /// All timers, free places included.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Timer> {
        self.chunks.iter_mut().flat_map(|chunk| chunk.iter_mut())
    }

    #[cold]
    fn grow(&mut self) {
        let first = self.chunks.len() * CHUNK;
        // `NONE` is no index.
        let end = u32::try_from(first + CHUNK).expect("fewer than 2^32 - 256 timers");
        let chunk: Vec<_> = (end + 1 - CHUNK as u32..end)
            .chain([self.free])
            .map(Timer::vacant)
            .collect();
        let Ok(chunk) = chunk.into_boxed_slice().try_into() else {
            unreachable!("it was made of the right length");
        };
        self.chunks.push(chunk);
        self.free = end - CHUNK as u32;
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.chunks.len() * CHUNK
    }
}

impl Index<u32> for Slots {
    type Output = Timer;

    #[inline]
    fn index(&self, index: u32) -> &Timer {
        &self.chunks[(index >> CHUNK_BITS) as usize][index as usize % CHUNK]
    }
}

impl IndexMut<u32> for Slots {
    #[inline]
    fn index_mut(&mut self, index: u32) -> &mut Timer {
        &mut self.chunks[(index >> CHUNK_BITS) as usize][index as usize % CHUNK]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_is_a_cache_line() {
        assert_eq!(size_of::<Timer>(), 64);
    }
}
