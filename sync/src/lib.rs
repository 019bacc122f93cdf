//! The one door to atomics, locks, threads and futexes: std, or loom under cfg(synodic_loom).
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
