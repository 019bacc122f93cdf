//! Being told when an object is gone.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;

use crate::brand::{Brand, Mutation};
use crate::raw::{Contents, Gc, Marker, Scavenger, WeakSlot};
use crate::trace::{Relocator, Trace, Visitor};

/// Hands out the value that was registered with an object once the object is gone.
///
/// Nothing is called by the collector: a program asks with [`take_gone`](Self::take_gone) when it
/// suits it, in a section, where it may allocate. The object itself does not come back.
///
/// The registry is a pointer to a list in the heap, `Copy`, and shared by its copies.
///
/// ```
/// use synodic_gc::{FinalizationRegistry, GcKind, Heap, HeapOptions, Rootable};
///
/// # fn main() -> Result<(), synodic_gc::HeapError> {
/// type Registry<'gc> = FinalizationRegistry<'gc, u32>;
/// let mut heap = Heap::<Rootable![Registry<'_>]>::new(HeapOptions::new(), |mc| {
///     FinalizationRegistry::new(mc)
/// })?;
/// heap.mutate(|mc, registry| registry.register(mc, mc.alloc_str("short-lived"), 7));
/// heap.gc(GcKind::Minor);
/// heap.mutate(|mc, registry| assert_eq!(registry.take_gone(mc), Some(7)));
/// # Ok(())
/// # }
/// ```
///
/// # Node
///
/// The callback is yours to call, and there is no token to unregister by: keep what is registered
/// small, and ignore what is not wanted any more.
pub struct FinalizationRegistry<'gc, H: Trace + Copy> {
    list: Gc<'gc, List<'gc, H>>,
}

/// The entries, in memory of its own. No borrow of them is open while code of a user runs.
struct List<'gc, H> {
    entries: RefCell<Entries<H>>,
    brand: Brand<'gc>,
}

struct Entries<H> {
    waiting: Vec<Entry<H>>,
    gone: Vec<H>,
    /// Waiting entries from here on may have something in the nursery.
    young_from: usize,
    /// When the heap's weak pointers were looked at last.
    epoch: u64,
}

struct Entry<H> {
    target: WeakSlot,
    held: H,
}

impl<'gc, H: Trace + Copy + 'gc> FinalizationRegistry<'gc, H> {
    /// An empty registry.
    ///
    /// # Panics
    ///
    /// When the heap is full.
    pub fn new(mc: &Mutation<'gc>) -> Self {
        let list = List {
            entries: RefCell::new(Entries {
                waiting: Vec::new(),
                gone: Vec::new(),
                young_from: 0,
                epoch: mc.core().weak_epoch(),
            }),
            brand: PhantomData,
        };
        Self {
            list: mc.alloc(list),
        }
    }

    /// Keeps `held` until `target` is gone. `held` should not lead to `target`, which would then
    /// never go.
    pub fn register<T: ?Sized>(self, mc: &Mutation<'gc>, target: Gc<'gc, T>, held: H) {
        let list = Gc::as_ref(self.list);
        let contents = Contents {
            relocate: relocate_at::<H>,
            trace: trace_at::<H>,
        };
        mc.core().barrier_any(list, contents);
        list.entries.borrow_mut().waiting.push(Entry {
            target: Cell::new(Some(target.object())),
            held,
        });
    }

    /// The value of an object that is gone, or `None` when all of them were handed out.
    ///
    /// Objects that die young are found by minor collections, others by full ones.
    pub fn take_gone(self, mc: &Mutation<'gc>) -> Option<H> {
        let list = Gc::as_ref(self.list);
        let mut entries = list.entries.borrow_mut();
        entries.find_gone(mc.core().weak_epoch());
        entries.gone.pop()
    }

    /// Values that wait for their objects to go.
    pub fn len(self) -> usize {
        self.list.entries.borrow().waiting.len()
    }

    /// Whether no value waits.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

impl<H: Trace + Copy> Entries<H> {
    /// Moves the values of objects that are gone, if there can be any since the last look.
    fn find_gone(&mut self, epoch: u64) {
        if self.epoch == epoch {
            return;
        }
        self.epoch = epoch;
        // The order stays, so entries before the first that goes stay what they are.
        let mut first_gone = None;
        let mut place = 0;
        let gone = &mut self.gone;
        self.waiting.retain(|entry| {
            let waits = entry.target.get().is_some();
            if !waits {
                first_gone.get_or_insert(place);
                gone.push(entry.held);
            }
            place += 1;
            waits
        });
        self.young_from = first_gone.map_or(self.young_from, |first| first.min(self.young_from));
    }

    /// Brings entries up to date that may have something in the nursery.
    fn relocate<R: Relocator>(&mut self, relocator: &mut R) {
        let mut first_young = None;
        for (place, entry) in self.waiting.iter_mut().enumerate().skip(self.young_from) {
            let is_young = relocator.leaves_young(|relocator| {
                relocator.weak(&entry.target);
                entry.held.relocate(relocator);
            });
            if is_young {
                first_young.get_or_insert(place);
            }
        }
        self.young_from = first_young.unwrap_or(self.waiting.len());
        for held in &mut self.gone {
            held.relocate(relocator);
        }
    }
}

/// Relocates a remembered list.
unsafe fn relocate_at<H: Trace + Copy>(list: NonNull<u8>, scavenger: &mut Scavenger<'_>) {
    // SAFETY: the barrier remembered the address of such a list, and references to it are gone.
    let list = unsafe { list.cast::<List<'_, H>>().as_mut() };
    list.relocate(scavenger);
}

/// Traces a list that has changed.
unsafe fn trace_at<H: Trace + Copy>(list: NonNull<u8>, marker: &mut Marker<'_>) {
    // SAFETY: the barrier noted the address of such a list, and references to it are gone.
    let list = unsafe { list.cast::<List<'_, H>>().as_ref() };
    list.trace(marker);
}

// SAFETY: passes on what it holds, and the targets as weak pointers. The entries are elsewhere;
// what is in them changes only here, after the barrier: `take_gone` moves values within.
unsafe impl<H: Trace + Copy> Trace for List<'_, H> {
    const NEEDS_TRACE: bool = true;
    const HAS_CELLS: bool = false;
    const CELLS_OFF_HEAP: bool = H::HAS_CELLS || H::CELLS_OFF_HEAP;

    fn trace<V: Visitor>(&self, visitor: &mut V) {
        let entries = self.entries.borrow();
        for entry in &entries.waiting {
            visitor.weak(&entry.target);
            entry.held.trace(visitor);
        }
        entries.gone.iter().for_each(|held| held.trace(visitor));
    }

    fn relocate<R: Relocator>(&mut self, relocator: &mut R) {
        self.entries.get_mut().relocate(relocator);
    }
}

// SAFETY: passes the pointer to the list on.
unsafe impl<H: Trace + Copy> Trace for FinalizationRegistry<'_, H> {
    const NEEDS_TRACE: bool = true;
    const HAS_CELLS: bool = false;
    const CELLS_OFF_HEAP: bool = false;

    fn trace<V: Visitor>(&self, visitor: &mut V) {
        self.list.trace(visitor);
    }

    fn relocate<R: Relocator>(&mut self, relocator: &mut R) {
        self.list.relocate(relocator);
    }
}

impl<H: Trace + Copy> Clone for FinalizationRegistry<'_, H> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<H: Trace + Copy> Copy for FinalizationRegistry<'_, H> {}

/// Shows nothing of the entries, through which a circle could lead back.
impl<H: Trace + Copy> fmt::Debug for FinalizationRegistry<'_, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FinalizationRegistry")
            .finish_non_exhaustive()
    }
}
