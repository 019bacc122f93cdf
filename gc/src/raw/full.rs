//! Full collections: marking in slices or in one go, and what follows from it.
//!
//! A marking begins with the roots and goes on at every safepoint that collects, until all that was
//! found has been looked into. In between the program runs, and tells of what it stores in old
//! objects ([`Core::barrier`](super::Core::barrier)); what is promoted is marked as well. The end is
//! one pause: the nursery is emptied, the roots are looked at again, and so is what changes without
//! telling. Then everything without a mark is dead.

use std::time::{Duration, Instant};

use super::collect::{BLOCKS_SWEPT, Roots};
use super::core::Core;
use super::mark::{Budget, Marker, Marking, is_marked};
use super::object::Object;

/// How long a slice may take: with a minor collection before it, less than a screen's frame.
const SLICE: Duration = Duration::from_millis(2);

/// Objects of a slice when every safepoint collects, so that a marking has many slices.
const STRESS_OBJECTS: usize = 20;

/// The marking is ended at once when old space is so much larger than when it was due: it lags
/// behind, and garbage is collected by nobody meanwhile.
const LAG_MAX: usize = 2;

impl Core {
    /// Whether the next collection can end the marking.
    pub(crate) fn can_finish(&self) -> bool {
        let lags = self.old_bytes() / LAG_MAX > self.pacer.full_threshold();
        let is_done = self.marked.is_done() && self.shaded.borrow().is_empty();
        self.marking.get() && (is_done || lags)
    }

    /// Forgets a marking that is under way.
    pub(super) fn abandon_marking(&mut self) {
        self.marking.set(false);
        self.marked = Marking::default();
        self.shaded.get_mut().clear();
        self.changing.get_mut().take(&self.cage.changing);
    }

    /// Marks what the roots point to.
    pub(super) fn begin_marking(&mut self, roots: &mut dyn Roots) {
        let cage = &self.cage;
        self.old_pointers.get_mut().begin_marking(cage);
        self.old_data.get_mut().begin_marking(cage);
        self.large.get_mut().begin_marking(cage);
        self.marking.set(true);
        let mut marker = Marker::new(cage, &mut self.marked);
        roots.trace(&mut marker);
        self.roots.trace(&mut marker);
    }

    /// Goes on with a marking, or begins one when that is due.
    pub(super) fn mark_slice(&mut self, roots: &mut dyn Roots) {
        let is_stress = self.options.stress.collects_always;
        if !self.marking.get() {
            let is_due = self.old_bytes() > self.pacer.full_threshold();
            if !(is_stress || is_due && self.marks_in_slices()) {
                return;
            }
            self.begin_marking(roots);
        }
        self.marked.found.append(self.shaded.get_mut());
        let budget = if is_stress {
            Budget::Objects(STRESS_OBJECTS)
        } else {
            Budget::Until(Instant::now() + SLICE)
        };
        Marker::new(&self.cage, &mut self.marked).work(budget);
    }

    /// Does what can be done between two collections: marks, or sweeps, until `end`. Whether there is
    /// more.
    pub(crate) fn work_until(&mut self, end: Instant) -> bool {
        if self.marking.get() {
            self.marked.found.append(self.shaded.get_mut());
            Marker::new(&self.cage, &mut self.marked).work(Budget::Until(end));
            return true;
        }
        while self.old_pointers.get_mut().sweep(&self.cage, BLOCKS_SWEPT)
            || self.old_data.get_mut().sweep(&self.cage, BLOCKS_SWEPT)
        {
            if Instant::now() >= end {
                return true;
            }
        }
        false
    }

    /// Finds the rest of what lives, now that the nursery is empty, and begins to free the other
    /// objects. Values of dead ones that have something to drop go to `dead`.
    pub(super) fn finish_marking(&mut self, roots: &mut dyn Roots, dead: &mut Vec<Object>) {
        debug_assert_eq!(self.remembered.get_mut().len(), 0, "the nursery is empty");
        let cage = &self.cage;
        self.marked.found.append(self.shaded.get_mut());
        let changing = self.changing.get_mut().take(&cage.changing);
        let mut marker = Marker::last(cage, &mut self.marked);
        roots.trace(&mut marker);
        self.roots.trace(&mut marker);
        for record in changing {
            // SAFETY: the record was made for this place in this marking, in which nothing is
            // freed.
            unsafe { (record.look)(cage.pointer(record.offset), &mut marker) };
        }
        marker.finish();
        let cleared_weak = marker.cleared_weak;
        self.old_drops.get_mut().retain(|&object| {
            let lives = is_marked(cage, object);
            if !lives {
                dead.push(object);
            }
            lives
        });
        let marked = std::mem::take(&mut self.marked);
        self.old_pointers
            .get_mut()
            .end_marking(marked.live_pointers);
        self.old_data.get_mut().end_marking(marked.live_data);
        self.marking.set(false);
        self.note_weak(cleared_weak);
    }
}
