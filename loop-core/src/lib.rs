//! An event loop of phases over io_uring with Node's exact callback order.

mod blocking;
pub mod fs;
pub mod io;
pub mod net;
mod sys;

pub use blocking::{
    BlockingExecutor, BlockingJob, DEFAULT_EXECUTOR_QUEUE_MAX, DEFAULT_EXECUTOR_THREADS_MAX,
    DefaultExecutor,
};
pub use io::{DriverChoice, DriverError, DriverInfo, DriverKind, DriverRefusal};
