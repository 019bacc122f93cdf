//! Queues between any number of threads.
//!
//! Normally these are crossbeam's. Loom cannot look inside those, so a model gets a locked
//! `VecDeque` instead. Whether the queue is empty is there answered from a relaxed counter:
//! crossbeam promises only that what was pushed *before* (in the happens-before sense) is seen,
//! and a protocol must not pass its model thanks to a lock that the real queue does not take.

#[cfg(synodic_loom)]
pub use crate::modeled::queue::{ArrayQueue, SegQueue};
#[cfg(not(synodic_loom))]
pub use crossbeam_queue::{ArrayQueue, SegQueue};
