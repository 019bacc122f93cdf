//! Tables whose entries live as long as their keys (ephemerons; Hayes 1997).

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;

use crate::brand::{Brand, Mutation};
use crate::raw::{Contents, Ephemerons, Gc, Inspector, Marker, Object, Scavenger};
use crate::trace::{Relocator, Trace, Visitor};

/// A map from objects, by identity, to values that live no longer than their keys.
///
/// A value may point to its key: the entry goes when nothing else leads to the key. Minor
/// collections keep all entries; a full one removes those whose keys are gone.
///
/// The map is a pointer to a table in the heap, `Copy`, and shared by its copies.
///
/// ```
/// use synodic_gc::{Gc, GcKind, Heap, HeapOptions, Rootable, WeakMap};
///
/// # fn main() -> Result<(), synodic_gc::HeapError> {
/// type Names<'gc> = WeakMap<'gc, u32, Gc<'gc, str>>;
/// let mut heap = Heap::<Rootable![(Gc<'_, u32>, Names<'_>)]>::new(HeapOptions::new(), |mc| {
///     (mc.alloc(1), WeakMap::new(mc))
/// })?;
/// heap.mutate(|mc, (key, names)| {
///     names.insert(mc, *key, mc.alloc_str("one"));
///     names.insert(mc, mc.alloc(2), mc.alloc_str("two"));
/// });
/// heap.gc(GcKind::Full);
/// heap.view(|_, (key, names)| {
///     assert_eq!(names.get(*key).as_deref(), Some("one"));
///     assert_eq!(names.len(), 1);
/// });
/// # Ok(())
/// # }
/// ```
pub struct WeakMap<'gc, K: ?Sized, V: Trace + Copy> {
    table: Gc<'gc, Table<'gc, V>>,
    key: PhantomData<Gc<'gc, K>>,
}

/// The entries, in memory of its own. No borrow of them is open while code of a user runs.
struct Table<'gc, V> {
    entries: RefCell<Entries<V>>,
    brand: Brand<'gc>,
}

/// Entries in a row, and where each key's is, by the key's address.
struct Entries<V> {
    row: Vec<Entry<V>>,
    places: HashMap<usize, usize>,
    /// Entries from here on may have something in the nursery.
    young_from: usize,
}

struct Entry<V> {
    key: Object,
    value: V,
}

impl<'gc, K: ?Sized, V: Trace + Copy + 'gc> WeakMap<'gc, K, V> {
    /// An empty map.
    ///
    /// # Panics
    ///
    /// When the heap is full.
    pub fn new(mc: &Mutation<'gc>) -> Self {
        let table = Table {
            entries: RefCell::new(Entries {
                row: Vec::new(),
                places: HashMap::new(),
                young_from: 0,
            }),
            brand: PhantomData,
        };
        Self {
            table: mc.alloc(table),
            key: PhantomData,
        }
    }

    /// Gives `key` a value and returns the one that it had.
    pub fn insert(self, mc: &Mutation<'gc>, key: Gc<'gc, K>, value: V) -> Option<V> {
        let table = Gc::as_ref(self.table);
        let contents = Contents {
            relocate: relocate_at::<V>,
            trace: trace_at::<V>,
        };
        mc.core().barrier_any(table, contents);
        table.entries.borrow_mut().insert(key.object(), value)
    }

    /// The value of `key`.
    pub fn get(self, key: Gc<'gc, K>) -> Option<V> {
        let entries = self.table.entries.borrow();
        let place = entries.places.get(&key.object().address())?;
        Some(entries.row[*place].value)
    }

    /// Takes the value of `key` out.
    pub fn remove(self, key: Gc<'gc, K>) -> Option<V> {
        let mut entries = self.table.entries.borrow_mut();
        let place = entries.places.remove(&key.object().address())?;
        Some(entries.remove_at(place).value)
    }

    /// Whether `key` has a value.
    pub fn contains_key(self, key: Gc<'gc, K>) -> bool {
        self.get(key).is_some()
    }

    /// Entries, those among them that the next full collection will remove.
    pub fn len(self) -> usize {
        self.table.entries.borrow().row.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

impl<V: Trace + Copy> Entries<V> {
    fn insert(&mut self, key: Object, value: V) -> Option<V> {
        let Self {
            row,
            places,
            young_from,
        } = self;
        let place = *places.entry(key.address()).or_insert(row.len());
        *young_from = place.min(*young_from);
        match row.get_mut(place) {
            Some(entry) => Some(std::mem::replace(&mut entry.value, value)),
            None => {
                row.push(Entry { key, value });
                None
            }
        }
    }

    /// Removes an entry that `places` does not know any more; the last one takes its place.
    fn remove_at(&mut self, place: usize) -> Entry<V> {
        let entry = self.row.swap_remove(place);
        if let Some(moved) = self.row.get(place) {
            self.places.insert(moved.key.address(), place);
            self.young_from = self.young_from.min(place);
        }
        entry
    }

    /// Brings entries up to date that may have something in the nursery.
    fn relocate<R: Relocator>(&mut self, relocator: &mut R) {
        let mut first_young = None;
        for (place, entry) in self.row.iter_mut().enumerate().skip(self.young_from) {
            let before = entry.key.address();
            let is_young = relocator.leaves_young(|relocator| {
                relocator.pointer(&mut entry.key);
                entry.value.relocate(relocator);
            });
            if entry.key.address() != before {
                // Nothing is copied to an address from which something else is copied.
                self.places.remove(&before);
                self.places.insert(entry.key.address(), place);
            }
            if is_young {
                first_young.get_or_insert(place);
            }
        }
        self.young_from = first_young.unwrap_or(self.row.len());
    }
}

impl<V: Trace + Copy> Ephemerons for Table<'_, V> {
    fn inspect(&self, inspector: &mut Inspector<'_>) {
        for entry in &self.entries.borrow().row {
            inspector.weak(&Cell::new(Some(entry.key)));
            entry.value.trace(inspector);
        }
    }

    fn mark_values(&self, marker: &mut Marker<'_>) {
        for entry in &self.entries.borrow().row {
            if marker.is_marked(entry.key) {
                entry.value.trace(marker);
            }
        }
    }

    fn remove_dead(&self, marker: &Marker<'_>) {
        let mut entries = self.entries.borrow_mut();
        let Entries {
            row,
            places,
            young_from,
        } = &mut *entries;
        let before = row.len();
        row.retain(|entry| marker.is_marked(entry.key));
        if row.len() < before {
            *young_from = 0;
            let keys = row.iter().enumerate();
            *places = keys
                .map(|(place, entry)| (entry.key.address(), place))
                .collect();
        }
    }
}

