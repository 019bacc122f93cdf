//! A `BytesMut` is allocated, its first byte written, frozen and dropped.

use std::hint::black_box;

use bytes::{BufMut, BytesMut};

fn main() {
    rival_bytes::time(|size| {
        let mut buffer = BytesMut::with_capacity(size);
        buffer.put_slice(black_box(b"x"));
        drop(black_box(buffer.freeze()));
    });
}
