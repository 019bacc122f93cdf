//! A generational, moving garbage collector behind a safe API, for interpreters and virtual
//! machines.
#![doc = include_str!("../README.md")]

extern crate self as synodic_gc;

mod brand;
mod cell;
mod error;
mod options;
mod raw;
mod stats;
mod sys;
mod trace;
mod weak;

pub use brand::{Heap, IdleResult, Mutation, Root, Rootable, Step, View};
pub use cell::{BorrowError, GcCell, GcOnceCell, GcRef, GcRefCell, GcRefMut};
pub use error::{HeapError, OutOfMemory};
pub use options::HeapOptions;
pub use raw::{Gc, Managed, Pinned};
pub use stats::{GcEvent, GcKind, HeapStatistics, MemoryUsage, SpaceName, SpaceStatistics};
pub use synodic_gc_derive::{Rootable, Trace};
pub use trace::{Relocator, Static, Trace, Visitor};
pub use weak::{FinalizationRegistry, Weak, WeakMap};

/// For the macros of this crate.
#[doc(hidden)]
pub mod __private {
    pub use crate::brand::{Dynamic, Entered, RootableFor, Section};
    pub use crate::trace::MustNotImplDrop;
}
