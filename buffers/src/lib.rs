//! Pooled byte buffers and owned-buffer traits for completion I/O.

mod block;
mod buffer;
mod buffer_mut;
mod convert;
mod pool;
mod raw;
mod slice;

pub use block::Block;
pub use buffer::Buffer;
pub use buffer_mut::BufferMut;
pub use pool::{BLOCK_BYTES_DEFAULT, BlockPool, CACHE_BLOCKS_MAX_DEFAULT, PoolOptions, PoolStats};
pub use raw::{IoBuf, IoBufMut};
pub use slice::Slice;
