//! The remembered set: where old memory may point to young objects.
//!
//! A record is a place in old memory and the function that knows what stands there: a pointer
//! cell, the contents of a `GcRefCell`, or a whole object. A place stands in the set once, for
//! which the cage has a bit a word; no two kinds of record share a place, because an object
//! begins with its header and a `GcRefCell` with its flag.

use std::ptr::NonNull;

use super::cage::Cage;
use super::scavenge::Scavenger;

/// Relocates what stands at a place.
///
/// # Safety
///
/// The pointer is that of the recorded place, and nobody has a reference to what is there.
pub(crate) type RelocateAt = unsafe fn(NonNull<u8>, &mut Scavenger<'_>);

/// A place that the next scavenge looks at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record {
    pub(super) offset: usize,
    pub(super) relocate: RelocateAt,
}

/// All places.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    records: Vec<Record>,
}

impl Remembered {
    /// Puts a place in, unless it is there.
    #[inline]
    pub(super) fn insert(&mut self, cage: &Cage, record: Record) {
        if cage.recorded.set(record.offset) {
            self.records.push(record);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    /// Takes all places out, in the order in which they were put in.
    pub(super) fn take(&mut self, cage: &Cage) -> Vec<Record> {
        for record in &self.records {
            cage.recorded.unset(record.offset);
        }
        std::mem::take(&mut self.records)
    }
}
