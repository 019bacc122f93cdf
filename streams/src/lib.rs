//! Sources, transforms and sinks with backpressure, fused into one future for any executor; and Node's
//! stream objects, in Node's order.
//!
//! ```
//! use synodic_streams::{Source, from_iter, map, pipeline};
//!
//! # fn block_on<F: Future>(future: F) -> F::Output {
//! #     let mut future = std::pin::pin!(future);
//! #     let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
//! #     loop {
//! #         if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut cx) {
//! #             return output;
//! #         }
//! #     }
//! # }
//! # block_on(async {
//! let even = from_iter(0..100_u32).filter(|number| number % 2 == 0);
//! let text = map(|number: u32| Ok(number.to_string()));
//! let mut texts = Vec::new();
//! pipeline((even, text, &mut texts)).await?;
//! assert_eq!(texts[..3], ["0", "2", "4"]);
//! # Ok::<(), synodic_streams::Error>(())
//! # }).unwrap();
//! ```
//!
//! # Which part is for whom
//!
//! | you have | you want |
//! |---|---|
//! | data to move from here to there | [`pipeline()`] of a [`Source`], [`Transform`]s and a [`Sink`] |
//! | items to work on | the operators of [`Source`] |
//! | tasks that hand items to each other | [`handles`], [`tee`] |
//! | readers, writers and streams of other crates | the features `tokio` and `futures`: `compat` |
//! | a program that was written for Node | [`node`] |
//!
//! # Backpressure
//!
//! A pipeline reads no more than its sink's queue holds: the high-water mark of [`Options`], in items or
//! in bytes. A sink that is not ready stops the source; nothing in between holds more than one item,
//! except what a transform has made of one, and that has a bound of its own.
#![forbid(unsafe_code)]

mod abort;
mod batch;
#[cfg(all(any(feature = "futures", feature = "tokio"), not(synodic_loom)))]
pub mod compat;
mod drive;
mod error;
mod handle;
#[cfg(feature = "json")]
mod json;
mod lines;
#[cfg(not(synodic_loom))]
pub mod node;
mod operators;
mod options;
mod pipeline;
mod sink;
mod source;
#[cfg(not(synodic_loom))]
mod tee;
mod transform;

pub use abort::{AbortController, AbortSignal, Aborted};
pub use batch::Batch;
pub use error::{Error, ErrorKind, Result};
pub use handle::{ReadHandle, WriteHandle, handles};
#[cfg(feature = "json")]
pub use json::{JsonLines, ToJsonLines};
pub use lines::{LINE_BYTES_DEFAULT, Lines};
pub use operators::{Filter, FilterMap, Flatten, Map, MapAsync, Skip, Take};
pub use options::{BYTES_DEFAULT, Chunk, OBJECTS_DEFAULT, Options};
pub use pipeline::{IntoPipeline, Pipeline, Through, Totals, pipeline};
pub use sink::{BoxSink, LocalBoxSink, Sink, SinkAsync, SinkFn, sink_async, sink_fn};
pub use source::{
    BoxSource, FromFn, FromIter, LocalBoxSource, Source, TryFromIter, from_fn, from_iter,
    try_from_iter,
};
#[cfg(not(synodic_loom))]
pub use tee::{Branch, tee};
pub use transform::{
    BoxTransform, Compose, Emit, LocalBoxTransform, MapFn, Transform, compose, map,
};

/// The README's program runs as a doctest.
#[cfg(doctest)]
#[cfg(feature = "tokio")]
#[doc = include_str!("../README.md")]
pub struct Readme;
