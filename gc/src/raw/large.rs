//! Objects that are too large to be copied: each has blocks of its own and never moves.

use super::cage::{BLOCK_BYTES, BlockId, Cage, Kind};
use super::object::Object;

/// Objects above this have blocks of their own: a quarter of a block, so that what a scavenge
/// cannot use at the end of a block is less than that.
pub(super) const LARGE_BYTES_MIN: usize = BLOCK_BYTES / 4;

/// All large objects of a heap.
#[derive(Debug, Default)]
pub(super) struct LargeSpace {
    objects: Vec<Run>,
    used: usize,
    blocks: usize,
}

/// Blocks in a row for one object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    first: BlockId,
    bytes: usize,
}

impl Run {
    fn blocks(self) -> usize {
        self.bytes.div_ceil(BLOCK_BYTES)
    }
}

impl LargeSpace {
    /// Takes blocks for an object that is about to be written.
    pub(super) fn take(&mut self, cage: &Cage, bytes: usize) -> Option<Run> {
        let first = cage.take(bytes.div_ceil(BLOCK_BYTES), Kind::Large)?;
        cage.marks.clear_block(first.0);
        Some(Run { first, bytes })
    }

    /// The object was written.
    pub(super) fn keep(&mut self, run: Run) {
        self.used += run.bytes;
        self.blocks += run.blocks();
        self.objects.push(run);
    }

    /// The object was not written after all.
    pub(super) fn give_back(cage: &Cage, run: Run) {
        cage.release(run.first, run.blocks());
    }

    pub(super) fn used_bytes(&self) -> usize {
        self.used
    }

    pub(super) fn block_bytes(&self) -> usize {
        self.blocks * BLOCK_BYTES
    }

    /// Forgets what an earlier marking found.
    pub(super) fn begin_marking(&self, cage: &Cage) {
        for run in &self.objects {
            cage.marks.clear_block(run.first.0);
        }
    }

    /// Frees everything that is not marked, at once: there are few, and their memory is worth
    /// having.
    pub(super) fn sweep(&mut self, cage: &Cage) {
        let Self {
            objects,
            used,
            blocks,
        } = self;
        objects.retain(|&run| {
            let start = cage.start(run.first);
            // SAFETY: the run was kept, so an object was written at its start.
            let object = unsafe { Object::new(start) };
            let lives = cage.marks.get(cage.offset(object.address()));
            if !lives {
                *used -= run.bytes;
                *blocks -= run.blocks();
                cage.release(run.first, run.blocks());
            }
            lives
        });
    }
}

impl Run {
    /// Where the object is to be written.
    pub(super) fn start(self, cage: &Cage) -> std::ptr::NonNull<u8> {
        cage.start(self.first)
    }
}
