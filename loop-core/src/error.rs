//! All errors of this crate.

use std::time::Duration;

use crate::exit_status::ExitStatus;
use crate::join::TaskCanceled;
use crate::reason::Reason;

use crate::io::DriverError;

/// Why a loop could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// No driver works on this machine, or the one that was asked for does not.
    #[error("could not start an I/O driver")]
    Driver(#[from] DriverError),
    /// The descriptor by which other threads wake the loop could not be made.
    #[error("could not create the loop's wake descriptor")]
    Wake(#[source] std::io::Error),
}

/// Why a future's value did not come out of [`EventLoop::block_on`](crate::EventLoop::block_on).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BlockOnError {
    /// Nothing keeps the loop alive any more, and the future is still pending: it waits for
    /// something that cannot happen.
    #[error("the loop has nothing left to do, and the future is still pending")]
    Unsettled,
    /// The loop ended first: `exit` was called, or an exception was not heard.
    #[error("the loop ended with code {} before the future did", .0.code())]
    Ended(ExitStatus),
}

/// Why a task has no value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// The task ended in an error.
    #[error("the task failed: {0}")]
    Rejected(Reason),
    /// The task panicked.
    #[error("the task panicked: {0}")]
    Panicked(Reason),
    /// The task was aborted, or its loop has ended.
    #[error("the task was canceled")]
    Canceled,
}

impl JoinError {
    pub(crate) fn from_reason(reason: Reason) -> Self {
        if reason.is_panic() {
            Self::Panicked(reason)
        } else if reason.error_ref::<TaskCanceled>().is_some() {
            Self::Canceled
        } else {
            Self::Rejected(reason)
        }
    }

    /// What the task threw, unless it was canceled.
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Rejected(reason) | Self::Panicked(reason) => Some(reason),
            Self::Canceled => None,
        }
    }
}

/// Why a task on another thread's loop has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteJoinError {
    /// The task failed or panicked.
    #[error("the task failed: {message}")]
    Rejected {
        /// What its [`Reason`](crate::Reason) says.
        message: String,
    },
    /// The loop ended before the task did.
    #[error("the task was canceled")]
    Canceled,
}

/// The loop of a [`RemoteHandle`](crate::RemoteHandle) is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the event loop is closed")]
pub struct LoopClosed;

/// A [`timeout`](crate::timeout) came before its future did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not done within {limit:?}")]
pub struct Elapsed {
    /// The limit that was set.
    pub limit: Duration,
}
