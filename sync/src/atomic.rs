//! Atomic integers, booleans, pointers and fences.
//!
//! `new` is a `const fn` in `std` and an ordinary one in loom, so an atomic that a model should
//! see is a field of something the model creates, never a `static`.

#[cfg(synodic_loom)]
pub use loom::sync::atomic::{
    AtomicBool, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8, AtomicU16, AtomicU32,
    AtomicU64, AtomicUsize, Ordering, fence,
};
#[cfg(not(synodic_loom))]
pub use std::sync::atomic::{
    AtomicBool, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8, AtomicU16, AtomicU32,
    AtomicU64, AtomicUsize, Ordering, fence,
};
