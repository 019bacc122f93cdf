//! Values that keep others in memory of their own, outside of the heap.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::{Relocator, Trace, Visitor};

/// Implements `Trace` by iteration over the parts that may have pointers.
macro_rules! off_heap {
    ($([$($generics:tt)*] $type:ty, $element:ident, $iter:ident, $iter_mut:ident;)*) => {$(
        // SAFETY: passes every part on that may have pointers. Cells in there are at addresses
        // that the barrier does not know, and the constant says so.
        unsafe impl<$($generics)*> Trace for $type {
            const NEEDS_TRACE: bool = $element::NEEDS_TRACE;
            const HAS_CELLS: bool = false;
            const CELLS_OFF_HEAP: bool = $element::HAS_CELLS || $element::CELLS_OFF_HEAP;

            #[inline]
            fn trace<Vis: Visitor>(&self, visitor: &mut Vis) {
                if Self::NEEDS_TRACE {
                    self.$iter().for_each(|part| part.trace(visitor));
                }
            }

            #[inline]
            fn relocate<Rel: Relocator>(&mut self, relocator: &mut Rel) {
                if Self::NEEDS_TRACE {
                    self.$iter_mut().for_each(|part| part.relocate(relocator));
                }
            }
        }
    )*};
}

off_heap! {
    [T: Trace] Vec<T>, T, iter, iter_mut;
    [T: Trace] VecDeque<T>, T, iter, iter_mut;
    [T: Trace] Box<[T]>, T, iter, iter_mut;
    // Keys without pointers only: what moves would change its hash or order.
    [K: 'static, V: Trace, S: 'static] HashMap<K, V, S>, V, values, values_mut;
    [K: 'static, V: Trace] BTreeMap<K, V>, V, values, values_mut;
}

// SAFETY: passes the value on; the constant says that cells in it are elsewhere.
unsafe impl<T: Trace> Trace for Box<T> {
    const NEEDS_TRACE: bool = T::NEEDS_TRACE;
    const HAS_CELLS: bool = false;
    const CELLS_OFF_HEAP: bool = T::HAS_CELLS || T::CELLS_OFF_HEAP;

    #[inline]
    fn trace<V: Visitor>(&self, visitor: &mut V) {
        (**self).trace(visitor);
    }

    #[inline]
    fn relocate<R: Relocator>(&mut self, relocator: &mut R) {
        (**self).relocate(relocator);
    }
}

// SAFETY: a string has no pointers into a heap.
unsafe impl Trace for Box<str> {
    const NEEDS_TRACE: bool = false;
    const HAS_CELLS: bool = false;
    const CELLS_OFF_HEAP: bool = false;

    #[inline]
    fn trace<V: Visitor>(&self, _: &mut V) {}

    #[inline]
    fn relocate<R: Relocator>(&mut self, _: &mut R) {}
}
