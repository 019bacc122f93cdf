//! Promises: JavaScript's, with its reactions, hops and rejection tracking (section 5 of the
//! ordering rules in `conformance/node/ordering/SEMANTICS.md`).

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::closure::Job;
use crate::handle::Handle;
use crate::join::TaskCanceled;
use crate::microtask::Microtask;
use crate::unwind::catch_rejection;
use crate::{Outcome, PromiseId, Reason};

/// A value that will be there later, or the reason why it will not.
///
/// It is JavaScript's promise: reactions run as microtasks in the order of their registration, a
/// promise settles once, and one that is rejected without a handler is reported to
/// [`on_unhandled_rejection`](Handle::on_unhandled_rejection). A clone is the same promise.
///
/// A promise is awaited like a future. As with any future in Rust, one that is settled does not
/// hop; [`hop`](Self::hop) is the `await` of JavaScript, which always does.
///
/// # Examples
///
/// ```
/// use synodic_loop::{EventLoop, Handle, Promise};
///
/// let mut event_loop = EventLoop::new()?;
/// event_loop.run(|| {
///     let (promise, resolver) = Promise::with_resolvers(&Handle::current());
///     promise.then(|answer: u32| assert_eq!(answer, 42));
///     resolver.resolve(42);
/// });
/// # Ok::<(), synodic_loop::BuildError>(())
/// ```
pub struct Promise<T: 'static>(Rc<PromiseCell<T>>);

/// The state that promise, resolvers and reactions share.
pub(crate) struct PromiseCell<T: 'static> {
    handle: Handle,
    id: PromiseId,
    state: RefCell<State<T>>,
    /// Somebody reacts to it, so a rejection is not reported.
    handled: Cell<bool>,
    /// Resolved, rejected, or bound to follow another promise: later attempts are ignored.
    locked: Cell<bool>,
}

enum State<T: 'static> {
    Pending(Vec<Reaction<T>>),
    Fulfilled(T),
    Rejected(Reason),
    /// The only reader has taken the value.
    Taken,
}

type ReactionJob<T> = Box<dyn FnOnce(&PromiseCell<T>) -> Result<(), Reason>>;

enum Reaction<T: 'static> {
    Wake(Waker),
    Job(ReactionJob<T>),
}

impl<T: 'static> PromiseCell<T> {
    pub(crate) fn new(handle: &Handle) -> Rc<Self> {
        Rc::new(Self {
            handle: handle.clone(),
            id: handle.next_promise_id(),
            state: RefCell::new(State::Pending(Vec::new())),
            handled: Cell::new(false),
            locked: Cell::new(false),
        })
    }

    /// The loop that it belongs to.
    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    pub(crate) fn settle(self: &Rc<Self>, result: Result<T, Reason>) {
        self.locked.set(true);
        let settled = match result {
            Ok(value) => State::Fulfilled(value),
            Err(reason) => {
                if !self.handled.get() {
                    self.handle.rejected(self.id, reason.clone());
                }
                State::Rejected(reason)
            }
        };
        let State::Pending(reactions) = self.state.replace(settled) else {
            unreachable!("the lock lets a promise settle once");
        };
        for reaction in reactions {
            self.queue(reaction);
        }
    }

    fn is_pending(&self) -> bool {
        matches!(*self.state.borrow(), State::Pending(_))
    }

    /// Marks the promise as handled, also when it has been reported already.
    pub(crate) fn handle_rejection(&self) {
        if !self.handled.replace(true) && matches!(*self.state.borrow(), State::Rejected(_)) {
            self.handle.handled(self.id);
        }
    }

    /// The holder who would have looked at the result is gone.
    pub(crate) fn abandon(&self) {
        self.handled.set(false);
        let reason = match &*self.state.borrow() {
            // A task that was canceled on purpose is no news.
            State::Rejected(reason) if reason.error_ref::<TaskCanceled>().is_some() => None,
            State::Rejected(reason) => Some(reason.clone()),
            State::Pending(_) | State::Fulfilled(_) | State::Taken => None,
        };
        if let Some(reason) = reason {
            self.handle.rejected(self.id, reason);
        }
    }

    fn react(self: &Rc<Self>, reaction: Reaction<T>) {
        self.handle_rejection();
        if !self.is_pending() {
            self.queue(reaction);
        } else if let State::Pending(reactions) = &mut *self.state.borrow_mut() {
            reactions.push(reaction);
        }
    }

    fn queue(self: &Rc<Self>, reaction: Reaction<T>) {
        match reaction {
            // The task's poll is the microtask.
            Reaction::Wake(waker) => waker.wake(),
            Reaction::Job(job) => {
                let cell = self.clone();
                let job = Job::new(move || job(&cell));
                self.handle.enqueue(Microtask::job(job));
            }
        }
    }

    /// Registers a task's waker, unless it is registered already.
    fn wake_when_settled(self: &Rc<Self>, waker: &Waker) {
        if let State::Pending(reactions) = &*self.state.borrow()
            && reactions
                .iter()
                .any(|r| matches!(r, Reaction::Wake(w) if w.will_wake(waker)))
        {
            return;
        }
        self.react(Reaction::Wake(waker.clone()));
    }

    /// Takes the result out; for a cell with one reader only.
    pub(crate) fn poll_take(self: &Rc<Self>, context: &Context<'_>) -> Poll<Result<T, Reason>> {
        if self.is_pending() {
            self.wake_when_settled(context.waker());
            return Poll::Pending;
        }
        self.handle_rejection();
        match self.state.replace(State::Taken) {
            State::Fulfilled(value) => Poll::Ready(Ok(value)),
            State::Rejected(reason) => {
                self.state.replace(State::Rejected(reason.clone()));
                Poll::Ready(Err(reason))
            }
            State::Pending(_) | State::Taken => panic!("a result is polled again after its end"),
        }
    }
}

