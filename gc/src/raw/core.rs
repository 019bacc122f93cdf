//! The heap as the mutator sees it: taking memory, and the write barrier.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::ptr::{self, NonNull};
use std::rc::Rc;
use std::time::Duration;

use super::cage::{BLOCK_BYTES, BlockId, Cage, Kind};
use super::large::{LARGE_BYTES_MIN, LargeSpace, Run};
use super::mark::{Ephemerons, Marking};
use super::object::{Info, OBJECT_ALIGN, Object, sized_size};
use super::old::OldSpace;
use super::pacer::Pacer;
use super::remember::{Changing, Contents, Record, RelocateAt, Remembered};
use super::roots::RootTable;
use super::scavenge::{WeakSlot, relocate_object};
use crate::error::HeapError;
use crate::options::HeapOptions;
use crate::sys::thread_time;
use crate::trace::{Trace, Visitor, sealed::Sealed};

/// Bytes of old space that are marked in one go.
const MARKED_AT_ONCE: usize = 8 << 20;

/// A collection that the heap wants at the next safepoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Pending {
    Nothing,
    Minor,
    Full,
}

/// Everything of a heap but its root object.
pub(crate) struct Core {
    /// The free part of the nursery's last block.
    top: Cell<*mut u8>,
    limit: Cell<*mut u8>,
    pending: Cell<Pending>,
    pub(super) cage: Cage,
    pub(super) options: HeapOptions,
    pub(super) nursery: RefCell<Vec<BlockId>>,
    pub(super) survivors: Vec<BlockId>,
    pub(super) old_pointers: RefCell<OldSpace>,
    pub(super) old_data: RefCell<OldSpace>,
    pub(super) large: RefCell<LargeSpace>,
    /// Runs whose objects were never finished.
    pub(super) unused: RefCell<Vec<Run>>,
    pub(super) remembered: RefCell<Remembered>,
    /// Whether a marking is under way, between two slices of it.
    pub(super) marking: Cell<bool>,
    /// What it has come to.
    pub(super) marked: Marking,
    /// Objects that the program marked.
    pub(super) shaded: RefCell<Vec<Object>>,
    pub(super) changing: RefCell<Changing>,
    /// Young and old objects whose values have something to drop.
    pub(super) young_drops: RefCell<Vec<Object>>,
    pub(super) old_drops: RefCell<Vec<Object>>,
    pub(super) roots: Rc<RootTable>,
    /// Bytes elsewhere that objects keep alive.
    pub(super) external: Cell<usize>,
    pub(super) pacer: Pacer,
    /// The thread's time when the last collection ended.
    pub(super) resumed: Duration,
    /// How often weak pointers lost their targets: who waits for that looks when it changes.
    pub(super) weak_epoch: Cell<u64>,
    pub(super) counters: super::collect::Counters,
}

impl Core {
    pub(crate) fn new(options: HeapOptions) -> Result<Self, HeapError> {
        let bytes_min = options.cage_bytes_min();
        let cage = Cage::new(
            options.cage_size,
            bytes_min,
            options.huge_pages,
            options.stress.seals_free_blocks,
        )?;
        let pending = match options.stress.collects_always {
            true => Pending::Minor,
            false => Pending::Nothing,
        };
        Ok(Self {
            top: Cell::new(ptr::null_mut()),
            limit: Cell::new(ptr::null_mut()),
            pending: Cell::new(pending),
            cage,
            nursery: RefCell::default(),
            survivors: Vec::new(),
            old_pointers: RefCell::new(OldSpace::new(Kind::OldPointers)),
            old_data: RefCell::new(OldSpace::new(Kind::OldData)),
            large: RefCell::default(),
            unused: RefCell::default(),
            remembered: RefCell::default(),
            marking: Cell::new(false),
            marked: Marking::default(),
            shaded: RefCell::default(),
            changing: RefCell::default(),
            young_drops: RefCell::default(),
            old_drops: RefCell::default(),
            roots: Rc::default(),
            external: Cell::new(0),
            pacer: Pacer::new(&options),
            resumed: thread_time(),
            weak_epoch: Cell::new(1),
            counters: super::collect::Counters::default(),
            options,
        })
    }

    /// What is to be collected at the next safepoint.
    #[inline]
    pub(crate) fn pending(&self) -> Pending {
        self.pending.get()
    }

    /// Asks for a collection at the next safepoint.
    pub(crate) fn request(&self, pending: Pending) {
        self.pending.set(self.pending.get().max(pending));
    }

    pub(super) fn clear_pending(&mut self) {
        self.pending.set(Pending::Nothing);
    }

    pub(crate) fn roots(&self) -> &Rc<RootTable> {
        &self.roots
    }

