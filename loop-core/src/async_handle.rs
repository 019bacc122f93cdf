//! Async handles: how another thread makes the loop call something, and the walk over them in the
//! poll phase (section 8.2 of the ordering rules).

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::rc::Rc;

use synodic_sync::Arc;

use crate::Outcome;
use crate::callback::Callback;
use crate::dispatch::Ended;
use crate::handle::Handle;
use crate::remote::LoopMailbox;
use crate::shared::flag::Flag;
use crate::shared::raised::Raised;
use crate::watch::{HandleState, Watched, handle_type};

/// The async handles of one loop. Those that nobody has signalled cost a turn nothing.
#[derive(Default)]
pub(crate) struct Asyncs {
    /// By number: the order in which a poll phase serves them is that in which they were made.
    handles: RefCell<BTreeMap<u64, Rc<Waker>>>,
    last_number: Cell<u64>,
    /// The last one of the current walk.
    walk_end: Cell<u64>,
    /// Those whose flag is up.
    up: RefCell<BTreeSet<u64>>,
    /// Those whose flag went up since `up` was looked at.
    raised: Arc<Raised>,
}

/// Who is served when a flag is up.
pub(crate) trait Serve {
    /// Makes the callbacks that are due, each with its drain.
    fn serve(self: Rc<Self>, handle: &Handle) -> Result<(), Ended>;

    /// Drops the callbacks: nobody is served any more.
    fn release(&self);
}

/// One async handle: its flag and who is served.
pub(crate) struct Waker {
    pub(crate) state: HandleState,
    number: u64,
    flag: Arc<Flag>,
    server: RefCell<Option<Rc<dyn Serve>>>,
}

impl Waker {
    /// A waker that is not active, at the end of the order.
    pub(crate) fn new(handle: &Handle, server: Option<Rc<dyn Serve>>) -> Rc<Self> {
        let asyncs = &handle.inner().asyncs;
        let number = asyncs.last_number.get() + 1;
        asyncs.last_number.set(number);
        let waker = Rc::new(Self {
            state: HandleState::new(handle),
            number,
            flag: Arc::new(Flag::new()),
            server: RefCell::new(server),
        });
        // What a closed loop is given it would own for ever.
        if !handle.is_closed() {
            asyncs.handles.borrow_mut().insert(number, waker.clone());
        }
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
            number: self.number,
            flag: self.flag.clone(),
            raised: inner.asyncs.raised.clone(),
            mailbox: inner.mailbox.clone(),
        }
    }

    /// Makes the loop serve this waker, from the loop's own thread.
    pub(crate) fn trigger(&self) {
        if self.flag.raise() {
            self.asyncs().up.borrow_mut().insert(self.number);
        }
    }

    /// Takes the waker out of the order for good.
    pub(crate) fn leave(&self) {
        let asyncs = self.asyncs();
        let left = asyncs.handles.borrow_mut().remove(&self.number);
        drop(left);
        asyncs.up.borrow_mut().remove(&self.number);
    }

    fn asyncs(&self) -> &Asyncs {
        &self.state.handle.inner().asyncs
    }
}

impl Asyncs {
    /// Whether a handle waits to be served.
    pub(crate) fn is_triggered(&self) -> bool {
        !self.raised.is_empty() || !self.up.borrow().is_empty()
    }

    /// Starts a walk: handles made from now on are not part of it.
    pub(crate) fn start_walk(&self) {
        self.walk_end.set(self.last_number.get());
    }

    /// The first one after `number` whose flag is up. What is signalled during the walk is served
    /// in it, unless its turn is over.
    fn next_after(&self, number: u64) -> Option<Rc<Waker>> {
        let mut up = self.up.borrow_mut();
        while let Some(number) = self.raised.take() {
            // A notifier outlives its handle.
            if self.handles.borrow().contains_key(&number) {
                up.insert(number);
            }
        }
        let next = *up.range(number + 1..).next()?;
        if next > self.walk_end.get() {
            return None;
        }
        up.remove(&next);
        let waker = self.handles.borrow().get(&next).cloned();
        let waker = waker.expect("a handle that leaves takes its number with it");
        // Whatever was signalled up to now is served now.
        waker.flag.lower();
        Some(waker)
    }

    /// Drops the handles' callbacks, which may own the handles.
    pub(crate) fn clear(&self) {
        for waker in self.handles.take().into_values() {
            waker.state.set_active(false);
            if let Some(server) = waker.take_server() {
                server.release();
            }
        }
        self.up.take();
    }
}

impl Handle {
    /// Serves the async handles that were signalled in order, once each.
    pub(crate) fn walk_asyncs(&self) -> Result<(), Ended> {
        let asyncs = &self.inner().asyncs;
        let mut number = 0;
        while asyncs.is_triggered()
            && let Some(waker) = asyncs.next_after(number)
        {
            number = waker.number;
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
        mut callback: impl FnMut() -> O + 'static,
    ) -> Self {
        let callback: Callback = Callback::new(move |()| callback());
        let waker = Waker::new(handle, Some(Rc::new(callback)));
        waker.state.set_active(true);
        Self(waker)
    }

    /// What signals the handle, from any thread.
    pub fn notifier(&self) -> Notifier {
        self.0.notifier()
    }
}

impl Watched for Async {
    fn state(&self) -> &HandleState {
        &self.0.state
    }

    fn release(&self) {
        self.0.leave();
        // One that runs now is dropped at its end, by the call.
        if let Some(server) = self.0.take_server() {
            server.release();
        }
    }
}

handle_type!(Async);

impl Serve for Callback {
    fn serve(self: Rc<Self>, handle: &Handle) -> Result<(), Ended> {
        handle.dispatch_kept(&self, &())
    }

    fn release(&self) {
        self.clear();
    }
}

/// Signals an [`Async`] handle, from any thread.
#[derive(Clone)]
pub struct Notifier {
    number: u64,
    flag: Arc<Flag>,
    raised: Arc<Raised>,
    mailbox: Arc<LoopMailbox>,
}

impl Notifier {
    /// Makes the loop call the handle's callback soon. Does nothing when the handle or the loop is
    /// closed. Signals coalesce until the callback starts.
    pub fn notify(&self) {
        self.raised.raise(&self.flag, self.number, &self.mailbox);
    }
}

impl fmt::Debug for Notifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notifier").finish_non_exhaustive()
    }
}
