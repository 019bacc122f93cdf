//! The door's models are weak enough to fail what would fail outside: each protocol here passes,
//! and fails with one step weakened.
#![cfg(synodic_loom)]

use synodic_sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, AtomicU32, Ordering, fence},
    cell::UnsafeCell,
    futex, model, mutant, ordering,
    queue::SegQueue,
    thread,
};

/// A sleeper on a futex sees the word that it was woken for.
// mutants: futex-no-wake, futex-check-skipped, futex-store-relaxed
#[test]
fn a_futex_loses_no_wake() {
    model(|| {
        let shared = Arc::new((AtomicU32::new(0), UnsafeCellSync(UnsafeCell::new(0))));
        let waker = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                // SAFETY: the sleeper reads only after it has seen the word change.
                shared.1.0.with_mut(|value| unsafe { *value = 7 });
                // Pairs with the load below.
                let release = ordering!(Release, "futex-store-relaxed" => Relaxed);
                shared.0.store(1, release);
                if !mutant!("futex-no-wake") {
                    futex::wake_one(&shared.0);
                }
            })
        };
        // Pairs with the store above.
        while shared.0.load(Ordering::Acquire) == 0 {
            futex::wait(&shared.0, 0);
        }
        // SAFETY: the store came after the write.
        assert_eq!(shared.1.0.with(|value| unsafe { *value }), 7);
        waker.join().unwrap();
    });
}

/// Either the pusher sees the sleeper's flag, or the sleeper sees the item: what a mailbox rests
/// on. The fences do it; the queue's lock, which exists only in the model, must not.
// mutants: dekker-pusher-unfenced, dekker-sleeper-unfenced
#[test]
fn emptiness_of_a_queue_orders_nothing() {
    model(|| {
        let shared = Arc::new((SegQueue::new(), AtomicBool::new(false)));
        let pusher = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                shared.0.push(());
                // Pairs with the sleeper's fence.
                if !mutant!("dekker-pusher-unfenced") {
                    fence(Ordering::SeqCst);
                }
                shared.1.load(Ordering::Relaxed)
            })
        };
        shared.1.store(true, Ordering::Relaxed);
        // Pairs with the pusher's fence.
        if !mutant!("dekker-sleeper-unfenced") {
            fence(Ordering::SeqCst);
        }
        let sees_item = !shared.0.is_empty();
        let sees_flag = pusher.join().unwrap();
        assert!(sees_item || sees_flag, "the sleeper would sleep on");
    });
}

/// What was written before a cell was set is seen by those who find it set, and one sets it.
// mutants: once-set-relaxed, once-get-relaxed
#[test]
fn a_once_lock_publishes_what_came_before() {
    model(|| {
        let shared = Arc::new((OnceLock::new(), UnsafeCellSync(UnsafeCell::new(0))));
        let setter = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                // SAFETY: others read only after they have found the cell set.
                shared.1.0.with_mut(|value| unsafe { *value = 7 });
                shared.0.set(1).unwrap();
            })
        };
        if shared.0.get().is_some() {
            // SAFETY: the cell was set after the write.
            assert_eq!(shared.1.0.with(|value| unsafe { *value }), 7);
        }
        setter.join().unwrap();
        assert_eq!(shared.0.set(2), Err(2));
    });
}

struct UnsafeCellSync<T>(UnsafeCell<T>);

// SAFETY: loom reports an access that is not ordered after the others.
unsafe impl<T: Send> Sync for UnsafeCellSync<T> {}
