//! The memory that each thread keeps ready for its buffers.

use crate::raw::{self, CLASS_MAX, CLASS_MIN};

/// Size of a slab unless [`PoolLimits::slab_bytes`] says otherwise, as in Node before 2026. One buffer
/// that lives long keeps a whole slab.
pub const SLAB_BYTES_DEFAULT: usize = 8 * 1024;

/// Most unused bytes of each block size that a thread keeps, unless
/// [`PoolLimits::cache_bytes_max`] says otherwise: what a stream has in flight at a high-water mark
/// of 1 MiB, twice.
pub const CACHE_BYTES_MAX_DEFAULT: usize = 2 * 1024 * 1024;

/// Where [`BufferMut::with_capacity`](crate::BufferMut::with_capacity) and all that copies take
/// their memory from: each thread has a pool of its own.
///
/// - Less than half a slab: the next bytes of the thread's current slab, without an atomic
///   operation.
/// - Up to 256 KiB: a block of 4 KiB or one of its doubles, used again and again. Other threads hand
///   blocks back to the one that took them, which keeps a bounded number.
/// - More: the allocator.
///
/// # Examples
///
/// ```
/// use synodic_buffers::{Buffer, LocalPool};
///
/// let hello = Buffer::copy_from_slice(b"hello");
/// let world = Buffer::copy_from_slice(b"world");
/// assert!(hello.shares_memory(&world));
/// assert_eq!(LocalPool::stats().slabs_started, 1);
/// ```
#[derive(Debug)]
pub struct LocalPool(());

impl LocalPool {
    /// What this thread's pool did so far.
    pub fn stats() -> LocalPoolStats {
        raw::stats()
    }

    /// This thread's limits.
    pub fn limits() -> PoolLimits {
        raw::limits()
    }

    /// Sets this thread's limits. Its pool begins anew: what is unused is freed, and what is in use
    /// will be when it is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::{LocalPool, PoolLimits};
    ///
    /// LocalPool::set_limits(PoolLimits::new().cache_bytes_max(256 * 1024));
    /// ```
    pub fn set_limits(limits: PoolLimits) {
        raw::set_limits(limits);
    }

    /// Frees what this thread's pool keeps and nobody uses.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::{BufferMut, LocalPool};
    ///
    /// drop(BufferMut::with_capacity(64 * 1024));
    /// assert_eq!(LocalPool::stats().cached_bytes, 64 * 1024);
    /// LocalPool::trim();
    /// assert_eq!(LocalPool::stats().cached_bytes, 0);
    /// ```
    pub fn trim() {
        raw::trim();
    }
}

/// How much a [`LocalPool`] keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolLimits {
    pub(crate) slab_bytes: usize,
    pub(crate) cache_bytes_max: usize,
}

impl PoolLimits {
    /// [`SLAB_BYTES_DEFAULT`] and [`CACHE_BYTES_MAX_DEFAULT`].
    pub const fn new() -> Self {
        Self {
            slab_bytes: SLAB_BYTES_DEFAULT,
            cache_bytes_max: CACHE_BYTES_MAX_DEFAULT,
        }
    }

    /// Sets the size of a slab, in bytes. Buffers of less than half of it share one.
    ///
    /// # Panics
    ///
    /// When it is no power of two between 4 KiB and 256 KiB.
    #[must_use]
    #[doc(alias = "Buffer.poolSize")]
    pub const fn slab_bytes(mut self, slab_bytes: usize) -> Self {
        assert!(
            slab_bytes.is_power_of_two() && CLASS_MIN <= slab_bytes && slab_bytes <= CLASS_MAX,
            "a slab has 4 KiB, 256 KiB, or a power of two between them"
        );
        self.slab_bytes = slab_bytes;
        self
    }

    /// Sets how many unused bytes of each of the seven block sizes are kept at most, and how many that
    /// other threads have handed back. Zero keeps none.
    #[must_use]
    pub const fn cache_bytes_max(mut self, cache_bytes_max: usize) -> Self {
        self.cache_bytes_max = cache_bytes_max;
        self
    }
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self::new()
    }
}

/// What a [`LocalPool`] did so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LocalPoolStats {
    /// Slabs that were begun.
    pub slabs_started: u64,
    /// Times that a full slab was begun anew at once, because all of its buffers were gone.
    pub slabs_renewed: u64,
    /// Blocks that were allocated, those for slabs included.
    pub blocks_allocated: u64,
    /// Blocks that were taken from what is kept instead.
    pub blocks_reused: u64,
    /// Blocks that came back from other threads, as far as they were collected.
    pub blocks_from_other_threads: u64,
    /// Bytes of unused blocks that are kept now.
    pub cached_bytes: usize,
}
