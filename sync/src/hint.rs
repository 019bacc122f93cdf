//! Hints to the processor.

#[cfg(synodic_loom)]
pub use loom::hint::spin_loop;
#[cfg(not(synodic_loom))]
pub use std::hint::spin_loop;
