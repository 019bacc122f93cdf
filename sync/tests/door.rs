//! The normal build of the door: what is ours in it, without a model.
#![cfg(not(synodic_loom))]

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use synodic_sync::{
    Arc, Condvar, Mutex, RwLock,
    atomic::{AtomicU32, Ordering},
    futex, mutant, ordering,
    thread::{self, token},
};

#[test]
fn a_panic_with_a_lock_held_does_not_poison_it() {
    let mutex = Mutex::new(1);
    let lock = RwLock::new(1);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _held = (mutex.lock(), lock.write());
        panic!("expected by the test");
    }));
    assert!(panicked.is_err());
    assert_eq!(*mutex.lock(), 1);
    assert_eq!(mutex.try_lock().as_deref(), Some(&1));
    assert_eq!(*lock.read(), 1);
    assert_eq!(lock.try_write().as_deref(), Some(&1));
    assert_eq!((mutex.into_inner(), lock.into_inner()), (1, 1));
}

#[test]
fn a_condition_that_nobody_notifies_times_out() {
    let (mutex, condvar) = (Mutex::new(()), Condvar::new());
    let mut guard = mutex.lock();
    loop {
        let (again, result) = condvar.wait_timeout(guard, Duration::from_millis(1));
        guard = again;
        if result.timed_out() {
            break;
        }
    }
}

#[test]
fn a_futex_with_a_deadline_ends_not_before_it() {
    let word = AtomicU32::new(0);
    let start = Instant::now();
    while futex::wait_timeout(&word, 0, Duration::from_millis(5)) {}
    assert!(start.elapsed() >= Duration::from_millis(5));
}

#[test]
fn a_futex_without_an_end_waits_for_its_wake() {
    let word = Arc::new(AtomicU32::new(0));
    let sleepers = [(); 3].map(|()| {
        let word = Arc::clone(&word);
        thread::spawn(move || {
            // Pairs with the store below.
            while word.load(Ordering::Acquire) == 0 {
                futex::wait_timeout(&word, 0, Duration::MAX);
            }
        })
    });
    word.store(1, Ordering::Release);
    futex::wake_all(&word);
    for sleeper in sleepers {
        sleeper.join().unwrap();
    }
}

#[test]
fn a_token_belongs_to_one_thread() {
    let others = [(); 4].map(|()| thread::spawn(|| (token(), token())));
    let mut tokens = vec![token()];
    for other in others {
        let (first, second) = other.join().unwrap();
        assert_eq!(first, second);
        assert!(!tokens.contains(&first));
        tokens.push(first);
    }
}

#[test]
fn no_mutant_is_in_a_normal_build() {
    const SELECTED: bool = mutant!("anything");
    const REAL: Ordering = ordering!(Release, "anything" => Relaxed);
    const { assert!(!SELECTED) };
    assert_eq!(REAL, Ordering::Release);
}
