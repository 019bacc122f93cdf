//! Taking memory from the front of a free range.

use std::ptr::{self, NonNull};

/// A free range that is used up from its start.
#[derive(Debug)]
pub(super) struct Bump {
    top: *mut u8,
    left: usize,
}

impl Bump {
    /// A range with no room.
    pub(super) const EMPTY: Self = Self {
        top: ptr::null_mut(),
        left: 0,
    };

    /// `bytes` from `start` on, which nobody else uses.
    pub(super) fn new(start: NonNull<u8>, bytes: usize) -> Self {
        Self {
            top: start.as_ptr(),
            left: bytes,
        }
    }

    /// Takes `bytes`, a multiple of an object's alignment.
    #[inline]
    pub(super) fn take(&mut self, bytes: usize) -> Option<NonNull<u8>> {
        if bytes > self.left {
            return None;
        }
        let start = NonNull::new(self.top)?;
        self.top = self.top.wrapping_add(bytes);
        self.left -= bytes;
        Some(start)
    }

    /// Bytes of the rest.
    #[inline]
    pub(super) fn left(&self) -> usize {
        self.left
    }

    /// Where the rest begins.
    #[inline]
    pub(super) fn top(&self) -> *mut u8 {
        self.top
    }
}
