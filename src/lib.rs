//! Node.js's runtime architecture in Rust.
#![forbid(unsafe_code)]
pub use synodic_loop as event_loop;
