//! What does not keep its target alive.

mod map;
mod pointer;
mod registry;

pub use map::WeakMap;
pub use pointer::Weak;
pub use registry::FinalizationRegistry;
