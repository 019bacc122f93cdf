//! Work-stealing deques.
//!
//! Normally these are crossbeam's. Loom cannot look inside those, so a model gets a locked
//! `VecDeque` with the same interface, which never answers [`Steal::Retry`]. Emptiness is there
//! read from a relaxed counter, as in [`queue`](crate::queue).

#[cfg(synodic_loom)]
pub use crate::modeled::deque::{Injector, Stealer, Worker};
pub use crossbeam_deque::Steal;
#[cfg(not(synodic_loom))]
pub use crossbeam_deque::{Injector, Stealer, Worker};
