//! What an operation is: a payload that the kernel may use, a request, and a way back.

use std::any::Any;
use std::ptr::NonNull;

use super::Request;
use crate::sys::RawResult;

/// Something the kernel can be asked for, together with all memory and descriptors it needs.
///
/// # Safety
///
/// Every pointer and descriptor in the request stays valid from the call of `request` until the
/// value is consumed, provided that the value neither moves nor is touched in between; and what
/// it points to is used by nobody else meanwhile.
pub(crate) unsafe trait Operation: 'static {
    /// What the caller gets.
    type Output: 'static;

    /// The request, with pointers into `self`, which has reached its final place.
    fn request(&mut self) -> Request;

    /// Turns the last result into the output, and gives back what was lent.
    fn finish(self, result: RawResult) -> Self::Output;

    /// Disposes of a result that nobody waits for any more.
    fn reclaim(self, result: RawResult)
    where
        Self: Sized,
    {
        drop(self.finish(result));
    }

    /// Disposes of one of several results that nobody waits for any more.
    fn reclaim_item(&self, result: RawResult) {
        let _ = result;
    }
}

/// An [`Operation`] of an unknown type.
pub(crate) trait Payload: Any {
    /// As [`Operation::reclaim`].
    fn reclaim(self: Box<Self>, result: RawResult);

    /// As [`Operation::reclaim_item`].
    fn reclaim_item(&self, result: RawResult);
}

impl<O: Operation> Payload for O {
    fn reclaim(self: Box<Self>, result: RawResult) {
        Operation::reclaim(*self, result);
    }

    fn reclaim_item(&self, result: RawResult) {
        Operation::reclaim_item(self, result);
    }
}

/// Finishes the operation that is known to be in `payload`.
pub(crate) fn finish<O: Operation>(payload: Box<dyn Payload>, result: RawResult) -> O::Output {
    let payload: Box<dyn Any> = payload;
    let operation = payload
        .downcast::<O>()
        .expect("a slot keeps the operation it was made for");
    operation.finish(result)
}

/// A payload at a fixed address, which the kernel may be using.
///
/// A plain `Box` would assert unique access each time it moves with its slot; this does not.
/// Dropping it leaks the payload, which is always sound: the owner takes it out once the kernel
/// has let go.
#[derive(Debug)]
pub(crate) struct Parked(NonNull<dyn Payload>);

impl Parked {
    /// Moves `operation` to where it stays, and asks it for its request.
    pub(crate) fn new<O: Operation>(operation: O) -> (Self, Request) {
        let pointer = Box::into_raw(Box::new(operation));
        // SAFETY: the pointer is fresh and nobody else has it. All further access goes through
        // it, so the pointers in the request stay valid.
        let operation = unsafe { &mut *pointer };
        let request = operation.request();
        let payload: *mut dyn Payload = pointer;
        (
            Self(NonNull::new(payload).expect("a box is not null")),
            request,
        )
    }

    /// Takes the payload out. The kernel has let go of it.
    pub(crate) fn take(self) -> Box<dyn Payload> {
        // SAFETY: the pointer came out of `Box::into_raw` and is consumed here, once.
        unsafe { Box::from_raw(self.0.as_ptr()) }
    }

    /// Looks at the payload without claiming what the kernel may be writing.
    pub(crate) fn reclaim_item(&self, result: RawResult) {
        // SAFETY: the payload is alive; multishot operations, for which alone this is called,
        // give the kernel no pointer into themselves.
        let payload = unsafe { self.0.as_ref() };
        payload.reclaim_item(result);
    }
}
