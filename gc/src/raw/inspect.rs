//! Looking at the heap without changing it: what an object points to.

use std::fmt;

use super::mark::Ephemerons;
use super::object::Object;
use super::scavenge::WeakSlot;
use crate::trace::{Visitor, sealed::Sealed};

/// One pointer of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// It keeps its target alive.
    Strong(Object),
    /// It does not.
    Weak(Object),
}

/// Calls a function for each pointer.
pub struct Inspector<'a> {
    each: &'a mut dyn FnMut(Edge),
}

impl<'a> Inspector<'a> {
    pub(super) fn new(each: &'a mut dyn FnMut(Edge)) -> Self {
        Self { each }
    }

    /// Passes on the pointers of an object.
    pub(super) fn object(&mut self, object: Object) {
        let info = object.info();
        if info.has_pointers {
            // SAFETY: the header says the type, and nobody changes the heap meanwhile.
            unsafe { (info.inspect)(object, self) };
        }
    }
}

impl Sealed for Inspector<'_> {}

impl Visitor for Inspector<'_> {
    fn pointer(&mut self, object: Object) {
        (self.each)(Edge::Strong(object));
    }

    fn weak(&mut self, slot: &WeakSlot) {
        if let Some(object) = slot.get() {
            (self.each)(Edge::Weak(object));
        }
    }

    fn ephemerons(&mut self, table: &dyn Ephemerons) {
        table.inspect(self);
    }
}

impl fmt::Debug for Inspector<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inspector").finish_non_exhaustive()
    }
}
