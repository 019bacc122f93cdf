//! Processes that this one starts.
//!
//! A [`Command`] says what to start and how; a [`Child`] is what was started. Starting is a fork and
//! an exec on the loop's thread, by the standard library (`posix_spawn` where that can do what was
//! asked for), as in libuv. The end of a child is an event of the loop (pidfd_open(2)): there is no
//! handler for `SIGCHLD`, which is left to the program.
//!
//! # Examples
//!
//! ```
//! use synodic_loop::{EventLoop, child_process::Command};
//!
//! EventLoop::new()?.block_on(async {
//!     let output = Command::new("echo").arg("hello").output(1024).await?;
//!     assert!(output.status.success());
//!     assert_eq!(output.stdout, *b"hello\n");
//!     Ok::<(), Box<dyn std::error::Error>>(())
//! })??;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod child;
mod command;
mod output;

pub use child::Child;
pub use command::{Command, Stdio};
pub use output::{Output, OutputError, OutputStream};
