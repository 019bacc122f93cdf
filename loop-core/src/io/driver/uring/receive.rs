//! The provided buffers of multishot receives, taken from a block pool.

use std::rc::Rc;

use synodic_buffers::{Block, BlockPool};

use crate::sys::ring::{BufferRing, Ring};

/// The buffer group of all receive streams.
pub(super) const GROUP: u16 = 0;

/// Blocks in the ring. More than this many receives in one turn end with ENOBUFS and are armed
/// again, so it is generous; blocks become memory only when the first stream starts.
const GROUP_ENTRIES: u16 = 256;

/// A ring of blocks: a completion takes its block for good, and the ring gets a fresh one.
#[derive(Debug)]
pub(super) struct ReceiveGroup {
    ring: BufferRing,
    /// The blocks that the kernel holds, by buffer id.
    blocks: Vec<Option<Block>>,
    /// Ids without a block.
    vacant: Vec<u16>,
    pool: Rc<BlockPool>,
}

impl ReceiveGroup {
    /// Registers an empty ring. `None` where the kernel has no such thing.
    pub(super) fn open(ring: &mut Ring, pool: Rc<BlockPool>) -> Option<Self> {
        if !ring.features().multishot {
            return None;
        }
        let buffers = BufferRing::register(ring, GROUP, GROUP_ENTRIES).ok()?;
        ring.features_mut().buffer_ring = true;
        Some(Self {
            ring: buffers,
            blocks: (0..GROUP_ENTRIES).map(|_| None).collect(),
            vacant: (0..GROUP_ENTRIES).rev().collect(),
            pool,
        })
    }

    /// Gives the ring a block for each one that was taken.
    pub(super) fn refill(&mut self) {
        if self.vacant.is_empty() {
            return;
        }
        while let Some(id) = self.vacant.pop() {
            let mut block = self.pool.block();
            let len = u32::try_from(block.capacity()).expect("blocks are far below 4 GiB");
            // SAFETY: the block moves into `blocks` below and leaves it when a completion names
            // `id`, or after `unregister`; its memory does not move with it.
            unsafe { self.ring.provide(id, block.as_mut_ptr(), len) };
            self.blocks[usize::from(id)] = Some(block);
        }
        self.ring.publish();
    }

    /// Whether a stream has ever asked for blocks.
    pub(super) fn is_used(&self) -> bool {
        self.vacant.len() != self.blocks.len()
    }

    /// Takes the block that the kernel filled.
    pub(super) fn take(&mut self, id: u16) -> Option<Block> {
        let block = self.blocks[usize::from(id)].take()?;
        self.vacant.push(id);
        Some(block)
    }

    /// Takes the blocks back from the kernel. No receive is in flight.
    pub(super) fn unregister(&self, ring: &Ring) {
        self.ring.unregister(ring, GROUP);
    }
}
