//! One collection from beginning to end.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use synodic_sync::thread::panicking;

use super::cage::{BLOCK_BYTES, BlockId, Kind};
use super::core::{Core, Pending};
use super::inspect::Inspector;
use super::large::LargeSpace;
use super::mark::Marker;
use super::object::Object;
use super::pacer::Minor;
use super::scavenge::Scavenger;
use crate::stats::{GcEvent, GcKind};
use crate::sys::thread_time;

/// Free blocks that keep their memory after a full collection, beside a nursery.
const BLOCKS_KEPT: usize = 8;

/// Blocks of old space that are swept with each minor collection.
pub(super) const BLOCKS_SWEPT: usize = 16;

/// Minor collections to a full one when every safepoint collects.
const STRESS_MINORS: u64 = 32;

/// What a panic carries.
type Panic = Box<dyn Any + Send>;

/// What is kept alive from outside of the heap, beside handles.
pub(crate) trait Roots {
    fn trace(&self, marker: &mut Marker<'_>);
    fn inspect(&self, inspector: &mut Inspector<'_>);
    fn relocate(&mut self, scavenger: &mut Scavenger<'_>);
}

/// What happened so far.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) minor: u64,
    pub(super) full: u64,
    pub(super) copied_bytes: u64,
    pub(super) promoted_bytes: u64,
    pub(super) pause: Duration,
}

/// Ends the process when the collector itself panics: half of the pointers would be stale.
struct AbortOnPanic;

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        std::process::abort();
    }
}

/// What a collection does beside emptying the nursery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Task {
    /// A slice of marking, if that is under way or due.
    Slice,
    /// The end of a marking that was done in slices.
    Finish,
    /// All of it, from the beginning.
    Full,
}

impl Core {
    /// Collects. That no reference into the heap exists is what the exclusive borrow proves. Also
    /// returns the first panic of a value's `Drop`.
    pub(crate) fn collect(
        &mut self,
        kind: Pending,
        roots: &mut dyn Roots,
    ) -> (GcEvent, Option<Panic>) {
        let start = Instant::now();
        let work_start = thread_time();
        let used_before = self.used_bytes();
        let (copied, promoted) = (self.counters.copied_bytes, self.counters.promoted_bytes);
        let fresh = self.nursery.get_mut().len() * BLOCK_BYTES;
        self.clear_pending();
        for run in std::mem::take(self.unused.get_mut()) {
            LargeSpace::give_back(&self.cage, run);
        }
        let task = match kind {
            Pending::Full => Task::Full,
            _ if self.can_finish() => Task::Finish,
            _ => Task::Slice,
        };
        let panic = self.run(task, roots);
        let pause = start.elapsed();
        let work_end = thread_time();
        self.counters.pause += pause;
        let copied = (self.counters.copied_bytes - copied) as usize;
        let promoted = (self.counters.promoted_bytes - promoted) as usize;
        if task == Task::Slice {
            let minor = Minor {
                pause: work_end.saturating_sub(work_start),
                mutator: work_start.saturating_sub(self.resumed),
                fresh,
                copied,
                promoted,
            };
            self.pacer.after_minor(minor, &self.options);
        }
        self.resumed = work_end;
        self.request_next();
        let event = GcEvent {
            kind: match task {
                Task::Slice => GcKind::Minor,
                Task::Finish | Task::Full => GcKind::Full,
            },
            pause,
            used_before,
            used_after: self.used_bytes(),
            copied: copied as u64,
            promoted: promoted as u64,
        };
        (event, panic)
    }

    fn run(&mut self, task: Task, roots: &mut dyn Roots) -> Option<Panic> {
        let abort = AbortOnPanic;
        if task == Task::Full {
            self.abandon_marking();
        }
        let is_full = task != Task::Slice;
        let promote_all = is_full || self.pacer.promotes_early();
        let (nursery, mut dead) = self.scavenge(promote_all, roots);
        match task {
            Task::Slice => {
                self.counters.minor += 1;
                self.old_pointers.get_mut().sweep(&self.cage, BLOCKS_SWEPT);
                self.old_data.get_mut().sweep(&self.cage, BLOCKS_SWEPT);
                self.mark_slice(roots);
            }
            Task::Finish => self.finish_marking(roots, &mut dead),
            Task::Full => {
                self.begin_marking(roots);
                self.finish_marking(roots, &mut dead);
            }
        }
        if self.options.verifies {
            self.verify(roots, is_full);
        }
        std::mem::forget(abort);
        let panic = drop_dead(&dead);
        for block in nursery {
            self.cage.release(block, 1);
        }
        if is_full {
            self.counters.full += 1;
            self.large.get_mut().sweep(&self.cage);
            self.pacer.after_full(self.old_bytes(), &self.options);
            // What the heap will grow into before the next one is not given back.
            let growth = self.pacer.full_threshold().saturating_sub(self.old_bytes());
            self.cage
                .discard_free(self.pacer.nursery_blocks() + growth / BLOCK_BYTES + BLOCKS_KEPT);
        }
        panic
    }

