//! The one door to atomics, locks, threads and futexes.
//!
//! Code that shares state between threads imports it from here. In a normal build these are the
//! items of `std` and crossbeam, at no cost. Under `--cfg synodic_loom` they are loom's, or models
//! made of loom's, and the same code runs in a model checker: every interleaving of its threads is
//! tried, and every value that a weakly ordered load may return.
//!
//! ```
//! use synodic_sync::{
//!     Arc,
//!     atomic::{AtomicBool, Ordering},
//!     queue::SegQueue,
//!     thread,
//! };
//!
//! let inbox = Arc::new((SegQueue::new(), AtomicBool::new(false)));
//! let sender = {
//!     let inbox = Arc::clone(&inbox);
//!     thread::spawn(move || {
//!         inbox.0.push("hello");
//!         inbox.1.store(true, Ordering::Release); // Pairs with the load below.
//!     })
//! };
//! while !inbox.1.load(Ordering::Acquire) {
//!     thread::yield_now();
//! }
//! assert_eq!(inbox.0.pop(), Some("hello"));
//! sender.join().unwrap();
//! ```
//!
//! # What differs from `std`
//!
//! - **No poisoning.** `lock` returns the guard. A panic while a lock is held is caught by nobody
//!   in most programs; where it is, the loop's rule is that the callback failed and the rest goes
//!   on, so whoever panics leaves the value as it should be. A poison mark would turn one failed
//!   callback into a failure of every later one.
//! - [`cell::UnsafeCell`] is used through closures, which tell loom where an access ends.
//! - [`thread::token`] names the current thread without counting references.
//! - [`futex`] has a deadline.
//!
//! # What differs under loom
//!
//! A type of a model exists inside the model only, and `new` is not `const`: keep shared state in
//! a value that the model creates, not in a `static`. There is no `Weak`, `scope` or bounded
//! channel. Loom's `Arc` is no receiver type (`self: &Arc<Self>`; write an associated function),
//! does not become an `Arc<dyn Trait>` by itself, and is not what [`std::task::Wake`] takes. A wait
//! with a deadline waits until it is woken, so that a lost wake-up is a deadlock.
//!
//! What the models promise is no more than what stands in the documentation of the real thing:
//!
//! | here | real | in a model |
//! |---|---|---|
//! | [`queue`], [`deque`] | crossbeam, lock-free | a lock around a `VecDeque`; emptiness is read from a relaxed counter |
//! | [`futex`] | the kernel | a lock, a list of sleepers and a condition variable; wakes the longest asleep |
//! | `OnceLock` | `std` | a real one, with a loom lock around setting it and a loom flag behind it |
//! | `Backoff` | crossbeam | a switch to another thread |
//!
//! Two limits of loom itself cost us time:
//!
//! - A `SeqCst` load or store counts as `Acquire` or `Release`. Only `fence(SeqCst)` is modeled as
//!   such: protocols of the kind "I write mine, then read yours" need the fence.
//! - A race is looked for between an access and the *last* one of the same object. When a thread
//!   loads a word and then exchanges it, its own load is the last access, and the interleavings
//!   with an earlier load by another thread are not tried. Exchange first where that is natural,
//!   and see that the number of explored executions is not suspiciously small.
//!
//! # Models and mutants
//!
//! A model is a `#[test]` in `tests/loom_<noun>.rs` of the crate whose protocol it checks. It calls
//! `synodic_sync::model` with a closure that is run once for each interleaving. The file begins
//! with `#![cfg(synodic_loom)]`, so that a normal build leaves it out.
//!
//! A mutant is the real code with one step weakened: an ordering ([`ordering!`]) or anything else
//! ([`mutant!`]). It is compiled in under `synodic_loom` only, and selected by its name in the
//! environment variable `SYNODIC_MUTANT`. The comment above a model names the mutants that must
//! make it fail:
//!
//! ```text
//! /// Two threads hand blocks back while the owner takes others.
//! // mutants: pool-hand-back-relaxed, pool-collect-relaxed
//! #[test]
//! fn a_block_handed_back_is_used_again_in_order() {
//!     model(|| { ... });
//! }
//! ```
//!
//! `cargo xtask loom` runs each model, which must pass, and then once more for each of its mutants,
//! in a process of its own (loom aborts on a deadlock), where it must fail. A model has two mutants
//! at least: one that nothing makes fail proves nothing. By hand:
//!
//! ```text
//! RUSTFLAGS="--cfg synodic_loom" SYNODIC_MUTANT=pool-collect-relaxed \
//!     cargo test --release -p synodic-buffers --test loom_pool
//! ```
#![forbid(unsafe_code)]

pub mod atomic;
pub mod cell;
pub mod deque;
pub mod futex;
pub mod hint;
mod lock;
#[cfg(synodic_loom)]
mod modeled;
pub mod mpsc;
mod mutant;
mod pad;
pub mod queue;
pub mod thread;

pub use lock::{
    Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard, WaitTimeoutResult,
};
pub use pad::{Backoff, CachePadded};

#[cfg(synodic_loom)]
#[doc(hidden)]
pub use loom as __loom;
#[cfg(synodic_loom)]
pub use loom::sync::Arc;
#[cfg(synodic_loom)]
pub use modeled::once::OnceLock;
#[cfg(synodic_loom)]
pub use mutant::{is_selected, model};
#[cfg(not(synodic_loom))]
pub use std::{
    sync::{Arc, OnceLock, Weak},
    thread_local,
};

/// The README's program runs as a doctest.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
