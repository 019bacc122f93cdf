//! A closure of the caller's, on a blocking thread.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use synodic_sync::{Arc, Mutex};

use crate::io::{Io, Op, Operation, Request};
use crate::sys::{RawResult, io_result};

/// What the closure returned, or the panic that left it.
type Outcome<T> = Result<T, Box<dyn Any + std::marker::Send>>;

/// Waits for a closure that runs elsewhere.
struct Work<T> {
    outcome: Arc<Mutex<Option<Outcome<T>>>>,
}

// SAFETY: the request has no pointers.
unsafe impl<T: std::marker::Send + 'static> Operation for Work<T> {
    type Output = io::Result<T>;

    fn request(&mut self) -> Request {
        Request::Nop
    }

    fn finish(self, result: RawResult) -> io::Result<T> {
        io_result(result)?;
        let outcome = self
            .outcome
            .lock()
            .take()
            .expect("the closure ended with an outcome");
        outcome.or_else(|panic| resume_unwind(panic))
    }

    fn reclaim(self, _: RawResult) {
        // Nobody waits: neither the value nor a panic reaches anybody.
        let outcome = self.outcome.lock().take();
        // With the lock released: the value's drop is foreign code.
        drop(outcome);
    }
}

/// Runs `work` on a blocking thread. A panic of it continues where the result is awaited.
pub(crate) fn work<T: std::marker::Send + 'static>(
    io: &Rc<Io>,
    work: impl FnOnce() -> T + std::marker::Send + 'static,
) -> Op<io::Result<T>> {
    let outcome = Arc::new(Mutex::new(None));
    let place = outcome.clone();
    io.submit_work(Work { outcome }, move || {
        *place.lock() = Some(catch_unwind(AssertUnwindSafe(work)));
        0
    })
}
