//! Catching what leaves user code: errors, panics, and the private payload of `exit`.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};

use crate::Reason;

/// Payload with which `exit` unwinds. Only the dispatch function keeps it.
pub(crate) struct ExitUnwind;

/// Payload that says a reason is on its way in [`THROWN`]: a `Reason` is not `Send`, as a panic's
/// payload has to be.
struct Thrown;

thread_local! {
    static THROWN: Cell<Option<Reason>> = const { Cell::new(None) };
}

/// How a call into user code ended.
pub(crate) enum Caught<T> {
    Returned(T),
    Threw(Reason),
    /// `exit` was called: nothing more may run.
    Exit,
}

/// Runs user code and catches everything that leaves it.
///
/// Unwind safety: what a callback shares with the loop is reached through [`Handle`](crate::Handle),
/// whose state is never borrowed while user code runs, so a panic cannot leave it half changed.
pub(crate) fn catch<T>(f: impl FnOnce() -> Result<T, Reason>) -> Caught<T> {
    match panic::catch_unwind(AssertUnwindSafe(f)) {
        Ok(Ok(value)) => Caught::Returned(value),
        Ok(Err(reason)) => Caught::Threw(reason),
        Err(payload) if payload.is::<ExitUnwind>() => Caught::Exit,
        Err(payload) if payload.is::<Thrown>() => Caught::Threw(
            THROWN
                .take()
                .expect("throw stores the reason before it unwinds"),
        ),
        Err(payload) => Caught::Threw(Reason::from_panic(payload)),
    }
}

/// Like [`catch`] for code that turns what is thrown into a rejection: `exit` passes through, to
/// the dispatch function that called this code.
pub(crate) fn catch_rejection<T>(f: impl FnOnce() -> Result<T, Reason>) -> Result<T, Reason> {
    match catch(f) {
        Caught::Returned(value) => Ok(value),
        Caught::Threw(reason) => Err(reason),
        Caught::Exit => unwind_exit(),
    }
}

/// Unwinds to the dispatch function that called this code. The panic hook does not run.
pub(crate) fn unwind_exit() -> ! {
    panic::resume_unwind(Box::new(ExitUnwind))
}

/// Throws `reason` through code that cannot return it.
pub(crate) fn throw(reason: Reason) -> ! {
    THROWN.set(Some(reason));
    panic::resume_unwind(Box::new(Thrown))
}

/// Whether a caught payload is that of `exit`.
pub(crate) fn is_exit(payload: &(dyn std::any::Any + Send)) -> bool {
    payload.is::<ExitUnwind>()
}
