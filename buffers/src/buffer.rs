//! Immutable bytes that clones share.

use std::{
    fmt, mem,
    ops::{Deref, RangeBounds},
};

use crate::{BufferMut, blob::clamp, raw::View, slice::resolve};

/// A copy is worth its time when so many times more bytes are kept alive.
const COMPACT_FACTOR: usize = 4;

/// Immutable bytes; clones and slices share one allocation.
///
/// To clone or to slice costs a reference count, whatever the length. The memory goes back to where
/// it came from (the allocator, a [`BlockPool`](crate::BlockPool), an owner) when the last of them
/// is dropped, on any thread.
///
/// A slice keeps the whole allocation alive, and a small buffer its slab:
/// [`compact`](Self::compact) what lives long.
///
/// # Node
///
/// `Buffer` in Node is writable, and a slice shows what is written through another. Here bytes are
/// written through [`BufferMut`](crate::BufferMut) and frozen when they are done.
///
/// # Examples
///
/// ```
/// use synodic_buffers::Buffer;
///
/// let mut body = Buffer::from(b"name=value".to_vec());
/// let name = body.split_to(4);
/// body.advance(1);
/// assert_eq!(name, "name");
/// assert_eq!(body, "value");
/// assert_eq!(body.slice(..3), "val");
/// ```
#[derive(Clone)]
pub struct Buffer(View);

impl Buffer {
    /// No bytes. Does not allocate.
    #[inline]
    pub const fn new() -> Self {
        Self::from_static(&[])
    }

    /// Static bytes, which are neither copied nor counted.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::Buffer;
    ///
    /// const CRLF: Buffer = Buffer::from_static(b"\r\n");
    /// assert_eq!(CRLF.len(), 2);
    /// ```
    #[inline]
    pub const fn from_static(bytes: &'static [u8]) -> Self {
        Self(View::from_static(bytes))
    }

    /// Copies `bytes` into one new allocation.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::Buffer;
    ///
    /// assert_eq!(Buffer::copy_from_slice(&[1, 2]), [1, 2]);
    /// ```
    #[doc(alias = "Buffer.from")]
    #[inline]
    pub fn copy_from_slice(bytes: &[u8]) -> Self {
        BufferMut::copy_from_slice(bytes).freeze()
    }

