//! The table of what handles keep alive.
//!
//! A handle is an index. The value is stored in place: it is `Copy`, so that no code of a user
//! runs when it is read, moved or forgotten.

use std::cell::{Cell, RefCell};
use std::mem::MaybeUninit;

use super::inspect::Inspector;
use super::mark::Marker;
use super::scavenge::Scavenger;
use crate::trace::{Trace, Visitor};

/// Bytes that a handle can keep: a pointer, or an enum of pointers and numbers.
const VALUE_BYTES_MAX: usize = size_of::<Storage>();

type Storage = [MaybeUninit<*mut ()>; 2];

/// All slots of a heap.
#[derive(Debug, Default)]
pub(crate) struct RootTable {
    slots: RefCell<Vec<Slot>>,
    first_free: Cell<Option<u32>>,
    used: Cell<usize>,
}

#[derive(Debug)]
enum Slot {
    Free {
        next: Option<u32>,
    },
    Used {
        value: Storage,
        type_info: &'static RootInfo,
    },
}

/// How the collector looks at a value of one type.
#[derive(Debug)]
struct RootInfo {
    /// # Safety
    ///
    /// The storage holds a value of the type.
    trace: unsafe fn(&Storage, &mut Marker<'_>),
    /// # Safety
    ///
    /// The storage holds a value of the type.
    inspect: unsafe fn(&Storage, &mut Inspector<'_>),
    /// # Safety
    ///
    /// The storage holds a value of the type.
    relocate: unsafe fn(&mut Storage, &mut Scavenger<'_>),
}

impl RootTable {
    /// Stores a value; the index finds it until it is removed.
    pub(crate) fn insert<T: Trace + Copy>(&self, value: T) -> u32 {
        const {
            assert!(
                size_of::<T>() <= VALUE_BYTES_MAX && align_of::<T>() <= align_of::<Storage>(),
                "a root holds two words at most: allocate the value, and root the pointer to it"
            );
        }
        let mut storage: Storage = [MaybeUninit::uninit(); 2];
        // SAFETY: the storage is large enough and aligned for the value.
        unsafe { (&raw mut storage).cast::<T>().write(value) };
        let used = Slot::Used {
            value: storage,
            type_info: const {
                &RootInfo {
                    // SAFETY: the caller promises what the field says.
                    trace: |storage, visitor| unsafe { trace::<T, _>(storage, visitor) },
                    // SAFETY: the caller promises what the field says.
                    inspect: |storage, visitor| unsafe { trace::<T, _>(storage, visitor) },
                    relocate: relocate::<T>,
                }
            },
        };
        self.insert_slot(used)
    }

    /// Stores the value at an index a second time.
    pub(crate) fn duplicate(&self, index: u32) -> u32 {
        let copy = match self.slots.borrow()[index as usize] {
            Slot::Used { value, type_info } => Slot::Used { value, type_info },
            Slot::Free { .. } => unreachable!("a handle keeps its slot"),
        };
        self.insert_slot(copy)
    }

    fn insert_slot(&self, used: Slot) -> u32 {
        self.used.set(self.used.get() + 1);
        let mut slots = self.slots.borrow_mut();
        let Some(index) = self.first_free.get() else {
            slots.push(used);
            return u32::try_from(slots.len() - 1).expect("fewer handles than 2^32");
        };
        let slot = &mut slots[index as usize];
        if let Slot::Free { next } = *slot {
            self.first_free.set(next);
        }
        *slot = used;
        index
    }

    /// The value at an index.
    ///
    /// # Safety
    ///
    /// A `T` was inserted there and not removed. Its lifetimes are those of a section that is
    /// open now on the heap of this table.
    #[inline]
    pub(crate) unsafe fn get<T: Copy>(&self, index: u32) -> T {
        match &self.slots.borrow()[index as usize] {
            // SAFETY: the caller's promise.
            Slot::Used { value, .. } => unsafe { (&raw const *value).cast::<T>().read() },
            Slot::Free { .. } => unreachable!("a handle keeps its slot"),
        }
    }

    /// Forgets the value at an index.
    pub(crate) fn remove(&self, index: u32) {
        let free = Slot::Free {
            next: self.first_free.get(),
        };
        self.slots.borrow_mut()[index as usize] = free;
        self.first_free.set(Some(index));
        self.used.set(self.used.get() - 1);
    }

    /// Handles that exist.
    pub(crate) fn used(&self) -> usize {
        self.used.get()
    }

    pub(super) fn trace(&self, marker: &mut Marker<'_>) {
        for slot in &*self.slots.borrow() {
            if let Slot::Used { value, type_info } = slot {
                // SAFETY: inserted together.
                unsafe { (type_info.trace)(value, marker) };
            }
        }
    }

    pub(super) fn inspect(&self, inspector: &mut Inspector<'_>) {
        for slot in &*self.slots.borrow() {
            if let Slot::Used { value, type_info } = slot {
                // SAFETY: inserted together.
                unsafe { (type_info.inspect)(value, inspector) };
            }
        }
    }

    pub(super) fn relocate(&self, scavenger: &mut Scavenger<'_>) {
        for slot in &mut *self.slots.borrow_mut() {
            if let Slot::Used { value, type_info } = slot {
                // SAFETY: inserted together.
                unsafe { (type_info.relocate)(value, scavenger) };
            }
        }
    }
}

unsafe fn trace<T: Trace, V: Visitor>(storage: &Storage, visitor: &mut V) {
    // SAFETY: the caller's promise.
    let value = unsafe { &*(&raw const *storage).cast::<T>() };
    value.trace(visitor);
}

unsafe fn relocate<T: Trace>(storage: &mut Storage, scavenger: &mut Scavenger<'_>) {
    // SAFETY: the caller's promise.
    let value = unsafe { &mut *(&raw mut *storage).cast::<T>() };
    value.relocate(scavenger);
}
