//! Reservations from the allocator.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::io;
use std::ptr::NonNull;

/// A range of zeroed memory.
#[derive(Debug)]
pub(crate) struct Reservation {
    base: NonNull<u8>,
    layout: Layout,
}

impl Reservation {
    /// Takes `bytes` at a multiple of `align`, a power of two.
    pub(crate) fn new(bytes: usize, align: usize) -> io::Result<Self> {
        let layout =
            Layout::from_size_align(bytes.max(1), align).map_err(|_| io::ErrorKind::OutOfMemory)?;
        // SAFETY: the layout is not empty.
        let base = unsafe { alloc_zeroed(layout) };
        let base = NonNull::new(base).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { base, layout })
    }

    pub(crate) fn base(&self) -> NonNull<u8> {
        self.base
    }

    pub(crate) fn bytes(&self) -> usize {
        self.layout.size()
    }

    /// The allocator takes no parts back.
    pub(crate) fn discard(&self, _start: usize, _bytes: usize) {}

    /// The allocator knows best.
    pub(crate) fn use_huge_pages(&self) {}

    /// The allocator's memory stays readable.
    pub(crate) fn seal(&self, _start: usize, _bytes: usize) {}

    pub(crate) fn unseal(&self, _start: usize, _bytes: usize) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with this layout; whoever points into it is gone.
        unsafe { dealloc(self.base.as_ptr(), self.layout) };
    }
}