    /// The bytes that `owner` lends, without a copy.
    ///
    /// `as_ref` is called once. `owner` is dropped with the last buffer, on whichever thread that
    /// happens.
    ///
    /// # Examples
    ///
    /// A memory map, an array, another library's buffer:
    ///
    /// ```
    /// use std::sync::Arc;
    /// use synodic_buffers::Buffer;
    ///
    /// let shared: Arc<[u8]> = Arc::from(*b"shared");
    /// let buffer = Buffer::from_owner(Arc::clone(&shared));
    /// assert_eq!(buffer.as_ptr(), shared.as_ptr());
    /// ```
    pub fn from_owner<T: AsRef<[u8]> + Send + 'static>(owner: T) -> Self {
        Self(View::from_owner(owner))
    }

    pub(crate) fn from_view(view: View) -> Self {
        Self(view)
    }

    /// Cuts off the first `at` bytes and returns them.
    ///
    /// # Panics
    ///
    /// When there are fewer.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::Buffer;
    ///
    /// let mut rest = Buffer::from("headtail");
    /// assert_eq!(rest.split_to(4), "head");
    /// assert_eq!(rest, "tail");
    /// ```
    #[inline]
    pub fn split_to(&mut self, at: usize) -> Self {
        let head = self.slice(..at);
        self.advance(at);
        head
    }

    /// Cuts off the bytes from `at` on and returns them.
    ///
    /// # Panics
    ///
    /// When there are fewer.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::Buffer;
    ///
    /// let mut head = Buffer::from("headtail");
    /// assert_eq!(head.split_off(4), "tail");
    /// assert_eq!(head, "head");
    /// ```
    #[inline]
    pub fn split_off(&mut self, at: usize) -> Self {
        let tail = self.slice(at..);
        self.truncate(at);
        tail
    }

    /// Drops the first `count` bytes.
    ///
    /// # Panics
    ///
    /// When there are fewer.
    #[inline]
    pub fn advance(&mut self, count: usize) {
        let len = self.len();
        assert!(
            count <= len,
            "cannot advance {count} bytes in a buffer of {len}"
        );
        self.0.narrow(count, len - count);
    }

    /// Keeps the first `len` bytes. Does nothing when there are fewer.
    #[inline]
    pub fn truncate(&mut self, len: usize) {
        self.0.narrow(0, len.min(self.len()));
    }

    /// Lets go of all bytes and of the memory.
    pub fn clear(&mut self) {
        drop(mem::take(self));
    }

    /// A part of the buffer, which shares its memory.
    ///
    /// # Panics
    ///
    /// When the range does not lie within the buffer.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::Buffer;
    ///
    /// let buffer = Buffer::from("hello");
    /// assert_eq!(buffer.slice(1..3), "el");
    /// ```
    #[doc(alias = "subarray")]
    #[inline]
    pub fn slice(&self, range: impl RangeBounds<usize>) -> Self {
        let range = resolve(range, self.len());
        if range.is_empty() {
            // Nothing to share, so nothing to keep alive.
            return Self::new();
        }
        let mut view = self.0.clone();
        view.narrow(range.start, range.len());
        Self(view)
    }

    /// The bytes from `start` to `end`, as Node has it: negative offsets count from the end, and what
    /// lies outside is left out.
    ///
    /// An empty part keeps its place, and with it the memory.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::Buffer;
    ///
    /// let buffer = Buffer::from("hello");
    /// assert_eq!(buffer.subarray(-4, 99), "ello");
    /// assert_eq!(buffer.subarray(3, 1), "");
    /// ```
    pub fn subarray(&self, start: isize, end: isize) -> Self {
        let range = clamp(self.len(), start, end);
        let mut view = self.0.clone();
        view.narrow(range.start, range.len());
        Self(view)
    }

    /// A copy of all of `list`, one after the other.
    ///
    /// # Panics
    ///
    /// When the length exceeds the address space.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::Buffer;
    ///
    /// assert_eq!(Buffer::concat(&["ab", "cd"]), "abcd");
    /// ```
    pub fn concat<B: AsRef<[u8]>>(list: &[B]) -> Self {
        let total = list
            .iter()
            .try_fold(0, |sum: usize, bytes| sum.checked_add(bytes.as_ref().len()))
            .expect("what is put together does not exceed the address space");
        Self::concat_to(list, total)
    }

    /// A copy of all of `list`, one after the other, cut off or filled up with zeros to `total`
    /// bytes.
    ///
    /// # Panics
    ///
    /// When `total` exceeds what an allocation can have, about `isize::MAX` bytes.
    ///
    /// # Node
    ///
    /// As in Node, an empty list gives no bytes, whatever `total` is.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::Buffer;
    ///
    /// assert_eq!(Buffer::concat_to(&["ab", "cd"], 3), "abc");
    /// assert_eq!(Buffer::concat_to(&["ab"], 3), "ab\0");
    /// ```
    pub fn concat_to<B: AsRef<[u8]>>(list: &[B], total: usize) -> Self {
        if list.is_empty() {
            return Self::new();
        }
        let mut all = BufferMut::with_capacity(total);
        for bytes in list {
            all.put(bytes.as_ref());
        }
        all.fill_up();
        all.freeze()
    }

    /// Whether no other buffer has the memory. False for static bytes, and for a small buffer that
    /// was cut from a slab, as long as the slab is in use.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::Buffer;
    ///
    /// let buffer = Buffer::from(b"hello".to_vec());
    /// assert!(buffer.is_unique());
    /// let clone = buffer.clone();
    /// assert!(!buffer.is_unique());
    /// # drop(clone);
    /// ```
    #[inline]
    pub fn is_unique(&self) -> bool {
        self.0.is_unique()
    }

    /// Whether both keep the same memory alive, wherever in it their bytes are.
    ///
    /// # Node
    ///
    /// `a.buffer === b.buffer`.
    pub fn shares_memory(&self, other: &Self) -> bool {
        match (self.0.backing(), other.0.backing()) {
            (Some((ours, _)), Some((theirs, _))) => ours == theirs,
            _ => false,
        }
    }

    /// How many bytes the buffer keeps alive: its slab, block or allocation.
    ///
    /// Of static bytes, and of an owner's, only those that are seen are counted.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::{Buffer, SLAB_BYTES_DEFAULT};
    ///
    /// let key = Buffer::copy_from_slice(b"key");
    /// assert_eq!(key.retained_bytes(), SLAB_BYTES_DEFAULT);
    /// assert_eq!(key.compact().retained_bytes(), 3);
    /// ```
    pub fn retained_bytes(&self) -> usize {
        match self.0.backing() {
            Some((_, capacity)) if capacity > 0 => capacity,
            _ => self.len(),
        }
    }

    /// The same bytes in memory of their own, when they keep much more alive: for what lives long.
    ///
    /// A copy of a [`secret`](BufferMut::secret) is not one: nobody overwrites it in the end.
    #[must_use]
    pub fn compact(self) -> Self {
        if self.retained_bytes() / COMPACT_FACTOR <= self.len() {
            return self;
        }
        let mut copy = BufferMut::unpooled(self.len());
        copy.put(&self);
        copy.freeze()
    }

    /// The bytes as static ones, when they are.
    pub fn as_static(&self) -> Option<&'static [u8]> {
        self.0.as_static()
    }
}

impl Deref for Buffer {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        self.0.as_slice()
    }
}

impl Default for Buffer {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Buffer {
    /// As a byte string: `b"GET /\r\n"`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.escape_ascii())
    }
}
