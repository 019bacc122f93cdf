//! Blocks of one size, used again and again.

use std::{fmt, marker::PhantomData};

use synodic_sync::Arc;

use crate::{
    Block,
    raw::{Home, Unique},
};

/// Size of a block unless [`PoolOptions::block_bytes`] says otherwise: what a socket's receive
/// returns at once under load, without holding much memory for one that returns little.
pub const BLOCK_BYTES_DEFAULT: usize = 16 * 1024;

/// Most unused blocks that a pool keeps, unless [`PoolOptions::cache_blocks_max`] says otherwise:
/// 1 MiB of the default size.
pub const CACHE_BLOCKS_MAX_DEFAULT: usize = 64;

/// A pool of blocks of one size, for receiving into.
///
/// The pool belongs to the thread that made it: there, to take a block and to give it back costs no
/// atomic operation beyond the count of its references. Blocks and the buffers made of them travel
/// freely, and come back from any thread: another thread's are collected when the pool has no other
/// block left.
///
/// The pool keeps [`cache_blocks_max`](PoolOptions::cache_blocks_max) unused blocks at most, and as
/// many again that other threads handed back and it has not collected yet. More are freed. Blocks
/// that outlive the pool are freed too. How many blocks are in use has no bound here: that is for
/// whoever takes them to decide.
///
/// # Examples
///
/// ```
/// use synodic_buffers::BlockPool;
///
/// let pool = BlockPool::new();
/// let mut block = pool.block();
/// block.put(b"hello");
/// let buffer = block.into_buffer();
///
/// // The last clone may go anywhere; the memory comes back.
/// std::thread::spawn(move || drop(buffer)).join().unwrap();
/// assert_eq!(pool.stats().cached, 1);
/// pool.block();
/// assert_eq!(pool.stats().reused, 1);
/// ```
///
/// The pool itself stays where it was made:
///
/// ```compile_fail,E0277
/// let pool = synodic_buffers::BlockPool::new();
/// std::thread::spawn(move || pool.block());
/// ```
pub struct BlockPool {
    home: Arc<Home>,
    /// Not `Send`: the home knows its owner's thread.
    not_send: PhantomData<*const ()>,
}

impl BlockPool {
    /// A pool with the default options.
    pub fn new() -> Self {
        Self::with_options(PoolOptions::new())
    }

    /// A pool with `options`. Allocates no block yet.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_buffers::{BlockPool, PoolOptions};
    ///
    /// let pool = BlockPool::with_options(PoolOptions::new().block_bytes(4096));
    /// assert_eq!(pool.block().capacity(), 4096);
    /// ```
    pub fn with_options(options: PoolOptions) -> Self {
        let home = Home::new(options.block_bytes, options.cache_blocks_max);
        Self {
            home,
            not_send: PhantomData,
        }
    }

    /// An empty block: a used one, else one that a thread handed back, else a fresh one.
    #[inline]
    pub fn block(&self) -> Block {
        Block::from_unique(Unique::take(&self.home))
    }

    /// Frees unused blocks until the pool keeps `keep` at most.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = synodic_buffers::BlockPool::new();
    /// drop([pool.block(), pool.block()]);
    /// pool.trim(1);
    /// assert_eq!(pool.stats().cached, 1);
    /// ```
    pub fn trim(&self, keep: usize) {
        self.home.trim(keep);
    }

    /// What the pool did so far.
    pub fn stats(&self) -> PoolStats {
        let counts = self.home.counts();
        PoolStats {
            allocated: counts.allocated,
            reused: counts.reused,
            from_other_threads: counts.from_other_threads,
            cached: counts.cached,
        }
    }

    /// Size of a block, in bytes.
    pub fn block_bytes(&self) -> usize {
        self.home.block_bytes()
    }
}

impl Default for BlockPool {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for BlockPool {
    fn drop(&mut self) {
        self.home.close();
    }
}

impl fmt::Debug for BlockPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockPool")
            .field("block_bytes", &self.block_bytes())
            .field("cache_blocks_max", &self.home.cached_max())
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

/// How a [`BlockPool`] is to be.
///
/// # Examples
///
/// ```
/// use synodic_buffers::PoolOptions;
///
/// let options = PoolOptions::new().block_bytes(64 * 1024).cache_blocks_max(16);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolOptions {
    block_bytes: usize,
    cache_blocks_max: usize,
}

impl PoolOptions {
    /// [`BLOCK_BYTES_DEFAULT`] and [`CACHE_BLOCKS_MAX_DEFAULT`].
    pub const fn new() -> Self {
        Self {
            block_bytes: BLOCK_BYTES_DEFAULT,
            cache_blocks_max: CACHE_BLOCKS_MAX_DEFAULT,
        }
    }

    /// Sets the size of a block, in bytes.
    ///
    /// # Panics
    ///
    /// When it is zero.
    #[must_use]
    pub const fn block_bytes(mut self, block_bytes: usize) -> Self {
        assert!(block_bytes > 0, "a block has a byte at least");
        self.block_bytes = block_bytes;
        self
    }

    /// Sets how many unused blocks the pool keeps at most. Zero keeps none.
    #[must_use]
    pub const fn cache_blocks_max(mut self, cache_blocks_max: usize) -> Self {
        self.cache_blocks_max = cache_blocks_max;
        self
    }
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// What a [`BlockPool`] did so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStats {
    /// Blocks that were allocated.
    pub allocated: u64,
    /// Blocks that were taken from the pool instead.
    pub reused: u64,
    /// Blocks that came back from other threads, as far as they were collected.
    pub from_other_threads: u64,
    /// Unused blocks that the pool keeps now.
    pub cached: usize,
}
