//! The one range of addresses in which a heap lives, cut into blocks of one kind each.

use std::cell::Cell;
use std::fmt;
use std::ptr::NonNull;

use super::bitmap::Bitmap;
use crate::error::HeapError;
use crate::sys::Reservation;

/// Bytes of a block. Large enough that a block is taken rarely, small enough that a nursery of
/// one block is scavenged in a fraction of a millisecond.
pub(crate) const BLOCK_BYTES: usize = 1 << BLOCK_SHIFT;

const BLOCK_SHIFT: u32 = 18;

/// What the cage is aligned to: pages of this size are the largest that kernels give unasked.
const HUGE_PAGE_BYTES: usize = 2 << 20;

/// What a block holds. The order matters: everything from [`Kind::OldPointers`] on is old.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Kind {
    Free,
    /// Objects that no scavenge has seen yet.
    Fresh,
    /// Objects that survived one scavenge.
    Survivor,
    /// Where the scavenge under way copies to; survivors when it ends.
    To,
    /// Objects with pointers that survived twice.
    OldPointers,
    /// The same without pointers: never looked into.
    OldData,
    /// The first block of an object that has blocks of its own.
    Large,
    /// A further block of such an object.
    LargeTail,
}

impl Kind {
    /// Whether a scavenge moves what is in the block.
    #[inline]
    pub(super) fn is_from(self) -> bool {
        matches!(self, Self::Fresh | Self::Survivor)
    }

    #[inline]
    pub(super) fn is_young(self) -> bool {
        matches!(self, Self::Fresh | Self::Survivor | Self::To)
    }

    #[inline]
    pub(super) fn is_old(self) -> bool {
        self >= Self::OldPointers
    }
}

/// A block by its position in the cage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct BlockId(pub(super) usize);

/// The addresses, a kind for every block, and three bits for every word.
pub(crate) struct Cage {
    memory: Reservation,
    kinds: Box<[Cell<Kind>]>,
    /// Old objects that the marker has reached.
    pub(super) marks: Bitmap,
    /// Slots, cells and objects that stand in the remembered set.
    pub(super) recorded: Bitmap,
    /// Places that marking looks at again in the end.
    pub(super) changing: Bitmap,
    /// No block below is free.
    lowest_free: Cell<usize>,
    /// No block from here on was ever used.
    end: Cell<usize>,
    used: Cell<usize>,
    /// Whether a block has memory, if it is free.
    dirty: Box<[Cell<bool>]>,
    /// Whether freed blocks are made inaccessible until they are used again.
    seals: bool,
}

impl Cage {
    /// Reserves `bytes`, or as much as the system lets us have, but `bytes_min` at least.
    pub(super) fn new(
        bytes: usize,
        bytes_min: usize,
        huge_pages: bool,
        seals: bool,
    ) -> Result<Self, HeapError> {
        let mut bytes = bytes.next_multiple_of(BLOCK_BYTES);
        loop {
            match Self::reserve(bytes, huge_pages, seals) {
                Ok(cage) => return Ok(cage),
                Err(_) if bytes / 2 >= bytes_min => {
                    bytes = (bytes / 2).next_multiple_of(BLOCK_BYTES);
                }
                Err(source) => return Err(HeapError::Reserve { bytes, source }),
            }
        }
    }

    fn reserve(bytes: usize, huge_pages: bool, seals: bool) -> std::io::Result<Self> {
        let memory = Reservation::new(bytes, HUGE_PAGE_BYTES)?;
        if huge_pages {
            memory.use_huge_pages();
        }
        let marks = Bitmap::new(bytes)?;
        let recorded = Bitmap::new(bytes)?;
        let changing = Bitmap::new(bytes)?;
        let kinds = (0..bytes / BLOCK_BYTES).map(|_| Cell::new(Kind::Free));
        Ok(Self {
            memory,
            kinds: kinds.collect(),
            dirty: (0..bytes / BLOCK_BYTES).map(|_| Cell::new(false)).collect(),
            marks,
            recorded,
            changing,
            lowest_free: Cell::new(0),
            end: Cell::new(0),
            used: Cell::new(0),
            seals,
        })
    }

    /// The kind of the block that an address is in; `None` for an address of somebody else.
    #[inline]
    pub(super) fn kind_at(&self, address: usize) -> Option<Kind> {
        let offset = address.wrapping_sub(self.base());
        self.kinds.get(offset >> BLOCK_SHIFT).map(Cell::get)
    }

    pub(super) fn set_kind(&self, block: BlockId, kind: Kind) {
        self.kinds[block.0].set(kind);
    }

    /// Bytes from the start of the cage to an address in it.
    #[inline]
    pub(super) fn offset(&self, address: usize) -> usize {
        address.wrapping_sub(self.base())
    }

