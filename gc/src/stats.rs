//! What a heap says about itself.

use std::time::Duration;

/// Which objects a collection looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GcKind {
    /// The nursery: what lives is copied, and promoted when it was copied before.
    #[doc(alias = "Scavenge")]
    Minor,
    /// Everything: what lives in the nursery is promoted, and the rest of the heap is swept.
    #[doc(alias = "MarkSweepCompact")]
    Full,
}

/// One collection, as [`Heap::on_gc`](crate::Heap::on_gc) is told.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GcEvent {
    /// What was collected.
    pub kind: GcKind,
    /// How long the program stood still.
    pub pause: Duration,
    /// Bytes of objects before.
    pub used_before: u64,
    /// Bytes of objects after. What is to be swept later is not counted.
    pub used_after: u64,
    /// Bytes that were copied within the nursery.
    pub copied: u64,
    /// Bytes that were moved to old space.
    pub promoted: u64,
}

/// What a program usually wants to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[doc(alias = "process.memoryUsage")]
pub struct MemoryUsage {
    /// Bytes of the blocks that the heap uses.
    pub heap_total: u64,
    /// Bytes of objects, dead ones that were not collected yet among them.
    pub heap_used: u64,
    /// Bytes outside of the heap that its objects keep alive, as
    /// [`Mutation::adjust_external`](crate::Mutation::adjust_external) was told.
    pub external: u64,
}

/// Everything that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[doc(alias = "v8.getHeapStatistics")]
pub struct HeapStatistics {
    /// Bytes of the blocks that the heap uses.
    pub total_heap_size: u64,
    /// Bytes of objects, dead ones that were not collected yet among them.
    pub used_heap_size: u64,
    /// Bytes that may still be allocated before the limit.
    pub total_available_size: u64,
    /// Most bytes of old space.
    pub heap_size_limit: u64,
    /// Bytes outside of the heap that its objects keep alive.
    pub external_memory: u64,
    /// Handles that exist.
    pub number_of_roots: u64,
    /// Minor collections so far.
    pub minor_collections: u64,
    /// Full collections so far.
    pub full_collections: u64,
    /// Bytes copied within the nursery so far.
    pub copied_bytes: u64,
    /// Bytes moved to old space so far.
    pub promoted_bytes: u64,
    /// How long collections took so far.
    pub pause_total: Duration,
}

/// One part of the heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[doc(alias = "v8.getHeapSpaceStatistics")]
pub struct SpaceStatistics {
    /// Which part.
    pub name: SpaceName,
    /// Bytes of its blocks.
    pub space_size: u64,
    /// Bytes of its objects.
    pub space_used_size: u64,
}

/// The parts of a heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SpaceName {
    /// The nursery.
    New,
    /// Old objects that can contain pointers.
    OldPointer,
    /// Old objects that cannot; no collection looks into them.
    OldData,
    /// Objects that have blocks of their own.
    LargeObject,
}
