//! Where small and middle-sized buffers get their memory, and where it goes.
//!
//! Each test runs in a thread of its own, and so has a pool of its own.
#![cfg(not(synodic_loom))]

use std::{sync::mpsc, thread};

use synodic_buffers::{Buffer, BufferMut, LocalPool, PoolLimits, SLAB_BYTES_DEFAULT};

fn filled(len: usize, byte: u8) -> Buffer {
    let mut buffer = BufferMut::with_capacity(len);
    buffer.put(&vec![byte; len]);
    buffer.freeze()
}

#[test]
fn small_buffers_lie_behind_each_other() {
    let buffers = [1, 8, 9, 100].map(|len| filled(len, 1));
    let start = buffers[0].as_ptr().addr();
    let offsets = buffers
        .each_ref()
        .map(|buffer| buffer.as_ptr().addr() - start);
    assert_eq!(offsets, [0, 8, 16, 32]);
    assert!(
        buffers
            .iter()
            .all(|buffer| buffer.shares_memory(&buffers[0]))
    );
    assert!(
        buffers
            .iter()
            .all(|buffer| buffer.retained_bytes() == SLAB_BYTES_DEFAULT)
    );
}

#[test]
fn half_a_slab_is_a_block_of_its_own() {
    let (below, half) = (filled(4095, 1), filled(4096, 2));
    assert!(!below.shares_memory(&half));
    assert_eq!(half.retained_bytes(), 4096);
    assert_eq!(filled(4097, 3).retained_bytes(), 8192);
    let large = filled(256 * 1024 + 1, 4);
    assert_eq!(large.retained_bytes(), large.len());
}

#[test]
fn a_full_slab_is_used_again_where_it_is_when_nobody_has_a_piece() {
    for _ in 0..SLAB_BYTES_DEFAULT / 1024 * 5 {
        drop(filled(1024, 1));
    }
    let stats = LocalPool::stats();
    assert_eq!((stats.slabs_started, stats.slabs_renewed), (1, 4));
}

#[test]
fn a_piece_that_lives_keeps_its_slab() {
    let kept = filled(1024, 7);
    let clone = kept.clone();
    for _ in 0..100 {
        assert_eq!(filled(1024, 1), vec![1; 1024]);
    }
    assert_eq!((&kept, &clone), (&filled(1024, 7), &kept));
    drop((kept, clone));
    let before = LocalPool::stats();
    LocalPool::trim();
    assert!(
        before.cached_bytes > 0,
        "the first slab went home when the last piece did"
    );
    assert_eq!(LocalPool::stats().cached_bytes, 0);
}

#[test]
fn blocks_come_back_from_other_threads() {
    let (sender, receiver) = mpsc::channel::<Buffer>();
    let consumer = thread::spawn(move || receiver.into_iter().map(|buffer| buffer.len()).sum());
    for _ in 0..10 {
        sender.send(filled(64 * 1024, 1)).unwrap();
    }
    drop(sender);
    let received: usize = consumer.join().unwrap();
    assert_eq!(received, 10 * 64 * 1024);
    drop(filled(64 * 1024, 1));
    let stats = LocalPool::stats();
    assert_eq!(stats.blocks_allocated + stats.blocks_reused, 11);
    assert!(stats.blocks_from_other_threads > 0);
}

#[test]
fn a_thread_s_buffers_outlive_it() {
    let buffers = thread::spawn(|| [3, 5000, 70_000].map(|len| filled(len, 9)));
    for buffer in buffers.join().unwrap() {
        assert!(buffer.iter().all(|&byte| byte == 9));
    }
}

#[test]
fn limits_hold() {
    LocalPool::set_limits(
        PoolLimits::new()
            .slab_bytes(64 * 1024)
            .cache_bytes_max(128 * 1024),
    );
    assert!(filled(30_000, 1).shares_memory(&filled(30_000, 1)));
    drop([(); 8].map(|()| filled(64 * 1024, 1)));
    assert_eq!(LocalPool::stats().cached_bytes, 128 * 1024);
    LocalPool::set_limits(PoolLimits::new().cache_bytes_max(0));
    drop(filled(64 * 1024, 1));
    assert_eq!(LocalPool::stats().cached_bytes, 0);
}

#[test]
fn zeroed_buffers_are_zeros_though_memory_is_used_again() {
    for len in [10, 4000, 4096, 100_000, 1 << 20] {
        drop(filled(len, 0xaa));
        let zeros = BufferMut::zeroed(len);
        assert!(zeros.iter().all(|&byte| byte == 0) && zeros.len() == len);
    }
}

#[test]
fn what_grows_leaves_the_slab() {
    let mut buffer = BufferMut::with_capacity(16);
    for byte in 0..=255 {
        buffer.extend_from_slice(&[byte; 100]);
    }
    assert_eq!(buffer.len(), 25_600);
    assert!(
        buffer
            .chunks(100)
            .zip(0..=255)
            .all(|(run, byte)| run == [byte; 100])
    );
}

#[test]
fn what_lives_long_is_made_compact() {
    let (key, block) = (filled(10, 1).compact(), filled(4096, 2));
    assert_eq!((key.retained_bytes(), &key[..]), (10, &[1; 10][..]));
    let address = block.as_ptr();
    assert_eq!(block.slice(..2000).compact().as_ptr(), address);
    assert_eq!(block.slice(..100).compact().retained_bytes(), 100);
    assert_eq!(
        Buffer::from("static").compact().as_static(),
        Some(&b"static"[..])
    );
}

#[test]
fn a_secret_grows_and_is_shared_like_any_other() {
    let mut secret = BufferMut::secret(4);
    secret.extend_from_slice(b"a secret that does not fit");
    let secret = secret.freeze();
    assert!(secret.is_unique());
    let clone = secret.clone();
    drop(secret);
    assert_eq!(clone.slice(2..8), "secret");
}

/// Buffers in the destructor of a thread-local: the pool may be gone already.
#[test]
fn buffers_work_while_a_thread_ends() {
    struct Late(Option<Buffer>);
    impl Drop for Late {
        fn drop(&mut self) {
            assert_eq!(self.0.take().unwrap(), "early");
            assert_eq!(Buffer::copy_from_slice(b"late"), "late");
        }
    }
    thread_local!(static LATE: std::cell::RefCell<Late> = const { std::cell::RefCell::new(Late(None)) });
    let ended = thread::spawn(|| {
        LATE.with(|late| late.borrow_mut().0 = Some(Buffer::from("early")));
        drop(filled(10, 1));
        LATE.with(|late| late.borrow_mut().0 = Some(Buffer::copy_from_slice(b"early")));
    });
    ended.join().unwrap();
}
