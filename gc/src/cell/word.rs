//! A cell for small values.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;

use crate::brand::{Brand, Mutation};
use crate::raw::Scavenger;
use crate::trace::{Relocator, Trace, Visitor};

/// A `Cell` for values with pointers: a `Gc`, an `Option` of one, an enum of such.
///
/// Setting it tells the collector when an old object points to a new one, which costs a look at
/// the addresses and nothing else for cells in new objects.
///
/// ```
/// use synodic_gc::{Gc, GcCell, Heap, HeapOptions, Rootable};
///
/// # fn main() -> Result<(), synodic_gc::HeapError> {
/// type Last<'gc> = GcCell<'gc, Option<Gc<'gc, str>>>;
/// let mut heap = Heap::<Rootable![Last<'_>]>::new(HeapOptions::new(), |_| GcCell::new(None))?;
/// heap.mutate(|mc, last| last.set(mc, Some(mc.alloc_str("seen"))));
/// heap.mutate(|_, last| assert_eq!(last.get().as_deref(), Some("seen")));
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
#[repr(transparent)]
pub struct GcCell<'gc, T> {
    value: Cell<T>,
    brand: Brand<'gc>,
}

impl<'gc, T: Trace + Copy> GcCell<'gc, T> {
    /// A cell with a value.
    pub fn new(value: T) -> Self {
        Self {
            value: Cell::new(value),
            brand: PhantomData,
        }
    }

    /// The value.
    #[inline]
    pub fn get(&self) -> T {
        self.value.get()
    }

    /// Gives it another value.
    #[inline]
    pub fn set(&self, mc: &Mutation<'gc>, value: T) {
        self.value.set(value);
        if T::NEEDS_TRACE {
            mc.core().barrier(self, &value, relocate_at::<T>);
        }
    }

    /// Gives it another value and returns the one before.
    #[inline]
    pub fn replace(&self, mc: &Mutation<'gc>, value: T) -> T {
        let old = self.get();
        self.set(mc, value);
        old
    }
}

/// Relocates a remembered cell.
unsafe fn relocate_at<T: Trace + Copy>(cell: NonNull<u8>, scavenger: &mut Scavenger<'_>) {
    // SAFETY: the barrier remembered the address of such a cell, and references to it are gone.
    let cell = unsafe { cell.cast::<GcCell<'_, T>>().as_mut() };
    cell.relocate(scavenger);
}

// SAFETY: passes the value on. A cell is branded, so only the barrier of its own heap is told.
unsafe impl<T: Trace + Copy> Trace for GcCell<'_, T> {
    const NEEDS_TRACE: bool = T::NEEDS_TRACE;
    const HAS_CELLS: bool = T::NEEDS_TRACE;
    const CELLS_OFF_HEAP: bool = T::CELLS_OFF_HEAP;

    #[inline]
    fn trace<V: Visitor>(&self, visitor: &mut V) {
        self.value.get().trace(visitor);
    }

    #[inline]
    fn relocate<R: Relocator>(&mut self, relocator: &mut R) {
        self.value.get_mut().relocate(relocator);
    }
}

/// Shows nothing of the value, through which a circle could lead back.
impl<T> fmt::Debug for GcCell<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GcCell").finish_non_exhaustive()
    }
}