    /// Moves `value` into the heap, or gives it back when the heap is full.
    #[inline]
    pub(crate) fn allocate<T: Trace>(&self, value: T) -> Result<Object, T> {
        debug_assert!(align_of::<T>() <= OBJECT_ALIGN);
        let size = const { sized_size::<T>() };
        if const { sized_size::<T>() > LARGE_BYTES_MIN } {
            return self.allocate_large(value);
        }
        let Some(start) = self.take(size) else {
            return Err(value);
        };
        // SAFETY: the room was just taken, is aligned as all objects are, and the value follows.
        let object = unsafe { Object::create(start, Info::<T>::SIZED) };
        // SAFETY: the room is large enough and aligned for the value.
        unsafe { object.value::<T>().write(value) };
        if std::mem::needs_drop::<T>() {
            self.young_drops.borrow_mut().push(object);
        }
        Ok(object)
    }

    #[cold]
    fn allocate_large<T: Trace>(&self, value: T) -> Result<Object, T> {
        let Some(run) = self.take_large(sized_size::<T>()) else {
            return Err(value);
        };
        // SAFETY: the blocks were just taken, and the value follows.
        let object = unsafe { Object::create(run.start(&self.cage), Info::<T>::SIZED) };
        // SAFETY: the run is large enough and aligned for the value.
        unsafe { object.value::<T>().write(value) };
        self.keep_large(run, object);
        Ok(object)
    }

    /// Moves `value` to where it will never move from, or gives it back when the heap is full.
    pub(crate) fn allocate_old<T: Trace>(&self, value: T) -> Result<Object, T> {
        debug_assert!(align_of::<T>() <= OBJECT_ALIGN);
        let size = sized_size::<T>();
        if size > LARGE_BYTES_MIN {
            return self.allocate_large(value);
        }
        let space = if T::NEEDS_TRACE {
            &self.old_pointers
        } else {
            &self.old_data
        };
        let has_room = self.has_room(self.nursery.borrow().len(), 1);
        let start = has_room
            .then(|| space.borrow_mut().take(&self.cage, size))
            .flatten();
        let Some(start) = start else {
            self.request(Pending::Full);
            return Err(value);
        };
        self.request_if_due();
        // SAFETY: the room was just taken, is aligned as all objects are, and the value follows.
        let object = unsafe { Object::create(start, Info::<T>::SIZED) };
        // SAFETY: the room is large enough and aligned for the value.
        unsafe { object.value::<T>().write(value) };
        self.keep_old(object);
        Ok(object)
    }

    /// A number that changes whenever weak pointers lose their targets.
    pub(crate) fn weak_epoch(&self) -> u64 {
        self.weak_epoch.get()
    }

    /// The write barrier: `slot` was given `value`, and `relocate` knows what stands there.
    #[inline]
    pub(crate) fn barrier<S, T: Trace>(&self, slot: *const S, value: &T, relocate: RelocateAt) {
        if self.is_old(slot.addr()) && self.look_at(value) {
            self.remember(slot.addr(), relocate);
        }
    }

    /// The write barrier for a place whose contents may change later.
    #[inline]
    pub(crate) fn barrier_any<S>(&self, slot: *const S, contents: Contents) {
        if self.is_old(slot.addr()) {
            self.remember(slot.addr(), contents.relocate);
            if self.marking.get() {
                let record = Record {
                    offset: self.cage.offset(slot.addr()),
                    look: contents.trace,
                };
                let mut changing = self.changing.borrow_mut();
                changing.insert(&self.cage.changing, record);
            }
        }
    }

    /// Counts bytes elsewhere that live and die with objects.
    pub(crate) fn adjust_external(&self, delta: isize) {
        let bytes = self.external.get().saturating_add_signed(delta);
        self.external.set(bytes);
        self.request_if_due();
    }

    /// Asks for a full collection, or for the beginning of one, when old space has grown enough.
    pub(super) fn request_if_due(&self) {
        if self.old_bytes() > self.pacer.full_threshold() {
            self.request(match self.marks_in_slices() {
                true => Pending::Minor,
                false => Pending::Full,
            });
        }
    }

    /// Whether the next marking is done in slices: a small heap is marked faster than one can ask.
    pub(super) fn marks_in_slices(&self) -> bool {
        self.marking.get() || self.heap_old_bytes() > MARKED_AT_ONCE
    }

    /// Bytes that count for the next full collection.
    pub(super) fn old_bytes(&self) -> usize {
        self.heap_old_bytes() + self.external.get()
    }

    /// Bytes of old and large objects.
    pub(super) fn heap_old_bytes(&self) -> usize {
        let large = self.large.borrow().used_bytes();
        self.old_pointers.borrow().used_bytes() + self.old_data.borrow().used_bytes() + large
    }

    /// Bytes of objects in the nursery; those in its last block are known by the mutator.
    pub(super) fn young_bytes(&self) -> usize {
        let blocks = self.nursery.borrow().len() + self.survivors.len();
        blocks * BLOCK_BYTES - self.free_in_block()
    }

    pub(super) fn free_in_block(&self) -> usize {
        self.limit.get().addr() - self.top.get().addr()
    }

    /// Begins a new nursery, and hands out the blocks of the old one.
    pub(super) fn take_nursery(&mut self) -> Vec<BlockId> {
        self.top.set(ptr::null_mut());
        self.limit.set(ptr::null_mut());
        let mut blocks = std::mem::take(self.nursery.get_mut());
        blocks.append(&mut self.survivors);
        blocks
    }

