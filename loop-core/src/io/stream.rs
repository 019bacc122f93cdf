//! The handle of a multishot operation.

use std::fmt;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::slab::{Item, Stage, Waiter};
use super::{Io, OpKey, Operation};

/// A multishot operation in flight: results come until it ends. Dropping it cancels it.
pub(crate) struct OpStream {
    io: Rc<Io>,
    /// `None` once the last result was taken.
    key: Option<OpKey>,
}

impl OpStream {
    /// The next result; `None` after the last.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Item>> {
        let Some(key) = self.key else {
            return Poll::Ready(None);
        };
        let mut state = self.io.state.borrow_mut();
        // After a shutdown that leaked, the operation never ends.
        let Some(slot) = state.slab.get(key) else {
            return Poll::Pending;
        };
        let Stage::Stream(results) = &mut slot.stage else {
            unreachable!("a handle is of an operation of its own kind")
        };
        if let Some(item) = results.items.pop_front() {
            return Poll::Ready(Some(item));
        }
        if results.ended {
            let parked = state.slab.remove(key);
            self.key = None;
            drop(state);
            drop(parked.take());
            return Poll::Ready(None);
        }
        let known = matches!(&results.waiter, Waiter::Waker(waker) if waker.will_wake(cx.waker()));
        drop(state);
        if !known {
            self.io.set_waiter(key, Waiter::Waker(cx.waker().clone()));
        }
        Poll::Pending
    }

    /// Results that are here and were not taken.
    #[cfg(test)]
    pub(crate) fn queue_len(&self) -> usize {
        let mut state = self.io.state.borrow_mut();
        let slot = self.key.and_then(|key| state.slab.get(key));
        match slot.map(|slot| &slot.stage) {
            Some(Stage::Stream(results)) => results.items.len(),
            _ => 0,
        }
    }

    /// Asks for the end. Results that are on their way still come, and then the last one.
    pub(crate) fn cancel(&self) {
        if let Some(key) = self.key {
            self.io.cancel(key);
        }
    }

    /// Whether the operation keeps the loop alive.
    pub(crate) fn set_referenced(&self, referenced: bool) {
        if let Some(key) = self.key {
            self.io.set_referenced(key, referenced);
        }
    }
}

impl Drop for OpStream {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            self.io.release(key);
        }
    }
}

impl fmt::Debug for OpStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpStream")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl Io {
    /// Hands a multishot operation over.
    pub(crate) fn submit_stream<O: Operation>(self: &Rc<Self>, operation: O) -> OpStream {
        let key = self.start(operation, Stage::stream);
        OpStream {
            io: self.clone(),
            key: Some(key),
        }
    }
}
