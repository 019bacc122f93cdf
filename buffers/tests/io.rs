//! What an operation sees of the buffers that are lent to it.
#![cfg(not(synodic_loom))]

use synodic_buffers::{BlockPool, Buffer, BufferMut, IoBuf, IoBufMut, Slice};

/// Plays the kernel: fills all of `buf` and reports it.
fn receive<B: IoBufMut>(mut buf: B, byte: u8) -> B {
    let (address, len) = (buf.stable_mut_ptr(), buf.total_len());
    // SAFETY: the trait promises that so many bytes may be written from there on.
    unsafe { address.write_bytes(byte, len) };
    // SAFETY: they were just written.
    unsafe { buf.set_init(len) };
    buf
}

/// Plays the kernel: reads what is initialized.
fn send<B: IoBuf>(buf: B) -> (Vec<u8>, B) {
    (buf.as_init().to_vec(), buf)
}

#[test]
fn every_owner_lends_its_bytes() {
    assert_eq!(send("text").0, b"text");
    assert_eq!(send(&b"bytes"[..]).0, b"bytes");
    assert_eq!(send(String::from("text")).0, b"text");
    assert_eq!(send(vec![1, 2]).0, [1, 2]);
    assert_eq!(send(Box::<[u8]>::from([1, 2])).0, [1, 2]);
    assert_eq!(send(Box::new([1_u8, 2])).0, [1, 2]);
    assert_eq!(send(Buffer::from("text")).0, b"text");
    assert_eq!(send(BufferMut::copy_from_slice(b"text")).0, b"text");
    assert_eq!(send(Vec::new()).0, []);
    assert_eq!(send(BufferMut::new()).0, []);
    assert_eq!(send(Buffer::new()).0, []);
}

#[test]
fn every_writable_owner_is_filled_to_its_capacity() {
    assert_eq!(receive(Vec::with_capacity(8), 7)[..8], [7; 8]);
    assert_eq!(*receive(vec![0; 4].into_boxed_slice(), 7), [7; 4]);
    assert_eq!(*receive(Box::new([0; 4]), 7), [7; 4]);
    assert_eq!(receive(BufferMut::with_capacity(4), 7), [7; 4]);
    assert_eq!(receive(BufferMut::new(), 7), []);
    let block = receive(BlockPool::new().block(), 7);
    assert_eq!((block.len(), block[0]), (block.capacity(), 7));
}

#[test]
fn a_short_result_does_not_shorten_what_was_there() {
    let mut bytes = b"hello".to_vec();
    // SAFETY: the bytes were initialized before.
    unsafe { bytes.set_init(2) };
    assert_eq!(bytes, b"hello");
}

#[test]
fn a_slice_receives_behind_what_is_there() {
    let mut head = Vec::with_capacity(8);
    head.extend_from_slice(b"ab");
    let slice = receive(head.slice(2..5), b'c');
    assert_eq!(&slice[..], b"ccc");
    assert_eq!(slice.into_inner(), b"abccc");
}

#[test]
fn a_slice_in_the_middle_leaves_the_rest() {
    let slice = receive(b"hello".to_vec().slice(1..3), b'_');
    assert_eq!(slice.into_inner(), b"h__lo");
}

#[test]
fn a_slice_sends_its_part() {
    let (sent, slice) = send(b"hello".to_vec().slice(1..=2));
    assert_eq!(sent, b"el");
    let (sent, slice) = send(slice.into_inner().slice(3..5));
    assert_eq!(sent, b"lo");
    assert_eq!(slice.get_ref(), b"hello");
}

#[test]
fn a_slice_of_a_slice_counts_from_the_inner_one() {
    let outer: Slice<Slice<Vec<u8>>> = b"hello".to_vec().slice(1..5).slice(1..3);
    assert_eq!(send(outer).0, b"ll");
    let mut outer = Vec::with_capacity(10).slice(..10).slice(..4);
    assert_eq!(outer.as_uninit().len(), 4);
    outer.as_uninit()[0].write(1);
    // SAFETY: the first byte was just written.
    unsafe { outer.set_init(1) };
    assert_eq!(outer.into_inner().into_inner(), [1]);
}

#[test]
fn initialized_bytes_can_be_changed_in_place() {
    let mut slice = b"hello".to_vec().slice(1..);
    slice.as_init_mut()[0] = b'a';
    assert_eq!(slice.into_inner()[..5], *b"hallo");
}

#[test]
fn an_open_end_is_the_end_of_the_memory() {
    let slice = Vec::<u8>::with_capacity(16).slice(..);
    assert!(slice.total_len() >= 16);
    assert_eq!(slice.init_len(), 0);
}

#[test]
#[should_panic(expected = "leaves a gap behind 2 initialized bytes")]
fn a_slice_behind_a_gap_panics() {
    let mut bytes = Vec::with_capacity(16);
    bytes.extend_from_slice(b"ab");
    drop(bytes.slice(3..4));
}

#[test]
#[should_panic(expected = "the range 0..6 is not within 5 bytes")]
fn a_slice_beyond_the_memory_panics() {
    drop(IoBuf::slice(Buffer::from("hello"), 0..6));
}
