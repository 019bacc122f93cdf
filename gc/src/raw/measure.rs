//! Numbers about a heap.

use super::cage::BLOCK_BYTES;
use super::core::Core;
use crate::stats::{HeapStatistics, MemoryUsage, SpaceName, SpaceStatistics};

impl Core {
    pub(crate) fn memory_usage(&self) -> MemoryUsage {
        MemoryUsage {
            heap_total: self.total_bytes(),
            heap_used: self.used_bytes(),
            external: self.external.get() as u64,
        }
    }

    pub(crate) fn statistics(&self) -> HeapStatistics {
        let limit = self.options.max_old_space_size;
        HeapStatistics {
            total_heap_size: self.total_bytes(),
            used_heap_size: self.used_bytes(),
            total_available_size: limit.saturating_sub(self.heap_old_bytes()) as u64,
            heap_size_limit: limit as u64,
            external_memory: self.external.get() as u64,
            number_of_roots: self.roots.used() as u64,
            minor_collections: self.counters.minor,
            full_collections: self.counters.full,
            copied_bytes: self.counters.copied_bytes,
            promoted_bytes: self.counters.promoted_bytes,
            pause_total: self.counters.pause,
        }
    }

    pub(crate) fn space_statistics(&self) -> [SpaceStatistics; 4] {
        let young_blocks = self.nursery.borrow().len() + self.survivors.len();
        let large = self.large.borrow();
        let space = |name, size: usize, used: usize| SpaceStatistics {
            name,
            space_size: size as u64,
            space_used_size: used as u64,
        };
        let (pointers, data) = (self.old_pointers.borrow(), self.old_data.borrow());
        [
            space(
                SpaceName::New,
                young_blocks * BLOCK_BYTES,
                self.young_bytes(),
            ),
            space(
                SpaceName::OldPointer,
                pointers.block_bytes(),
                pointers.used_bytes(),
            ),
            space(SpaceName::OldData, data.block_bytes(), data.used_bytes()),
            space(
                SpaceName::LargeObject,
                large.block_bytes(),
                large.used_bytes(),
            ),
        ]
    }

    fn total_bytes(&self) -> u64 {
        (self.cage.used_blocks() * BLOCK_BYTES) as u64
    }
}
