//! A locked `VecDeque` that promises no more than a lock-free queue.

use std::collections::VecDeque;

use crate::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

pub(super) struct Locked<T> {
    items: Mutex<VecDeque<T>>,
    /// Length of `items`, written under its lock and read without. Relaxed on purpose: emptiness
    /// must not order anything, or a protocol could pass its model thanks to it.
    len: AtomicUsize,
}

impl<T> Locked<T> {
    pub(super) fn new() -> Self {
        Self {
            items: Mutex::new(VecDeque::new()),
            len: AtomicUsize::new(0),
        }
    }

    pub(super) fn len(&self) -> usize {
        // Relaxed: see `len`.
        self.len.load(Ordering::Relaxed)
    }

    /// Runs `f` on the items.
    pub(super) fn with<R>(&self, f: impl FnOnce(&mut VecDeque<T>) -> R) -> R {
        let mut items = self.items.lock();
        let before = items.len();
        let result = f(&mut items);
        if items.len() != before {
            // Relaxed: see `len`.
            self.len.store(items.len(), Ordering::Relaxed);
        }
        result
    }

    /// Runs `f` on the items unless they look empty from outside.
    pub(super) fn with_any<R>(&self, f: impl FnOnce(&mut VecDeque<T>) -> Option<R>) -> Option<R> {
        if self.len() == 0 { None } else { self.with(f) }
    }
}
