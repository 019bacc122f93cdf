//! The future of `block_on`: the one task that may borrow from its caller's frame.

use std::any::Any;
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::task::Poll;

use crate::dispatch::Ended;
use crate::error::BlockOnError;
use crate::handle::Handle;
use crate::tasks::TaskKey;

type Body<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Removes the root task, whatever ends `block_on`.
struct RootTask<'a> {
    handle: &'a Handle,
    key: TaskKey,
}

impl Drop for RootTask<'_> {
    fn drop(&mut self) {
        self.handle.abort_task(self.key);
    }
}

impl Handle {
    /// Runs `turns` until `future` is done. `turns` returns whether the loop is alive.
    pub(crate) fn run_until<F: Future>(
        &self,
        future: F,
        mut turns: impl FnMut() -> Result<bool, Ended>,
    ) -> Result<F::Output, BlockOnError> {
        let output = Cell::new(None);
        let body: Body<'_> = Box::pin(async {
            let mut future = pin!(future);
            let result = poll_fn(|context| {
                match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
                    Ok(Poll::Pending) => Poll::Pending,
                    Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
                    // `exit` goes on to the dispatch function; a panic goes to the caller.
                    Err(payload) if crate::unwind::is_exit(&*payload) => resume_unwind(payload),
                    Err(payload) => Poll::Ready(Err(payload)),
                }
            })
            .await;
            output.set(Some(result));
            self.stop();
        });
        // SAFETY: only the lifetime changes. The task slab owns the body and drops it at the task's
        // end, in `abort_task`, or when the loop is cleared; a body that is being polled is a local
        // of `poll_task`, whose frame is inside of this one. `RootTask` removes the task before
        // this frame ends, on unwinding too, so the body is gone before what it borrows, and
        // nobody else can name it: wakers hold only the key.
        let body = unsafe { std::mem::transmute::<Body<'_>, Body<'static>>(body) };
        let root = RootTask {
            handle: self,
            key: self.start_task(body, false, drop),
        };
        let ended = self.turn_until(&output, &mut turns);
        drop(root);
        match output.take() {
            Some(Ok(value)) => Ok(value),
            Some(Err(panic)) => resume_unwind(panic),
            None => Err(match ended {
                Ok(()) => BlockOnError::Unsettled,
                Err(Ended) => {
                    let status = self.inner().process.status();
                    BlockOnError::Ended(status.expect("an ended loop has a status"))
                }
            }),
        }
    }

    fn turn_until<T>(
        &self,
        output: &Cell<Option<Result<T, Box<dyn Any + Send>>>>,
        turns: &mut impl FnMut() -> Result<bool, Ended>,
    ) -> Result<(), Ended> {
        let is_done = || {
            let value = output.take();
            let is_done = value.is_some();
            output.set(value);
            is_done
        };
        self.drain()?;
        while !is_done() && self.alive() {
            turns()?;
        }
        // Set by the future's end, and perhaps not seen by a turn.
        self.inner().stop.set(false);
        Ok(())
    }
}
