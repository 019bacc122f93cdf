//! One allocation: a header, and room for bytes behind it.

use std::{
    alloc::{Layout, alloc, alloc_zeroed, dealloc, handle_alloc_error, realloc},
    mem,
    ptr::{self, NonNull},
};

use synodic_sync::{Arc, cell::UnsafeCell};

use super::{header::Header, home::Home};
use crate::external;

/// Alignment of a pool's chunks and of the bytes in them: a cache line, so that the kernel's copy
/// and another thread's reference count do not share one.
const ALIGN_POOLED: usize = 64;
/// Alignment of other chunks: what `malloc` gives without a search.
const ALIGN_PLAIN: usize = 16;
/// Where the bytes begin.
const DATA_OFFSET: usize = mem::size_of::<Chunk>().next_multiple_of(ALIGN_POOLED);

#[repr(C)]
pub(super) struct Chunk {
    header: Header,
    /// The next chunk of the list that this one is in, if it is in one.
    pub(super) next: UnsafeCell<*mut Chunk>,
    /// Where the chunk goes when nobody uses it; without a home it is freed.
    home: Option<Arc<Home>>,
    /// Whether the bytes are overwritten before the memory is given away.
    is_secret: bool,
}

/// What a fresh chunk's bytes are.
#[derive(Clone, Copy)]
pub(super) enum Fill {
    Uninit,
    Zero,
    /// Uninitialized at first, and zeros again at the end.
    Secret,
}

impl Chunk {
    /// Allocates a chunk with one reference.
    ///
    /// # Panics
    ///
    /// When `capacity` exceeds what an allocation can have, about `isize::MAX` bytes.
    pub(super) fn allocate(capacity: usize, fill: Fill, home: Option<Arc<Home>>) -> NonNull<Self> {
        let layout = layout(capacity, home.is_some());
        let memory = match fill {
            // SAFETY: the layout has room for the header at least: its size is not zero.
            Fill::Uninit | Fill::Secret => unsafe { alloc(layout) },
            // SAFETY: as above.
            Fill::Zero => unsafe { alloc_zeroed(layout) },
        };
        let Some(chunk) = NonNull::new(memory.cast::<Self>()) else {
            handle_alloc_error(layout)
        };
        external::adjust(layout.size(), 0);
        let header = Header::new(release, capacity);
        let next = UnsafeCell::new(ptr::null_mut());
        // SAFETY: the memory is ours, large enough and aligned for a `Chunk`, by `layout`.
        unsafe {
            chunk.write(Self {
                header,
                next,
                home,
                is_secret: matches!(fill, Fill::Secret),
            })
        };
        chunk
    }

    /// Frees a chunk.
    ///
    /// # Safety
    ///
    /// `chunk` is alive, the caller alone has it, and nobody uses it afterwards.
    pub(super) unsafe fn free(chunk: NonNull<Self>) {
        // SAFETY: the chunk is alive and nobody else has it, so its fields can be moved out. They
        // are dropped at the end, after the memory: `home` may be the last reference to the pool.
        let fields = unsafe { chunk.read() };
        fields.header.note_reuse();
        let layout = layout(fields.header.capacity(), fields.home.is_some());
        // SAFETY: `allocate` and `grow` allocate with the layout of these two facts.
        unsafe { dealloc(chunk.as_ptr().cast(), layout) };
        external::adjust(0, layout.size());
    }

    /// Reallocates a chunk without a home to hold `capacity` bytes.
    ///
    /// # Panics
    ///
    /// When `capacity` exceeds what an allocation can have, about `isize::MAX` bytes, or
    /// when the hook panics. The chunk is then as it was.
    ///
    /// # Safety
    ///
    /// `chunk` is alive and the caller alone has it. When this has returned, `chunk` must not be used
    /// any more; the result stands in its place, with its bytes up to the smaller of the capacities.
    pub(super) unsafe fn grow(chunk: NonNull<Self>, capacity: usize) -> NonNull<Self> {
        // SAFETY: the chunk is alive.
        let this = unsafe { chunk.as_ref() };
        assert!(
            this.grows(),
            "a pool's chunk keeps its size, a secret its place"
        );
        let old = layout(this.header.capacity(), false);
        let new = layout(capacity, false);
        // Before the memory moves: where a hook panics, the caller still has the chunk.
        external::adjust(new.size(), old.size());
        // SAFETY: the chunk was allocated with `old`; `new` differs in its size alone, which is
        // not zero and, as `layout` checks, not too large.
        let memory = unsafe { realloc(chunk.as_ptr().cast(), old, new.size()) };
        let Some(mut chunk) = NonNull::new(memory.cast::<Self>()) else {
            handle_alloc_error(new)
        };
        // SAFETY: `realloc` moved the fields along, and the caller alone has the chunk.
        unsafe { chunk.as_mut() }.header.set_capacity(capacity);
        chunk
    }

