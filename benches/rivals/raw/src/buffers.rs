//! A ring of buffers that the kernel picks from when bytes arrive.

use std::io;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::IoUring;
use io_uring::types::BufRingEntry;

/// The one group of buffers.
pub const GROUP: u16 = 0;

/// How many; a power of two, more than there are connections.
const COUNT: u16 = 2048;

/// Bytes in each; the largest message of the benches fits.
const SIZE: usize = 4096;

/// The ring and the memory of its buffers. Never freed: the server runs until it is killed.
#[derive(Debug)]
pub struct Buffers {
    entries: NonNull<BufRingEntry>,
    memory: NonNull<u8>,
    tail: u16,
}

impl Buffers {
    pub fn new() -> Self {
        let entries = map(usize::from(COUNT) * size_of::<BufRingEntry>()).cast();
        let memory = map(usize::from(COUNT) * SIZE);
        let mut buffers = Self {
            entries,
            memory,
            tail: 0,
        };
        (0..COUNT).for_each(|id| buffers.put(id));
        buffers
    }

    pub fn register(&self, ring: &IoUring) -> io::Result<()> {
        let address = self.entries.as_ptr() as u64;
        // SAFETY: the entries are page-aligned, as many as is said, and never unmapped.
        unsafe {
            ring.submitter()
                .register_buf_ring_with_flags(address, COUNT, GROUP, 0)
        }
    }

    /// Where the buffer `id` starts.
    pub fn address(&self, id: u16) -> *const u8 {
        // SAFETY: `id` comes from the kernel, which knows only ids below COUNT.
        unsafe { self.memory.as_ptr().add(usize::from(id) * SIZE) }
    }

    /// Gives the buffer `id` to the kernel.
    pub fn put(&mut self, id: u16) {
        let address = self.address(id) as u64;
        // SAFETY: the index is below COUNT, and the kernel does not read the entry before the
        // tail has passed it.
        let entry = unsafe { &mut *self.entries.as_ptr().add(usize::from(self.tail % COUNT)) };
        entry.set_addr(address);
        entry.set_len(SIZE as u32);
        entry.set_bid(id);
        self.tail = self.tail.wrapping_add(1);
        // SAFETY: `entries` is the start of the ring, where the tail is kept.
        let tail = unsafe { BufRingEntry::tail(self.entries.as_ptr()) };
        // SAFETY: the tail is two aligned bytes of our own mapping.
        let tail = unsafe { AtomicU16::from_ptr(tail.cast_mut()) };
        // Pairs with the kernel's acquire load of the tail.
        tail.store(self.tail, Ordering::Release);
    }
}

fn map(length: usize) -> NonNull<u8> {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_POPULATE;
    // SAFETY: an anonymous mapping at an address of the kernel's choice.
    let address = unsafe { libc::mmap(std::ptr::null_mut(), length, protection, flags, -1, 0) };
    assert_ne!(address, libc::MAP_FAILED, "no memory for the buffers");
    NonNull::new(address.cast()).expect("the kernel does not map address 0")
}
