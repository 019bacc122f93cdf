//! The lists by (expiry, sequence): which is the next to look at.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::list::List;

/// A stale entry stays until it comes to the top, or until this many, and half of the heap, are
/// stale.
const STALE_ENTRIES_MIN: usize = 64;

/// Names a list as it was when it was looked at: rescheduling or removing it makes the name void.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ListKey {
    pub(super) index: u32,
    pub(super) sequence: u64,
}

/// A heap of lists. An entry whose sequence is not its list's is stale.
pub(super) struct ListOrder {
    heap: BinaryHeap<Reverse<(u64, u64, u32)>>,
    stale: usize,
}

impl ListOrder {
    pub(super) fn new() -> Self {
        Self {
            heap: BinaryHeap::new(),
            stale: 0,
        }
    }

    pub(super) fn push(&mut self, expiry_ms: u64, list: ListKey) {
        self.heap
            .push(Reverse((expiry_ms, list.sequence, list.index)));
    }

    /// The list that expires first, and when.
    pub(super) fn first(&mut self, lists: &[List]) -> Option<(u64, ListKey)> {
        while let Some(&Reverse((expiry_ms, sequence, index))) = self.heap.peek() {
            if lists[index as usize].sequence == sequence {
                return Some((expiry_ms, ListKey { index, sequence }));
            }
            self.heap.pop();
            self.stale -= 1;
        }
        None
    }

    /// Says that an entry is stale from now on.
    pub(super) fn count_stale(&mut self, lists: &[List]) {
        self.stale += 1;
        if self.stale < STALE_ENTRIES_MIN || self.stale * 2 < self.heap.len() {
            return;
        }
        self.heap
            .retain(|Reverse((_, sequence, list))| lists[*list as usize].sequence == *sequence);
        self.stale = 0;
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }
}
