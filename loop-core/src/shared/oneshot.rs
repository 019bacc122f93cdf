//! One value from one thread to another, and the waker that waits for it.

use std::task::{Poll, Waker};

use synodic_sync::{Mutex, mutant};

/// The meeting point of a result and its waiter.
///
/// A lock and not a lock-free cell: it is taken twice in a task's life, never while user code
/// runs, and never contended for longer than a move.
#[derive(Debug)]
pub(crate) struct Oneshot<T>(Mutex<State<T>>);

#[derive(Debug)]
enum State<T> {
    Empty(Option<Waker>),
    Full(T),
    /// The sender is gone, or the value was taken.
    Closed,
}

impl<T> Default for Oneshot<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Oneshot<T> {
    /// An empty meeting point.
    pub(crate) fn new() -> Self {
        Self(Mutex::new(State::Empty(None)))
    }

    /// Delivers the value and wakes the waiter. Later values are dropped.
    pub(crate) fn send(&self, value: T) {
        self.settle(State::Full(value));
    }

    /// Says that no value will come. Does nothing after a value.
    pub(crate) fn close(&self) {
        self.settle(State::Closed);
    }

    /// The value, or `None` when none will come.
    pub(crate) fn poll(&self, waker: &Waker) -> Poll<Option<T>> {
        let mut state = self.0.lock();
        match &mut *state {
            State::Empty(slot) => {
                if !slot.as_ref().is_some_and(|old| old.will_wake(waker)) {
                    let old = slot.replace(waker.clone());
                    drop(state);
                    // A waker's drop may run foreign code.
                    drop(old);
                }
                Poll::Pending
            }
            State::Full(_) | State::Closed => match std::mem::replace(&mut *state, State::Closed) {
                State::Full(value) => Poll::Ready(Some(value)),
                State::Empty(_) | State::Closed => Poll::Ready(None),
            },
        }
    }

    fn settle(&self, settled: State<T>) {
        let mut state = self.0.lock();
        let waiting = match &mut *state {
            State::Empty(waiting) => waiting.take(),
            State::Full(_) | State::Closed => return,
        };
        if mutant!("oneshot-wakes-before-store") {
            drop(state);
            if let Some(waiting) = waiting {
                waiting.wake();
            }
            *self.0.lock() = settled;
            return;
        }
        *state = settled;
        drop(state);
        // Woken after the unlock: the waiter's poll takes the same lock.
        if let Some(waiting) = waiting
            && !mutant!("oneshot-no-wake")
        {
            waiting.wake();
        }
    }
}
