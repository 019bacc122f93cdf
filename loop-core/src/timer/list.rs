//! The timers of one duration, in order.

use std::collections::VecDeque;

use super::slots::NONE;

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
pub(super) struct List {
    /// Indices of timers; `NONE` is a hole.
    entries: VecDeque<u32>,
    /// Of the first entry. Positions wrap: what counts is the distance from here.
    first_position: u32,
    holes: usize,
    pub(super) duration_ms: u32,
    pub(super) expiry_ms: u64,
    /// Of the global counter; `u64::MAX` marks a free place.
    pub(super) sequence: u64,
}

impl List {
    pub(super) fn new(duration_ms: u32, expiry_ms: u64, sequence: u64) -> Self {
        Self {
            entries: VecDeque::new(),
            first_position: 0,
            holes: 0,
            duration_ms,
            expiry_ms,
            sequence,
        }
    }

    /// Makes an empty list another one.
    pub(super) fn reuse(&mut self, duration_ms: u32, expiry_ms: u64, sequence: u64) {
        debug_assert!(self.is_empty(), "a list is free when it is empty");
        self.duration_ms = duration_ms;
        self.expiry_ms = expiry_ms;
        self.sequence = sequence;
    }

    /// Takes an empty list out of service, until it is used again.
    pub(super) fn retire(&mut self) {
        self.sequence = u64::MAX;
        if self.entries.capacity() > KEPT_CAPACITY_MAX {
            self.entries = VecDeque::new();
        }
    }

    /// Appends a timer and returns its position.
    #[inline]
    pub(super) fn push(&mut self, index: u32) -> u32 {
        let len = u32::try_from(self.entries.len()).expect("fewer than 2^32 entries");
        self.entries.push_back(index);
        self.first_position.wrapping_add(len)
    }

    /// Takes out the timer at a position.
    #[inline]
    pub(super) fn remove(&mut self, position: u32) {
        if position == self.first_position && self.holes == 0 {
            self.pop_first();
        } else {
            self.remove_with_holes(position);
        }
    }

    #[inline(never)]
    fn remove_with_holes(&mut self, position: u32) {
        let offset = position.wrapping_sub(self.first_position) as usize;
        if offset == 0 {
            self.pop_first();
            while self.entries.front() == Some(&NONE) {
                self.holes -= 1;
                self.pop_first();
            }
        } else if offset + 1 == self.entries.len() {
            self.entries.pop_back();
            while self.entries.back() == Some(&NONE) {
                self.holes -= 1;
                self.entries.pop_back();
            }
        } else {
            self.entries[offset] = NONE;
            self.holes += 1;
        }
    }

    #[inline]
    fn pop_first(&mut self) {
        self.entries.pop_front();
        self.first_position = self.first_position.wrapping_add(1);
    }

    /// The first timer.
    #[inline]
    pub(super) fn first(&self) -> Option<u32> {
        self.entries.front().copied()
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether there are so many holes that they are to be closed.
    #[inline]
    pub(super) fn has_too_many_holes(&self) -> bool {
        self.holes > HOLES_MIN && self.holes * 2 > self.entries.len()
    }

    /// Closes the holes. Each timer is told its new position.
    pub(super) fn compact(&mut self, mut moved: impl FnMut(u32, u32)) {
        self.entries.retain(|index| *index != NONE);
        self.entries.shrink_to(2 * self.entries.len());
        self.holes = 0;
        let mut position = self.first_position;
        for &index in &self.entries {
            moved(index, position);
            position = position.wrapping_add(1);
        }
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.entries.capacity()
    }
}
