//! A cell for values of any size.

use std::cell::{Cell, UnsafeCell};
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use crate::brand::{Brand, Mutation};
use crate::raw::{Contents, Marker, Scavenger};
use crate::trace::{Relocator, Trace, Visitor};

/// The value is borrowed mutably.
const MUTABLE: isize = -1;

/// A `RefCell` for values with pointers, such as a `Vec` of them.
///
/// [`borrow_mut`](Self::borrow_mut) tells the collector that an old object may point to new ones
/// from now on; the next minor collection looks at the whole value.
///
/// ```
/// use synodic_gc::{Gc, GcRefCell, Heap, HeapOptions, Rootable};
///
/// # fn main() -> Result<(), synodic_gc::HeapError> {
/// type Names<'gc> = GcRefCell<'gc, Vec<Gc<'gc, str>>>;
/// let mut heap = Heap::<Rootable![Gc<'_, Names<'_>>]>::new(HeapOptions::new(), |mc| {
///     mc.alloc(GcRefCell::new(Vec::new()))
/// })?;
/// heap.mutate(|mc, names| names.borrow_mut(mc).push(mc.alloc_str("first")));
/// heap.mutate(|_, names| assert_eq!(&*names.borrow()[0], "first"));
/// # Ok(())
/// # }
/// ```
// The flag comes first: the remembered set tells this cell from one that the value begins with
// by the address.
#[repr(C)]
pub struct GcRefCell<'gc, T> {
    flag: Cell<isize>,
    value: UnsafeCell<T>,
    brand: Brand<'gc>,
}

/// The value of a [`GcRefCell`] is borrowed in a way that excludes this borrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a GcRefCell is borrowed already")]
#[non_exhaustive]
pub struct BorrowError;

impl<'gc, T: Trace> GcRefCell<'gc, T> {
    /// A cell with a value.
    pub fn new(value: T) -> Self {
        Self {
            flag: Cell::new(0),
            value: UnsafeCell::new(value),
            brand: PhantomData,
        }
    }

    /// Borrows the value.
    ///
    /// # Panics
    ///
    /// While it is borrowed mutably.
    #[inline]
    #[track_caller]
    pub fn borrow(&self) -> GcRef<'_, T> {
        self.try_borrow()
            .expect("a value that is borrowed mutably is borrowed by nobody else")
    }

    /// Borrows the value when nobody has it mutably.
    ///
    /// # Errors
    ///
    /// While it is borrowed mutably.
    #[inline]
    pub fn try_borrow(&self) -> Result<GcRef<'_, T>, BorrowError> {
        let borrows = self.flag.get();
        if borrows == MUTABLE || borrows == isize::MAX {
            return Err(BorrowError);
        }
        self.flag.set(borrows + 1);
        // SAFETY: nobody has it mutably, and nobody will while the flag counts this borrow.
        let value = unsafe { &*self.value.get() };
        Ok(GcRef {
            value,
            flag: &self.flag,
        })
    }

    /// Borrows the value mutably.
    ///
    /// # Panics
    ///
    /// While it is borrowed.
    #[inline]
    #[track_caller]
    pub fn borrow_mut(&self, mc: &Mutation<'gc>) -> GcRefMut<'_, T> {
        self.try_borrow_mut(mc)
            .expect("a value that is borrowed is borrowed mutably by nobody")
    }

    /// Borrows the value mutably when nobody has it.
    ///
    /// # Errors
    ///
    /// While it is borrowed.
    #[inline]
    pub fn try_borrow_mut(&self, mc: &Mutation<'gc>) -> Result<GcRefMut<'_, T>, BorrowError> {
        if self.flag.get() != 0 {
            return Err(BorrowError);
        }
        if T::NEEDS_TRACE {
            let contents = Contents {
                relocate: relocate_at::<T>,
                trace: trace_at::<T>,
            };
            mc.core().barrier_any(self, contents);
        }
        self.flag.set(MUTABLE);
        Ok(GcRefMut {
            // SAFETY: a pointer into a reference is not null.
            value: unsafe { NonNull::new_unchecked(self.value.get()) },
            flag: &self.flag,
            borrow: PhantomData,
        })
    }
}

/// Relocates a remembered cell.
unsafe fn relocate_at<T: Trace>(cell: NonNull<u8>, scavenger: &mut Scavenger<'_>) {
    // SAFETY: the barrier remembered the address of such a cell, and references to it are gone.
    let cell = unsafe { cell.cast::<GcRefCell<'_, T>>().as_mut() };
    cell.relocate(scavenger);
}

/// Traces a cell that has changed.
unsafe fn trace_at<T: Trace>(cell: NonNull<u8>, marker: &mut Marker<'_>) {
    // SAFETY: the barrier noted the address of such a cell, and references to it are gone.
    let cell = unsafe { cell.cast::<GcRefCell<'_, T>>().as_ref() };
    cell.trace(marker);
}

// SAFETY: passes the value on. No borrow is alive in a collection: guards end with the section
// at the latest, and of one that was leaked only the flag is left.
unsafe impl<T: Trace> Trace for GcRefCell<'_, T> {
    const NEEDS_TRACE: bool = T::NEEDS_TRACE;
    const HAS_CELLS: bool = T::NEEDS_TRACE;
    const CELLS_OFF_HEAP: bool = T::CELLS_OFF_HEAP;

    fn trace<V: Visitor>(&self, visitor: &mut V) {
        // SAFETY: collections, which alone call this for a cell, happen between sections.
        let value = unsafe { &*self.value.get() };
        value.trace(visitor);
    }

    fn relocate<R: Relocator>(&mut self, relocator: &mut R) {
        self.value.get_mut().relocate(relocator);
    }
}

/// A shared borrow of a [`GcRefCell`].
pub struct GcRef<'a, T> {
    value: &'a T,
    flag: &'a Cell<isize>,
}

impl<T> Deref for GcRef<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.value
    }
}

impl<T> Drop for GcRef<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.flag.set(self.flag.get() - 1);
    }
}

impl<T: fmt::Debug> fmt::Debug for GcRef<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// A mutable borrow of a [`GcRefCell`].
pub struct GcRefMut<'a, T> {
    // Not a `&mut`: the flag says that the value is borrowed until the guard's `drop` is over.
    value: NonNull<T>,
    flag: &'a Cell<isize>,
    borrow: PhantomData<&'a mut T>,
}

impl<T> Deref for GcRefMut<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the flag says that this guard alone has the value.
        unsafe { self.value.as_ref() }
    }
}

impl<T> DerefMut for GcRefMut<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the flag says that this guard alone has the value.
        unsafe { self.value.as_mut() }
    }
}

impl<T> Drop for GcRefMut<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.flag.set(0);
    }
}

impl<T: fmt::Debug> fmt::Debug for GcRefMut<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// Shows nothing of the value, through which a circle could lead back.
impl<T> fmt::Debug for GcRefCell<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GcRefCell").finish_non_exhaustive()
    }
}
