//! A vector is allocated, its first byte written, and dropped. It cannot be shared.

use std::hint::black_box;

fn main() {
    rival_bytes::time(|size| {
        let mut buffer = Vec::with_capacity(size);
        buffer.extend_from_slice(black_box(b"x"));
        drop(black_box(buffer));
    });
}
