//! A pool's blocks: where they go when nobody uses them, and how many are kept.
#![cfg(not(synodic_loom))]

use std::thread;

use synodic_buffers::{
    BLOCK_BYTES_DEFAULT, Block, BlockPool, Buffer, BufferMut, CACHE_BLOCKS_MAX_DEFAULT, PoolOptions,
};

fn small(cache_blocks_max: usize) -> BlockPool {
    let options = PoolOptions::new().block_bytes(64);
    BlockPool::with_options(options.cache_blocks_max(cache_blocks_max))
}

fn filled(pool: &BlockPool, bytes: &[u8]) -> Buffer {
    let mut block = pool.block();
    assert_eq!(block.put(bytes), bytes.len());
    block.into_buffer()
}

#[test]
fn the_defaults_are_the_named_ones() {
    let pool = BlockPool::default();
    assert_eq!(pool.block().capacity(), BLOCK_BYTES_DEFAULT);
    assert_eq!(BLOCK_BYTES_DEFAULT * CACHE_BLOCKS_MAX_DEFAULT, 1 << 20);
}

#[test]
fn a_block_is_aligned_and_does_not_move() {
    const fn check<T: Send>() {}
    const { check::<Block>() };

    let mut block = small(1).block();
    let address = block.as_mut_ptr();
    assert_eq!(address.addr() % 64, 0);
    block.put(b"hello");
    let mut moved = Box::new(block);
    assert_eq!(moved.as_mut_ptr(), address);
    let buffer = moved.into_buffer();
    assert_eq!(
        (&buffer[..], buffer.as_ptr()),
        (&b"hello"[..], address.cast_const())
    );
}

#[test]
fn a_block_comes_home_with_its_last_buffer() {
    let pool = small(4);
    let buffer = filled(&pool, b"hello");
    let address = buffer.as_ptr();
    let part = buffer.slice(1..2);
    drop(buffer);
    assert_eq!(pool.stats().cached, 0);
    drop(part);
    assert_eq!(pool.stats().cached, 1);
    let block = pool.block();
    assert_eq!((block.as_ptr(), block.len()), (address, 0));
    let stats = pool.stats();
    assert_eq!((stats.allocated, stats.reused, stats.cached), (1, 1, 0));
}

#[test]
fn an_empty_block_comes_home_when_frozen() {
    let pool = small(4);
    assert_eq!(pool.block().into_buffer(), "");
    assert_eq!(pool.stats().cached, 1);
}

#[test]
fn no_more_than_the_bound_is_kept() {
    let pool = small(2);
    drop([(); 5].map(|()| pool.block()));
    assert_eq!(pool.stats().cached, 2);

    let blocks = [(); 5].map(|()| pool.block());
    thread::spawn(move || drop(blocks)).join().unwrap();
    assert_eq!(pool.stats().cached, 2);
    pool.trim(1);
    assert_eq!(pool.stats().cached, 1);
    assert_eq!(pool.stats().from_other_threads, 2);
    pool.trim(0);
    assert_eq!(pool.stats().cached, 0);
}

#[test]
fn a_pool_that_keeps_nothing_still_works() {
    let pool = small(0);
    let buffer = filled(&pool, b"x");
    thread::spawn(move || drop(buffer)).join().unwrap();
    drop(filled(&pool, b"y"));
    assert_eq!(pool.stats().cached, 0);
    assert_eq!(pool.stats().allocated, 2);
}

#[test]
fn buffers_outlive_their_pool_and_its_thread() {
    let buffers = thread::spawn(|| {
        let pool = small(4);
        drop(filled(&pool, b"cached"));
        [b"one", b"two"].map(|bytes| filled(&pool, bytes))
    });
    let [one, two] = buffers.join().unwrap();
    assert_eq!(one, "one");
    assert_eq!(two, "two");
}

#[test]
fn a_block_that_outlives_its_pool_on_the_same_thread_is_freed() {
    let pool = small(4);
    let buffer = filled(&pool, b"late");
    drop(pool);
    assert_eq!(buffer, "late");
}

#[test]
fn a_forgotten_pool_keeps_taking_its_blocks_back() {
    let mut pool = std::mem::ManuallyDrop::new(small(4));
    let buffer = filled(&pool, b"x");
    thread::spawn(move || drop(buffer)).join().unwrap();
    assert_eq!(pool.stats().cached, 1);
    // SAFETY: the pool is not used again.
    unsafe { std::mem::ManuallyDrop::drop(&mut pool) };
}

#[test]
fn a_block_that_grows_leaves_its_pool() {
    let pool = small(4);
    let mut block = pool.block();
    block.put(&[1; 64]);
    let mut buffer = BufferMut::from(block);
    assert!(buffer.is_pooled());
    buffer.extend_from_slice(&[2; 8]);
    assert_eq!(pool.stats().cached, 1);
    assert_eq!(buffer.freeze(), [[1; 64].as_slice(), &[2; 8]].concat());
}

#[test]
#[should_panic(expected = "65 bytes do not fit a buffer of 64")]
fn a_length_beyond_the_block_panics() {
    // SAFETY: none is needed: it panics before it believes the length.
    unsafe { small(1).block().freeze(65) };
}

#[test]
fn many_threads_hand_blocks_back_while_the_owner_takes() {
    const ROUNDS: usize = if cfg!(miri) { 20 } else { 2_000 };
    let pool = small(8);
    let (senders, receivers): (Vec<_>, Vec<_>) =
        (0..4).map(|_| std::sync::mpsc::channel::<Buffer>()).unzip();
    let readers: Vec<_> = receivers
        .into_iter()
        .map(|receiver| {
            thread::spawn(move || {
                receiver.iter().for_each(|buffer| {
                    assert!(buffer.iter().all(|byte| *byte == buffer[0]));
                });
            })
        })
        .collect();
    for round in 0..ROUNDS {
        let buffer = filled(&pool, &[round as u8; 48]);
        for sender in &senders {
            sender.send(buffer.clone()).unwrap();
        }
    }
    drop(senders);
    for reader in readers {
        reader.join().unwrap();
    }
    let stats = pool.stats();
    assert_eq!(stats.allocated + stats.reused, ROUNDS as u64);
    assert!(stats.cached <= 16, "{stats:?}");
}
