//! The promises that a caller can make: which bytes are initialized.

use crate::{Block, Buffer, BufferMut};

impl Block {
    /// Declares the first `len` bytes initialized and ends the writing, without a copy.
    ///
    /// # Panics
    ///
    /// When `len` exceeds the capacity.
    ///
    /// # Safety
    ///
    /// They are, and nobody writes them any more: an operation that had the address is complete.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut block = synodic_buffers::BlockPool::new().block();
    /// block.spare_capacity_mut()[..2].write_copy_of_slice(b"hi");
    /// // SAFETY: two bytes were just written.
    /// assert_eq!(unsafe { block.freeze(2) }, "hi");
    /// ```
    #[inline]
    pub unsafe fn freeze(mut self, len: usize) -> Buffer {
        // SAFETY: the caller says so.
        unsafe { self.set_len(len) };
        self.into_buffer()
    }

    /// Declares exactly the first `len` bytes initialized.
    ///
    /// # Panics
    ///
    /// When `len` exceeds the capacity.
    ///
    /// # Safety
    ///
    /// They are.
    #[inline]
    pub unsafe fn set_len(&mut self, len: usize) {
        // SAFETY: the caller says so.
        unsafe { self.memory_mut().set_len(len) };
    }
}

impl BufferMut {
    /// Declares exactly the first `len` bytes initialized.
    ///
    /// # Panics
    ///
    /// When `len` exceeds the capacity.
    ///
    /// # Safety
    ///
    /// They are.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut buffer = synodic_buffers::BufferMut::with_capacity(8);
    /// buffer.spare_capacity_mut()[..2].write_copy_of_slice(b"hi");
    /// // SAFETY: two bytes were just written.
    /// unsafe { buffer.set_len(2) };
    /// assert_eq!(buffer, "hi");
    /// ```
    #[inline]
    pub unsafe fn set_len(&mut self, len: usize) {
        match self.memory_mut() {
            // SAFETY: the caller says so.
            Some(memory) => unsafe { memory.set_len(len) },
            None => assert!(len == 0, "{len} bytes do not fit a buffer without memory"),
        }
    }
}
