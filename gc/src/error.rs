//! What can go wrong.

use std::io;

/// Why a heap could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HeapError {
    /// The system refused the addresses, down to the smallest cage that the options allow.
    #[error("could not reserve {bytes} bytes of address space for a heap")]
    Reserve {
        /// The last size that was tried.
        bytes: usize,
        /// What the system said.
        source: io::Error,
    },
}

/// Why a value could not be allocated; the value comes back.
///
/// A full collection is due at the next safepoint. Leave the section, let the heap collect, and
/// try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the garbage-collected heap is full")]
pub struct OutOfMemory<T>(
    /// What was to be allocated.
    pub T,
);
