//! Streams with backpressure.
#![forbid(unsafe_code)]

mod abort;
mod error;
pub mod node;
mod operators;
mod options;
mod source;

pub use abort::{AbortController, AbortSignal, Aborted};
pub use error::{Error, ErrorKind, Result};
pub use operators::{Filter, FilterMap, Flatten, Map, Skip, Take};
pub use options::{BYTES_DEFAULT, Chunk, OBJECTS_DEFAULT, Options};
pub use source::{BoxSource, FromFn, FromIter, LocalBoxSource, Source, TryFromIter, from_fn, from_iter, try_from_iter};
