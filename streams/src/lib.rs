//! Streams with backpressure.
#![forbid(unsafe_code)]

mod abort;
mod batch;
mod drive;
mod error;
mod lines;
pub mod node;
mod operators;
mod options;
mod pipeline;
mod sink;
mod source;
mod transform;

pub use abort::{AbortController, AbortSignal, Aborted};
pub use batch::Batch;
pub use error::{Error, ErrorKind, Result};
pub use lines::{LINE_BYTES_DEFAULT, Lines};
pub use operators::{Filter, FilterMap, Flatten, Map, MapAsync, Skip, Take};
pub use options::{BYTES_DEFAULT, Chunk, OBJECTS_DEFAULT, Options};
pub use pipeline::{IntoPipeline, Pipeline, Through, Totals, pipeline};
pub use sink::{BoxSink, LocalBoxSink, Sink, SinkAsync, SinkFn, sink_async, sink_fn};
pub use source::{
    BoxSource, FromFn, FromIter, LocalBoxSource, Source, TryFromIter, from_fn, from_iter,
    try_from_iter,
};
pub use transform::{
    BoxTransform, Compose, Emit, LocalBoxTransform, MapFn, Transform, compose, map,
};
