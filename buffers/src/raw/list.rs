//! A stack of chunks that nobody uses, linked through themselves.

use std::ptr::{self, NonNull};

use super::chunk::Chunk;

/// Owns its chunks: each is alive, and nobody else refers to it.
pub(super) struct List {
    top: *mut Chunk,
    len: usize,
}

impl List {
    pub(super) const fn new() -> Self {
        Self {
            top: ptr::null_mut(),
            len: 0,
        }
    }

    /// Takes over a stack, of which `top` is the first chunk or null.
    ///
    /// # Safety
    ///
    /// The chunks that are linked from `top` are alive and, with this call, the list's alone.
    pub(super) unsafe fn adopt(top: *mut Chunk) -> Self {
        let mut len = 0;
        let mut rest = top;
        while let Some(chunk) = NonNull::new(rest) {
            len += 1;
            // SAFETY: the caller hands over the chunks that are linked from `top`.
            rest = unsafe { next(chunk) };
        }
        Self { top, len }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Puts a chunk on top.
    ///
    /// # Safety
    ///
    /// `chunk` is alive and, with this call, the list's alone.
    #[inline]
    pub(super) unsafe fn push(&mut self, chunk: NonNull<Chunk>) {
        // SAFETY: the chunk is alive and the list's.
        unsafe { set_next(chunk, self.top) };
        self.top = chunk.as_ptr();
        self.len += 1;
    }

    /// Takes the chunk on top, which is then the caller's alone.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<NonNull<Chunk>> {
        let chunk = NonNull::new(self.top)?;
        // SAFETY: the chunk is the list's, by `push` or `adopt`.
        self.top = unsafe { next(chunk) };
        self.len -= 1;
        Some(chunk)
    }

    /// Moves the chunk on top to another list. Returns false when there is none.
    pub(super) fn pop_to(&mut self, other: &mut Self) -> bool {
        let Some(chunk) = self.pop() else {
            return false;
        };
        // SAFETY: the chunk was this list's alone, and is the other's now.
        unsafe { other.push(chunk) };
        true
    }

    /// Frees the chunk on top. Returns false when there is none.
    pub(super) fn free_top(&mut self) -> bool {
        let Some(chunk) = self.pop() else {
            return false;
        };
        // SAFETY: the chunk was the list's alone, and is not used again.
        unsafe { Chunk::free(chunk) };
        true
    }
}

/// Links `chunk` to the one below it.
///
/// # Safety
///
/// `chunk` is alive and the caller's alone.
#[inline]
pub(super) unsafe fn set_next(chunk: NonNull<Chunk>, below: *mut Chunk) {
    // SAFETY: the chunk is alive.
    let field = unsafe { &chunk.as_ref().next };
    // SAFETY: the chunk is the caller's alone, so nobody reads or writes the field now.
    field.with_mut(|field| unsafe { *field = below });
}

/// The chunk below `chunk`, or null.
///
/// # Safety
///
/// `chunk` is alive and the caller's alone.
#[inline]
unsafe fn next(chunk: NonNull<Chunk>) -> *mut Chunk {
    // SAFETY: the chunk is alive.
    let field = unsafe { &chunk.as_ref().next };
    // SAFETY: the chunk is the caller's alone, so nobody writes the field now.
    field.with(|field| unsafe { *field })
}
