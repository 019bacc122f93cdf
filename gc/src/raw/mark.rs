//! Marking: finds every old object that can be reached.

use std::collections::VecDeque;
use std::fmt;
use std::ptr::NonNull;

use super::cage::{Cage, Kind};
use super::inspect::Inspector;
use super::object::Object;
use super::scavenge::WeakSlot;
use crate::sys::prefetch;
use crate::trace::{Visitor, sealed::Sealed};

/// Objects that are fetched ahead. A few of them take as long as the memory does.
const FETCHING_MAX: usize = 8;

/// A table of entries whose keys are weak, and whose values live as long as the keys do.
///
/// It is a public trait only because [`Visitor`] has it in a method.
pub trait Ephemerons {
    /// Marks the values whose keys are marked.
    #[doc(hidden)]
    fn mark_values(&self, marker: &mut Marker<'_>);

    /// Removes the entries whose keys are not marked. Everything that lives is, by now.
    #[doc(hidden)]
    fn remove_dead(&self, marker: &Marker<'_>);

    /// Shows the keys, which are weak, and the values.
    #[doc(hidden)]
    fn inspect(&self, inspector: &mut Inspector<'_>);
}

/// A marking under way. What is found goes on a list, so that a long chain of objects needs no
/// deep stack.
pub struct Marker<'a> {
    cage: &'a Cage,
    found: Vec<Object>,
    /// Found objects whose headers were asked for.
    fetching: VecDeque<Object>,
    weak: Vec<NonNull<WeakSlot>>,
    tables: Vec<NonNull<dyn Ephemerons>>,
    /// Whether anything was found since this was unset.
    progress: bool,
    /// Whether a weak pointer lost its target.
    pub(super) cleared_weak: bool,
    pub(super) live_pointers: usize,
    pub(super) live_data: usize,
}

impl<'a> Marker<'a> {
    pub(super) fn new(cage: &'a Cage) -> Self {
        Self {
            cage,
            found: Vec::new(),
            fetching: VecDeque::with_capacity(FETCHING_MAX),
            weak: Vec::new(),
            tables: Vec::new(),
            progress: false,
            cleared_weak: false,
            live_pointers: 0,
            live_data: 0,
        }
    }

    /// Marks everything that can be reached from what was found, and clears the weak pointers
    /// to the rest.
    pub(super) fn finish(&mut self) {
        loop {
            self.drain();
            self.progress = false;
            // A value may lead to the key of another entry, so again until nothing comes of it.
            for index in 0..self.tables.len() {
                let table = self.tables[index];
                // SAFETY: the table is in a marked object, and marking moves nothing.
                unsafe { table.as_ref() }.mark_values(self);
            }
            if !self.progress {
                break;
            }
        }
        for table in std::mem::take(&mut self.tables) {
            // SAFETY: as above.
            unsafe { table.as_ref() }.remove_dead(self);
        }
        for slot in std::mem::take(&mut self.weak) {
            // SAFETY: the slot is in a marked object, and marking moves nothing.
            let slot = unsafe { slot.as_ref() };
            let target = slot.get().filter(|&target| self.is_marked(target));
            self.cleared_weak |= target.is_none();
            slot.set(target);
        }
    }

    /// Whether the object was found.
    pub(crate) fn is_marked(&self, object: Object) -> bool {
        is_marked(self.cage, object)
    }

    fn drain(&mut self) {
        loop {
            // A few objects are on their way from memory while earlier ones are looked at.
            while self.fetching.len() < FETCHING_MAX {
                let Some(object) = self.found.pop() else {
                    break;
                };
                prefetch(object.start());
                self.fetching.push_back(object);
            }
            let Some(object) = self.fetching.pop_front() else {
                return;
            };
            self.look_into(object);
        }
    }

    fn look_into(&mut self, object: Object) {
        let info = object.info();
        match self.cage.kind_at(object.address()) {
            Some(Kind::OldPointers) => self.live_pointers += object.size(),
            Some(Kind::OldData) => self.live_data += object.size(),
            _ => {}
        }
        if info.has_pointers {
            // SAFETY: the header says the type, and nobody changes the heap meanwhile.
            unsafe { (info.trace)(object, self) };
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
        if self.cage.marks.set(self.cage.offset(object.address())) {
            self.progress = true;
            self.found.push(object);
        }
    }

    fn weak(&mut self, slot: &WeakSlot) {
        if slot.get().is_some() {
            self.weak.push(NonNull::from(slot));
        }
    }

    fn ephemerons(&mut self, table: &dyn Ephemerons) {
        let table: NonNull<dyn Ephemerons + '_> = NonNull::from(table);
        // SAFETY: only the lifetime of what the table holds changes. It is in an object that was
        // found, so it is there as long as the marking.
        let table = unsafe {
            std::mem::transmute::<NonNull<dyn Ephemerons + '_>, NonNull<dyn Ephemerons>>(table)
        };
        self.tables.push(table);
    }
}

/// Whether the marker found an old object.
#[inline]
pub(super) fn is_marked(cage: &Cage, object: Object) -> bool {
    cage.marks.get(cage.offset(object.address()))
}

impl fmt::Debug for Marker<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Marker").finish_non_exhaustive()
    }
}