    /// The pointer to an offset in the cage.
    #[inline]
    pub(super) fn pointer(&self, offset: usize) -> NonNull<u8> {
        debug_assert!(offset <= self.memory.bytes());
        // SAFETY: the offset was computed from an address of the reservation.
        unsafe { self.memory.base().add(offset) }
    }

    /// The pointer to the start of a block.
    pub(super) fn start(&self, block: BlockId) -> NonNull<u8> {
        self.pointer(block.0 << BLOCK_SHIFT)
    }

    /// Blocks that are in use.
    pub(super) fn used_blocks(&self) -> usize {
        self.used.get()
    }

    /// Blocks that can still be taken, singly.
    pub(super) fn free_blocks(&self) -> usize {
        self.kinds.len() - self.used.get()
    }

    /// Takes `count` blocks in a row; the first becomes `kind`, the others [`Kind::LargeTail`].
    pub(super) fn take(&self, count: usize, kind: Kind) -> Option<BlockId> {
        let first = self.find(count)?;
        if self.seals {
            self.memory
                .unseal(first << BLOCK_SHIFT, count << BLOCK_SHIFT)
                .ok()?;
        }
        if first == self.lowest_free.get() {
            self.lowest_free.set(first + count);
        }
        for index in first..first + count {
            self.kinds[index].set(Kind::LargeTail);
            self.dirty[index].set(true);
        }
        self.kinds[first].set(kind);
        self.end.set(self.end.get().max(first + count));
        self.used.set(self.used.get() + count);
        Some(BlockId(first))
    }

    /// Gives `count` blocks in a row back.
    pub(super) fn release(&self, first: BlockId, count: usize) {
        for index in first.0..first.0 + count {
            debug_assert_ne!(self.kinds[index].get(), Kind::Free);
            self.kinds[index].set(Kind::Free);
        }
        self.lowest_free.set(self.lowest_free.get().min(first.0));
        self.used.set(self.used.get() - count);
        if self.seals {
            self.memory
                .seal(first.0 << BLOCK_SHIFT, count << BLOCK_SHIFT);
        }
    }

    /// Gives the memory of free blocks back to the system, all but the first `keep` of them.
    pub(super) fn discard_free(&self, keep: usize) {
        let has_memory = |&i: &usize| self.kinds[i].get() == Kind::Free && self.dirty[i].get();
        let mut blocks = (0..self.end.get()).filter(has_memory).skip(keep).peekable();
        while let Some(first) = blocks.next() {
            let mut end = first + 1;
            while blocks.next_if_eq(&end).is_some() {
                end += 1;
            }
            self.memory
                .discard(first << BLOCK_SHIFT, (end - first) << BLOCK_SHIFT);
            self.dirty[first..end]
                .iter()
                .for_each(|dirty| dirty.set(false));
        }
    }

    #[inline]
    fn base(&self) -> usize {
        self.memory.base().addr().get()
    }

    /// The lowest run of `count` free blocks.
    fn find(&self, count: usize) -> Option<usize> {
        let mut run = 0;
        for index in self.lowest_free.get()..self.kinds.len() {
            run = match self.kinds[index].get() {
                Kind::Free => run + 1,
                _ => 0,
            };
            if run == count {
                return Some(index + 1 - count);
            }
        }
        None
    }
}

impl fmt::Debug for Cage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cage")
            .field("memory", &self.memory)
            .field("used", &self.used)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_blocks_are_found_between_others() {
        let cage =
            Cage::new(8 * BLOCK_BYTES, BLOCK_BYTES, false, false).expect("room for eight blocks");
        let blocks: Vec<_> = (0..4).map(|_| cage.take(1, Kind::Fresh)).collect();
        cage.release(blocks[1].expect("there were eight"), 1);
        assert_eq!(cage.take(2, Kind::Large), Some(BlockId(4)));
        assert_eq!(cage.take(1, Kind::OldData), Some(BlockId(1)));
        assert_eq!(cage.take(3, Kind::Large), None);
        assert_eq!(cage.take(2, Kind::Large), Some(BlockId(6)));
        assert_eq!((cage.used_blocks(), cage.free_blocks()), (8, 0));
        let inside = cage.start(BlockId(5)).addr().get() + 100;
        assert_eq!(cage.kind_at(inside), Some(Kind::LargeTail));
        assert_eq!(cage.kind_at(cage.start(BlockId(0)).addr().get() - 1), None);
    }

    #[test]
    fn a_cage_that_the_system_does_not_have_is_refused() {
        let refused = Cage::new(1 << 62, 1 << 62, false, false);
        assert!(matches!(refused, Err(HeapError::Reserve { .. })));
    }
}
