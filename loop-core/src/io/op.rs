//! The handle of one operation in flight.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::operation::{self, Parked, Payload};
use super::slab::{OnComplete, Stage, Waiter};
use super::{DriverKind, Io, OpKey, Operation, Request};
use crate::Outcome;
use crate::sys::RawResult;

/// An operation in flight: a future of its result.
///
/// The operation was handed over when this was made; it makes progress whether or not it is
/// polled. A referenced operation keeps the loop alive until it ends; see [`unref`](Self::unref).
///
/// # Cancel safety
///
/// Dropping an `Op` cancels the operation. Its buffer stays with the loop until the kernel lets go
/// of it and is dropped then; what the kernel had done by that time (bytes received, a connection
/// accepted) is done. To keep the buffer and learn what happened, use [`cancel`](Self::cancel).
///
/// # Examples
///
/// ```
/// use synodic_loop::io::Canceled;
/// use synodic_loop::{EventLoop, net::TcpStream};
///
/// let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
/// let address = listener.local_addr()?;
/// EventLoop::new()?.block_on(async {
///     let stream = TcpStream::connect(address).await?;
///     // Nobody sends anything: the buffer comes back empty.
///     let receiving = stream.read(Vec::<u8>::with_capacity(1024));
///     let Canceled::Canceled((_, buffer)) = receiving.cancel().await else { unreachable!() };
///     assert!(buffer.is_empty() && buffer.capacity() >= 1024);
///     Ok::<(), std::io::Error>(())
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "dropping an operation cancels it"]
pub struct Op<T> {
    io: Rc<Io>,
    /// `None` once the result was taken.
    key: Option<OpKey>,
    finish: fn(Box<dyn Payload>, RawResult) -> T,
}

impl<T> Op<T> {
    /// Lets the loop end although this operation is in flight.
    ///
    /// # Node
    ///
    /// libuv's requests cannot be unreferenced; handles can. Here a receive that waits for a quiet
    /// peer may be either.
    pub fn unref(self) -> Self {
        self.set_referenced(false);
        self
    }

    /// Whether the operation keeps the loop alive.
    pub(crate) fn set_referenced(&self, referenced: bool) {
        if let Some(key) = self.key {
            self.io.set_referenced(key, referenced);
        }
    }

    /// Asks the kernel to end the operation now, and waits until it has.
    ///
    /// # Cancel safety
    ///
    /// As for the operation itself: dropping the returned future drops the result.
    pub fn cancel(self) -> Cancel<T> {
        if let Some(key) = self.key {
            self.io.cancel(key);
        }
        Cancel { op: self }
    }

    /// Runs `callback` with the result, as one callback of the phase in which the operation ends:
    /// the poll phase, or the pending phase for a result that was known without looking for events.
    /// Of an operation that has ended already it is the next pending phase.
    ///
    /// The operation goes on without a handle; the returned reference can still cancel it.
    pub fn on_complete<O>(mut self, callback: impl FnOnce(T) -> O + 'static) -> OpRef
    where
        T: 'static,
        O: Outcome<Value = ()>,
    {
        let io = self.io.clone();
        let key = self.key;
        if let Some(key) = key {
            let callback: OnComplete = Box::new(move || {
                if let Poll::Ready((output, _)) =
                    self.poll_parts(&mut Context::from_waker(Waker::noop()))
                {
                    return callback(output).into_result();
                }
                Ok(())
            });
            io.set_callback(key, callback);
        }
        OpRef { io, key }
    }

    /// The result, and whether the operation ended because it was canceled.
    fn poll_parts(&mut self, cx: &mut Context<'_>) -> Poll<(T, bool)> {
        let key = self.key.expect("an operation is not polled after its end");
        let Poll::Ready((payload, result)) = self.io.poll_result(key, cx) else {
            return Poll::Pending;
        };
        self.key = None;
        Poll::Ready(((self.finish)(payload, result), result == -libc::ECANCELED))
    }
}

impl<T> Future for Op<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        self.poll_parts(cx).map(|(output, _)| output)
    }
}

impl<T> Drop for Op<T> {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            self.io.release(key);
        }
    }
}

impl<T> fmt::Debug for Op<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Op")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// How a canceled operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Canceled<T> {
    /// It was canceled before it did anything. The value still brings the buffer back.
    Canceled(T),
    /// It had ended already, or ended all the same: the result is as if nobody had canceled.
    Completed(T),
}

