//! Node's streams, as objects, in Node's order.
//!
//! [`Readable`], [`Writable`] and [`Duplex`] buffer, pause, cork, end, finish and close as in Node:
//! what is told to whom, how often, and in which order is held to recordings of real Node
//! (`cargo xtask conformance streams`). They live on one thread, as there. Across threads, and where
//! nobody needs events, the [pipelines](crate::pipeline()) of this crate do the same job for less.
//!
//! ```
//! use synodic_streams::{Options, node, node::Stream};
//!
//! let pass = node::pass_through(Options::objects(2), Options::objects(2));
//! pass.on(|event| println!("{}", event.name()));
//! pass.readable().on_data(|item| println!("data {item}"));
//!
//! pass.writable().write("hello");
//! pass.writable().end();
//! node::settle(); // resume, data hello, finish, end, close
//! assert!(pass.is_closed());
//! ```
//!
//! # What is told when
//!
//! A stream tells most things after the call that caused them has returned. These steps run whenever
//! somebody polls [`run`], under any executor, or calls [`settle`].
//!
//! # From Node
//!
//! | Node | here |
//! |---|---|
//! | `new Readable({ read })` | `Readable::builder(options).read(hook).build()` |
//! | `readable.push(null)` | [`Readable::push_end`] |
//! | `for await (const x of readable)` | `while let Some(x) = items.next().await` |
//! | `readable.on('data', f)` | [`Readable::on_data`] |
//! | `callback(error)` | [`Done::complete`] |
//! | `await pipeline(a, b, c)` | `pipeline(&a).through(&b).to(&c).await` |
//! | `await finished(stream)` | `finished(&stream).await` |
//! | `objectMode: true` | [`Options::objects`](crate::Options::objects) |
//!
//! There is no switch from one mode to another by a listener that is not asked for: data listeners
//! are added with [`Readable::on_data`] only. An error that nobody listens to does not end the process.

mod builder;
mod compose;
mod done;
mod duplex;
mod event;
mod finished;
mod flow;
mod from;
mod items;
mod lifecycle;
mod operators;
mod pipe;
mod pipeline;
mod read_side;
mod readable;
mod sink;
mod state;
mod stream;
mod transform;
mod turns;
mod writable;
mod write_side;

pub use builder::{DuplexBuilder, ReadableBuilder, WritableBuilder};
pub use compose::{Composer, compose};
pub use done::Done;
pub use duplex::Duplex;
pub use event::{Event, ListenerId};
pub use finished::{Finished, FinishedOptions, add_abort_signal, finished, finished_with};
pub use items::Items;
pub use pipeline::{Pipeline, PipelineBuilder, Running, pipeline};
pub use read_side::Decoder;
pub use readable::Readable;
pub use sink::WritableSink;
pub use stream::{Stream, StreamRef};
pub use transform::{TransformBuilder, pass_through};
pub use turns::{Run, defer, run, settle, spawn};
pub use writable::Writable;
