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
    local::{self, Place},
    view::View,
};

/// Owns `capacity` bytes of a chunk alone, or of a slab its piece. The first `len` are initialized.
pub(crate) struct Unique {
    chunk: NonNull<Chunk>,
    data: NonNull<u8>,
    len: usize,
    capacity: usize,
}

// SAFETY: the bytes are this value's alone, and its memory is not bound to a thread; its home is
// `Send` and `Sync`.
unsafe impl Send for Unique {}
// SAFETY: as above; `&Unique` only reads.
unsafe impl Sync for Unique {}

impl Unique {
    /// Memory for `capacity` bytes, none of them initialized: of this thread's, else the allocator's.
    #[inline]
    pub(crate) fn allocate(capacity: usize) -> Self {
        match local::take(capacity) {
            Some(Place { chunk, data }) => Self {
                chunk,
                data,
                len: 0,
                capacity,
            },
            None => Self::unpooled(capacity),
        }
    }

    /// Memory of the allocator's for `capacity` bytes, none of them initialized.
    pub(crate) fn unpooled(capacity: usize) -> Self {
        Self::of(Chunk::allocate(capacity, Fill::Uninit, None))
    }

    /// Memory of the allocator's, which is overwritten in the end.
    pub(crate) fn secret(capacity: usize) -> Self {
        Self::of(Chunk::allocate(capacity, Fill::Secret, None))
    }

    /// `len` zeros.
    pub(crate) fn zeroed(len: usize) -> Self {
        if len > local::CLASS_MAX {
            // The allocator may have pages that nobody has touched.
            let mut fresh = Self::of(Chunk::allocate(len, Fill::Zero, None));
            fresh.len = len;
            return fresh;
        }
        let mut memory = Self::allocate(len);
        memory.fill_up();
        memory
    }

    /// A chunk of `home`, no byte of it initialized.
    #[inline]
    pub(crate) fn take(home: &Arc<Home>) -> Self {
        Self::of(Home::take(home))
    }

    /// Takes over a chunk of which the caller has the only reference.
    #[inline]
    fn of(chunk: NonNull<Chunk>) -> Self {
        // SAFETY: the reference keeps the chunk alive.
        let data = unsafe { Chunk::data(chunk) };
        // SAFETY: as above.
        let capacity = unsafe { chunk.as_ref() }.header().capacity();
        Self {
            chunk,
            data,
            len: 0,
            capacity,
        }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(crate) fn capacity(&self) -> usize {
        self.capacity
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
        if self.chunk().grows() {
            // SAFETY: the chunk is ours alone, as it is no slab, and the result takes its place.
            self.chunk = unsafe { Chunk::grow(self.chunk, capacity) };
            // SAFETY: the chunk is alive.
            self.data = unsafe { Chunk::data(self.chunk) };
            self.capacity = capacity;
            return;
        }
        let mut larger = if self.chunk().is_secret() {
            Self::secret(capacity)
        } else {
            Self::allocate(capacity)
        };
        larger.append(self.as_slice());
        *self = larger;
    }

    /// Appends as many of `bytes` as there is room for and returns their number.
    #[inline]
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
        self.data
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
        let (header, data, len) = (self.chunk.cast::<Header>(), self.data, self.len);
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