impl<T> Canceled<T> {
    /// The result, whichever way it came about.
    pub fn into_inner(self) -> T {
        match self {
            Self::Canceled(output) | Self::Completed(output) => output,
        }
    }
}

/// The future that [`Op::cancel`] returns.
#[must_use = "futures do nothing unless polled"]
pub struct Cancel<T> {
    op: Op<T>,
}

impl<T> Future for Cancel<T> {
    type Output = Canceled<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Canceled<T>> {
        self.op
            .poll_parts(cx)
            .map(|(output, was_canceled)| match was_canceled {
                true => Canceled::Canceled(output),
                false => Canceled::Completed(output),
            })
    }
}

impl<T> fmt::Debug for Cancel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cancel").field(&self.op).finish()
    }
}

/// An operation that runs a callback at its end. Dropping this changes nothing.
#[derive(Clone)]
pub struct OpRef {
    io: Rc<Io>,
    key: Option<OpKey>,
}

impl OpRef {
    /// Asks the kernel to end the operation now. The callback still runs, with what came of it.
    pub fn cancel(&self) {
        if let Some(key) = self.key {
            self.io.cancel(key);
        }
    }

    /// Lets the loop end although this operation is in flight.
    pub fn unref(&self) {
        self.set_referenced(false);
    }

    /// Whether the operation keeps the loop alive.
    pub(crate) fn set_referenced(&self, referenced: bool) {
        if let Some(key) = self.key {
            self.io.set_referenced(key, referenced);
        }
    }
}

