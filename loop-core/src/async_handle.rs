//! Async handles: how another thread makes the loop call something, and the walk over them in the
//! poll phase (section 8.2 of the ordering rules).

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

use synodic_sync::Arc;

use crate::dispatch::{Called, Ended};
use crate::handle::Handle;
use crate::remote::LoopMailbox;
use crate::shared::flag::Flag;
use crate::watch::{HandleState, queue_close};
use crate::{Outcome, Reason};

/// The async handles of one loop, in the order in which a poll phase serves them.
#[derive(Default)]
pub(crate) struct Asyncs {
    served: RefCell<VecDeque<Rc<Waker>>>,
    /// Those whose turn in the current walk is still to come.
    waiting: RefCell<VecDeque<Rc<Waker>>>,
    /// Raised with any handle's flag, so a walk with nothing to serve is not made.
    any: Arc<Flag>,
}

/// Who is served when a flag is up.
pub(crate) trait Serve {
    /// Makes the callbacks that are due, each with its drain.
    fn serve(self: Rc<Self>, handle: &Handle) -> Result<(), Ended>;
}

/// One async handle: its flag and who is served.
pub(crate) struct Waker {
    pub(crate) state: HandleState,
    flag: Arc<Flag>,
    server: RefCell<Option<Rc<dyn Serve>>>,
}

impl Waker {
    /// A waker that is not active, at the end of the order.
    pub(crate) fn new(handle: &Handle, server: Option<Rc<dyn Serve>>) -> Rc<Self> {
        let waker = Rc::new(Self {
            state: HandleState::new(handle),
            flag: Arc::new(Flag::new()),
            server: RefCell::new(server),
        });
        handle
            .inner()
            .asyncs
            .served
            .borrow_mut()
            .push_back(waker.clone());
        waker
    }

    pub(crate) fn set_server(&self, server: Rc<dyn Serve>) {
        self.server.replace(Some(server));
    }

    pub(crate) fn take_server(&self) -> Option<Rc<dyn Serve>> {
        self.server.take()
    }

    pub(crate) fn notifier(&self) -> Notifier {
        let inner = self.state.handle.inner();
        Notifier {
            flag: self.flag.clone(),
            any: inner.asyncs.any.clone(),
            mailbox: inner.mailbox.clone(),
        }
    }

    /// Makes the loop serve this waker, from the loop's own thread.
    pub(crate) fn trigger(&self) {
        self.flag.raise();
        self.state.handle.inner().asyncs.any.raise();
    }

    /// Takes the waker out of the order for good.
    pub(crate) fn leave(&self) {
        let asyncs = &self.state.handle.inner().asyncs;
        asyncs
            .served
            .borrow_mut()
            .retain(|other| !std::ptr::eq(&**other, self));
        asyncs
            .waiting
            .borrow_mut()
            .retain(|other| !std::ptr::eq(&**other, self));
    }
}

impl Asyncs {
    /// Whether a handle waits to be served.
    pub(crate) fn is_triggered(&self) -> bool {
        // Lowered before the look at the handles: one that is signalled after the look raises it
        // again. Handles signalled and served in one walk leave it up with nothing behind it.
        if !self.any.lower() {
            return false;
        }
        let triggered = self
            .served
            .borrow()
            .iter()
            .any(|waker| waker.flag.is_raised());
        if triggered {
            self.any.raise();
        }
        triggered
    }

    /// Starts a walk: handles made from now on are not part of it.
    pub(crate) fn start_walk(&self) {
        let mut waiting = self.waiting.borrow_mut();
        debug_assert!(waiting.is_empty(), "a walk ends before the next one starts");
        std::mem::swap(&mut *waiting, &mut *self.served.borrow_mut());
    }

    /// The next one whose flag is up. Flags are looked at when their turn comes, so what is
    /// signalled during the walk is served in it, unless its turn is over.
    fn next(&self) -> Option<Rc<Waker>> {
        loop {
            let waker = self.waiting.borrow_mut().pop_front()?;
            self.served.borrow_mut().push_back(waker.clone());
            if waker.flag.lower() {
                return Some(waker);
            }
        }
    }

    fn end_walk(&self) {
        let mut waiting = self.waiting.borrow_mut();
        self.served.borrow_mut().extend(waiting.drain(..));
    }

    pub(crate) fn clear(&self) {
        drop(self.served.take());
        drop(self.waiting.take());
    }
}

