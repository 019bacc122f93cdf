//! Old space: objects that stay where they are until they are swept.

use std::ptr::NonNull;

use super::Bump;
use super::bitmap::each_set;
use super::cage::{BLOCK_BYTES, BlockId, Cage, Kind};
use super::object::Object;

/// A smaller hole waits until one beside it is freed.
const HOLE_BYTES_MIN: usize = 256;

/// An object larger than this does not make us give up the rest of a hole; there are blocks for such.
const HOLE_OBJECT_BYTES_MAX: usize = 2048;

/// Blocks of one kind, the holes in them, and those that nobody has swept since the last marking.
#[derive(Debug)]
pub(super) struct OldSpace {
    kind: Kind,
    /// Blocks that were swept since the last marking, or taken.
    blocks: Vec<BlockId>,
    /// The others.
    unswept: Vec<BlockId>,
    bump: Bump,
    /// The same for objects that are not put into holes.
    medium: Bump,
    holes: Vec<Hole>,
    /// Bytes given out since the last marking.
    allocated: usize,
    /// Bytes that the last marking found.
    live: usize,
}

#[derive(Debug, Clone, Copy)]
struct Hole {
    offset: usize,
    bytes: usize,
}

impl OldSpace {
    pub(super) fn new(kind: Kind) -> Self {
        Self {
            kind,
            blocks: Vec::new(),
            unswept: Vec::new(),
            bump: Bump::EMPTY,
            medium: Bump::EMPTY,
            holes: Vec::new(),
            allocated: 0,
            live: 0,
        }
    }

    /// Room for an object; `None` when the cage is full.
    #[inline]
    pub(super) fn take(&mut self, cage: &Cage, bytes: usize) -> Option<NonNull<u8>> {
        self.allocated += bytes;
        match self.bump.take(bytes) {
            Some(start) => Some(start),
            None => self.take_elsewhere(cage, bytes),
        }
    }

    /// Bytes of objects, those that died since the last marking among them.
    pub(super) fn used_bytes(&self) -> usize {
        self.live + self.allocated
    }

    /// Bytes of the blocks.
    pub(super) fn block_bytes(&self) -> usize {
        (self.blocks.len() + self.unswept.len()) * BLOCK_BYTES
    }

    /// Forgets what an earlier marking found. Until [`end_marking`](Self::end_marking), objects go
    /// to holes that are known and to new blocks.
    pub(super) fn begin_marking(&mut self, cage: &Cage) {
        // Marks are not complete until the marking ends, so nothing is swept by them.
        self.blocks.append(&mut self.unswept);
        for block in &self.blocks {
            cage.marks.clear_block(block.0);
        }
    }

    /// Begins to sweep: everything that is not marked is free.
    pub(super) fn end_marking(&mut self, live: usize) {
        self.bump = Bump::EMPTY;
        self.medium = Bump::EMPTY;
        self.holes.clear();
        self.unswept.append(&mut self.blocks);
        self.allocated = 0;
        self.live = live;
    }

    /// Sweeps up to `count` blocks; whether there are more.
    pub(super) fn sweep(&mut self, cage: &Cage, count: usize) -> bool {
        for _ in 0..count {
            let Some(block) = self.unswept.pop() else {
                return false;
            };
            self.sweep_block(cage, block);
        }
        !self.unswept.is_empty()
    }

    #[cold]
    fn take_elsewhere(&mut self, cage: &Cage, bytes: usize) -> Option<NonNull<u8>> {
        if bytes > HOLE_OBJECT_BYTES_MAX {
            return self.take_medium(cage, bytes);
        }
        while self.next_hole(cage) {
            if let Some(start) = self.bump.take(bytes) {
                return Some(start);
            }
        }
        self.bump = self.take_block(cage)?;
        self.bump.take(bytes)
    }

    /// Room in a block for objects of this size, so that none of them takes a block alone. What is
    /// left of the block before is a hole for small ones.
    fn take_medium(&mut self, cage: &Cage, bytes: usize) -> Option<NonNull<u8>> {
        if let Some(start) = self.medium.take(bytes) {
            return Some(start);
        }
        let block = self.take_block(cage)?;
        let rest = std::mem::replace(&mut self.medium, block);
        if rest.left() >= HOLE_BYTES_MIN {
            self.holes.push(Hole {
                offset: cage.offset(rest.top().addr()),
                bytes: rest.left(),
            });
        }
        self.medium.take(bytes)
    }

    fn take_block(&mut self, cage: &Cage) -> Option<Bump> {
        let block = cage.take(1, self.kind)?;
        cage.marks.clear_block(block.0);
        self.blocks.push(block);
        Some(Bump::new(cage.start(block), BLOCK_BYTES))
    }

    /// Goes on to the next hole, sweeping where there is none; whether there was one.
    fn next_hole(&mut self, cage: &Cage) -> bool {
        loop {
            if let Some(hole) = self.holes.pop() {
                self.bump = Bump::new(cage.pointer(hole.offset), hole.bytes);
                return true;
            }
            let Some(block) = self.unswept.pop() else {
                return false;
            };
            self.sweep_block(cage, block);
        }
    }

    /// Finds the holes of a block, or frees it. Dead objects are not looked at.
    fn sweep_block(&mut self, cage: &Cage, block: BlockId) {
        let base = cage.offset(cage.start(block).addr().get());
        let mut free = base;
        let mut holes = Vec::new();
        each_set(cage.marks.block(block.0), |offset| {
            let start = base + offset;
            if start - free >= HOLE_BYTES_MIN {
                holes.push(Hole {
                    offset: free,
                    bytes: start - free,
                });
            }
            // SAFETY: a mark stands where the marker found an object, and nothing was allocated
            // over it since.
            let object = unsafe { Object::new(cage.pointer(start)) };
            free = start + object.size();
        });
        if free == base {
            cage.release(block, 1);
            return;
        }
        self.blocks.push(block);
        let rest = base + BLOCK_BYTES - free;
        if rest >= HOLE_BYTES_MIN {
            holes.push(Hole {
                offset: free,
                bytes: rest,
            });
        }
        // The lowest is taken first.
        self.holes.extend(holes.into_iter().rev());
    }
}
