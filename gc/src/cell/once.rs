//! A cell that is written once.

use std::fmt;

use super::GcCell;
use crate::brand::Mutation;
use crate::trace::{Relocator, Trace, Visitor};

/// A `OnceCell` for values with pointers: for what is known only after an object was made, such
/// as a pointer to itself.
///
/// ```
/// use synodic_gc::{Gc, GcOnceCell, Heap, HeapOptions, Rootable, Trace};
///
/// #[derive(Trace)]
/// struct Function<'gc> {
///     name: &'static str,
///     own: GcOnceCell<'gc, Gc<'gc, Function<'gc>>>,
/// }
///
/// # fn main() -> Result<(), synodic_gc::HeapError> {
/// let mut heap = Heap::<Rootable![()]>::new(HeapOptions::new(), |_| ())?;
/// heap.mutate(|mc, ()| {
///     let function = mc.alloc(Function { name: "f", own: GcOnceCell::new() });
///     assert!(function.own.set(mc, function).is_ok());
///     assert!(function.own.set(mc, function).is_err());
///     assert_eq!(function.own.get().map(|own| own.name), Some("f"));
/// });
/// # Ok(())
/// # }
/// ```
pub struct GcOnceCell<'gc, T> {
    cell: GcCell<'gc, Option<T>>,
}

impl<'gc, T: Trace + Copy> GcOnceCell<'gc, T> {
    /// An empty cell.
    #[must_use]
    pub fn new() -> Self {
        Self {
            cell: GcCell::new(None),
        }
    }

    /// The value, once it was set.
    #[inline]
    pub fn get(&self) -> Option<T> {
        self.cell.get()
    }

    /// Sets the value.
    ///
    /// # Errors
    ///
    /// The value comes back when the cell has one already.
    pub fn set(&self, mc: &Mutation<'gc>, value: T) -> Result<(), T> {
        if self.cell.get().is_some() {
            return Err(value);
        }
        self.cell.set(mc, Some(value));
        Ok(())
    }
}

impl<T: Trace + Copy> Default for GcOnceCell<'_, T> {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: as its only field.
unsafe impl<T: Trace + Copy> Trace for GcOnceCell<'_, T> {
    const NEEDS_TRACE: bool = T::NEEDS_TRACE;
    const HAS_CELLS: bool = T::NEEDS_TRACE;
    const CELLS_OFF_HEAP: bool = T::CELLS_OFF_HEAP;

    #[inline]
    fn trace<V: Visitor>(&self, visitor: &mut V) {
        self.cell.trace(visitor);
    }

    #[inline]
    fn relocate<R: Relocator>(&mut self, relocator: &mut R) {
        self.cell.relocate(relocator);
    }
}

/// Shows nothing of the value, through which a circle could lead back.
impl<T> fmt::Debug for GcOnceCell<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GcOnceCell").finish_non_exhaustive()
    }
}
