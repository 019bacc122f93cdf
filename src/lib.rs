//! Node.js's runtime architecture in Rust: a loop of phases over io_uring, in Node's exact callback
//! order.
//!
//! | Module | What it is |
//! |---|---|
//! | [`run`], [`Runtime`] | a program, from its main function to its exit code |
//! | [`timers`] | timeouts, intervals, immediates; as callbacks and as futures |
//! | [`net`] | TCP, UDP and Unix sockets |
//! | [`fs`] | files |
//! | [`child_process`], [`pipe`] | processes, and the pipes to them |
//! | `http` | an HTTP/1 server and client (feature `http`) |
//! | `perf_hooks` | event-loop delay and utilization, time per phase (feature `perf_hooks`) |
//! | `stream`, `zlib` | pipelines, and compression in them (features `streams` and `zlib`) |
//! | [`process`] | exit, arguments, environment, memory, signals |
//! | [`event_loop`] | the loop itself, for embedders |
#![forbid(unsafe_code)]

#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "perf_hooks")]
pub mod perf_hooks;
pub mod process;
mod runtime;
#[cfg(feature = "streams")]
pub mod stream;
pub mod timers;
#[cfg(feature = "zlib")]
pub mod zlib;

pub use runtime::{Builder, Runtime, run};
pub use synodic_buffers as buffers;
#[doc(no_inline)]
pub use synodic_loop as event_loop;
pub use synodic_loop::{
    JoinHandle, call_async, next_tick, queue_microtask, spawn_blocking, spawn_local,
};
#[doc(inline)]
pub use synodic_loop::{child_process, fs, net, pipe};

/// The README's program compiles as a doctest.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
