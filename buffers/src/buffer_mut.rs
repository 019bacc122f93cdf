//! Bytes with one owner, who writes them.

use std::{
    fmt, io,
    mem::MaybeUninit,
    ops::{Deref, DerefMut},
    ptr::NonNull,
};

use crate::{Buffer, raw::Unique};

/// Smallest capacity that growing gives.
const CAPACITY_MIN: usize = 64;

/// Bytes with one owner: written here, then frozen into a [`Buffer`] without a copy.
///
/// The memory behind the initialized bytes is never readable, so there is nothing unsafe about
/// leaving it as the allocator gave it.
///
/// # Node
///
/// [`with_capacity`](Self::with_capacity) is `Buffer.allocUnsafe` without what is unsafe about it:
/// old bytes of the process cannot be seen.
///
/// # Examples
///
/// ```
/// use std::io::Write;
/// use synodic_buffers::BufferMut;
///
/// let mut head = BufferMut::with_capacity(64);
/// write!(head, "HTTP/1.1 {} OK\r\n", 200)?;
/// assert_eq!(head.freeze(), "HTTP/1.1 200 OK\r\n");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Default)]
pub struct BufferMut {
    /// Nothing is allocated before there is something to hold.
    memory: Option<Unique>,
}

impl BufferMut {
    /// No bytes and no memory. Does not allocate.
    #[inline]
    pub const fn new() -> Self {
        Self { memory: None }
    }

    /// No bytes, and room for `capacity`.
    ///
    /// # Panics
    ///
    /// When `capacity` exceeds what an allocation can have, about `isize::MAX` bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// let buffer = synodic_buffers::BufferMut::with_capacity(10);
    /// assert_eq!((buffer.len(), buffer.capacity()), (0, 10));
    /// ```
    #[doc(alias = "allocUnsafe")]
    #[inline]
    pub fn with_capacity(capacity: usize) -> Self {
        if capacity == 0 {
            return Self::new();
        }
        Self {
            memory: Some(Unique::allocate(capacity)),
        }
    }

    /// No bytes, and room for `capacity` in an allocation of its own: for what lives long.
    ///
    /// # Panics
    ///
    /// When `capacity` exceeds what an allocation can have, about `isize::MAX` bytes.
    #[doc(alias = "allocUnsafeSlow")]
    pub fn unpooled(capacity: usize) -> Self {
        if capacity == 0 {
            return Self::new();
        }
        Self {
            memory: Some(Unique::unpooled(capacity)),
        }
    }

    /// No bytes, and room for `capacity` that is overwritten with zeros before it is given back:
    /// for keys and passwords.
    ///
    /// That holds for the [`Buffer`] it is frozen into as well, and for the memory that is left when
    /// it grows; not for copies, and not for what the processor or the kernel keep of it.
    ///
    /// # Panics
    ///
    /// When `capacity` exceeds what an allocation can have, about `isize::MAX` bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::BufferMut;
    ///
    /// let mut key = BufferMut::secret(32);
    /// key.put(b"correct horse battery staple");
    /// drop(key.freeze()); // nothing of it is left behind
    /// ```
    pub fn secret(capacity: usize) -> Self {
        Self {
            memory: Some(Unique::secret(capacity)),
        }
    }

    /// `len` zeros.
    ///
    /// # Panics
    ///
    /// When `len` exceeds what an allocation can have, about `isize::MAX` bytes.
    #[doc(alias = "alloc")]
    pub fn zeroed(len: usize) -> Self {
        if len == 0 {
            return Self::new();
        }
        Self {
            memory: Some(Unique::zeroed(len)),
        }
    }

    /// A copy of `bytes`.
    #[inline]
    pub fn copy_from_slice(bytes: &[u8]) -> Self {
        let mut buffer = Self::with_capacity(bytes.len());
        buffer.put(bytes);
        buffer
    }

    pub(crate) fn from_unique(memory: Unique) -> Self {
        Self {
            memory: Some(memory),
        }
    }

    /// Appends as many of `bytes` as there is room for, and returns their number.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut buffer = synodic_buffers::BufferMut::with_capacity(3);
    /// assert_eq!(buffer.put(b"hello"), 3);
    /// assert_eq!(buffer, "hel");
    /// ```
    #[inline]
    pub fn put(&mut self, bytes: &[u8]) -> usize {
        self.memory
            .as_mut()
            .map_or(0, |memory| memory.append(bytes))
    }

    /// Appends `bytes`, growing where there is no room.
    #[inline]
    pub fn extend_from_slice(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        self.put(bytes);
    }

