//! Locks without poisoning, in front of `std`'s or loom's.

use std::{fmt, sync::TryLockError, time::Duration};

#[cfg(synodic_loom)]
use loom::sync as imp;
#[cfg(not(synodic_loom))]
use std::sync as imp;

pub use imp::{MutexGuard, RwLockReadGuard, RwLockWriteGuard, WaitTimeoutResult};

/// Declares a constructor that is `const` where the lock beneath allows it.
macro_rules! constructor {
    ($(#[$doc:meta])* $name:ident($($arg:ident: $ty:ty)?) -> $inner:path) => {
        $(#[$doc])*
        #[cfg(not(synodic_loom))]
        #[inline]
        pub const fn $name($($arg: $ty)?) -> Self {
            Self($inner($($arg)?))
        }

        $(#[$doc])*
        #[cfg(synodic_loom)]
        pub fn $name($($arg: $ty)?) -> Self {
            Self($inner($($arg)?))
        }
    };
}

/// Drops the poison mark: see the crate docs for why.
fn healed<G>(result: Result<G, std::sync::PoisonError<G>>) -> G {
    result.unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The guard, unless somebody else holds the lock.
fn healed_try<G>(result: Result<G, TryLockError<G>>) -> Option<G> {
    match result {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// A mutual-exclusion lock that ignores poisoning.
///
/// # Examples
///
/// ```
/// let total = synodic_sync::Mutex::new(1);
/// *total.lock() += 1;
/// assert_eq!(total.into_inner(), 2);
/// ```
pub struct Mutex<T: ?Sized>(imp::Mutex<T>);

impl<T> Mutex<T> {
    constructor! {
        /// An unlocked mutex that holds `value`.
        new(value: T) -> imp::Mutex::new
    }

    /// Takes the value out.
    pub fn into_inner(self) -> T {
        healed(self.0.into_inner())
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Waits for the lock and takes it.
    ///
    /// # Panics
    ///
    /// May panic, or wait forever, when this thread holds the lock already.
    #[inline]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        healed(self.0.lock())
    }

    /// Takes the lock when it is free.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = synodic_sync::Mutex::new(());
    /// let held = lock.lock();
    /// assert!(lock.try_lock().is_none());
    /// drop(held);
    /// assert!(lock.try_lock().is_some());
    /// ```
    #[inline]
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        healed_try(self.0.try_lock())
    }

    /// The value, without locking: `&mut self` shows that nobody else has it.
    pub fn get_mut(&mut self) -> &mut T {
        healed(self.0.get_mut())
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mutex").finish_non_exhaustive()
    }
}

/// A condition variable for [`Mutex`].
///
/// # Examples
///
/// ```
/// use synodic_sync::{Arc, Condvar, Mutex, thread};
///
/// let shared = Arc::new((Mutex::new(false), Condvar::new()));
/// let setter = {
///     let shared = Arc::clone(&shared);
///     thread::spawn(move || {
///         *shared.0.lock() = true;
///         shared.1.notify_one();
///     })
/// };
/// let ready = shared.1.wait_while(shared.0.lock(), |ready| !*ready);
/// assert!(*ready);
/// drop(ready);
/// setter.join().unwrap();
/// ```
pub struct Condvar(imp::Condvar);

impl Condvar {
    constructor! {
        /// A condition variable that nobody waits for.
        new() -> imp::Condvar::new
    }

    /// Unlocks `guard`, waits for a notification, and locks again.
    ///
    /// May return without a notification; [`wait_while`](Self::wait_while) deals with that.
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        healed(self.0.wait(guard))
    }

    /// Waits until `condition` is false.
    pub fn wait_while<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> MutexGuard<'a, T> {
        while condition(&mut *guard) {
            guard = self.wait(guard);
        }
        guard
    }

    /// As [`wait`](Self::wait), but for `timeout` at most.
    ///
    /// Loom has no clock: in a model this waits for the notification, however long it takes, so
    /// that a lost one shows up as a deadlock.
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        timeout: Duration,
    ) -> (MutexGuard<'a, T>, WaitTimeoutResult) {
        healed(self.0.wait_timeout(guard, timeout))
    }

    /// Wakes one thread that waits now.
    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    /// Wakes every thread that waits now.
    pub fn notify_all(&self) {
        self.0.notify_all();
    }
}

impl Default for Condvar {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condvar").finish_non_exhaustive()
    }
}

/// A lock for many readers or one writer that ignores poisoning.
///
/// # Examples
///
/// ```
/// let config = synodic_sync::RwLock::new("a");
/// *config.write() = "b";
/// assert_eq!(*config.read(), "b");
/// ```
pub struct RwLock<T: ?Sized>(imp::RwLock<T>);

impl<T> RwLock<T> {
    constructor! {
        /// An unlocked lock that holds `value`.
        new(value: T) -> imp::RwLock::new
    }

    /// Takes the value out.
    pub fn into_inner(self) -> T {
        healed(self.0.into_inner())
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Waits until there is no writer and takes a share.
    #[inline]
    pub fn read(&self) -> RwLockReadGuard<'_, T> {
        healed(self.0.read())
    }

    /// Waits until there is nobody else and takes the lock.
    #[inline]
    pub fn write(&self) -> RwLockWriteGuard<'_, T> {
        healed(self.0.write())
    }

    /// Takes a share when there is no writer.
    pub fn try_read(&self) -> Option<RwLockReadGuard<'_, T>> {
        healed_try(self.0.try_read())
    }

    /// Takes the lock when there is nobody else.
    pub fn try_write(&self) -> Option<RwLockWriteGuard<'_, T>> {
        healed_try(self.0.try_write())
    }
}

impl<T: Default> Default for RwLock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RwLock").finish_non_exhaustive()
    }
}
