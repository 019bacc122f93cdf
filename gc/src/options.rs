//! What a heap is made with.

use std::time::Duration;

use crate::raw::BLOCK_BYTES;

/// Least bytes of old space before a full collection is thought of.
const FULL_THRESHOLD_MIN: usize = 8 << 20;

/// Limits and goals of a heap. Sizes are in bytes and are rounded up to blocks of 256 KiB.
///
/// ```
/// use synodic_gc::HeapOptions;
///
/// let options = HeapOptions::new()
///     .max_old_space_size(256 << 20)
///     .max_semi_space_size(4 << 20);
/// ```
///
/// # Node
///
/// `max_old_space_size`, `max_semi_space_size` and `min_semi_space_size` are Node's options of
/// these names, in bytes instead of megabytes.
#[derive(Debug, Clone)]
#[doc(alias = "resourceLimits")]
pub struct HeapOptions {
    pub(crate) max_old_space_size: usize,
    max_semi_space_size: usize,
    min_semi_space_size: usize,
    pub(crate) pause_goal: Duration,
    pub(crate) cage_size: usize,
    pub(crate) huge_pages: bool,
    pub(crate) stress: Stress,
    pub(crate) verifies: bool,
}

/// What a heap does to find mistakes, its own and those of hand-written `Trace` implementations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Stress {
    /// A collection at every safepoint; every eighth is full.
    pub(crate) collects_always: bool,
    /// What was freed cannot be touched.
    pub(crate) seals_free_blocks: bool,
}

impl HeapOptions {
    /// Old space up to 4 GiB (1 GiB where addresses have 32 bits), a nursery of 512 KiB to 16 MiB,
    /// minor collections of 2 ms.
    #[must_use]
    pub fn new() -> Self {
        let is_small = cfg!(miri) || size_of::<usize>() < 8;
        Self {
            max_old_space_size: if is_small { 1 << 30 } else { 4 << 30 },
            max_semi_space_size: 16 << 20,
            min_semi_space_size: 1 << 19,
            pause_goal: Duration::from_millis(2),
            cage_size: match (cfg!(miri), is_small) {
                (true, _) => 64 * BLOCK_BYTES,
                (_, true) => 512 << 20,
                _ => 16 << 30,
            },
            huge_pages: true,
            stress: Stress::default(),
            verifies: false,
        }
    }

    /// Most bytes of objects that outlived the nursery. Default: 4 GiB.
    #[must_use]
    pub fn max_old_space_size(mut self, bytes: usize) -> Self {
        self.max_old_space_size = bytes;
        self
    }

    /// Most bytes of new objects between two minor collections, when the program lets them
    /// happen. Default: 16 MiB.
    #[must_use]
    pub fn max_semi_space_size(mut self, bytes: usize) -> Self {
        self.max_semi_space_size = bytes;
        self
    }

    /// Least bytes of new objects between two minor collections. Default: 512 KiB.
    #[must_use]
    pub fn min_semi_space_size(mut self, bytes: usize) -> Self {
        self.min_semi_space_size = bytes;
        self
    }

    /// How long a minor collection should take; the nursery grows and shrinks by it. Default:
    /// 2 ms.
    #[must_use]
    pub fn pause_goal(mut self, goal: Duration) -> Self {
        self.pause_goal = goal;
        self
    }

    /// Bytes of address space to reserve, not memory. A heap takes less when the system does not
    /// have as much. Default: 16 GiB.
    #[must_use]
    pub fn cage_size(mut self, bytes: usize) -> Self {
        self.cage_size = bytes;
        self
    }

    /// Asks the kernel for pages of 2 MiB, which makes large heaps faster and the smallest ones take
    /// as much. Default: on.
    #[must_use]
    pub fn huge_pages(mut self, on: bool) -> Self {
        self.huge_pages = on;
        self
    }

    /// Collects at every safepoint, and makes freed memory inaccessible (on Unix), to find
    /// mistakes in hand-written `Trace` implementations. Very slow. Default: off.
    #[must_use]
    #[doc(alias = "--gc-interval")]
    pub fn stress(mut self, on: bool) -> Self {
        self.stress = Stress {
            collects_always: on,
            seals_free_blocks: on,
        };
        self
    }

    /// Looks at every object after every collection, and ends the process when one is not what it
    /// should be. Slow. Default: off.
    #[must_use]
    #[doc(alias = "--verify-heap")]
    pub fn verify(mut self, on: bool) -> Self {
        self.verifies = on;
        self
    }

    /// The smallest cage worth having: two nurseries, and a block of each kind.
    pub(crate) fn cage_bytes_min(&self) -> usize {
        let wanted = 4 * self.nursery_blocks_min() + 16;
        self.cage_size.min(wanted * BLOCK_BYTES)
    }

    pub(crate) fn nursery_blocks_min(&self) -> usize {
        self.min_semi_space_size.div_ceil(BLOCK_BYTES).max(1)
    }

    pub(crate) fn nursery_blocks_max(&self) -> usize {
        let blocks = self.max_semi_space_size.div_ceil(BLOCK_BYTES);
        blocks.max(self.nursery_blocks_min())
    }

    /// Bytes that the whole heap may take: old space, and a nursery that is being copied.
    pub(crate) fn heap_bytes_max(&self) -> usize {
        let nursery = 2 * self.nursery_blocks_max() * BLOCK_BYTES;
        self.max_old_space_size.saturating_add(nursery)
    }

    pub(crate) fn full_threshold_min(&self) -> usize {
        FULL_THRESHOLD_MIN.min(self.max_old_space_size / 2)
    }
}

impl Default for HeapOptions {
    fn default() -> Self {
        Self::new()
    }
}
