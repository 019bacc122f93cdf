//! A cell whose accesses loom can check.

#[cfg(synodic_loom)]
pub use loom::cell::UnsafeCell;

/// [`std::cell::UnsafeCell`] with access through closures.
///
/// The closures mark where an access begins and ends. That costs nothing in a normal build; in a
/// model it lets loom report two accesses that are not ordered by a happens-before edge.
///
/// # Examples
///
/// ```
/// use synodic_sync::cell::UnsafeCell;
///
/// let cell = UnsafeCell::new(1);
/// // SAFETY: `cell` is not shared, so nothing else reads or writes it now.
/// cell.with_mut(|value| unsafe { *value += 1 });
/// assert_eq!(cell.into_inner(), 2);
/// ```
#[cfg(not(synodic_loom))]
#[derive(Debug, Default)]
#[repr(transparent)]
pub struct UnsafeCell<T: ?Sized>(std::cell::UnsafeCell<T>);

#[cfg(not(synodic_loom))]
impl<T> UnsafeCell<T> {
    /// Wraps `value`.
    #[inline]
    pub const fn new(value: T) -> Self {
        Self(std::cell::UnsafeCell::new(value))
    }

    /// Takes the value out.
    #[inline]
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

#[cfg(not(synodic_loom))]
impl<T: ?Sized> UnsafeCell<T> {
    /// Passes a pointer for reading to `f`.
    ///
    /// To dereference it is sound only while nothing writes the value.
    #[inline(always)]
    pub fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        f(self.0.get())
    }

    /// Passes a pointer for reading and writing to `f`.
    ///
    /// To dereference it is sound only while nothing else reads or writes the value.
    #[inline(always)]
    pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        f(self.0.get())
    }
}
