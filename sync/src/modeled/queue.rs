//! The models of crossbeam's queues.

use std::fmt;

use super::locked::Locked;

/// Model of `crossbeam_queue::SegQueue`: unbounded, first in, first out.
pub struct SegQueue<T>(Locked<T>);

impl<T> SegQueue<T> {
    /// An empty queue.
    pub fn new() -> Self {
        Self(Locked::new())
    }

    /// Appends `value`.
    pub fn push(&self, value: T) {
        self.0.with(|items| items.push_back(value));
    }

    /// Takes the oldest item.
    pub fn pop(&self) -> Option<T> {
        self.0.with_any(|items| items.pop_front())
    }

    /// Whether the queue looked empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many items the queue seemed to hold.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl<T> Default for SegQueue<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for SegQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SegQueue").finish_non_exhaustive()
    }
}

/// Model of `crossbeam_queue::ArrayQueue`: bounded, first in, first out.
pub struct ArrayQueue<T> {
    items: Locked<T>,
    capacity: usize,
}

impl<T> ArrayQueue<T> {
    /// An empty queue for `capacity` items.
    ///
    /// # Panics
    ///
    /// When `capacity` is zero.
    pub fn new(capacity: usize) -> Self {
        assert!(capacity > 0, "capacity must be non-zero");
        Self {
            items: Locked::new(),
            capacity,
        }
    }

    /// Appends `value`.
    ///
    /// # Errors
    ///
    /// `value`, when the queue is full.
    pub fn push(&self, value: T) -> Result<(), T> {
        self.items.with(|items| {
            if items.len() == self.capacity {
                return Err(value);
            }
            items.push_back(value);
            Ok(())
        })
    }

    /// Appends `value`; a full queue gives up its oldest item for it.
    pub fn force_push(&self, value: T) -> Option<T> {
        self.items.with(|items| {
            let oldest = if items.len() == self.capacity {
                items.pop_front()
            } else {
                None
            };
            items.push_back(value);
            oldest
        })
    }

    /// Takes the oldest item.
    pub fn pop(&self) -> Option<T> {
        self.items.with_any(|items| items.pop_front())
    }

    /// Most items the queue holds.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Whether the queue looked empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the queue looked full.
    pub fn is_full(&self) -> bool {
        self.len() == self.capacity
    }

    /// How many items the queue seemed to hold.
    pub fn len(&self) -> usize {
        self.items.len()
    }
}

impl<T> fmt::Debug for ArrayQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArrayQueue").finish_non_exhaustive()
    }
}
