//! Weak pointers.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use crate::brand::Mutation;
use crate::raw::{Gc, Object, WeakSlot};
use crate::trace::{Relocator, Trace, Visitor};

/// A pointer that does not keep its target alive.
///
/// It is one word and `Copy`. What it points to is a small object in the heap that the collector
/// empties when the target is gone, so making one allocates, and copying one does not.
///
/// A [`Root`](crate::Root) of a `Weak` is a handle that does not keep its target alive.
///
/// ```
/// use synodic_gc::{Gc, GcKind, Heap, HeapOptions, Rootable, Weak};
///
/// # fn main() -> Result<(), synodic_gc::HeapError> {
/// let mut heap = Heap::<Rootable![Gc<'_, str>]>::new(HeapOptions::new(), |mc| {
///     mc.alloc_str("kept by the root")
/// })?;
/// let (kept, lost) = heap.mutate(|mc, root| {
///     type WeakStr = Rootable![Weak<'_, str>];
///     let lost = mc.downgrade(mc.alloc_str("kept by nobody"));
///     (mc.root::<WeakStr>(mc.downgrade(*root)), mc.root::<WeakStr>(lost))
/// });
/// heap.gc(GcKind::Full);
/// heap.view(|view, _| {
///     assert_eq!(kept.get(view).upgrade().as_deref(), Some("kept by the root"));
///     assert_eq!(lost.get(view).upgrade(), None);
/// });
/// # Ok(())
/// # }
/// ```
#[doc(alias = "WeakRef")]
pub struct Weak<'gc, T: ?Sized> {
    cell: Gc<'gc, WeakCell>,
    target: PhantomData<Gc<'gc, T>>,
}

/// What the collector empties.
pub(super) struct WeakCell {
    target: WeakSlot,
}

impl<'gc, T: ?Sized> Weak<'gc, T> {
    pub(crate) fn new(mc: &Mutation<'gc>, target: Gc<'gc, T>) -> Self {
        let cell = WeakCell {
            target: Cell::new(Some(target.object())),
        };
        Self {
            cell: mc.alloc(cell),
            target: PhantomData,
        }
    }

    /// The target, as long as it is there.
    ///
    /// It stays for the rest of the section, and as long as something else points to it.
    #[doc(alias = "deref")]
    pub fn upgrade(self) -> Option<Gc<'gc, T>> {
        let object: Object = self.cell.target.get()?;
        // SAFETY: `new` got it from such a pointer, and the collector keeps it up to date. The
        // brand is that of the section in which this weak pointer was read.
        Some(unsafe { Gc::new(object) })
    }

    /// Whether both were made from the same pointer and have the same copy of it: two weak
    /// pointers that were made separately are not equal.
    pub fn ptr_eq(a: Self, b: Self) -> bool {
        Gc::ptr_eq(a.cell, b.cell)
    }
}

// SAFETY: a weak slot is passed on as what it is; it is in no memory that moves by itself.
unsafe impl Trace for WeakCell {
    const NEEDS_TRACE: bool = true;
    const HAS_CELLS: bool = false;
    const CELLS_OFF_HEAP: bool = false;

    fn trace<V: Visitor>(&self, visitor: &mut V) {
        visitor.weak(&self.target);
    }

    fn relocate<R: Relocator>(&mut self, relocator: &mut R) {
        relocator.weak(&self.target);
    }
}

// SAFETY: passes the pointer to the cell on.
unsafe impl<T: ?Sized> Trace for Weak<'_, T> {
    const NEEDS_TRACE: bool = true;
    const HAS_CELLS: bool = false;
    const CELLS_OFF_HEAP: bool = false;

    fn trace<V: Visitor>(&self, visitor: &mut V) {
        self.cell.trace(visitor);
    }

    fn relocate<R: Relocator>(&mut self, relocator: &mut R) {
        self.cell.relocate(relocator);
    }
}

impl<T: ?Sized> Clone for Weak<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Weak<'_, T> {}

/// Shows nothing of the target, through which a circle could lead back.
impl<T: ?Sized> fmt::Debug for Weak<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Weak").finish_non_exhaustive()
    }
}
