//! Phases, timers, ticks, microtasks and tasks, in the order of Node.
//!
#![doc = include_str!("../README.md")]
// Loom models include `shared/` by path: the rest of the crate needs a real kernel.
#![cfg(not(synodic_loom))]

mod async_handle;
mod blocking;
mod builder;
mod callback;
pub mod child_process;
mod clock;
mod closure;
mod dispatch;
mod error;
mod event_loop;
mod exception;
mod exit_status;
pub mod fs;
mod functions;
mod handle;
mod idle_work;
mod immediate;
pub mod io;
mod join;
mod keep_alive;
mod leak;
mod listeners;
mod message_port;
mod metrics;
mod microtask;
pub mod net;
mod outcome;
pub mod pipe;
mod process;
mod promise;
mod reason;
mod rejections;
mod remote;
mod root;
mod shared;
mod signal;
mod signal_kind;
mod sys;
mod task_body;
mod tasks;
mod tick_queue;
mod time;
mod timer;
mod unwind;
mod waiters;
mod watch;

pub use async_handle::{Async, Notifier};
pub use blocking::{
    BlockingExecutor, BlockingJob, DEFAULT_EXECUTOR_QUEUE_MAX, DEFAULT_EXECUTOR_THREADS_MAX,
    DefaultExecutor,
};
pub use builder::Builder;
pub use clock::{Clock, MonotonicClock, VirtualClock};
pub use error::{BlockOnError, BuildError, Elapsed, JoinError, LoopClosed, RemoteJoinError};
pub use event_loop::{EventLoop, RunMode};
pub use exception::{Exception, Origin, PromiseId, Rejection};
pub use exit_status::{ExitCause, ExitStatus};
pub use functions::{
    call_async, clear_timeout, next_tick, queue_microtask, set_immediate, set_interval,
    set_timeout, spawn_blocking, spawn_local,
};
pub use handle::Handle;
pub use idle_work::IdleDeadline;
pub use immediate::Immediate;
pub use io::{DriverChoice, DriverError, DriverInfo, DriverKind, DriverRefusal};
pub use join::JoinHandle;
pub use keep_alive::KeepAlive;
pub use leak::leaked_operations;
pub use listeners::ListenerId;
pub use message_port::{MessageChannel, MessagePort};
pub use metrics::{Metrics, Phase};
pub use microtask::{Microtask, MicrotaskHost};
pub use outcome::Outcome;
pub use promise::{Hop, MicrotaskHop, Promise, PromiseFuture, Resolver, microtask_hop};
pub use reason::Reason;
pub use remote::{RemoteHandle, RemoteJoinHandle};
pub use signal::Signal;
pub use signal_kind::SignalKind;
pub use time::{ImmediateFuture, Interval, Sleep, immediate, interval, sleep, timeout, yield_now};
pub use timer::Timeout;
pub use watch::{Check, Idle, Prepare, Timer};