impl<T: Clone + 'static> PromiseCell<T> {
    /// The result of a settled cell.
    fn result(&self) -> Result<T, Reason> {
        match &*self.state.borrow() {
            State::Fulfilled(value) => Ok(value.clone()),
            State::Rejected(reason) => Err(reason.clone()),
            State::Pending(_) => unreachable!("reactions run after the promise has settled"),
            State::Taken => unreachable!("only a join handle takes, and it is the only reader"),
        }
    }
}

impl<T: 'static> Drop for PromiseCell<T> {
    fn drop(&mut self) {
        if !self.handled.get() && matches!(self.state.get_mut(), State::Rejected(_)) {
            self.handle.forget_promise(self.id);
        }
    }
}

impl<T: 'static> Promise<T> {
    /// A pending promise, and what settles it.
    #[doc(alias = "withResolvers")]
    pub fn with_resolvers(handle: &Handle) -> (Self, Resolver<T>) {
        let cell = PromiseCell::new(handle);
        (Self(cell.clone()), Resolver(cell))
    }

    /// A promise that is fulfilled already.
    pub fn resolved(handle: &Handle, value: T) -> Self {
        let (promise, resolver) = Self::with_resolvers(handle);
        resolver.resolve(value);
        promise
    }

    /// A promise that is rejected already.
    pub fn rejected(handle: &Handle, reason: impl Into<Reason>) -> Self {
        let (promise, resolver) = Self::with_resolvers(handle);
        resolver.reject(reason);
        promise
    }

    /// Names the promise, as the listeners for rejections see it.
    pub fn id(&self) -> PromiseId {
        self.0.id
    }

    /// Whether the promise is neither fulfilled nor rejected.
    pub fn is_pending(&self) -> bool {
        self.0.is_pending()
    }

    pub(crate) fn from_cell(cell: Rc<PromiseCell<T>>) -> Self {
        Self(cell)
    }
}

impl<T: Clone + 'static> Promise<T> {
    /// Calls `on_fulfilled` with the value; a rejection passes on to the promise that is returned.
    ///
    /// What the callback returns settles that promise; a panic rejects it.
    pub fn then<U: 'static, O: Outcome<Value = U>>(
        &self,
        on_fulfilled: impl FnOnce(T) -> O + 'static,
    ) -> Promise<U> {
        self.derive(move |result| on_fulfilled(result?).into_result())
    }

    /// Calls `on_rejected` with the reason; a value passes on to the promise that is returned.
    pub fn catch<O: Outcome<Value = T>>(
        &self,
        on_rejected: impl FnOnce(Reason) -> O + 'static,
    ) -> Promise<T> {
        self.derive(move |result| result.or_else(|reason| on_rejected(reason).into_result()))
    }

    /// Calls one of two callbacks: `promise.then(on_fulfilled, on_rejected)`.
    pub fn then_or<U: 'static, O: Outcome<Value = U>, R: Outcome<Value = U>>(
        &self,
        on_fulfilled: impl FnOnce(T) -> O + 'static,
        on_rejected: impl FnOnce(Reason) -> R + 'static,
    ) -> Promise<U> {
        self.derive(move |result| match result {
            Ok(value) => on_fulfilled(value).into_result(),
            Err(reason) => on_rejected(reason).into_result(),
        })
    }

    /// JavaScript's `await`: continues one microtask after the promise has settled, also when it
    /// has settled already.
    pub fn hop(&self) -> Hop<T> {
        Hop {
            cell: self.0.clone(),
            hopped: false,
        }
    }

    fn derive<U: 'static>(
        &self,
        callback: impl FnOnce(Result<T, Reason>) -> Result<U, Reason> + 'static,
    ) -> Promise<U> {
        let derived = PromiseCell::new(&self.0.handle);
        let promise = Promise(derived.clone());
        self.0.react(Reaction::Job(Box::new(move |cell| {
            let result = cell.result();
            derived.settle(catch_rejection(|| callback(result)));
            Ok(())
        })));
        promise
    }
}

