//! The timers of one duration, in order.

use super::slots::NONE;

/// Room in the first array of a list, a power of two: one cache line.
const CAPACITY_MIN: usize = 16;

/// So many holes do not matter, however few timers there are.
const HOLES_MIN: usize = 32;

/// A list that is empty keeps an array of this many timers for its next life.
const KEPT_CAPACITY_MAX: usize = 32;

/// A queue of timers from whose middle timers are taken.
///
/// A timer knows its position, so it is taken out without a search, and no other timer is touched:
/// it leaves a hole. Holes at the ends go at once, so the first entry is a timer; when holes are
/// more than timers, [`compact`](Self::compact) closes them. Each hole is paid for by the timer
/// that left it.
///
/// The queue is a ring whose length is a power of two, so a position that wraps around at 2^32
/// keeps its place in it. Two lists are one cache line.
#[repr(align(32))]
pub(super) struct List {
    /// Indices of timers; `NONE` is a hole.
    ring: Box<[u32]>,
    /// The position of the first entry, and that after the last one.
    first: u32,
    end: u32,
    holes: u32,
    pub(super) duration_ms: u32,
}

impl List {
    pub(super) fn new(duration_ms: u32) -> Self {
        Self {
            ring: Box::default(),
            first: 0,
            end: 0,
            holes: 0,
            duration_ms,
        }
    }

    /// Makes an empty list that of another duration.
    pub(super) fn reuse(&mut self, duration_ms: u32) {
        debug_assert!(self.is_empty(), "a list is free when it is empty");
        self.duration_ms = duration_ms;
    }

    /// Gives back the memory of an empty list, but for a little.
    pub(super) fn shrink(&mut self) {
        if self.ring.len() > KEPT_CAPACITY_MAX {
            self.ring = Box::default();
        }
    }

    /// Appends a timer and returns its position.
    #[inline]
    pub(super) fn push(&mut self, index: u32) -> u32 {
        if self.len() == self.ring.len() {
            self.resize(self.ring.len() * 2);
        }
        let position = self.end;
        *self.entry(position) = index;
        self.end = position.wrapping_add(1);
        position
    }

    /// Takes out the timer at a position. Returns whether there are now so many holes that they
    /// are to be closed.
    #[inline]
    pub(super) fn remove(&mut self, position: u32) -> bool {
        if position != self.first || self.holes > 0 {
            return self.remove_with_holes(position);
        }
        self.first = position.wrapping_add(1);
        false
    }

    #[inline(never)]
    fn remove_with_holes(&mut self, position: u32) -> bool {
        if position == self.first {
            self.first = self.first.wrapping_add(1);
            while !self.is_empty() && *self.entry(self.first) == NONE {
                self.holes -= 1;
                self.first = self.first.wrapping_add(1);
            }
        } else if position.wrapping_add(1) == self.end {
            self.end = position;
            while *self.entry(self.end.wrapping_sub(1)) == NONE {
                self.holes -= 1;
                self.end = self.end.wrapping_sub(1);
            }
        } else {
            *self.entry(position) = NONE;
            self.holes += 1;
        }
        let holes = self.holes as usize;
        holes > HOLES_MIN && holes * 2 > self.len()
    }

    /// The first timer.
    #[inline]
    pub(super) fn first(&self) -> Option<u32> {
        let place = self.first as usize & self.ring.len().wrapping_sub(1);
        (!self.is_empty()).then(|| self.ring[place])
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.first == self.end
    }

    /// Closes the holes. Each timer is told its new position.
    pub(super) fn compact(&mut self, mut moved: impl FnMut(u32, u32)) {
        let (mut from, mut to) = (self.first, self.first);
        while from != self.end {
            let index = *self.entry(from);
            if index != NONE {
                *self.entry(to) = index;
                moved(index, to);
                to = to.wrapping_add(1);
            }
            from = from.wrapping_add(1);
        }
        self.end = to;
        self.holes = 0;
        if self.len() * 4 < self.ring.len() {
            self.resize(self.len() * 2);
        }
    }

    /// Entries, holes included.
    #[inline]
    fn len(&self) -> usize {
        self.end.wrapping_sub(self.first) as usize
    }

    #[inline]
    fn entry(&mut self, position: u32) -> &mut u32 {
        let mask = self.ring.len() - 1;
        &mut self.ring[position as usize & mask]
    }

    /// Moves the entries to a ring with room for so many.
    #[cold]
    fn resize(&mut self, capacity: usize) {
        let capacity = capacity.max(CAPACITY_MIN).next_power_of_two();
        assert!(capacity <= 1 << 31, "positions are 32 bits");
        let mut ring = vec![NONE; capacity].into_boxed_slice();
        for step in 0..self.end.wrapping_sub(self.first) {
            let position = self.first.wrapping_add(step);
            ring[position as usize & (capacity - 1)] = *self.entry(position);
        }
        self.ring = ring;
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.ring.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_wrap_around() {
        let mut list = List::new(1);
        list.first = u32::MAX - 40;
        list.end = list.first;
        let mut positions: Vec<_> = (0..100).map(|index| list.push(index)).collect();
        assert_eq!(positions[50], 9);
        // Every second timer but the first leaves a hole; then all but ten of the rest.
        for index in (1..100).step_by(2) {
            assert!(!list.remove(positions[index]));
        }
        assert!(list.remove(positions[50]), "more holes than timers");
        list.compact(|index, position| positions[index as usize] = position);
        let left = (0..100).filter(|index| index % 2 == 0 && *index != 50);
        for index in left {
            assert_eq!(list.first(), Some(index));
            assert!(!list.remove(positions[index as usize]));
        }
        assert!(list.is_empty());
    }

    #[test]
    fn a_list_is_32_bytes() {
        assert_eq!(size_of::<List>(), 32);
    }
}
