//! Bytes that are shared without a copy, lent to the kernel without a lifetime, and recycled without
//! a lock.
//!
//! ```
//! use synodic_buffers::BlockPool;
//!
//! let pool = BlockPool::new();
//! let mut block = pool.block();
//! block.put(b"GET /"); // the kernel's part, in a program with a ring
//! let request = block.into_buffer();
//! let path = request.slice(4..);
//! drop(request);
//! assert_eq!(path, "/");
//! drop(path);
//! assert_eq!(pool.stats().cached, 1);
//! ```
//!
//! # How the types go together
//!
//! ```text
//!   BlockPool --block()-------------> Block ----.
//!   LocalPool --with_capacity()-----> BufferMut | into_buffer(), freeze()
//!       ^                                '------+----> Buffer --clone(), slice()--> Buffer ...
//!       |                                                |
//!       '--- the last one is dropped --------------------'
//! ```
//!
//! Each thread has a [`LocalPool`], so that small buffers, and those up to 256 KiB, cost less than
//! what an allocator takes for them. A [`BlockPool`] is for a ring that receives.
//!
//! What Node's buffers do with bytes is in two traits, for whatever dereferences to bytes:
//! [`BytesExt`] and [`Numbers`]. Text is [`Encoding`]'s.
//!
//! A [`Block`] or [`BufferMut`] has one owner, who writes. A [`Buffer`] has many, who read. The step
//! from one to the other costs nothing and cannot be undone.
//!
//! # Lending to the kernel
//!
//! An operation that completes later cannot borrow: its future may be dropped, or leaked, while the
//! kernel still writes. So it takes an owned buffer and gives it back with the result. [`IoBuf`] and
//! [`IoBufMut`] say what such a buffer must promise: an address that stays when the value moves.
//! [`IoBuf::slice`] lends a part.
//!
//! # Soundness
//!
//! All `unsafe` code lives in one module, `raw`, with a page beside it that argues why it is right.
//! Memory that nobody has written is never readable in safe code.

mod blob;
mod block;
mod buffer;
mod buffer_mut;
mod bytes_ext;
mod convert;
mod encoding;
mod error;
mod external;
mod local_pool;
mod numbers;
mod pool;
mod raw;
mod search;
mod slice;

pub use blob::Blob;
pub use block::Block;
pub use buffer::Buffer;
pub use buffer_mut::BufferMut;
pub use bytes_ext::BytesExt;
pub use encoding::{Encoding, StringDecoder, Text, transcode};
pub use error::Error;
#[cfg(not(synodic_loom))]
pub use external::set_external_memory;
pub use external::{ExternalMemory, ExternalMemoryTaken};
pub use local_pool::{
    CACHE_BYTES_MAX_DEFAULT, LocalPool, LocalPoolStats, PoolLimits, SLAB_BYTES_DEFAULT,
};
pub use numbers::Numbers;
pub use pool::{BLOCK_BYTES_DEFAULT, BlockPool, CACHE_BLOCKS_MAX_DEFAULT, PoolOptions, PoolStats};
pub use raw::{IoBuf, IoBufMut};
pub use slice::Slice;

/// The README's program runs as a doctest.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
