//! The models of crossbeam's work-stealing deques.

use std::{cell::Cell, collections::VecDeque, fmt, marker::PhantomData};

use crossbeam_deque::Steal;

use super::locked::Locked;
use crate::Arc;

/// Most items that one batch steals, as in crossbeam.
const BATCH_MAX: usize = 32;

/// Model of `crossbeam_deque::Worker`: the owner's end.
pub struct Worker<T> {
    items: Arc<Locked<T>>,
    is_lifo: bool,
    /// A worker stays with one thread at a time.
    not_sync: PhantomData<Cell<()>>,
}

impl<T> Worker<T> {
    /// A deque whose owner pops the oldest item.
    pub fn new_fifo() -> Self {
        Self {
            items: Arc::new(Locked::new()),
            is_lifo: false,
            not_sync: PhantomData,
        }
    }

    /// A deque whose owner pops the newest item.
    pub fn new_lifo() -> Self {
        Self {
            is_lifo: true,
            ..Self::new_fifo()
        }
    }

    /// The end of a thief.
    pub fn stealer(&self) -> Stealer<T> {
        Stealer {
            items: Arc::clone(&self.items),
        }
    }

    /// Appends `value`.
    pub fn push(&self, value: T) {
        self.items.with(|items| items.push_back(value));
    }

    /// Takes the newest or the oldest item, by the kind of deque.
    pub fn pop(&self) -> Option<T> {
        let is_lifo = self.is_lifo;
        self.items.with_any(|items| {
            if is_lifo {
                items.pop_back()
            } else {
                items.pop_front()
            }
        })
    }

    /// Whether the deque looked empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many items the deque seemed to hold.
    pub fn len(&self) -> usize {
        self.items.len()
    }
}

impl<T> fmt::Debug for Worker<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").finish_non_exhaustive()
    }
}

/// Model of `crossbeam_deque::Stealer`: a thief's end.
pub struct Stealer<T> {
    items: Arc<Locked<T>>,
}

impl<T> Stealer<T> {
    /// Takes the oldest item.
    pub fn steal(&self) -> Steal<T> {
        steal(&self.items)
    }

    /// Moves about half of the items to `dest`.
    pub fn steal_batch(&self, dest: &Worker<T>) -> Steal<()> {
        steal_batch(&self.items, dest, BATCH_MAX)
    }

    /// Moves about half of the items, `limit` at most, to `dest`.
    pub fn steal_batch_with_limit(&self, dest: &Worker<T>, limit: usize) -> Steal<()> {
        steal_batch(&self.items, dest, limit)
    }

    /// Takes the oldest item and moves about half of the others to `dest`.
    pub fn steal_batch_and_pop(&self, dest: &Worker<T>) -> Steal<T> {
        steal_batch_and_pop(&self.items, dest, BATCH_MAX)
    }

    /// Whether the deque looked empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many items the deque seemed to hold.
    pub fn len(&self) -> usize {
        self.items.len()
    }
}

impl<T> Clone for Stealer<T> {
    fn clone(&self) -> Self {
        Self {
            items: Arc::clone(&self.items),
        }
    }
}

impl<T> fmt::Debug for Stealer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stealer").finish_non_exhaustive()
    }
}

/// Model of `crossbeam_deque::Injector`: a queue that everybody pushes to and steals from.
pub struct Injector<T>(Locked<T>);

impl<T> Injector<T> {
    /// An empty queue.
    pub fn new() -> Self {
        Self(Locked::new())
    }

    /// Appends `value`.
    pub fn push(&self, value: T) {
        self.0.with(|items| items.push_back(value));
    }

    /// Takes the oldest item.
    pub fn steal(&self) -> Steal<T> {
        steal(&self.0)
    }

    /// Moves about half of the items to `dest`.
    pub fn steal_batch(&self, dest: &Worker<T>) -> Steal<()> {
        steal_batch(&self.0, dest, BATCH_MAX)
    }

    /// Takes the oldest item and moves about half of the others to `dest`.
    pub fn steal_batch_and_pop(&self, dest: &Worker<T>) -> Steal<T> {
        steal_batch_and_pop(&self.0, dest, BATCH_MAX)
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

impl<T> Default for Injector<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Injector<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Injector").finish_non_exhaustive()
    }
}

fn steal<T>(from: &Locked<T>) -> Steal<T> {
    match from.with_any(VecDeque::pop_front) {
        Some(item) => Steal::Success(item),
        None => Steal::Empty,
    }
}

fn steal_batch<T>(from: &Locked<T>, dest: &Worker<T>, limit: usize) -> Steal<()> {
    let batch = from.with_any(|items| {
        let count = items.len().div_ceil(2).min(limit);
        (count > 0).then(|| items.drain(..count).collect::<Vec<_>>())
    });
    match batch {
        Some(batch) => {
            dest.items.with(|items| items.extend(batch));
            Steal::Success(())
        }
        None => Steal::Empty,
    }
}

fn steal_batch_and_pop<T>(from: &Locked<T>, dest: &Worker<T>, limit: usize) -> Steal<T> {
    let batch = from.with_any(|items| {
        let first = items.pop_front()?;
        let count = (items.len() / 2).min(limit.saturating_sub(1));
        Some((first, items.drain(..count).collect::<Vec<_>>()))
    });
    match batch {
        Some((first, rest)) => {
            if !rest.is_empty() {
                dest.items.with(|items| items.extend(rest));
            }
            Steal::Success(first)
        }
        None => Steal::Empty,
    }
}
