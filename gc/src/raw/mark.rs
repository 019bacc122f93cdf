//! Marking: finds every old object that can be reached.

use std::ptr::NonNull;

use super::cage::{Cage, Kind};
use super::object::Object;
use super::scavenge::WeakSlot;
use crate::trace::{Visitor, sealed::Sealed};

/// A marking under way. What is found goes on a list, so that a long chain of objects needs no
/// deep stack.
pub(crate) struct Marker<'a> {
    cage: &'a Cage,
    found: Vec<Object>,
    weak: Vec<NonNull<WeakSlot>>,
    pub(super) live_pointers: usize,
    pub(super) live_data: usize,
}

impl<'a> Marker<'a> {
    pub(super) fn new(cage: &'a Cage) -> Self {
        Self {
            cage,
            found: Vec::new(),
            weak: Vec::new(),
            live_pointers: 0,
            live_data: 0,
        }
    }

    /// Marks everything that can be reached from what was found, and clears the weak pointers
    /// to the rest.
    pub(super) fn finish(&mut self) {
        while let Some(object) = self.found.pop() {
            let info = object.info();
            if info.has_pointers {
                // SAFETY: the header says the type, and nobody changes the heap meanwhile.
                unsafe { (info.trace)(object, self) };
            }
        }
        for slot in std::mem::take(&mut self.weak) {
            // SAFETY: the slot is in a marked object, and marking moves nothing.
            let slot = unsafe { slot.as_ref() };
            slot.set(slot.get().filter(|&target| is_marked(self.cage, target)));
        }
    }
}

impl Sealed for Marker<'_> {}

impl Visitor for Marker<'_> {
    #[inline]
    fn pointer(&mut self, object: Object) {
        debug_assert!(
            self.cage
                .kind_at(object.address())
                .is_some_and(Kind::is_old)
        );
        if !self.cage.marks.set(self.cage.offset(object.address())) {
            return;
        }
        match self.cage.kind_at(object.address()) {
            Some(Kind::OldPointers) => self.live_pointers += object.size(),
            Some(Kind::OldData) => {
                self.live_data += object.size();
                return;
            }
            _ => {}
        }
        self.found.push(object);
    }

    fn weak(&mut self, slot: &WeakSlot) {
        self.weak.push(NonNull::from(slot));
    }
}

/// Whether the marker found an old object.
#[inline]
pub(super) fn is_marked(cage: &Cage, object: Object) -> bool {
    cage.marks.get(cage.offset(object.address()))
}
