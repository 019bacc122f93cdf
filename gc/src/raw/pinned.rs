//! Objects that never move.

use std::fmt;
use std::ops::Deref;

use super::gc::Gc;
use crate::trace::{Relocator, Trace, Visitor};

/// A pointer to an object that stays at its address as long as it lives.
///
/// For what the outside knows by its address: memory of an operation in flight, an object that a
/// library in C refers to. Whoever passes the address on keeps the object alive, in a
/// [`Root`](crate::Root) for example. Made by
/// [`Mutation::alloc_pinned`](crate::Mutation::alloc_pinned).
///
/// ```
/// use synodic_gc::{GcKind, Heap, HeapOptions, Pinned, Rootable};
///
/// # fn main() -> Result<(), synodic_gc::HeapError> {
/// let mut heap = Heap::<Rootable![Pinned<'_, [u8; 64]>]>::new(HeapOptions::new(), |mc| {
///     mc.alloc_pinned([7; 64])
/// })?;
/// let before = heap.view(|_, buffer| buffer.as_ptr().addr());
/// heap.gc(GcKind::Full);
/// heap.view(|_, buffer| assert_eq!(buffer.as_ptr().addr(), before));
/// # Ok(())
/// # }
/// ```
pub struct Pinned<'gc, T> {
    pointer: Gc<'gc, T>,
}

impl<'gc, T> Pinned<'gc, T> {
    /// Takes a pointer for one to an object that stays.
    pub(crate) fn new(pointer: Gc<'gc, T>) -> Self {
        Self { pointer }
    }

    /// The pointer as any other.
    #[inline]
    pub fn as_gc(self) -> Gc<'gc, T> {
        self.pointer
    }

    /// The address of the value. Reading it is safe as long as the object lives; what is in no
    /// cell is not to be written.
    #[inline]
    pub fn as_ptr(self) -> *const T {
        &raw const *self.pointer
    }
}

// SAFETY: passes its pointer on, which a collection leaves as it is.
unsafe impl<T> Trace for Pinned<'_, T> {
    const NEEDS_TRACE: bool = true;
    const HAS_CELLS: bool = false;
    const CELLS_OFF_HEAP: bool = false;

    #[inline]
    fn trace<V: Visitor>(&self, visitor: &mut V) {
        self.pointer.trace(visitor);
    }

    #[inline]
    fn relocate<R: Relocator>(&mut self, relocator: &mut R) {
        self.pointer.relocate(relocator);
    }
}

impl<T> Clone for Pinned<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Pinned<'_, T> {}

impl<T> Deref for Pinned<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.pointer
    }
}

impl<T: fmt::Debug> fmt::Debug for Pinned<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pointer.fmt(f)
    }
}
