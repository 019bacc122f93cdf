//! How a loop ended.

use crate::Exception;

/// The exit code when nobody listens for an exception.
pub(crate) const CODE_UNCAUGHT: i32 = 1;
/// The exit code when a listener for exceptions throws.
pub(crate) const CODE_HANDLER_THREW: i32 = 7;
/// The exit code when the main future is still pending while nothing keeps the loop alive.
pub(crate) const CODE_UNSETTLED_MAIN: i32 = 13;

/// How a loop ended: the exit code, and why.
///
/// The loop never ends the process; whoever runs it does, with this code.
///
/// # Node
///
/// Codes are those of Node's documentation on `process`, "Exit codes".
///
/// # Examples
///
/// ```
/// let mut event_loop = synodic_loop::EventLoop::new()?;
/// let status = event_loop.run(|| synodic_loop::Handle::current().set_exit_code(3));
/// assert_eq!(status.code(), 3);
/// # Ok::<(), synodic_loop::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ExitStatus {
    code: i32,
    cause: ExitCause,
}

/// Why a loop ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ExitCause {
    /// Nothing kept it alive any more.
    Natural,
    /// `exit` was called.
    Exit,
    /// Nobody listened for this exception.
    Uncaught(Exception),
    /// A listener for exceptions threw this in its turn.
    HandlerThrew(Exception),
    /// Nothing kept the loop alive, and the main future was still pending.
    UnsettledMain,
}

impl ExitStatus {
    pub(crate) fn new(code: i32, cause: ExitCause) -> Self {
        Self { code, cause }
    }

    /// The exit code. Only its low 8 bits survive the end of a process (`exit(3)`).
    pub fn code(&self) -> i32 {
        self.code
    }

    /// Whether the code is 0.
    pub fn success(&self) -> bool {
        self.code == 0
    }

    /// Why the loop ended.
    pub fn cause(&self) -> &ExitCause {
        &self.cause
    }
}
