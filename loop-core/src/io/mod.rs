//! Operations in flight, and what they own.
//!
//! Everything that the kernel works on is handed over to it whole: an [`Op`] is the handle of an
//! operation whose buffers belong to the loop until the kernel is done, whatever becomes of the
//! handle. [`PollFd`] waits for the readiness of a descriptor instead, for code that does its own
//! system calls.
//!
//! The loop's side is `Io`: it owns the driver and the slab of operations. `README.md` beside this
//! file argues why nothing is freed under the kernel. No borrow of the state is held while foreign
//! code runs: wakers, callbacks, executors and the drops of payloads all run outside.

mod current;
mod descriptor;
pub(crate) mod driver;
mod key;
mod name_call;
mod offload;
mod op;
mod operation;
pub(crate) mod ops;
mod poll;
mod request;
mod shutdown;
mod slab;
mod starved;
mod state;
mod stream;
#[cfg(test)]
mod tests;

pub use driver::{DriverChoice, DriverError, DriverInfo, DriverKind, DriverRefusal};
pub use op::{Cancel, Canceled, Op, OpRef};
pub use poll::{Interest, PollFd, Readiness};

pub(crate) use current::current;
pub(crate) use descriptor::{SharedFd, owns_descriptor};
pub(crate) use driver::Wait;
pub(crate) use key::{KeyKind, OpKey};
pub(crate) use name_call::NameCall;
pub(crate) use operation::Operation;
pub(crate) use request::{POSITION, Request, Side};
pub(crate) use shutdown::Shutdown;
pub(crate) use stream::OpStream;

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::RawFd;
use std::rc::Rc;
use std::task::Waker;
use std::time::Duration;

use synodic_buffers::{BlockPool, PoolOptions};
use synodic_sync::Arc;

use self::offload::Board;
use self::slab::OnComplete;
use self::starved::Starved;
use self::state::{Settled, State};
use crate::Reason;
use crate::blocking::{BlockingExecutor, DefaultExecutor};
use crate::sys::{EventFd, RawResult};

/// Unused blocks that the loop keeps for receiving: as many as the ring holds, so that a turn in
/// which each of them was filled does not allocate.
const CACHE_BLOCKS_MAX: usize = 256;

/// The result of an operation that takes a buffer and gives it back.
pub type BufResult<T, B> = (io::Result<T>, B);

/// How long shutting down waits for the kernel to let go, unless the builder says otherwise. Disk
/// I/O, which alone cannot be canceled, takes milliseconds.
pub(crate) const DROP_GRACE_DEFAULT: Duration = Duration::from_secs(5);

/// How an [`Io`] is made.
pub(crate) struct IoOptions {
    /// The driver to use.
    pub(crate) choice: DriverChoice,
    /// Size of the submission queue.
    pub(crate) submission_entries: u32,
    /// Size of the completion queue.
    pub(crate) completion_entries: u32,
    /// How long shutting down waits for the kernel.
    pub(crate) drop_grace: Duration,
    /// Who runs blocking work; `None` for a [`DefaultExecutor`].
    pub(crate) executor: Option<Arc<dyn BlockingExecutor>>,
    /// Rungs of the probe's ladder to leave out, so that a new kernel stands for an old one.
    pub(crate) skipped_rungs: u32,
    /// What other threads ring to end a wait; `None` for a new one.
    pub(crate) wake: Option<Arc<EventFd>>,
    /// Whether to run on the test driver, whatever `choice` says.
    pub(crate) test: bool,
}

impl Default for IoOptions {
    fn default() -> Self {
        Self {
            choice: DriverChoice::Auto,
            submission_entries: 256,
            completion_entries: 4096,
            drop_grace: DROP_GRACE_DEFAULT,
            executor: None,
            skipped_rungs: 0,
            wake: None,
            test: false,
        }
    }
}

/// Where results of blocking work go: the loop's mailbox.
pub(crate) trait CompletionSink: Send + Sync {
    /// Brings `result` to the loop, which passes it to [`Io::complete`].
    fn complete(&self, key: OpKey, result: RawResult);
}

