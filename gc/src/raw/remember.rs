//! The remembered set: where old memory may point to young objects.
//!
//! A record is a place in old memory and the function that knows what stands there: a pointer
//! cell, the contents of a `GcRefCell`, or a whole object. A place stands in the set once, for
//! which the cage has a bit a word; no two kinds of record share a place, because an object
//! begins with its header and a `GcRefCell` with its flag.

use std::ptr::NonNull;

use super::bitmap::Bitmap;
use super::mark::Marker;
use super::scavenge::Scavenger;

/// Relocates what stands at a place.
///
/// # Safety
///
/// The pointer is that of the recorded place, and nobody has a reference to what is there.
pub(crate) type RelocateAt = unsafe fn(NonNull<u8>, &mut Scavenger<'_>);

/// Marks what the value at a place points to.
///
/// # Safety
///
/// The pointer is that of the recorded place, and nobody has a mutable reference to what is there.
pub(crate) type TraceAt = unsafe fn(NonNull<u8>, &mut Marker<'_>);

/// How the collector looks at a place whose contents change without its being told of each change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Contents {
    pub(crate) relocate: RelocateAt,
    pub(crate) trace: TraceAt,
}

/// A place in old memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<F> {
    pub(super) offset: usize,
    pub(super) look: F,
}

/// Places that a collection will look at. Each has its bit in a bitmap, always the same one.
#[derive(Debug)]
pub(super) struct Places<F> {
    records: Vec<Record<F>>,
}

/// Where old memory may point to young objects.
pub(super) type Remembered = Places<RelocateAt>;

/// What marking has to look at again in the end, because it changes by itself.
pub(super) type Changing = Places<TraceAt>;

impl<F> Places<F> {
    /// Puts a place in, unless it is there.
    #[inline]
    pub(super) fn insert(&mut self, bits: &Bitmap, record: Record<F>) {
        if bits.set(record.offset) {
            self.records.push(record);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    /// Takes all places out, in the order in which they were put in.
    pub(super) fn take(&mut self, bits: &Bitmap) -> Vec<Record<F>> {
        for record in &self.records {
            bits.unset(record.offset);
        }
        std::mem::take(&mut self.records)
    }
}

impl<F> Default for Places<F> {
    fn default() -> Self {
        Self {
            records: Vec::new(),
        }
    }
}