impl<T: 'static> Clone for Promise<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: 'static> fmt::Debug for Promise<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &*self.0.state.borrow() {
            State::Pending(_) => "Promise(pending)",
            State::Fulfilled(_) | State::Taken => "Promise(fulfilled)",
            State::Rejected(_) => "Promise(rejected)",
        })
    }
}

impl<T: Clone + 'static> IntoFuture for Promise<T> {
    type Output = Result<T, Reason>;
    type IntoFuture = PromiseFuture<T>;

    fn into_future(self) -> PromiseFuture<T> {
        PromiseFuture { cell: self.0 }
    }
}

/// What settles a [`Promise`]. A clone settles the same one; only the first attempt counts.
pub struct Resolver<T: 'static>(Rc<PromiseCell<T>>);

impl<T: 'static> Resolver<T> {
    /// Fulfills the promise.
    pub fn resolve(&self, value: T) {
        if !self.0.locked.replace(true) {
            self.0.settle(Ok(value));
        }
    }

    /// Rejects the promise.
    pub fn reject(&self, reason: impl Into<Reason>) {
        if !self.0.locked.replace(true) {
            self.0.settle(Err(reason.into()));
        }
    }
}

impl<T: Clone + 'static> Resolver<T> {
    /// Resolves the promise *with another promise*: from now on it follows that one.
    ///
    /// It settles three microtasks later when the other one is fulfilled already, as in
    /// JavaScript: one to subscribe, one to be told, one for its own reactions.
    pub fn follow(&self, other: &Promise<T>) {
        if self.0.locked.replace(true) {
            return;
        }
        let (cell, other) = (self.0.clone(), other.0.clone());
        let handle = cell.handle.clone();
        let subscribe = move || {
            other.react(Reaction::Job(Box::new(move |other| {
                cell.settle(other.result());
                Ok(())
            })));
            Ok(())
        };
        handle.enqueue(Microtask::job(Job::new(subscribe)));
    }
}

impl<T: 'static> Clone for Resolver<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: 'static> fmt::Debug for Resolver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").finish_non_exhaustive()
    }
}

/// The future of a [`Promise`]: ready as soon as the promise is settled.
pub struct PromiseFuture<T: 'static> {
    cell: Rc<PromiseCell<T>>,
}

impl<T: Clone + 'static> Future for PromiseFuture<T> {
    type Output = Result<T, Reason>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.cell.is_pending() {
            self.cell.wake_when_settled(context.waker());
            return Poll::Pending;
        }
        self.cell.handle_rejection();
        Poll::Ready(self.cell.result())
    }
}

/// The future of [`Promise::hop`].
pub struct Hop<T: 'static> {
    cell: Rc<PromiseCell<T>>,
    hopped: bool,
}

impl<T: Clone + 'static> Future for Hop<T> {
    type Output = Result<T, Reason>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.hopped && !self.cell.is_pending() {
            return Poll::Ready(self.cell.result());
        }
        self.hopped = true;
        self.cell.wake_when_settled(context.waker());
        Poll::Pending
    }
}

impl<T: 'static> fmt::Debug for PromiseFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PromiseFuture").finish_non_exhaustive()
    }
}

impl<T: 'static> fmt::Debug for Hop<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hop").finish_non_exhaustive()
    }
}

/// Continues one microtask later: JavaScript's `await null`.
///
/// # Examples
///
/// ```
/// let mut event_loop = synodic_loop::EventLoop::new()?;
/// event_loop.block_on(async {
///     synodic_loop::microtask_hop().await;
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn microtask_hop() -> MicrotaskHop {
    MicrotaskHop {
        hopped: false,
        _not_send: PhantomData,
    }
}

/// The future of [`microtask_hop`].
#[derive(Debug)]
pub struct MicrotaskHop {
    hopped: bool,
    /// It belongs to the task, and so to the loop, that polls it first.
    _not_send: PhantomData<Rc<()>>,
}

impl Future for MicrotaskHop {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.hopped {
            return Poll::Ready(());
        }
        self.hopped = true;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}
