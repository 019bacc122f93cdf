//! A slab is cut without atomics, and still freed once, and used again only when nobody reads it.
//!
//! A cell in the header stands for the bytes: those who have pieces share it, and to free the slab or
//! to begin it anew is to write it.
#![cfg(synodic_loom)]

use synodic_buffers::{Buffer, BufferMut, LocalPool, PoolLimits};
use synodic_sync::{model, thread};

/// Two of them fill a slab.
const PIECE: usize = 2040;

fn small_slabs() {
    LocalPool::set_limits(PoolLimits::new().slab_bytes(4096).cache_bytes_max(8192));
}

/// Gives the pool up, as the end of a thread does. There loom's thread-locals are gone already, by
/// which a pool knows its thread; the fresh pool that this leaves has nothing.
fn give_up_pool() {
    LocalPool::set_limits(PoolLimits::new());
}

fn filled(byte: u8) -> Buffer {
    let mut buffer = BufferMut::with_capacity(PIECE);
    buffer.put(&[byte]);
    buffer.freeze()
}

/// The owner fills a slab and begins it anew while another thread still has a piece, or not any more.
// mutants: slab-renew-relaxed, slab-renew-unchecked, buffer-drop-relaxed, slab-return-anywhere, slab-settle-forgets
#[test]
fn a_slab_begins_anew_when_its_pieces_are_gone() {
    model(|| {
        small_slabs();
        let far = filled(1);
        drop(far.clone());
        let reader = thread::spawn(move || {
            let clone = far.clone();
            drop(far);
            assert_eq!(clone, [1]);
        });
        drop(filled(2));
        let next = filled(3);
        assert_eq!(next, [3]);
        reader.join().unwrap();
        let stats = LocalPool::stats();
        assert_eq!(stats.slabs_started + stats.slabs_renewed, 2);
        drop(next);
        give_up_pool();
    });
}

/// The owner gives up a slab while two other threads drop its last pieces: one of the three frees it.
// mutants: slab-retire-unfenced, slab-retire-forgets-returned, buffer-drop-unfenced
#[test]
fn a_slab_that_is_given_up_is_freed_once() {
    model(|| {
        small_slabs();
        let readers = [1, 2].map(|byte| {
            let piece = filled(byte);
            thread::spawn(move || assert_eq!(piece, [byte]))
        });
        LocalPool::trim();
        assert_eq!(filled(3), [3]);
        for reader in readers {
            reader.join().unwrap();
        }
        give_up_pool();
    });
}

/// A piece outlives the thread that cut it, which closes its pool as it ends.
// mutants: slab-retire-forgets-returned, pool-close-stays-open
#[test]
fn a_slab_outlives_its_thread() {
    model(|| {
        let piece = thread::spawn(|| {
            small_slabs();
            drop(filled(0));
            let piece = filled(1);
            let reader = {
                let clone = piece.clone();
                thread::spawn(move || assert_eq!(clone, [1]))
            };
            give_up_pool();
            (piece, reader)
        });
        let (piece, reader) = piece.join().unwrap();
        assert_eq!(piece, [1]);
        drop(piece);
        reader.join().unwrap();
    });
}
