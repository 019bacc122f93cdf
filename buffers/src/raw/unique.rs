//! A chunk with one owner, some of whose bytes are initialized.

use std::{
    mem::{self, MaybeUninit},
    ptr::NonNull,
    slice,
};

use synodic_sync::Arc;

use super::{
    chunk::{Chunk, Fill},
    header::Header,
    home::Home,
    view::View,
};

/// Owns its chunk alone. The first `len` bytes are initialized.
pub(crate) struct Unique {
    chunk: NonNull<Chunk>,
    len: usize,
}

// SAFETY: the chunk is this value's alone, and its memory is not bound to a thread; its home is
// `Send` and `Sync`.
unsafe impl Send for Unique {}
// SAFETY: as above; `&Unique` only reads.
unsafe impl Sync for Unique {}

impl Unique {
    /// A chunk of `capacity` bytes, none of them initialized.
    pub(crate) fn allocate(capacity: usize) -> Self {
        Self {
            chunk: Chunk::allocate(capacity, Fill::Uninit, None),
            len: 0,
        }
    }

    /// A chunk of `len` zeros.
    pub(crate) fn zeroed(len: usize) -> Self {
        Self {
            chunk: Chunk::allocate(len, Fill::Zero, None),
            len,
        }
    }

    /// A chunk of `home`, no byte of it initialized.
    #[inline]
    pub(crate) fn take(home: &Arc<Home>) -> Self {
        Self {
            chunk: Home::take(home),
            len: 0,
        }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(crate) fn capacity(&self) -> usize {
        self.chunk().capacity()
    }

    pub(crate) fn is_pooled(&self) -> bool {
        self.chunk().is_pooled()
    }

    /// Declares the first `len` bytes initialized.
    ///
    /// # Panics
    ///
    /// When `len` exceeds the capacity.
    ///
    /// # Safety
    ///
    /// They are.
    #[inline]
    pub(crate) unsafe fn set_len(&mut self, len: usize) {
        let capacity = self.capacity();
        assert!(
            len <= capacity,
            "{len} bytes do not fit a buffer of {capacity}"
        );
        self.chunk().header().note_write();
        self.len = len;
    }

    /// Forgets the bytes from `len` on.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Makes the capacity `capacity` or more, keeping the bytes. A pool's chunk is copied out.
    pub(crate) fn grow(&mut self, capacity: usize) {
        if capacity <= self.capacity() {
            return;
        }
        if self.is_pooled() {
            let mut larger = Self::allocate(capacity);
            larger.append(self.as_slice());
            *self = larger;
            return;
        }
        // SAFETY: the chunk is ours alone and not of a pool, and the result takes its place.
        self.chunk = unsafe { Chunk::grow(self.chunk, capacity) };
    }

    /// Appends as many of `bytes` as there is room for and returns their number.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> usize {
        let spare = self.spare();
        let count = bytes.len().min(spare.len());
        spare[..count].write_copy_of_slice(&bytes[..count]);
        // SAFETY: the bytes up to `len` were initialized, and `count` more are now.
        unsafe { self.set_len(self.len + count) };
        count
    }

    /// Appends zeros up to the capacity.
    pub(crate) fn fill_up(&mut self) {
        self.spare().fill(MaybeUninit::new(0));
        let capacity = self.capacity();
        // SAFETY: the bytes up to `len` were initialized, and all behind them are now.
        unsafe { self.set_len(capacity) };
    }

    #[inline]
    pub(crate) fn data(&self) -> NonNull<u8> {
        // SAFETY: the chunk is alive while `self` is.
        unsafe { Chunk::data(self.chunk) }
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[u8] {
        self.chunk().header().note_read();
        // SAFETY: the first `len` bytes are initialized, and nobody writes them while `self` is
        // borrowed.
        unsafe { slice::from_raw_parts(self.data().as_ptr(), self.len) }
    }

    #[inline]
    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        self.chunk().header().note_write();
        // SAFETY: the first `len` bytes are initialized, and `self` alone has them.
        unsafe { slice::from_raw_parts_mut(self.data().as_ptr(), self.len) }
    }

    /// The room behind the initialized bytes.
    #[inline]
    pub(crate) fn spare(&mut self) -> &mut [MaybeUninit<u8>] {
        self.chunk().header().note_write();
        let room = self.capacity() - self.len;
        // SAFETY: `len` never exceeds the capacity.
        let start = unsafe { self.data().add(self.len) };
        // SAFETY: `room` bytes follow, `self` alone has them, and they may hold anything.
        unsafe { slice::from_raw_parts_mut(start.as_ptr().cast(), room) }
    }

    /// Gives up uniqueness: a view of the initialized bytes.
    #[inline]
    pub(crate) fn into_view(self) -> View {
        let (header, data, len) = (self.chunk.cast::<Header>(), self.data(), self.len);
        mem::forget(self);
        // SAFETY: the reference of `self` goes over to the view; the first `len` bytes are
        // initialized and, the chunk being shared from now on, never written again.
        unsafe { View::new(data, len, header) }
    }

    #[inline]
    fn chunk(&self) -> &Chunk {
        // SAFETY: the chunk is alive while `self` is.
        unsafe { self.chunk.as_ref() }
    }
}

impl Drop for Unique {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: `self` owns the only reference and is not used again.
        unsafe { Header::release(self.chunk.cast()) };
    }
}
