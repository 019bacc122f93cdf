//! The queue of `process.nextTick`.

use std::cell::RefCell;
use std::collections::VecDeque;

use crate::closure::Job;

/// Callbacks that run before any microtask, first in, first out.
#[derive(Default)]
pub(crate) struct TickQueue(RefCell<VecDeque<Job>>);

impl TickQueue {
    #[inline]
    pub(crate) fn push(&self, tick: Job) {
        self.0.borrow_mut().push_back(tick);
    }

    #[inline]
    pub(crate) fn pop(&self) -> Option<Job> {
        self.0.borrow_mut().pop_front()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// Drops what is queued. A drop may queue more, which is dropped too.
    pub(crate) fn clear(&self) {
        while self.pop().is_some() {}
    }
}