/// Relocates a remembered table.
unsafe fn relocate_at<V: Trace + Copy>(table: NonNull<u8>, scavenger: &mut Scavenger<'_>) {
    // SAFETY: the barrier remembered the address of such a table, and references to it are gone.
    let table = unsafe { table.cast::<Table<'_, V>>().as_mut() };
    table.relocate(scavenger);
}

/// Traces a table that has changed.
unsafe fn trace_at<V: Trace + Copy>(table: NonNull<u8>, marker: &mut Marker<'_>) {
    // SAFETY: the barrier noted the address of such a table, and references to it are gone.
    let table = unsafe { table.cast::<Table<'_, V>>().as_ref() };
    table.trace(marker);
}

// SAFETY: a minor collection gets every pointer, a full one the table as what it is. The entries
// are elsewhere, and change only here, after the barrier.
unsafe impl<V: Trace + Copy> Trace for Table<'_, V> {
    const NEEDS_TRACE: bool = true;
    const HAS_CELLS: bool = false;
    const CELLS_OFF_HEAP: bool = V::HAS_CELLS || V::CELLS_OFF_HEAP;

    fn trace<Vis: Visitor>(&self, visitor: &mut Vis) {
        visitor.ephemerons(self);
    }

    fn relocate<R: Relocator>(&mut self, relocator: &mut R) {
        self.entries.get_mut().relocate(relocator);
    }
}

// SAFETY: passes the pointer to the table on.
unsafe impl<K: ?Sized, V: Trace + Copy> Trace for WeakMap<'_, K, V> {
    const NEEDS_TRACE: bool = true;
    const HAS_CELLS: bool = false;
    const CELLS_OFF_HEAP: bool = false;

    fn trace<Vis: Visitor>(&self, visitor: &mut Vis) {
        self.table.trace(visitor);
    }

    fn relocate<R: Relocator>(&mut self, relocator: &mut R) {
        self.table.relocate(relocator);
    }
}

impl<K: ?Sized, V: Trace + Copy> Clone for WeakMap<'_, K, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K: ?Sized, V: Trace + Copy> Copy for WeakMap<'_, K, V> {}

/// Shows nothing of the entries, through which a circle could lead back.
impl<K: ?Sized, V: Trace + Copy> fmt::Debug for WeakMap<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakMap").finish_non_exhaustive()
    }
}
