//! One bit for every word of the cage.

use std::cell::Cell;
use std::io;
use std::ptr::NonNull;

use super::cage::BLOCK_BYTES;
use crate::sys::Reservation;

/// Bytes of the cage that share a bit: objects and their fields begin at multiples of it.
const GRANULE_BYTES: usize = 8;

/// Words of a bitmap for a block.
pub(super) const BLOCK_WORDS: usize = BLOCK_BYTES / GRANULE_BYTES / 64;

/// Bits by offset in the cage. The part for a block is one page of memory, which costs nothing
/// until it is touched.
#[derive(Debug)]
pub(super) struct Bitmap {
    memory: Reservation,
}

impl Bitmap {
    /// All bits unset, for a cage of `cage_bytes`.
    pub(super) fn new(cage_bytes: usize) -> io::Result<Self> {
        let bytes = cage_bytes / GRANULE_BYTES / 8;
        let memory = Reservation::new(bytes, align_of::<u64>().max(4096))?;
        Ok(Self { memory })
    }

    /// Sets the bit for `offset` and says whether it was unset.
    #[inline]
    pub(super) fn set(&self, offset: usize) -> bool {
        let (word, bit) = self.place(offset);
        let old = word.get();
        word.set(old | bit);
        old & bit == 0
    }

    /// Unsets the bit for `offset`.
    #[inline]
    pub(super) fn unset(&self, offset: usize) {
        let (word, bit) = self.place(offset);
        word.set(word.get() & !bit);
    }

    /// Whether the bit for `offset` is set.
    #[inline]
    pub(super) fn get(&self, offset: usize) -> bool {
        let (word, bit) = self.place(offset);
        word.get() & bit != 0
    }

    /// The bits of a block, lowest addresses first.
    pub(super) fn block(&self, block: usize) -> &[Cell<u64>] {
        let start = block * BLOCK_WORDS;
        &self.words()[start..start + BLOCK_WORDS]
    }

    /// Unsets the bits of a block.
    pub(super) fn clear_block(&self, block: usize) {
        for word in self.block(block) {
            word.set(0);
        }
    }

    #[inline]
    fn place(&self, offset: usize) -> (&Cell<u64>, u64) {
        let index = offset / GRANULE_BYTES;
        (&self.words()[index / 64], 1 << (index % 64))
    }

    #[inline]
    fn words(&self) -> &[Cell<u64>] {
        let base: NonNull<Cell<u64>> = self.memory.base().cast();
        let len = self.memory.bytes() / size_of::<u64>();
        // SAFETY: the reservation is zeroed, at least page-aligned, lives as long as `self`, and
        // is only ever seen as these cells; the value is not shared between threads.
        unsafe { std::slice::from_raw_parts(base.as_ptr(), len) }
    }
}

/// Calls `each` with the offset in the block of every set bit, in order.
pub(super) fn each_set(block: &[Cell<u64>], mut each: impl FnMut(usize)) {
    for (index, word) in block.iter().enumerate() {
        let mut left = word.get();
        while left != 0 {
            let bit = left.trailing_zeros() as usize;
            left &= left - 1;
            each((index * 64 + bit) * GRANULE_BYTES);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_found_in_order() {
        let bitmap = Bitmap::new(2 * BLOCK_BYTES).expect("room for two blocks");
        let offsets = [0, 8, 512, BLOCK_BYTES - 8];
        for offset in offsets.into_iter().rev() {
            assert!(bitmap.set(BLOCK_BYTES + offset));
            assert!(!bitmap.set(BLOCK_BYTES + offset));
        }
        assert!(bitmap.get(BLOCK_BYTES + 512) && !bitmap.get(BLOCK_BYTES + 16));
        let mut found = Vec::new();
        each_set(bitmap.block(1), |offset| found.push(offset));
        assert_eq!(found, offsets);
        each_set(bitmap.block(0), |_| {
            panic!("nothing was set in the first block")
        });
        bitmap.unset(BLOCK_BYTES);
        assert!(!bitmap.get(BLOCK_BYTES));
        bitmap.clear_block(1);
        assert!(!bitmap.get(BLOCK_BYTES + 8));
    }
}
