//! Handles that keep values alive across sections.

use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;

use super::{Mutation, Rootable, View};
use crate::raw::RootTable;

/// Keeps a value alive until it is dropped.
///
/// It is how a value crosses a safepoint: native code that calls back into an interpreter keeps
/// its values in handles, and so does whatever lives outside of the heap. Made by
/// [`Mutation::root`](crate::Mutation::root), read in any section of the same heap.
///
/// A circle through a handle that lives in the heap is never collected.
#[doc(alias = "v8::Global")]
#[doc(alias = "napi_ref")]
pub struct Root<P: Rootable> {
    table: Rc<RootTable>,
    index: u32,
    value: PhantomData<fn() -> P>,
}

impl<P: Rootable> Root<P> {
    pub(super) fn new<'gc>(mc: &Mutation<'gc>, value: P::Root<'gc>) -> Self
    where
        P::Root<'gc>: Copy,
    {
        let table = Rc::clone(mc.core().roots());
        Self {
            index: table.insert(value),
            table,
            value: PhantomData,
        }
    }

    /// The value.
    ///
    /// # Panics
    ///
    /// In a section of another heap.
    #[inline]
    #[track_caller]
    pub fn get<'gc>(&self, view: &View<'gc>) -> P::Root<'gc>
    where
        P::Root<'gc>: Copy,
    {
        self.check(view);
        // SAFETY: inserted in `new` or `set`, and only lifetimes changed since. The section is
        // one of the heap that has the table.
        unsafe { self.table.get(self.index) }
    }

    /// Keeps another value instead.
    ///
    /// # Panics
    ///
    /// In a section of another heap.
    #[track_caller]
    pub fn set<'gc>(&mut self, view: &View<'gc>, value: P::Root<'gc>)
    where
        P::Root<'gc>: Copy,
    {
        self.check(view);
        self.table.remove(self.index);
        self.index = self.table.insert(value);
    }

    #[inline]
    #[track_caller]
    fn check(&self, view: &View<'_>) {
        assert!(
            Rc::ptr_eq(&self.table, view.core().roots()),
            "a root is used with the heap it belongs to"
        );
    }
}

impl<P: Rootable> Clone for Root<P> {
    fn clone(&self) -> Self {
        Self {
            table: Rc::clone(&self.table),
            index: self.table.duplicate(self.index),
            value: PhantomData,
        }
    }
}

impl<P: Rootable> Drop for Root<P> {
    fn drop(&mut self) {
        self.table.remove(self.index);
    }
}

impl<P: Rootable> fmt::Debug for Root<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Root").finish_non_exhaustive()
    }
}
