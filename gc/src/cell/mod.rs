//! What can be changed in the heap, and tells the collector.

mod once;
mod ref_cell;
mod word;

pub use once::GcOnceCell;
pub use ref_cell::{BorrowError, GcRef, GcRefCell, GcRefMut};
pub use word::GcCell;
