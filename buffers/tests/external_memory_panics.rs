//! A hook that panics spoils nothing: what it was told about is as it was.
#![cfg(not(synodic_loom))]

use std::{
    panic::{self, AssertUnwindSafe},
    sync::atomic::{AtomicBool, Ordering},
};

use synodic_buffers::{BufferMut, ExternalMemory, set_external_memory};

static PANICS: AtomicBool = AtomicBool::new(false);

struct Moody;

impl ExternalMemory for Moody {
    fn adjust(&self, delta: isize) {
        assert!(
            !PANICS.load(Ordering::Relaxed),
            "{delta} bytes are too much"
        );
    }
}

#[test]
fn a_buffer_whose_growth_panics_is_still_there() {
    set_external_memory(&Moody).unwrap();
    let mut buffer = BufferMut::unpooled(1 << 20);
    buffer.put(b"kept");
    PANICS.store(true, Ordering::Relaxed);
    // So much that the memory would move.
    let grow = AssertUnwindSafe(|| buffer.reserve(64 << 20));
    assert!(panic::catch_unwind(grow).is_err());
    PANICS.store(false, Ordering::Relaxed);
    assert_eq!((&buffer[..], buffer.capacity()), (&b"kept"[..], 1 << 20));
    buffer.reserve(64 << 20);
    assert_eq!(buffer, "kept");
}
