//! When a stream has had enough.

use std::{collections::VecDeque, fmt};

use synodic_buffers::Buffer;

/// Bytes that a stream of bytes buffers before it asks its writer to wait.
pub const BYTES_DEFAULT: usize = 64 * 1024;

/// Items that a stream of objects buffers before it asks its writer to wait.
pub const OBJECTS_DEFAULT: usize = 16;

/// What streams of bytes carry: a run of units that can be cut and joined.
///
/// # Examples
///
/// ```
/// use synodic_buffers::Buffer;
/// use synodic_streams::Chunk;
///
/// let mut chunk = Buffer::from_static(b"headbody");
/// let head = chunk.take_front(4);
/// assert_eq!(Buffer::join(vec![chunk, head]), "bodyhead");
/// ```
pub trait Chunk: Sized {
    /// How many units (bytes) there are.
    fn units(&self) -> usize;

    /// Takes the first `units` off the front.
    ///
    /// # Panics
    ///
    /// There are not that many.
    #[must_use]
    fn take_front(&mut self, units: usize) -> Self;

    /// Makes one chunk of several.
    #[must_use]
    fn join(chunks: Vec<Self>) -> Self;
}

impl Chunk for Buffer {
    fn units(&self) -> usize {
        self.len()
    }

    fn take_front(&mut self, units: usize) -> Self {
        self.split_to(units)
    }

    fn join(chunks: Vec<Self>) -> Self {
        Self::concat(&chunks)
    }
}

impl Chunk for Vec<u8> {
    fn units(&self) -> usize {
        self.len()
    }

    fn take_front(&mut self, units: usize) -> Self {
        let tail = self.split_off(units);
        std::mem::replace(self, tail)
    }

    fn join(chunks: Vec<Self>) -> Self {
        chunks.concat()
    }
}

/// How much a stream buffers, and in which unit.
///
/// The high-water mark is advice: a stream takes what is written above it, and says that the writer
/// should wait.
///
/// # Examples
///
/// ```
/// use synodic_buffers::Buffer;
/// use synodic_streams::Options;
///
/// let bytes = Options::<Buffer>::bytes(64 * 1024);
/// assert_eq!(bytes.size(&Buffer::from_static(b"hello")), 5);
/// let objects = Options::objects(16);
/// assert_eq!(objects.size(&"hello"), 1);
/// let letters = Options::sized(100, |text: &String| text.len());
/// assert_eq!(letters.size(&"hello".to_owned()), 5);
/// ```
pub struct Options<T> {
    high_water_mark: usize,
    size: Option<fn(&T) -> usize>,
    cut: Option<Cut<T>>,
}

/// How chunks are cut and joined, where they are.
pub(crate) struct Cut<T> {
    pub(crate) take_front: fn(&mut T, usize) -> T,
    pub(crate) join: fn(Vec<T>) -> T,
}

impl<T> Options<T> {
    /// Every item counts one.
    #[must_use]
    pub const fn objects(high_water_mark: usize) -> Self {
        Self {
            high_water_mark,
            size: None,
            cut: None,
        }
    }

    /// An item counts what `size` says.
    #[must_use]
    pub const fn sized(high_water_mark: usize, size: fn(&T) -> usize) -> Self {
        Self {
            high_water_mark,
            size: Some(size),
            cut: None,
        }
    }

    /// A chunk counts its bytes, and may be cut and joined by a reader that asks for a number of
    /// them.
    #[must_use]
    pub const fn bytes(high_water_mark: usize) -> Self
    where
        T: Chunk,
    {
        Self {
            high_water_mark,
            size: Some(T::units),
            cut: Some(Cut {
                take_front: T::take_front,
                join: T::join,
            }),
        }
    }

    /// When the writer is asked to wait, in units.
    #[must_use]
    pub const fn high_water_mark(&self) -> usize {
        self.high_water_mark
    }

    /// What an item counts, in units.
    #[inline]
    #[must_use]
    pub fn size(&self, item: &T) -> usize {
        self.size.map_or(1, |size| size(item))
    }

    /// What several items count, in units.
    pub(crate) fn total(&self, items: &VecDeque<T>) -> usize {
        match self.size {
            None => items.len(),
            Some(size) => items.iter().map(size).sum(),
        }
    }

    /// How to cut and join, for a stream of bytes.
    pub(crate) fn cut(&self) -> Option<Cut<T>> {
        self.cut
    }
}

impl<T> Default for Options<T> {
    /// 16 objects.
    fn default() -> Self {
        Self::objects(OBJECTS_DEFAULT)
    }
}

// Not derived: `T` need not be any of this.
impl<T> Clone for Options<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Options<T> {}

impl<T> Clone for Cut<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Cut<T> {}

impl<T> fmt::Debug for Options<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("high_water_mark", &self.high_water_mark)
            .field("counts_items", &self.size.is_none())
            .finish()
    }
}
