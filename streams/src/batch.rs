//! What is written at once.

use std::{collections::VecDeque, fmt};

use crate::Options;

/// A queue of items and its high-water mark: the queue in front of a sink, and what it writes at once.
///
/// # Examples
///
/// ```
/// use synodic_streams::{Batch, Options};
///
/// let mut batch = Batch::new(Options::objects(2));
/// assert!(batch.push("a"));
/// assert!(!batch.push("b"), "full, but taken");
/// assert_eq!(batch.pop(), Some("a"));
/// assert_eq!(batch.units(), 1);
/// ```
pub struct Batch<T> {
    items: VecDeque<T>,
    units: usize,
    options: Options<T>,
}

impl<T> Batch<T> {
    /// An empty one.
    #[must_use]
    pub const fn new(options: Options<T>) -> Self {
        Self {
            items: VecDeque::new(),
            units: 0,
            options,
        }
    }

    /// Adds an item at the end; whether there is room for another.
    #[inline]
    pub fn push(&mut self, item: T) -> bool {
        self.units += self.options.size(&item);
        self.items.push_back(item);
        !self.is_full()
    }

    /// Puts an item back at the front.
    pub fn unpop(&mut self, item: T) {
        self.units += self.options.size(&item);
        self.items.push_front(item);
    }

    /// Takes the first item.
    #[inline]
    pub fn pop(&mut self) -> Option<T> {
        let item = self.items.pop_front()?;
        // An item with interior mutability may have grown meanwhile.
        self.units = self.units.saturating_sub(self.options.size(&item));
        Some(item)
    }

    /// Takes all items.
    pub fn drain(&mut self) -> impl Iterator<Item = T> + '_ {
        self.units = 0;
        self.items.drain(..)
    }

    /// Moves all items of another batch behind those of this one.
    ///
    /// They are counted as this batch counts.
    pub fn append(&mut self, other: &mut Self) {
        self.units += self.options.total(&other.items);
        other.units = 0;
        if self.items.is_empty() {
            // The memory goes to and fro, and nothing is copied.
            std::mem::swap(&mut self.items, &mut other.items);
        } else {
            self.items.append(&mut other.items);
        }
    }

    /// The items, first to last.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.items.iter()
    }

    /// The first item.
    #[must_use]
    pub fn first(&self) -> Option<&T> {
        self.items.front()
    }

    /// How many items there are.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// How much there is, in units.
    #[must_use]
    #[inline]
    pub fn units(&self) -> usize {
        self.units
    }

    /// Whether there are no items.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Whether the high-water mark is reached. A mark of zero is reached by the first item.
    #[must_use]
    #[inline]
    pub fn is_full(&self) -> bool {
        !self.items.is_empty() && self.units >= self.options.high_water_mark()
    }

    /// How much is taken, and how it is counted.
    #[must_use]
    pub fn options(&self) -> Options<T> {
        self.options
    }
}

impl<T: fmt::Debug> fmt::Debug for Batch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("items", &self.items)
            .field("units", &self.units)
            .finish()
    }
}
