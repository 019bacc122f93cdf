//! Pointers, and values that contain others in themselves.

use super::{Relocator, Trace, Visitor};
use crate::raw::Gc;

// SAFETY: passes its only pointer on.
unsafe impl<T: ?Sized> Trace for Gc<'_, T> {
    const NEEDS_TRACE: bool = true;
    const HAS_CELLS: bool = false;
    const CELLS_OFF_HEAP: bool = false;

    #[inline]
    fn trace<V: Visitor>(&self, visitor: &mut V) {
        visitor.pointer(self.object());
    }

    #[inline]
    fn relocate<R: Relocator>(&mut self, relocator: &mut R) {
        relocator.pointer(self.object_mut());
    }
}

// SAFETY: passes the value on when there is one.
unsafe impl<T: Trace> Trace for Option<T> {
    const NEEDS_TRACE: bool = T::NEEDS_TRACE;
    const HAS_CELLS: bool = T::HAS_CELLS;
    const CELLS_OFF_HEAP: bool = T::CELLS_OFF_HEAP;

    #[inline]
    fn trace<V: Visitor>(&self, visitor: &mut V) {
        if let Some(value) = self {
            value.trace(visitor);
        }
    }

    #[inline]
    fn relocate<R: Relocator>(&mut self, relocator: &mut R) {
        if let Some(value) = self {
            value.relocate(relocator);
        }
    }
}

// SAFETY: passes on whichever value there is.
unsafe impl<T: Trace, E: Trace> Trace for Result<T, E> {
    const NEEDS_TRACE: bool = T::NEEDS_TRACE || E::NEEDS_TRACE;
    const HAS_CELLS: bool = T::HAS_CELLS || E::HAS_CELLS;
    const CELLS_OFF_HEAP: bool = T::CELLS_OFF_HEAP || E::CELLS_OFF_HEAP;

    #[inline]
    fn trace<V: Visitor>(&self, visitor: &mut V) {
        match self {
            Ok(value) => value.trace(visitor),
            Err(error) => error.trace(visitor),
        }
    }

    #[inline]
    fn relocate<R: Relocator>(&mut self, relocator: &mut R) {
        match self {
            Ok(value) => value.relocate(relocator),
            Err(error) => error.relocate(relocator),
        }
    }
}

// SAFETY: passes every element on.
unsafe impl<T: Trace, const N: usize> Trace for [T; N] {
    const NEEDS_TRACE: bool = T::NEEDS_TRACE;
    const HAS_CELLS: bool = T::HAS_CELLS;
    const CELLS_OFF_HEAP: bool = T::CELLS_OFF_HEAP;

    #[inline]
    fn trace<V: Visitor>(&self, visitor: &mut V) {
        for element in self {
            element.trace(visitor);
        }
    }

    #[inline]
    fn relocate<R: Relocator>(&mut self, relocator: &mut R) {
        for element in self {
            element.relocate(relocator);
        }
    }
}

macro_rules! tuples {
    ($(($($name:ident)+))*) => {$(
        // SAFETY: passes every field on.
        unsafe impl<$($name: Trace),+> Trace for ($($name,)+) {
            const NEEDS_TRACE: bool = $($name::NEEDS_TRACE)||+;
            const HAS_CELLS: bool = $($name::HAS_CELLS)||+;
            const CELLS_OFF_HEAP: bool = $($name::CELLS_OFF_HEAP)||+;

            #[inline]
            #[allow(non_snake_case, reason = "a field is called as its type")]
            fn trace<Vis: Visitor>(&self, visitor: &mut Vis) {
                let ($($name,)+) = self;
                $($name.trace(visitor);)+
            }

            #[inline]
            #[allow(non_snake_case, reason = "a field is called as its type")]
            fn relocate<Rel: Relocator>(&mut self, relocator: &mut Rel) {
                let ($($name,)+) = self;
                $($name.relocate(relocator);)+
            }
        }
    )*};
}

tuples! {
    (A)
    (A B)
    (A B C)
    (A B C D)
    (A B C D E)
    (A B C D E F)
    (A B C D E F G)
    (A B C D E F G H)
}
