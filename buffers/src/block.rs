//! A pool's block, before anybody shares it.

use std::{
    fmt, io,
    mem::MaybeUninit,
    ops::{Deref, DerefMut},
};

use crate::{Buffer, BufferMut, raw::Unique};

/// Memory of a fixed size that belongs to a [`BlockPool`](crate::BlockPool), with one owner.
///
/// It never moves, so the kernel can have its address for as long as the block is owned. When the
/// block, or the last [`Buffer`] made of it, is dropped, on any thread, the memory goes back to the
/// pool; when the pool is gone or holds enough, it is freed.
///
/// # Examples
///
/// ```
/// use synodic_buffers::BlockPool;
///
/// let pool = BlockPool::new();
/// let mut block = pool.block();
/// // The kernel's part: write behind the pointer, and report how much.
/// block.spare_capacity_mut()[..5].write_copy_of_slice(b"hello");
/// // SAFETY: five bytes were just written.
/// let buffer = unsafe { block.freeze(5) };
/// assert_eq!(buffer, "hello");
///
/// drop(buffer);
/// assert_eq!(pool.stats().cached, 1);
/// ```
pub struct Block(Unique);

impl Block {
    pub(crate) fn from_unique(memory: Unique) -> Self {
        Self(memory)
    }

    pub(crate) fn memory_mut(&mut self) -> &mut Unique {
        &mut self.0
    }

    /// Ends the writing, without a copy: the initialized bytes.
    ///
    /// A block without any goes back to the pool at once.
    #[inline]
    pub fn into_buffer(self) -> Buffer {
        BufferMut::from(self).freeze()
    }

    /// Appends as many of `bytes` as there is room for, and returns their number.
    pub fn put(&mut self, bytes: &[u8]) -> usize {
        self.0.append(bytes)
    }

    /// Forgets the bytes from `len` on. Does nothing when there are fewer.
    pub fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    /// Forgets the bytes.
    pub fn clear(&mut self) {
        self.truncate(0);
    }

    /// The memory behind the initialized bytes.
    pub fn spare_capacity_mut(&mut self) -> &mut [MaybeUninit<u8>] {
        self.0.spare()
    }

    /// Where the memory begins: aligned to 64 bytes, and valid up to the
    /// [`capacity`](Self::capacity) for as long as the block is owned, wherever it moves.
    #[inline]
    pub fn as_mut_ptr(&mut self) -> *mut u8 {
        self.0.data().as_ptr()
    }

    /// Where the memory begins, for reading what is initialized.
    #[inline]
    pub fn as_ptr(&self) -> *const u8 {
        self.0.data().as_ptr()
    }

    /// The pool's block size, in bytes.
    #[inline]
    pub fn capacity(&self) -> usize {
        self.0.capacity()
    }

    /// How many bytes are initialized.
    #[inline]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no byte is initialized.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Deref for Block {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        self.0.as_slice()
    }
}

impl DerefMut for Block {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        self.0.as_mut_slice()
    }
}

impl io::Write for Block {
    /// Appends what there is room for; a full block takes nothing.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(self.put(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl From<Block> for BufferMut {
    #[inline]
    fn from(block: Block) -> Self {
        Self::from_unique(block.0)
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Block")
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .finish_non_exhaustive()
    }
}
