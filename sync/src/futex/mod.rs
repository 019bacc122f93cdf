//! Waiting for a word of memory to change.
//!
//! A futex is a 32-bit atomic on which threads can sleep. On Linux these functions are the kernel's
//! (`futex(2)`, private to the process); elsewhere, and in models, a table of locks stands in.

#[cfg(all(target_os = "linux", not(synodic_loom)))]
mod linux;
#[cfg(any(not(target_os = "linux"), synodic_loom, test))]
mod table;

use std::time::Duration;

use crate::atomic::AtomicU32;

#[cfg(all(target_os = "linux", not(synodic_loom)))]
use linux as imp;
#[cfg(any(not(target_os = "linux"), synodic_loom))]
use table as imp;

/// Sleeps while `word` holds `expected`, until woken.
///
/// Returns at once when it holds something else. May return for no reason: look again.
///
/// # Examples
///
/// ```
/// use synodic_sync::{Arc, atomic::{AtomicU32, Ordering}, futex, thread};
///
/// let word = Arc::new(AtomicU32::new(0));
/// let waker = {
///     let word = Arc::clone(&word);
///     thread::spawn(move || {
///         word.store(1, Ordering::Release);
///         futex::wake_one(&word);
///     })
/// };
/// while word.load(Ordering::Acquire) == 0 {
///     futex::wait(&word, 0);
/// }
/// waker.join().unwrap();
/// ```
#[inline]
pub fn wait(word: &AtomicU32, expected: u32) {
    imp::wait(word, expected);
}

/// As [`wait`], but for `timeout` at most. Returns false when the time is up.
///
/// True means only that the wait ended otherwise: woken, the word differed, or no reason. Loom has
/// no clock, so in a model the time is never up.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use synodic_sync::{atomic::AtomicU32, futex};
///
/// let word = AtomicU32::new(0);
/// assert!(futex::wait_timeout(&word, 1, Duration::from_secs(60)));
/// while futex::wait_timeout(&word, 0, Duration::from_millis(1)) {}
/// ```
#[inline]
pub fn wait_timeout(word: &AtomicU32, expected: u32, timeout: Duration) -> bool {
    imp::wait_timeout(word, expected, timeout)
}

/// Wakes one thread that sleeps on `word`, if there is one.
#[inline]
pub fn wake_one(word: &AtomicU32) {
    imp::wake_one(word);
}

/// Wakes every thread that sleeps on `word`.
#[inline]
pub fn wake_all(word: &AtomicU32) {
    imp::wake_all(word);
}