/// Something to run as one callback of the pending or the poll phase.
pub(crate) enum Event {
    /// A future's operation ended.
    Wake(Waker),
    /// A callback's operation ended.
    Callback(OnComplete),
}

impl Event {
    /// Tells whom it is for. This runs foreign code.
    ///
    /// # Errors
    ///
    /// What a callback throws.
    pub(crate) fn run(self) -> Result<(), Reason> {
        match self {
            Self::Wake(waker) => {
                waker.wake();
                Ok(())
            }
            Self::Callback(callback) => callback(),
        }
    }
}

/// The I/O side of one loop. See the [module](self).
pub(crate) struct Io {
    state: RefCell<State>,
    starved: RefCell<Starved>,
    /// Referenced operations in flight.
    active: Cell<usize>,
    #[cfg(test)]
    wake: Arc<EventFd>,
    board: Arc<Board>,
    executor: Arc<dyn BlockingExecutor>,
    pool: Rc<BlockPool>,
    info: DriverInfo,
    has_multishot: bool,
    drop_grace: Duration,
}

impl Io {
    /// Starts the driver that `options` ask for, on this thread.
    ///
    /// # Errors
    ///
    /// [`DriverError`] says what was tried and why it failed.
    pub(crate) fn new(
        options: IoOptions,
        sink: Arc<dyn CompletionSink>,
    ) -> Result<Rc<Self>, DriverError> {
        let wake = match &options.wake {
            Some(wake) => wake.clone(),
            None => Arc::new(EventFd::new().map_err(DriverError::WakeDescriptor)?),
        };
        let pool = PoolOptions::new().cache_blocks_max(CACHE_BLOCKS_MAX);
        let pool = Rc::new(BlockPool::with_options(pool));
        let (driver, info) = driver::open(&options, &wake, &pool)?;
        let executor = options
            .executor
            .unwrap_or_else(|| Arc::new(DefaultExecutor::new()));
        Ok(Rc::new(Self {
            state: RefCell::new(State::new(driver)),
            starved: RefCell::default(),
            active: Cell::new(0),
            board: Board::new(sink, wake.clone()),
            #[cfg(test)]
            wake,
            executor,
            pool,
            has_multishot: info.kind() != DriverKind::IoUring
                || info.features().contains(&"buffer_ring"),
            info,
            drop_grace: options.drop_grace,
        }))
    }

    /// What any thread rings to end a blocking wait.
    #[cfg(test)]
    pub(crate) fn wake_fd(&self) -> Arc<EventFd> {
        self.wake.clone()
    }

    /// What runs, and why.
    pub(crate) fn info(&self) -> &DriverInfo {
        &self.info
    }

    /// Where received bytes live.
    pub(crate) fn pool(&self) -> &BlockPool {
        &self.pool
    }

    /// A descriptor that is readable when there is something to do.
    ///
    /// # Errors
    ///
    /// What the kernel says when it cannot be made, and `NotConnected` after shutdown.
    pub(crate) fn backend_fd(&self) -> io::Result<RawFd> {
        self.state.borrow_mut().backend_fd()
    }

    /// How often the driver has entered the kernel to submit or wait.
    pub(crate) fn system_calls(&self) -> u64 {
        self.state.borrow().system_calls()
    }

    /// Operations that the driver has, also those that nobody waits for any more.
    pub(crate) fn in_flight(&self) -> usize {
        self.state.borrow().slab.in_flight
    }

    /// Operations that keep the loop alive.
    pub(crate) fn active_requests(&self) -> usize {
        self.active.get()
    }

    /// Whether one submission can yield many results. Where not, streams submit one by one.
    pub(crate) fn has_multishot(&self) -> bool {
        self.has_multishot
    }

    /// Whether the driver is gone: operations end as canceled at once.
    pub(crate) fn is_shut_down(&self) -> bool {
        self.state.borrow().driver.is_none()
    }