impl Handle {
    /// Serves the async handles in order, once each.
    pub(crate) fn walk_asyncs(&self) -> Result<(), Ended> {
        let asyncs = &self.inner().asyncs;
        if !asyncs.any.lower() {
            asyncs.end_walk();
            return Ok(());
        }
        while let Some(waker) = asyncs.next() {
            let server = waker.server.borrow().clone();
            if let Some(server) = server {
                server.serve(self)?;
            }
        }
        Ok(())
    }
}

/// A handle by which any thread makes the loop call a callback.
///
/// Dropping it closes it. It keeps the loop alive until it is closed or unreferenced.
///
/// # Node
///
/// `uv_async_t`. Signals coalesce: the callback runs once for any number of them. Handles that are
/// signalled together run in the order in which they were made.
///
/// # Examples
///
/// ```
/// use synodic_loop::{Async, EventLoop, Handle};
///
/// let mut event_loop = EventLoop::new()?;
/// let handle = event_loop.handle();
/// event_loop.run(move || {
///     let signalled = Async::new(&handle, || -> () { Handle::current().exit(Some(0)) });
///     let notifier = signalled.notifier();
///     std::thread::spawn(move || notifier.notify());
///     std::mem::forget(signalled); // stays open until the loop ends
/// });
/// # Ok::<(), synodic_loop::BuildError>(())
/// ```
#[doc(alias = "uv_async_t")]
pub struct Async(Rc<Waker>);

impl Async {
    /// An active handle that calls `callback` in the poll phase after it was signalled.
    pub fn new<O: Outcome<Value = ()> + 'static>(
        handle: &Handle,
        callback: impl FnMut() -> O + 'static,
    ) -> Self {
        let waker = Waker::new(handle, None);
        waker.state.set_active(true);
        waker.set_server(Rc::new(Callback {
            callback: Cell::new(Some(callback)),
        }));
        Self(waker)
    }

    /// What signals the handle, from any thread.
    pub fn notifier(&self) -> Notifier {
        self.0.notifier()
    }

    /// Closes the handle; `callback` runs in the close phase. A second call does nothing.
    pub fn close<O: Outcome<Value = ()>>(&self, callback: impl FnOnce() -> O + 'static) {
        if self.0.state.start_closing() {
            self.0.leave();
            let server = self.0.take_server();
            drop(server);
            queue_close(&self.0.state.handle, callback);
        }
    }

    /// Lets the handle keep the loop alive, as it does from the start.
    pub fn r#ref(&self) -> &Self {
        self.0.state.set_refed(true);
        self
    }

    /// Lets the loop end although this handle is open.
    pub fn unref(&self) -> &Self {
        self.0.state.set_refed(false);
        self
    }

    /// Whether the handle keeps the loop alive.
    pub fn has_ref(&self) -> bool {
        self.0.state.is_refed()
    }
}

impl Drop for Async {
    fn drop(&mut self) {
        if !self.0.state.is_closing() {
            self.close(|| {});
        }
    }
}

impl fmt::Debug for Async {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Async").finish_non_exhaustive()
    }
}

/// Calls a user's callback.
struct Callback<F> {
    /// Empty while it runs.
    callback: Cell<Option<F>>,
}

impl<F, O> Serve for Callback<F>
where
    F: FnMut() -> O,
    O: Outcome<Value = ()>,
{
    fn serve(self: Rc<Self>, handle: &Handle) -> Result<(), Ended> {
        let Some(mut callback) = self.callback.take() else {
            return Ok(());
        };
        let called = handle.call(|| -> Result<(), Reason> { callback().into_result() });
        self.callback.set(Some(callback));
        if called? == Called::Returned {
            handle.drain()?;
        }
        Ok(())
    }
}

/// Signals an [`Async`] handle, from any thread.
#[derive(Clone)]
pub struct Notifier {
    flag: Arc<Flag>,
    any: Arc<Flag>,
    mailbox: Arc<LoopMailbox>,
}

impl Notifier {
    /// Makes the loop call the handle's callback soon. Does nothing when the handle or the loop is
    /// closed. Signals coalesce until the callback starts.
    pub fn notify(&self) {
        if self.flag.raise() {
            self.any.raise();
            self.mailbox.notify();
        }
    }
}

impl fmt::Debug for Notifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notifier").finish_non_exhaustive()
    }
}
