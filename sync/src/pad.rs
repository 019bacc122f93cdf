//! Cache-line padding and exponential back-off.

pub use crossbeam_utils::CachePadded;

#[cfg(synodic_loom)]
pub use crate::modeled::backoff::Backoff;
#[cfg(not(synodic_loom))]
pub use crossbeam_utils::Backoff;
