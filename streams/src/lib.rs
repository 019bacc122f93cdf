//! Streams with backpressure.
#![forbid(unsafe_code)]

mod abort;
mod error;
pub mod node;
mod options;
mod source;

pub use abort::{AbortController, AbortSignal, Aborted};
pub use error::{Error, ErrorKind, Result};
pub use options::{BYTES_DEFAULT, Chunk, OBJECTS_DEFAULT, Options};
pub use source::{BoxSource, FromFn, FromIter, LocalBoxSource, Source, TryFromIter, from_fn, from_iter, try_from_iter};
