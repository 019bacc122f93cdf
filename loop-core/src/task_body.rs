//! What a task owns, in one allocation, and its pin.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use crate::unwind::catch_rejection;
use crate::{Outcome, Reason};

/// A future, what its result goes to, and the waker with which it is polled.
///
/// An async block would do as well, and keep the future twice: as what it captured, and pinned.
pub(crate) struct TaskBody<F, S> {
    /// Pinned with the body. First, so that it is dropped before `settle`, which tells of its end.
    future: F,
    /// Taken at the end.
    settle: Option<S>,
    waker: Waker,
}

/// A [`TaskBody`] of any types.
pub(crate) trait Body {
    /// Polls the future, and settles its result. Only `exit` leaves it, and what `settle` throws.
    fn poll(self: Pin<&mut Self>) -> Poll<()>;
}

impl<F, S> TaskBody<F, S> {
    pub(crate) fn new(future: F, settle: S, waker: Waker) -> Self {
        Self {
            future,
            settle: Some(settle),
            waker,
        }
    }
}

impl<F, S> Body for TaskBody<F, S>
where
    F: Future,
    F::Output: Outcome,
    S: FnOnce(Result<<F::Output as Outcome>::Value, Reason>),
{
    fn poll(self: Pin<&mut Self>) -> Poll<()> {
        // SAFETY: the future is not moved: nothing here or elsewhere takes it out of its body.
        let body = unsafe { self.get_unchecked_mut() };
        // SAFETY: the body is pinned, so the future stays where it is until it is dropped there: no
        // `Drop` of the body touches it, and the body is `Unpin` only if the future is.
        let future = unsafe { Pin::new_unchecked(&mut body.future) };
        let mut context = Context::from_waker(&body.waker);
        let result = match catch_rejection(|| Ok(future.poll(&mut context))) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(outcome)) => outcome.into_result(),
            Err(reason) => Err(reason),
        };
        if let Some(settle) = body.settle.take() {
            settle(result);
        }
        Poll::Ready(())
    }
}
