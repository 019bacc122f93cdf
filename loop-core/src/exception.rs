//! Exceptions and rejections as the listeners of a process see them.

use std::fmt;

use crate::Reason;

/// Where an exception came from, the second argument of Node's `uncaughtException` listeners.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// It left a callback.
    UncaughtException,
    /// A promise was rejected, nobody handled that, and nobody listens for rejections.
    UnhandledRejection,
}

impl fmt::Display for Origin {
    /// Node's name of the origin.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UncaughtException => "uncaughtException",
            Self::UnhandledRejection => "unhandledRejection",
        })
    }
}

/// Something thrown that nothing caught.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Exception {
    /// What was thrown.
    pub reason: Reason,
    /// Where it came from.
    pub origin: Origin,
}

/// Names a promise to those who listen for rejections.
///
/// Promises of this crate get theirs by themselves; an embedder takes one for each of its engine's
/// promises that it reports: see [`Handle::next_promise_id`](crate::Handle::next_promise_id).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PromiseId(pub(crate) u64);

/// A promise that was rejected without a handler, or got one late.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Rejection {
    /// Why it was rejected.
    pub reason: Reason,
    /// Which promise it is; the same in both events of one promise.
    pub promise: PromiseId,
}
