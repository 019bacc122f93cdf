//! The model of `std::sync::OnceLock`.

use std::fmt;

use crate::{Mutex, atomic::AtomicBool, ordering};

/// Model of [`std::sync::OnceLock`].
///
/// The value lies in a real one. A loom atomic carries the happens-before edge from the one who
/// sets to those who read, and a loom lock makes the second initializer wait for the first.
pub struct OnceLock<T> {
    value: std::sync::OnceLock<T>,
    is_set: AtomicBool,
    setting: Mutex<()>,
}

impl<T> OnceLock<T> {
    /// An empty cell.
    pub fn new() -> Self {
        Self {
            value: std::sync::OnceLock::new(),
            is_set: AtomicBool::new(false),
            setting: Mutex::new(()),
        }
    }

    /// The value, once it is set.
    pub fn get(&self) -> Option<&T> {
        // Pairs with the store in `get_or_init`.
        let acquire = ordering!(Acquire, "once-get-relaxed" => Relaxed);
        if self.is_set.load(acquire) {
            self.value.get()
        } else {
            None
        }
    }

    /// Sets the value.
    ///
    /// # Errors
    ///
    /// `value`, when there is one already.
    pub fn set(&self, value: T) -> Result<(), T> {
        let mut value = Some(value);
        self.get_or_init(|| value.take().expect("the initializer runs once"));
        value.map_or(Ok(()), Err)
    }

    /// The value; the first caller computes it.
    pub fn get_or_init(&self, init: impl FnOnce() -> T) -> &T {
        // No look at `is_set` first: loom would then take this thread's load for the access that
        // its store races with, and miss the loads of others (see the crate docs).
        let _setting = self.setting.lock();
        let value = self.value.get_or_init(init);
        // Pairs with the load in `get`.
        let release = ordering!(Release, "once-set-relaxed" => Relaxed);
        self.is_set.store(true, release);
        value
    }

    /// Takes the value out.
    pub fn into_inner(self) -> Option<T> {
        self.value.into_inner()
    }
}

impl<T> Default for OnceLock<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for OnceLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnceLock").finish_non_exhaustive()
    }
}