    #[inline]
    fn is_old(&self, address: usize) -> bool {
        self.cage.kind_at(address).is_some_and(Kind::is_old)
    }

    /// Whether a value that an old place is given points to the nursery. While marking is under
    /// way, other objects that it points to are marked: the place may have been looked at already,
    /// and the place that they come from may change before it is (Dijkstra and others 1978).
    #[inline]
    fn look_at<T: Trace>(&self, value: &T) -> bool {
        let mut barrier = Barrier {
            core: self,
            marking: self.marking.get(),
            points_to_young: false,
        };
        value.trace(&mut barrier);
        barrier.points_to_young
    }

    #[cold]
    fn shade(&self, object: Object) {
        if self.cage.marks.set(self.cage.offset(object.address())) {
            self.shaded.borrow_mut().push(object);
        }
    }

    #[inline(never)]
    fn remember(&self, address: usize, relocate: RelocateAt) {
        let offset = self.cage.offset(address);
        let record = Record {
            offset,
            look: relocate,
        };
        let mut remembered = self.remembered.borrow_mut();
        remembered.insert(&self.cage.recorded, record);
    }

    #[inline]
    pub(super) fn take(&self, bytes: usize) -> Option<NonNull<u8>> {
        let top = self.top.get();
        if bytes > self.limit.get().addr() - top.addr() {
            return self.take_in_new_block(bytes);
        }
        self.top.set(top.wrapping_add(bytes));
        NonNull::new(top)
    }

    #[cold]
    #[inline(never)]
    fn take_in_new_block(&self, bytes: usize) -> Option<NonNull<u8>> {
        debug_assert!(bytes <= LARGE_BYTES_MIN);
        let mut nursery = self.nursery.borrow_mut();
        if nursery.len() >= self.pacer.nursery_blocks() {
            self.request(Pending::Minor);
        }
        if !self.has_room(nursery.len(), 1) {
            self.request(Pending::Full);
            return None;
        }
        let block = self.cage.take(1, Kind::Fresh)?;
        nursery.push(block);
        let start = self.cage.start(block);
        self.limit.set(start.as_ptr().wrapping_add(BLOCK_BYTES));
        self.top.set(start.as_ptr().wrapping_add(bytes));
        Some(start)
    }

    /// Whether `blocks` more would leave the heap within its limits, and the cage with enough
    /// blocks to copy the whole nursery to.
    fn has_room(&self, nursery: usize, blocks: usize) -> bool {
        let young = nursery + self.survivors.len() + 1;
        let bytes = self.heap_old_bytes() + (young + blocks) * BLOCK_BYTES;
        bytes <= self.options.heap_bytes_max()
            && self.cage.free_blocks() >= blocks + evacuation_blocks(young)
    }

    pub(super) fn take_large(&self, bytes: usize) -> Option<Run> {
        let blocks = bytes.div_ceil(BLOCK_BYTES);
        let has_room = self.has_room(self.nursery.borrow().len(), blocks);
        let run = has_room
            .then(|| self.large.borrow_mut().take(&self.cage, bytes))
            .flatten();
        match run {
            Some(_) => self.request_if_due(),
            None => self.request(Pending::Full),
        }
        run
    }

    /// A large object is old from its birth, whatever it points to. A marking finds it, if it lives,
    /// from where it is stored.
    pub(super) fn keep_large(&self, run: Run, object: Object) {
        self.large.borrow_mut().keep(run);
        self.keep_old(object);
    }

    fn keep_old(&self, object: Object) {
        let info = object.info();
        if info.has_pointers {
            self.remember(object.address(), relocate_object);
        }
        if info.drop.is_some() {
            self.old_drops.borrow_mut().push(object);
        }
    }
}

/// Blocks that copying the objects of `young` blocks takes: each is filled to all but the size
/// of the largest object, and five are begun at the same time: survivors, and objects with and
/// without pointers in two sizes each.
fn evacuation_blocks(young: usize) -> usize {
    (young * BLOCK_BYTES).div_ceil(BLOCK_BYTES - LARGE_BYTES_MIN) + 5
}

/// Looks at a value that is stored in an old place.
struct Barrier<'a> {
    core: &'a Core,
    marking: bool,
    points_to_young: bool,
}

impl Sealed for Barrier<'_> {}

impl Visitor for Barrier<'_> {
    #[inline]
    fn pointer(&mut self, object: Object) {
        let kind = self.core.cage.kind_at(object.address());
        if kind.is_some_and(Kind::is_young) {
            self.points_to_young = true;
        } else if self.marking {
            self.core.shade(object);
        }
    }

    fn weak(&mut self, _: &WeakSlot) {}

    fn ephemerons(&mut self, _: &dyn Ephemerons) {}
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core")
            .field("cage", &self.cage)
            .field("pending", &self.pending)
            .finish_non_exhaustive()
    }
}