    /// Wakes `waker` when a descriptor was closed, or in a short while: something ran out.
    pub(crate) fn wake_when_relieved(&self, waker: Waker) {
        self.starved.borrow_mut().add(waker);
    }

    /// Whether results can be had without blocking.
    pub(crate) fn has_work(&self) -> bool {
        self.state.borrow_mut().has_work() || self.starved.borrow().is_due()
    }

    /// Submits, waits, and takes in results, for [`next_event`](Self::next_event) to hand out.
    ///
    /// # Errors
    ///
    /// What the kernel said to a wait that cannot work, such as `EBADF`. A signal is no error.
    pub(crate) fn wait(&self, wait: Wait) -> io::Result<()> {
        self.feed_executor();
        let wait = self.starved.borrow().limit(wait);
        let wait = if self.has_work() { Wait::Now } else { wait };
        self.state.borrow_mut().wait(wait)
    }

    /// Submits what is queued, for somebody who waits on [`backend_fd`](Self::backend_fd).
    pub(crate) fn flush(&self) {
        self.state.borrow_mut().flush();
    }

    /// Fixes what the batch of the pending phase is: all results that were known without a wait.
    pub(crate) fn begin_pending_batch(&self) {
        self.state.borrow_mut().begin_pending_batch();
    }

    /// Fixes what the batch of the poll phase is: all results that are there now.
    pub(crate) fn begin_batch(&self) {
        let wakers = self.starved.borrow_mut().take_due();
        self.state.borrow_mut().begin_batch(wakers);
    }

    /// The next thing to run from the batch. Results that nobody wants are disposed of on the way.
    pub(crate) fn next_event(&self) -> Option<Event> {
        loop {
            let settled = self.state.borrow_mut().settle_next()?;
            if let Some(event) = self.after(settled) {
                return Some(event);
            }
        }
    }

    /// Takes in the result of a blocking job, which came through the mailbox.
    pub(crate) fn complete(&self, key: OpKey, result: RawResult) {
        // Shutting down may have taken it already.
        if self.board.results().take(key) {
            self.state.borrow_mut().finish_work(key, result);
        }
    }

    /// Does what a settled completion asks for, with no borrow held.
    fn after(&self, settled: Settled) -> Option<Event> {
        match settled {
            Settled::Nothing => None,
            Settled::Event { event, ended } => {
                self.deactivate(ended);
                event
            }
            Settled::Reclaim(parked, result) => {
                parked.take().reclaim(result);
                None
            }
        }
    }

    /// Gives the executor what it has had no room for.
    fn feed_executor(&self) {
        loop {
            let Some((key, job)) = self.state.borrow_mut().backlog.pop() else {
                return;
            };
            if let Err(job) = self.executor.execute(job) {
                self.state.borrow_mut().backlog.push_front(key, job);
                // The pool's other users may hold it full, and none of them tells us.
                self.starved.borrow_mut().retry_soon();
                return;
            }
        }
    }

    /// Keeps the loop alive without an operation.
    pub(crate) fn keep_alive(self: &Rc<Self>) -> KeepAlive {
        self.activate();
        KeepAlive(self.clone())
    }

    /// Adds to the operations that keep the loop alive.
    fn activate(&self) {
        self.active.set(self.active.get() + 1);
    }

    fn deactivate(&self, was_active: bool) {
        // Shutting down has set it to zero already, whatever is dropped afterwards.
        self.active
            .set(self.active.get().saturating_sub(usize::from(was_active)));
    }
}

/// Keeps the loop alive while something waits that is no operation.
#[derive(Debug)]
pub(crate) struct KeepAlive(Rc<Io>);

impl Drop for KeepAlive {
    fn drop(&mut self) {
        self.0.deactivate(true);
    }
}

impl Drop for Io {
    fn drop(&mut self) {
        self.shutdown();
    }
}

impl std::fmt::Debug for Io {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Io")
            .field("driver", &self.info.kind())
            .finish_non_exhaustive()
    }
}
