//! The traits by which others read and write: those of `bytes`.

use bytes::{Buf, BufMut, buf::UninitSlice};

use crate::{Buffer, BufferMut};

impl Buf for Buffer {
    fn remaining(&self) -> usize {
        self.len()
    }

    fn chunk(&self) -> &[u8] {
        self
    }

    fn advance(&mut self, count: usize) {
        Buffer::advance(self, count);
    }

    /// Shares the memory, without a copy.
    fn copy_to_bytes(&mut self, len: usize) -> bytes::Bytes {
        self.split_to(len).into()
    }
}

// SAFETY: the chunk is the room behind the initialized bytes, and `advance_mut` takes as many of it as
// the caller says were written.
unsafe impl BufMut for BufferMut {
    /// The room there is: writing does not make the buffer grow, and `put_slice` panics without it.
    ///
    /// Tokio's `read_buf` reads nothing into a full buffer, and returns 0 as at the end of a stream. Make
    /// room before each read.
    fn remaining_mut(&self) -> usize {
        self.capacity() - self.len()
    }

    unsafe fn advance_mut(&mut self, count: usize) {
        let room = self.remaining_mut();
        assert!(count <= room, "{count} bytes do not fit a room of {room}");
        // SAFETY: the caller says that `count` bytes behind the initialized ones are, too.
        unsafe { self.set_len(self.len() + count) };
    }

    fn chunk_mut(&mut self) -> &mut UninitSlice {
        UninitSlice::uninit(self.spare_capacity_mut())
    }
}
