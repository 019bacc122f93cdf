//! The hook is told what is allocated and freed, and may use buffers itself.
#![cfg(not(synodic_loom))]

use std::{
    sync::atomic::{AtomicIsize, Ordering},
    thread,
};

use synodic_buffers::{
    Buffer, BufferMut, ExternalMemory, ExternalMemoryTaken, LocalPool, set_external_memory,
};

static BYTES: AtomicIsize = AtomicIsize::new(0);

struct Count;

impl ExternalMemory for Count {
    fn adjust(&self, delta: isize) {
        BYTES.fetch_add(delta, Ordering::Relaxed);
        // Comes back to the pool from inside it.
        if delta.abs() < 1 << 20 {
            assert_eq!(Buffer::copy_from_slice(b""), "");
            LocalPool::trim();
        }
    }
}

#[test]
fn everything_that_is_told_is_taken_back() {
    set_external_memory(&Count).unwrap();
    assert_eq!(set_external_memory(&Count), Err(ExternalMemoryTaken));
    let work = || {
        let mut grown = BufferMut::unpooled(10);
        grown.reserve(100_000);
        let kept = [1, 100, 5000, 300_000].map(BufferMut::zeroed);
        assert!(BYTES.load(Ordering::Relaxed) > 400_000);
        drop((grown, kept));
        LocalPool::trim();
    };
    thread::spawn(work).join().unwrap();
    assert_eq!(BYTES.load(Ordering::Relaxed), 0);
}