    /// Where the bytes of a chunk begin.
    ///
    /// # Safety
    ///
    /// `chunk` is alive.
    #[inline]
    pub(super) unsafe fn data(chunk: NonNull<Self>) -> NonNull<u8> {
        // SAFETY: `layout` puts DATA_OFFSET bytes in front of the data of every chunk.
        unsafe { chunk.cast::<u8>().add(DATA_OFFSET) }
    }

    #[inline]
    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    /// Whether `grow` may be called.
    pub(super) fn grows(&self) -> bool {
        self.home.is_none() && !self.is_secret
    }

    pub(super) fn is_secret(&self) -> bool {
        self.is_secret
    }

    #[inline]
    pub(super) fn is_pooled(&self) -> bool {
        self.home.is_some()
    }
}

/// The layout of a chunk. Everything that allocates or frees one asks here.
fn layout(capacity: usize, is_pooled: bool) -> Layout {
    let align = if is_pooled { ALIGN_POOLED } else { ALIGN_PLAIN }.max(mem::align_of::<Chunk>());
    DATA_OFFSET
        .checked_add(capacity)
        .and_then(|size| Layout::from_size_align(size, align).ok())
        .unwrap_or_else(|| panic!("a buffer of {capacity} bytes exceeds the address space"))
}

/// Takes a chunk home, or frees it.
///
/// # Safety
///
/// `header` is that of a live chunk that nobody refers to any more.
unsafe fn release(header: NonNull<Header>) {
    let chunk = header.cast::<Chunk>();
    // SAFETY: the chunk is alive until it is freed or handed back, and `this` is not used then.
    let this = unsafe { chunk.as_ref() };
    this.header.note_reuse();
    if this.is_secret {
        // SAFETY: nobody refers to the chunk.
        unsafe { wipe(chunk) };
    }
    let is_kept = match &this.home {
        None => false,
        // SAFETY: nobody refers to the chunk, which is of this home.
        Some(home) if home.is_here() => unsafe { home.keep(chunk) },
        Some(home) => {
            // Once handed back, the chunk and its reference to the home are the owner's, who may
            // free both while this thread is still inside `hand_back`.
            let home = Arc::clone(home);
            // SAFETY: as above.
            unsafe { home.hand_back(chunk) }
        }
    };
    if !is_kept {
        // SAFETY: nobody refers to the chunk, and it was not kept.
        unsafe { Chunk::free(chunk) };
    }
}

/// Overwrites all bytes of a chunk.
///
/// # Safety
///
/// `chunk` is alive and nobody else refers to it.
unsafe fn wipe(chunk: NonNull<Chunk>) {
    // SAFETY: the chunk is alive.
    let capacity = unsafe { chunk.as_ref() }.header.capacity();
    // SAFETY: as above.
    let data = unsafe { Chunk::data(chunk) };
    for offset in 0..capacity {
        // SAFETY: the chunk has `capacity` bytes.
        let byte = unsafe { data.add(offset) };
        // SAFETY: the byte is the caller's alone. Volatile: nobody reads it again, so a plain write
        // would be left out.
        unsafe { byte.write_volatile(0) };
    }
}

#[cfg(all(test, not(synodic_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_overwritten_and_other_memory_is_not() {
        for (fill, expected) in [(Fill::Secret, [0; 4]), (Fill::Zero, *b"key!")] {
            let chunk = Chunk::allocate(4, fill, None);
            // SAFETY: the chunk is alive and this test's alone.
            let bytes = unsafe { Chunk::data(chunk) }.cast::<[u8; 4]>();
            // SAFETY: it has four bytes.
            unsafe { bytes.write(*b"key!") };
            // SAFETY: as above.
            if unsafe { chunk.as_ref() }.is_secret() {
                // SAFETY: as above.
                unsafe { wipe(chunk) };
            }
            // SAFETY: all four were written.
            assert_eq!(unsafe { bytes.read() }, expected);
            // SAFETY: as above, and it is not used again.
            unsafe { Chunk::free(chunk) };
        }
    }
}
