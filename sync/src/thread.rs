//! Threads.

use std::num::NonZeroUsize;

#[cfg(synodic_loom)]
pub use crate::modeled::thread::{available_parallelism, park_timeout, sleep};
#[cfg(synodic_loom)]
pub use loom::thread::{
    AccessError, Builder, JoinHandle, LocalKey, Thread, ThreadId, current, park, spawn, yield_now,
};
pub use std::thread::panicking;
#[cfg(not(synodic_loom))]
pub use std::thread::{
    AccessError, Builder, JoinHandle, LocalKey, Scope, ScopedJoinHandle, Thread, ThreadId,
    available_parallelism, current, park, park_timeout, scope, sleep, spawn, yield_now,
};

/// A number that the current thread has and no other thread of this process ever had.
///
/// `thread::current().id()` says the same, but takes a reference count to do so; this reads one
/// thread-local word, and works in the destructors of thread-locals too.
///
/// # Panics
///
/// When the process has started more threads than a `usize` counts.
///
/// # Examples
///
/// ```
/// use synodic_sync::thread::{self, token};
///
/// assert_eq!(token(), token());
/// assert_ne!(token(), thread::spawn(token).join().unwrap());
/// ```
#[inline]
pub fn token() -> Token {
    TOKEN.with(|token| match token.get() {
        Some(token) => token,
        None => {
            let fresh = Token::fresh();
            token.set(Some(fresh));
            fresh
        }
    })
}

/// What [`token`] returns: equal exactly when the threads are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token(NonZeroUsize);

crate::thread_local! {
    static TOKEN: std::cell::Cell<Option<Token>> = const { std::cell::Cell::new(None) };
}

impl Token {
    #[cold]
    fn fresh() -> Self {
        // The counter is no part of any protocol, so a model does not need to see it: it is std's
        // in both builds, and outlives the executions of a model.
        use std::sync::atomic::{AtomicUsize, Ordering};
        static LAST: AtomicUsize = AtomicUsize::new(0);
        // Relaxed: only the uniqueness of each number matters.
        let last = LAST
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| {
                last.checked_add(1)
            })
            .expect("a process starts fewer threads than a usize counts");
        Self(NonZeroUsize::MIN.saturating_add(last))
    }
}
