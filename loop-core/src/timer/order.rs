//! The lists by (expiry, sequence): which is the next to look at.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A stale entry stays until it comes to the top, or until this many, and half of the heap, are
/// stale.
const STALE_ENTRIES_MIN: usize = 64;

/// Names a list as it was when it was looked at: rescheduling or removing it makes the name void.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ListKey {
    pub(super) index: u32,
    pub(super) sequence: u64,
}

/// The sequence of a list that is out of service.
const UNSCHEDULED: u64 = u64::MAX;

/// A heap of lists. An entry whose sequence is not its list's is stale.
pub(super) struct ListOrder {
    heap: BinaryHeap<Reverse<(u64, u64, u32)>>,
    stale: usize,
    /// The current sequence of each list.
    sequences: Vec<u64>,
    last_sequence: u64,
}

impl ListOrder {
    pub(super) fn new() -> Self {
        Self {
            heap: BinaryHeap::new(),
            stale: 0,
            sequences: Vec::new(),
            last_sequence: 0,
        }
    }

    /// Puts a list where it belongs by its new expiry. Lists are numbered as they are first seen.
    pub(super) fn schedule(&mut self, list: u32, expiry_ms: u64) {
        let place = list as usize;
        if place == self.sequences.len() {
            self.sequences.push(UNSCHEDULED);
        }
        self.last_sequence += 1;
        let before = std::mem::replace(&mut self.sequences[place], self.last_sequence);
        self.heap
            .push(Reverse((expiry_ms, self.last_sequence, list)));
        if before != UNSCHEDULED {
            self.count_stale();
        }
    }

    /// Takes a list out.
    pub(super) fn remove(&mut self, list: u32) {
        self.sequences[list as usize] = UNSCHEDULED;
        self.count_stale();
    }

    /// Whether the list is still where it was when it was looked at.
    pub(super) fn is_current(&self, key: ListKey) -> bool {
        self.sequences[key.index as usize] == key.sequence
    }

    /// The list that expires first, and when.
    pub(super) fn first(&mut self) -> Option<(u64, ListKey)> {
        while let Some(&Reverse((expiry_ms, sequence, index))) = self.heap.peek() {
            let key = ListKey { index, sequence };
            if self.is_current(key) {
                return Some((expiry_ms, key));
            }
            self.heap.pop();
            self.stale -= 1;
        }
        None
    }

    /// Counts an entry that has become stale.
    fn count_stale(&mut self) {
        self.stale += 1;
        if self.stale < STALE_ENTRIES_MIN || self.stale * 2 < self.heap.len() {
            return;
        }
        let sequences = &self.sequences;
        self.heap
            .retain(|Reverse((_, sequence, list))| sequences[*list as usize] == *sequence);
        self.stale = 0;
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }
}
