//! A ring of buffers that the kernel picks from when data arrives.

use std::io;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::types::BufRingEntry;
use rustix::mm::{MapFlags, ProtFlags};

use super::Ring;

/// Memory shared with the kernel: `entries` descriptions of buffers, and a tail.
///
/// The buffers belong to the caller. Dropping this unmaps the memory: unregister first.
#[derive(Debug)]
pub(crate) struct BufferRing {
    memory: NonNull<BufRingEntry>,
    entries: u16,
    tail: u16,
}

impl BufferRing {
    /// Maps a ring of `entries` (a power of two) and registers it as `group`.
    pub(crate) fn register(ring: &Ring, group: u16, entries: u16) -> io::Result<Self> {
        assert!(
            entries.is_power_of_two(),
            "a buffer ring's size is a power of two"
        );
        // SAFETY: a fresh anonymous mapping at an address of the kernel's choice.
        let memory = unsafe {
            rustix::mm::mmap_anonymous(
                std::ptr::null_mut(),
                Self::len_bytes(entries),
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::PRIVATE | MapFlags::POPULATE,
            )
        }?;
        let memory = NonNull::new(memory.cast()).expect("a mapping is not at address zero");
        let this = Self {
            memory,
            entries,
            tail: 0,
        };
        let address = memory.as_ptr() as u64;
        // SAFETY: the mapping has room for `entries` and lives until `self` is dropped, which the
        // owner does after `unregister` or after the ring is closed.
        unsafe {
            ring.submitter()
                .register_buf_ring_with_flags(address, entries, group, 0)
        }?;
        Ok(this)
    }

    /// Takes the ring away from the kernel. No receive on `group` is in flight.
    pub(crate) fn unregister(&self, ring: &Ring, group: u16) {
        // A ring that is unknown is as good as one that is unregistered.
        let _ = ring.submitter().unregister_buf_ring(group);
    }

    /// Adds a buffer; the kernel sees it after the next [`publish`](Self::publish).
    ///
    /// # Safety
    ///
    /// `len` bytes at `address` are the kernel's alone until a completion names `id`, or until the
    /// ring is unregistered. At most `entries` buffers are in the ring.
    pub(crate) unsafe fn provide(&mut self, id: u16, address: *mut u8, len: u32) {
        let index = usize::from(self.tail & (self.entries - 1));
        // SAFETY: `index` is below `entries`, the mapping's length.
        let slot = unsafe { self.memory.add(index) };
        // SAFETY: the kernel does not read slots at or past the published tail, so this one is
        // ours; zeroed memory is a valid entry.
        let entry = unsafe { &mut *slot.as_ptr() };
        entry.set_addr(address as u64);
        entry.set_len(len);
        entry.set_bid(id);
        self.tail = self.tail.wrapping_add(1);
    }

    /// Shows the kernel all buffers that were added.
    pub(crate) fn publish(&mut self) {
        // SAFETY: `memory` is the base of the ring, whose first entry holds the tail.
        let tail = unsafe { BufRingEntry::tail(self.memory.as_ptr()) };
        // SAFETY: the tail is aligned, lives as long as the mapping, and the kernel only reads it.
        let tail = unsafe { AtomicU16::from_ptr(tail.cast_mut()) };
        // Pairs with the kernel's acquire load of the tail.
        tail.store(self.tail, Ordering::Release);
    }

    fn len_bytes(entries: u16) -> usize {
        usize::from(entries) * size_of::<BufRingEntry>()
    }
}

impl Drop for BufferRing {
    fn drop(&mut self) {
        let len = Self::len_bytes(self.entries);
        // SAFETY: the mapping was made by `register` with this length, and no reference into it
        // outlives a method call.
        let _ = unsafe { rustix::mm::munmap(self.memory.as_ptr().cast(), len) };
    }
}