impl fmt::Debug for OpRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpRef")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl Io {
    /// Hands an operation over.
    pub(crate) fn submit<O: Operation>(self: &Rc<Self>, operation: O) -> Op<O::Output> {
        let key = self.start(operation, Stage::one);
        Op {
            io: self.clone(),
            key: Some(key),
            finish: operation::finish::<O>,
        }
    }

    /// An operation that has ended before it began, with a result that is known.
    pub(crate) fn submit_ended<O: Operation>(
        self: &Rc<Self>,
        operation: O,
        result: RawResult,
    ) -> Op<O::Output> {
        let (parked, request) = Parked::new(operation);
        let mut state = self.state.borrow_mut();
        let key = state.slab.insert(parked, request, Stage::one(Some(result)));
        Op {
            io: self.clone(),
            key: Some(key),
            finish: operation::finish::<O>,
        }
    }

    /// Hands over work for a blocking thread; `operation` turns its result into the output.
    pub(crate) fn submit_work<O: Operation>(
        self: &Rc<Self>,
        operation: O,
        work: impl FnOnce() -> RawResult + Send + 'static,
    ) -> Op<O::Output> {
        let (parked, request) = Parked::new(operation);
        let key = self.park(parked, request, Stage::one);
        let op = Op {
            io: self.clone(),
            key: Some(key),
            finish: operation::finish::<O>,
        };
        if self.info().kind() == DriverKind::Test {
            // One thread, one order.
            let result = work();
            self.state.borrow_mut().finish_work(key, result);
        } else {
            let job = super::offload::closure_job(&self.board, key, work);
            self.state.borrow_mut().offload(key, job);
            self.feed_executor();
        }
        op
    }

    /// Parks an operation and starts it.
    pub(super) fn start<O: Operation>(
        &self,
        operation: O,
        stage: fn(Option<RawResult>) -> Stage,
    ) -> OpKey {
        // Asking for the request runs the buffers' own code: no borrow is held.
        let (parked, request) = Parked::new(operation);
        let key = self.park(parked, request, stage);
        let mut state = self.state.borrow_mut();
        let Some(driver) = &mut state.driver else {
            return key;
        };
        if !driver.offloads(&request) {
            // SAFETY: the payload was parked above and leaves its slot only when the driver's last
            // completion for `key` is settled.
            unsafe { driver.submit(key, &request) };
            return key;
        }
        // SAFETY: as above, with the board's result as the last completion.
        let job = unsafe { super::offload::request_job(&self.board, key, &request) };
        state.offload(key, job);
        drop(state);
        self.feed_executor();
        key
    }

    /// Puts an operation into a slot, in flight unless the driver is gone.
    fn park(
        &self,
        parked: Parked,
        request: Request,
        stage: fn(Option<RawResult>) -> Stage,
    ) -> OpKey {
        let mut state = self.state.borrow_mut();
        if state.driver.is_none() {
            return state
                .slab
                .insert(parked, request, stage(Some(-libc::ECANCELED)));
        }
        state.slab.in_flight += 1;
        self.activate();
        state.slab.insert(parked, request, stage(None))
    }

    /// Whether the operation keeps the loop alive.
    pub(super) fn set_referenced(&self, key: OpKey, referenced: bool) {
        let mut state = self.state.borrow_mut();
        let Some(slot) = state.slab.get(key) else {
            return;
        };
        let in_flight = slot.stage.is_in_flight();
        let before = std::mem::replace(&mut slot.referenced, referenced);
        match (in_flight, before, referenced) {
            (true, true, false) => self.deactivate(true),
            (true, false, true) => self.activate(),
            _ => {}
        }
    }

    /// Asks for the operation to end soon, if it has not ended.
    pub(super) fn cancel(&self, key: OpKey) {
        let mut state = self.state.borrow_mut();
        let in_flight = state
            .slab
            .get(key)
            .is_some_and(|slot| slot.stage.is_in_flight());
        let job = if in_flight { state.cancel(key) } else { None };
        drop(state);
        // Dropping the job reports its end, which is not this crate's code alone.
        drop(job);
    }

    /// The payload and result of an operation that ended; else `cx` is told when it does.
    fn poll_result(&self, key: OpKey, cx: &mut Context<'_>) -> Poll<(Box<dyn Payload>, RawResult)> {
        let mut state = self.state.borrow_mut();
        // After a shutdown that leaked, the operation never ends.
        let Some(slot) = state.slab.get(key) else {
            return Poll::Pending;
        };
        match &slot.stage {
            Stage::Done(result) => {
                let result = *result;
                let parked = state.slab.remove(key);
                drop(state);
                Poll::Ready((parked.take(), result))
            }
            Stage::InFlight(Waiter::Waker(waker)) if waker.will_wake(cx.waker()) => Poll::Pending,
            Stage::InFlight(_) => {
                drop(state);
                self.set_waiter(key, Waiter::Waker(cx.waker().clone()));
                Poll::Pending
            }
            _ => unreachable!("a handle is of an operation of its own kind"),
        }
    }

    /// Runs `callback` when the operation ends, in the next pending phase if it has already.
    fn set_callback(&self, key: OpKey, callback: OnComplete) {
        {
            let mut state = self.state.borrow_mut();
            let state = &mut *state;
            let slot = state.slab.get(key).expect("the handle is held");
            if let (Stage::Done(result), true) = (&slot.stage, state.driver.is_some()) {
                let result = *result;
                slot.stage = Stage::InFlight(Waiter::Nobody);
                if slot.referenced {
                    self.activate();
                }
                state.slab.in_flight += 1;
                state.finish_pending(key, result);
            }
        }
        self.set_waiter(key, Waiter::Callback(callback));
    }

    /// Replaces who is told. The one before is dropped with no borrow held.
    pub(super) fn set_waiter(&self, key: OpKey, waiter: Waiter) {
        let mut state = self.state.borrow_mut();
        let old = match state.slab.get(key).map(|slot| &mut slot.stage) {
            Some(Stage::InFlight(old)) => std::mem::replace(old, waiter),
            Some(Stage::Stream(results)) => std::mem::replace(&mut results.waiter, waiter),
            _ => waiter,
        };
        drop(state);
        drop(old);
    }

    /// Gives up the handle of an operation: cancels it, and leaves the rest to the loop.
    pub(super) fn release(&self, key: OpKey) {
        let mut state = self.state.borrow_mut();
        let Some(slot) = state.slab.get(key) else {
            return;
        };
        let in_flight = slot.stage.is_in_flight();
        self.deactivate(in_flight && slot.referenced);
        slot.referenced = false;
        let stage = std::mem::replace(&mut slot.stage, Stage::Orphan);
        let parked = slot.parked.as_ref().expect("a live slot has its payload");
        if let Stage::Stream(results) = &stage {
            let items = results.items.iter();
            items.for_each(|item| parked.reclaim_item(item.result));
        }
        if in_flight {
            let job = state.cancel(key);
            drop(state);
            // The waiter and the job are foreign code: they are dropped with no borrow held.
            drop((stage, job));
            return;
        }
        let parked = state.slab.remove(key);
        drop(state);
        let payload = parked.take();
        // Of several results that nobody wants the last one, which there is no other of.
        let result = match stage {
            Stage::Done(result) => result,
            _ => -libc::ECANCELED,
        };
        payload.reclaim(result);
    }
}