    /// Makes room for `additional` bytes more.
    ///
    /// The address changes when memory grows. A pool's block is left for memory of the allocator's.
    ///
    /// # Panics
    ///
    /// When the capacity would exceed what an allocation can have, about `isize::MAX` bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut buffer = synodic_buffers::BufferMut::new();
    /// buffer.reserve(10);
    /// assert!(buffer.capacity() >= 10);
    /// ```
    pub fn reserve(&mut self, additional: usize) {
        let (len, capacity) = (self.len(), self.capacity());
        if additional <= capacity - len {
            return;
        }
        let needed = len.checked_add(additional).unwrap_or_else(|| {
            panic!("{additional} bytes more than {len} exceed the address space")
        });
        // Doubling keeps the cost of appending a byte constant on average.
        let grown = needed.max(capacity.saturating_mul(2)).max(CAPACITY_MIN);
        match &mut self.memory {
            Some(memory) => memory.grow(grown),
            None => self.memory = Some(Unique::allocate(grown)),
        }
    }

    /// Appends zeros while there is room.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut buffer = synodic_buffers::BufferMut::with_capacity(3);
    /// buffer.put(b"a");
    /// buffer.fill_up();
    /// assert_eq!(buffer, [b'a', 0, 0]);
    /// ```
    pub fn fill_up(&mut self) {
        if let Some(memory) = &mut self.memory {
            memory.fill_up();
        }
    }

    /// Forgets the bytes from `len` on. Does nothing when there are fewer.
    pub fn truncate(&mut self, len: usize) {
        if let Some(memory) = &mut self.memory {
            memory.truncate(len);
        }
    }

    /// Forgets the bytes and keeps the memory.
    pub fn clear(&mut self) {
        self.truncate(0);
    }

    /// The room behind the bytes: fill it, then call [`set_len`](Self::set_len).
    #[inline]
    pub fn spare_capacity_mut(&mut self) -> &mut [MaybeUninit<u8>] {
        self.memory.as_mut().map_or(&mut [], Unique::spare)
    }

    /// The bytes and whatever is behind them, as a pointer. Dangling without memory.
    #[inline]
    pub fn as_mut_ptr(&mut self) -> *mut u8 {
        self.data().as_ptr()
    }

    /// The bytes as a pointer. Dangling without memory.
    ///
    /// Unlike that of the slice, it may be used up to the [`capacity`](Self::capacity).
    #[inline]
    pub fn as_ptr(&self) -> *const u8 {
        self.data().as_ptr()
    }

    /// How many bytes fit the memory.
    #[inline]
    pub fn capacity(&self) -> usize {
        self.memory.as_ref().map_or(0, Unique::capacity)
    }

    /// How many bytes there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.memory.as_ref().map_or(0, Unique::len)
    }

    /// Whether there are no bytes.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the memory is a pool's block, or a part of one.
    pub fn is_pooled(&self) -> bool {
        self.memory.as_ref().is_some_and(Unique::is_pooled)
    }

    /// Ends the writing, without a copy. Unused capacity stays part of the allocation.
    ///
    /// # Examples
    ///
    /// ```
    /// let buffer = synodic_buffers::BufferMut::copy_from_slice(b"done").freeze();
    /// assert_eq!(buffer.clone(), buffer);
    /// ```
    #[inline]
    pub fn freeze(self) -> Buffer {
        match self.memory {
            Some(memory) if memory.len() > 0 => Buffer::from_view(memory.into_view()),
            _ => Buffer::new(),
        }
    }

    pub(crate) fn memory_mut(&mut self) -> Option<&mut Unique> {
        self.memory.as_mut()
    }

    fn data(&self) -> NonNull<u8> {
        self.memory
            .as_ref()
            .map_or(NonNull::dangling(), Unique::data)
    }
}

impl Deref for BufferMut {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        self.memory.as_ref().map_or(&[], Unique::as_slice)
    }
}

impl DerefMut for BufferMut {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        self.memory.as_mut().map_or(&mut [], Unique::as_mut_slice)
    }
}

impl io::Write for BufferMut {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Extend<u8> for BufferMut {
    fn extend<I: IntoIterator<Item = u8>>(&mut self, bytes: I) {
        let bytes = bytes.into_iter();
        self.reserve(bytes.size_hint().0);
        bytes.for_each(|byte| self.extend_from_slice(&[byte]));
    }
}

impl fmt::Debug for BufferMut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BufferMut")
            .field("bytes", &format_args!("b\"{}\"", self.escape_ascii()))
            .field("capacity", &self.capacity())
            .finish()
    }
}
