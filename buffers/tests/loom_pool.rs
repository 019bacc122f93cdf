//! Blocks come home from any thread exactly once, whatever the interleaving.
//!
//! Loom follows the link of a chunk and stands a cell of its own in for the bytes, so that two
//! accesses without order are reported; a chunk that is lost keeps its pool's state alive, which is
//! reported as a leak.
#![cfg(synodic_loom)]

use synodic_buffers::{BlockPool, Buffer, PoolOptions};
use synodic_sync::{model, thread};

fn pool(cache_blocks_max: usize) -> BlockPool {
    BlockPool::with_options(
        PoolOptions::new()
            .block_bytes(8)
            .cache_blocks_max(cache_blocks_max),
    )
}

fn filled(pool: &BlockPool, byte: u8) -> Buffer {
    let mut block = pool.block();
    block.put(&[byte]);
    block.into_buffer()
}

/// Two threads hand blocks back while the owner takes, writes and reads others.
// mutants: pool-hand-back-relaxed, pool-collect-relaxed
#[test]
fn a_block_handed_back_is_used_again_in_order() {
    model(|| {
        let pool = pool(2);
        let returners = [1, 2].map(|byte| {
            let buffer = filled(&pool, byte);
            thread::spawn(move || assert_eq!(buffer, [byte]))
        });
        let mine = filled(&pool, 3);
        let again = filled(&pool, 4);
        assert_eq!(mine, [3]);
        assert_eq!(again, [4]);
        for returner in returners {
            returner.join().unwrap();
        }
        drop((mine, again));
        let stats = pool.stats();
        assert!(stats.cached <= 4, "the bound of either list is two");
        assert_eq!(stats.allocated + stats.reused, 4);
    });
}

/// Clones of one buffer die on three threads; the last one takes the block home.
// mutants: buffer-drop-relaxed, buffer-drop-unfenced, buffer-unique-relaxed
#[test]
fn the_last_of_several_clones_takes_the_block_home() {
    model(|| {
        let pool = pool(1);
        let buffer = filled(&pool, 7);
        let readers = [(); 2].map(|()| {
            let clone = buffer.clone();
            thread::spawn(move || assert_eq!(clone, [7]))
        });
        drop(buffer);
        // Writes into the block, should it be home already.
        let next = filled(&pool, 8);
        assert_eq!(next, [8]);
        for reader in readers {
            reader.join().unwrap();
        }
    });
}

/// The owner drops the pool while another thread hands a block back: it is freed, by one of them.
// mutants: pool-close-stays-open, pool-collect-relaxed
#[test]
fn a_block_that_comes_home_to_a_closing_pool_is_freed() {
    model(|| {
        let pool = pool(2);
        let returners = [1, 2].map(|byte| {
            let buffer = filled(&pool, byte);
            thread::spawn(move || drop(buffer))
        });
        drop(pool);
        for returner in returners {
            returner.join().unwrap();
        }
    });
}

/// Two threads hand back to a list with one place: the other block is freed.
// mutants: pool-bound-unreserved, pool-bound-leaks
#[test]
fn the_list_of_the_other_threads_keeps_its_bound() {
    model(|| {
        let pool = pool(1);
        let buffers = [filled(&pool, 1), filled(&pool, 2)];
        let returners = buffers.map(|buffer| thread::spawn(move || drop(buffer)));
        for returner in returners {
            returner.join().unwrap();
        }
        assert_eq!(pool.stats().cached, 1);
        assert_eq!(filled(&pool, 3), [3]);
        assert_eq!(pool.stats().reused, 1);
    });
}
