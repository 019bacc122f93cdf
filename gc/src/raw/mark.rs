//! Marking: finds every old object that can be reached.

use std::collections::VecDeque;
use std::fmt;
use std::ops::Range;
use std::ptr::NonNull;
use std::time::Instant;

use super::cage::{Cage, Kind};
use super::inspect::Inspector;
use super::object::Object;
use super::scavenge::WeakSlot;
use crate::sys::prefetch;
use crate::trace::{Visitor, sealed::Sealed};

/// Objects that are fetched ahead. A few of them take as long as the memory does.
const FETCHING_MAX: usize = 8;

/// Elements of a slice that are looked at in one go.
const PARTS_MAX: usize = 4096;

/// Objects that are looked into before one looks at the time.
const STEPS_UNTIMED: usize = 64;

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

/// What a marking has come to: it is done in slices, between which the program runs.
#[derive(Debug, Default)]
pub(super) struct Marking {
    /// Marked objects to be looked into. A list, so that a long chain needs no deep stack.
    pub(super) found: Vec<Object>,
    /// Found objects whose headers were asked for.
    fetching: VecDeque<Object>,
    /// Long slices that were looked into as far as this element.
    partial: Vec<(Object, usize)>,
    /// Objects with weak parts, which are looked at in the end.
    weak_objects: Vec<Object>,
    pub(super) live_pointers: usize,
    pub(super) live_data: usize,
}

impl Marking {
    /// Whether everything that was found was looked into.
    pub(super) fn is_done(&self) -> bool {
        self.found.is_empty() && self.fetching.is_empty() && self.partial.is_empty()
    }
}

/// How long a slice may be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Budget {
    Until(Instant),
    Objects(usize),
    Unlimited,
}

/// One slice of a marking.
pub struct Marker<'a> {
    cage: &'a Cage,
    marking: &'a mut Marking,
    /// Whether this is the last slice, in which weak parts are looked at.
    is_last: bool,
    /// Whether the object that is looked into has weak parts.
    saw_weak: bool,
    weak: Vec<NonNull<WeakSlot>>,
    tables: Vec<NonNull<dyn Ephemerons>>,
    /// Whether anything was found since this was unset.
    progress: bool,
    /// Whether a weak pointer lost its target.
    pub(super) cleared_weak: bool,
}

impl<'a> Marker<'a> {
    /// A slice, of which there may be more.
    pub(super) fn new(cage: &'a Cage, marking: &'a mut Marking) -> Self {
        Self {
            cage,
            marking,
            is_last: false,
            saw_weak: false,
            weak: Vec::new(),
            tables: Vec::new(),
            progress: false,
            cleared_weak: false,
        }
    }

    /// The last slice.
    pub(super) fn last(cage: &'a Cage, marking: &'a mut Marking) -> Self {
        Self {
            is_last: true,
            ..Self::new(cage, marking)
        }
    }

    /// Looks into what was found, and what is found there, as far as the budget goes.
    pub(super) fn work(&mut self, budget: Budget) {
        let mut steps = 0_usize;
        while self.step() {
            steps += 1;
            let is_over = match budget {
                Budget::Unlimited => false,
                Budget::Objects(most) => steps >= most,
                Budget::Until(end) => steps.is_multiple_of(STEPS_UNTIMED) && Instant::now() >= end,
            };
            if is_over {
                return;
            }
        }
    }

    /// Marks everything that can be reached from what was found, and clears the weak pointers
    /// to the rest. Nothing moves and nothing is dropped until it returns.
    pub(super) fn finish(&mut self) {
        debug_assert!(self.is_last);
        self.work(Budget::Unlimited);
        for object in std::mem::take(&mut self.marking.weak_objects) {
            self.trace(object, 0..object.parts());
        }
        loop {
            self.work(Budget::Unlimited);
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

    /// Looks into one object, or into a part of a long slice. Whether there was one.
    fn step(&mut self) -> bool {
        let marking = &mut *self.marking;
        // A few objects are on their way from memory while earlier ones are looked at.
        while marking.fetching.len() < FETCHING_MAX {
            let Some(object) = marking.found.pop() else {
                break;
            };
            prefetch(object.start());
            marking.fetching.push_back(object);
        }
        if let Some(object) = marking.fetching.pop_front() {
            self.look_into(object);
        } else if let Some((object, from)) = marking.partial.pop() {
            let parts = object.parts();
            let to = parts.min(from + PARTS_MAX);
            if to < parts {
                marking.partial.push((object, to));
            }
            self.trace(object, from..to);
        } else {
            return false;
        }
        true
    }

    fn look_into(&mut self, object: Object) {
        match self.cage.kind_at(object.address()) {
            Some(Kind::OldPointers) => self.marking.live_pointers += object.size(),
            Some(Kind::OldData) => self.marking.live_data += object.size(),
            _ => {}
        }
        let parts = object.parts();
        if parts > PARTS_MAX {
            self.marking.partial.push((object, 0));
            return;
        }
        self.saw_weak = false;
        self.trace(object, 0..parts);
        if self.saw_weak {
            self.marking.weak_objects.push(object);
        }
    }

    #[inline]
    fn trace(&mut self, object: Object, parts: Range<usize>) {
        let info = object.info();
        if info.has_pointers {
            // SAFETY: the header says the type, and nobody changes the heap meanwhile.
            unsafe { (info.trace)(object, parts, self) };
        }
    }
}

impl Sealed for Marker<'_> {}

impl Visitor for Marker<'_> {
    #[inline]
    fn pointer(&mut self, object: Object) {
        // What is young is promoted before the marking ends, and found then.
        let is_old = self
            .cage
            .kind_at(object.address())
            .is_some_and(Kind::is_old);
        if is_old && self.cage.marks.set(self.cage.offset(object.address())) {
            self.progress = true;
            self.marking.found.push(object);
        }
    }

    fn weak(&mut self, slot: &WeakSlot) {
        self.saw_weak |= !self.is_last;
        if self.is_last && slot.get().is_some() {
            self.weak.push(NonNull::from(slot));
        }
    }

    fn ephemerons(&mut self, table: &dyn Ephemerons) {
        self.saw_weak |= !self.is_last;
        if !self.is_last {
            return;
        }
        let table: NonNull<dyn Ephemerons + '_> = NonNull::from(table);
        // SAFETY: only the lifetime of what the table holds changes. It is in an object that was
        // found, so it is there until the marking ends, which is soon.
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
