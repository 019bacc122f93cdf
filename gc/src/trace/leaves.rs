//! Values without pointers into a heap.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

use super::{Relocator, Trace, Visitor};

/// A value of any type without borrows, such as a closure or a type of another crate.
///
/// ```
/// use synodic_gc::{HeapOptions, Heap, Root, Rootable, Static};
///
/// # fn main() -> Result<(), synodic_gc::HeapError> {
/// let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ())?;
/// let len = heap.mutate(|mc, ()| {
///     let printer = mc.alloc(Static(|text: &str| text.len()));
///     (printer.0)("four")
/// });
/// assert_eq!(len, 4);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Static<T: 'static>(
    /// The value.
    pub T,
);

impl<T> Deref for Static<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Static<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

/// Implements `Trace` for types that are `'static` or have nothing inside.
macro_rules! leaves {
    ($([$($generics:tt)*] $type:ty),* $(,)?) => {$(
        // SAFETY: a value without borrows has no `Gc`, whose lifetime is shorter than any that a
        // user can name.
        unsafe impl<$($generics)*> Trace for $type {
            const NEEDS_TRACE: bool = false;
            const HAS_CELLS: bool = false;
            const CELLS_OFF_HEAP: bool = false;

            #[inline]
            fn trace<V: Visitor>(&self, _: &mut V) {}

            #[inline]
            fn relocate<R: Relocator>(&mut self, _: &mut R) {}
        }
    )*};
}

leaves! {
    [] (), [] bool, [] char, [] str, [] String, [] &'static str,
    [] u8, [] u16, [] u32, [] u64, [] u128, [] usize,
    [] i8, [] i16, [] i32, [] i64, [] i128, [] isize, [] f32, [] f64,
    [] std::num::NonZeroU8, [] std::num::NonZeroU16, [] std::num::NonZeroU32,
    [] std::num::NonZeroU64, [] std::num::NonZeroUsize,
    [] std::num::NonZeroI32, [] std::num::NonZeroI64,
    [] std::time::Duration, [] std::time::Instant, [] std::time::SystemTime,
    [] std::path::PathBuf, [] std::ffi::OsString,
    [T: ?Sized] PhantomData<T>,
    [T: 'static] Static<T>,
    [T: 'static] Cell<T>,
    [T: 'static] RefCell<T>,
    [T: ?Sized + 'static] Rc<T>,
    [T: ?Sized + 'static] std::rc::Weak<T>,
    [T: 'static] BTreeSet<T>,
    [T: 'static, S: 'static] std::collections::HashSet<T, S>,
}