    /// Frees all of old space that the last marking did not find.
    pub(crate) fn finish_sweep(&mut self) {
        while self.old_pointers.get_mut().sweep(&self.cage, usize::MAX) {}
        while self.old_data.get_mut().sweep(&self.cage, usize::MAX) {}
        self.cage
            .discard_free(self.pacer.nursery_blocks() + BLOCKS_KEPT);
    }

    /// Bytes of all objects, those that nothing points to any more among them.
    pub(super) fn used_bytes(&self) -> u64 {
        (self.heap_old_bytes() + self.young_bytes()) as u64
    }

    /// Asks for what is due already.
    fn request_next(&self) {
        if self.options.stress.collects_always {
            let is_turn = self.counters.minor.is_multiple_of(STRESS_MINORS);
            self.request(match is_turn {
                true => Pending::Full,
                false => Pending::Minor,
            });
        } else if !self.marking.get() {
            self.request_if_due();
        }
    }

    /// Empties the nursery. Returns its blocks, and the objects whose values are to be dropped
    /// before these are free.
    fn scavenge(
        &mut self,
        promote_all: bool,
        roots: &mut dyn Roots,
    ) -> (Vec<BlockId>, Vec<Object>) {
        let nursery = self.take_nursery();
        let remembered = self.remembered.get_mut();
        let shaded = self.marking.get().then(|| self.shaded.get_mut());
        let mut scavenger = Scavenger::new(
            &self.cage,
            self.old_pointers.get_mut(),
            self.old_data.get_mut(),
            remembered,
            promote_all,
            shaded,
        );
        roots.relocate(&mut scavenger);
        self.roots.relocate(&mut scavenger);
        scavenger.relocate_remembered();
        scavenger.finish();
        self.counters.copied_bytes += scavenger.copied_bytes as u64;
        self.counters.promoted_bytes += scavenger.promoted_bytes as u64;
        let cleared_weak = scavenger.cleared_weak;
        self.survivors = scavenger.into_survivors();
        self.note_weak(cleared_weak);
        let old_drops = self.old_drops.get_mut();
        let cage = &self.cage;
        let mut dead = Vec::new();
        self.young_drops
            .get_mut()
            .retain_mut(|object| match object.forwarded() {
                None => {
                    dead.push(*object);
                    false
                }
                Some(target) => {
                    *object = target;
                    let is_old = cage.kind_at(target.address()).is_some_and(Kind::is_old);
                    if is_old {
                        old_drops.push(target);
                    }
                    !is_old
                }
            });
        (nursery, dead)
    }

    pub(super) fn note_weak(&self, cleared: bool) {
        self.weak_epoch
            .set(self.weak_epoch.get() + u64::from(cleared));
    }
}

/// What the heap still has is dropped with it.
impl Drop for Core {
    fn drop(&mut self) {
        let mut objects = std::mem::take(self.young_drops.get_mut());
        objects.append(self.old_drops.get_mut());
        if let Some(panic) = drop_dead(&objects)
            && !panicking()
        {
            resume_unwind(panic);
        }
    }
}

/// Drops values, and gives back the first panic of one.
fn drop_dead(objects: &[Object]) -> Option<Panic> {
    let mut first = None;
    for object in objects {
        let Some(drop) = object.info().drop else {
            continue;
        };
        // SAFETY: the collector reached the object no more, which is in the list once, and its
        // memory is not used again before this returns.
        let result = catch_unwind(AssertUnwindSafe(|| unsafe { drop(*object) }));
        if let Err(panic) = result {
            first.get_or_insert(panic);
        }
    }
    first
}
