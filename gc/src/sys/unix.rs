//! Reservations by `mmap`.

use std::ffi::c_void;
use std::io;
use std::ptr::{self, NonNull};

use rustix::mm::{
    Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mmap_anonymous, mprotect, munmap,
};

#[cfg(target_os = "linux")]
const DISCARD: Advice = Advice::LinuxDontNeed;
#[cfg(not(target_os = "linux"))]
const DISCARD: Advice = Advice::DontNeed;

/// A range of addresses; the kernel backs what is touched.
#[derive(Debug)]
pub(crate) struct Reservation {
    base: NonNull<u8>,
    bytes: usize,
    mapped: *mut c_void,
    mapped_bytes: usize,
}

impl Reservation {
    /// Reserves `bytes` at a multiple of `align`, a power of two.
    pub(crate) fn new(bytes: usize, align: usize) -> io::Result<Self> {
        let mapped_bytes = bytes.checked_add(align).ok_or(io::ErrorKind::OutOfMemory)?;
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: an anonymous mapping at an address of the kernel's choice replaces no other.
        let mapped = unsafe {
            mmap_anonymous(
                ptr::null_mut(),
                mapped_bytes,
                ProtFlags::READ | ProtFlags::WRITE,
                flags,
            )
        }?;
        let skipped = mapped.addr().next_multiple_of(align) - mapped.addr();
        let base = NonNull::new(mapped.cast::<u8>().wrapping_add(skipped))
            .ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self {
            base,
            bytes,
            mapped,
            mapped_bytes,
        })
    }

    pub(crate) fn base(&self) -> NonNull<u8> {
        self.base
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Gives the memory of a range back: whole kernel pages that hold nothing which is needed.
    pub(crate) fn discard(&self, start: usize, bytes: usize) {
        let range = self.range(start, bytes);
        // SAFETY: the range is in this mapping, and the caller has nothing there.
        let _ = unsafe { madvise(range, bytes, DISCARD) };
    }

    /// Asks for large pages, by which the processor finds addresses faster.
    pub(crate) fn use_huge_pages(&self) {
        #[cfg(target_os = "linux")]
        {
            let range = self.range(0, self.bytes);
            // SAFETY: the advice changes nothing that can be seen.
            let _ = unsafe { madvise(range, self.bytes, Advice::LinuxHugepage) };
        }
    }

    /// Makes every access to a range fault, until [`unseal`](Self::unseal).
    pub(crate) fn seal(&self, start: usize, bytes: usize) {
        let range = self.range(start, bytes);
        // SAFETY: the range is in this mapping, and the caller has nothing there.
        let _ = unsafe { mprotect(range, bytes, MprotectFlags::empty()) };
    }

    /// Makes a range usable again. Fails when the kernel has no room for one more mapping.
    pub(crate) fn unseal(&self, start: usize, bytes: usize) -> io::Result<()> {
        let range = self.range(start, bytes);
        // SAFETY: the range is in this mapping, which is readable and writable by default.
        unsafe { mprotect(range, bytes, MprotectFlags::READ | MprotectFlags::WRITE) }?;
        Ok(())
    }

    fn range(&self, start: usize, bytes: usize) -> *mut c_void {
        assert!(
            start <= self.bytes && bytes <= self.bytes - start,
            "the range is in the reservation"
        );
        self.base.as_ptr().wrapping_add(start).cast()
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's own, and whoever points into it is gone.
        let _ = unsafe { munmap(self.mapped, self.mapped_bytes) };
    }
}
