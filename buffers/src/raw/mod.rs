//! Everything that is `unsafe`: memory, reference counts, and the hand-back to a pool.
//!
//! See `README.md` beside this file for the argument.

mod assume;
#[cfg(feature = "bytes")]
mod buf_mut;
mod chunk;
mod header;
mod home;
mod io;
mod list;
mod local;
pub(crate) mod simd;
mod slab;
mod unique;
mod view;

pub(crate) use home::Home;
pub use io::{IoBuf, IoBufMut};
pub(crate) use local::{CLASS_MAX, CLASS_MIN, limits, set_limits, stats, trim};
pub(crate) use unique::Unique;
pub(crate) use view::View;
