//! The memory of a heap, and everything that moves or frees it.
//!
//! See `README.md` beside this file for the argument why it is sound.

mod bitmap;
mod bump;
mod cage;
mod collect;
mod core;
mod full;
mod gc;
mod inspect;
mod large;
mod mark;
mod measure;
mod object;
mod old;
mod pacer;
mod pinned;
mod remember;
mod roots;
mod scavenge;
mod slice;
mod verify;

use bump::Bump;
pub(crate) use cage::BLOCK_BYTES;
pub(crate) use collect::Roots;
pub(crate) use core::{Core, Pending};
pub use gc::{Gc, Managed};
pub(crate) use inspect::Inspector;
pub(crate) use mark::{Ephemerons, Marker};
pub(crate) use object::{OBJECT_ALIGN, Object};
pub use pinned::Pinned;
pub(crate) use remember::Contents;
pub(crate) use roots::RootTable;
pub(crate) use scavenge::{Scavenger, WeakSlot};
