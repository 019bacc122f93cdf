//! Options of a loop.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use synodic_sync::Arc;

use crate::blocking::BlockingExecutor;
use crate::clock::{Clock, LoopClock, MonotonicClock, VirtualClock};
use crate::error::BuildError;
use crate::event_loop::EventLoop;
use crate::handle::{Handle, Inner};
use crate::io::{DriverChoice, Io, IoOptions};
use crate::microtask::{MicrotaskHost, MicrotaskQueue};
use crate::shared::mailbox::Mailbox;
use crate::sys::EventFd;
use crate::timer::Timers;

/// Options of an [`EventLoop`]; made by [`EventLoop::builder`].
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use synodic_loop::{DriverChoice, DriverKind, EventLoop};
///
/// let event_loop = EventLoop::builder()
///     .driver(DriverChoice::Epoll)
///     .drop_grace(Duration::from_secs(1))
///     .build()?;
/// assert_eq!(event_loop.handle().driver().kind(), DriverKind::Epoll);
/// # Ok::<(), synodic_loop::BuildError>(())
/// ```
#[must_use = "options do nothing until `build` is called"]
pub struct Builder {
    io: IoOptions,
    clock: Rc<dyn Clock>,
    microtask_host: Option<Rc<dyn MicrotaskHost>>,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            io: IoOptions::default(),
            clock: Rc::new(MonotonicClock),
            microtask_host: None,
        }
    }

    /// Which driver to use. The default tries io_uring, then epoll, unless the environment variable
    /// `SYNODIC_DRIVER` names one.
    pub fn driver(mut self, choice: DriverChoice) -> Self {
        self.io.choice = choice;
        self
    }

    /// How long dropping the loop waits for the kernel to let go of buffers; 5 seconds by default.
    /// What it does not let go of in time is leaked.
    pub fn drop_grace(mut self, grace: Duration) -> Self {
        self.io.drop_grace = grace;
        self
    }

    /// Who runs blocking work; a [`DefaultExecutor`](crate::DefaultExecutor) by default.
    pub fn blocking_executor(mut self, executor: impl BlockingExecutor) -> Self {
        self.io.executor = Some(Arc::new(executor));
        self
    }

    /// The clock to run by, on a real driver. Virtual time then moves only while no operation is
    /// in flight.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Rc::new(clock);
        self
    }

    /// Runs by a virtual clock, on a driver for tests: operations complete in the next poll phase,
    /// in order, and waiting for a timer takes no time.
    pub fn virtual_clock(mut self, clock: VirtualClock) -> Self {
        self.io.test = true;
        self.clock(clock)
    }

    /// Makes the job queue of a JavaScript engine the microtask queue.
    pub fn microtask_host(mut self, host: Rc<dyn MicrotaskHost>) -> Self {
        self.microtask_host = Some(host);
        self
    }

    /// Makes the loop, on the thread that is to run it.
    ///
    /// # Errors
    ///
    /// [`BuildError`] when no driver can be started; it says what was tried.
    pub fn build(mut self) -> Result<EventLoop, BuildError> {
        let wake = Arc::new(EventFd::new().map_err(BuildError::Wake)?);
        self.io.wake = Some(wake.clone());
        let mailbox = Arc::new(Mailbox::new(wake));
        let io = Io::new(self.io, mailbox.clone())?;
        let inner = Inner {
            clock: LoopClock::new(self.clock),
            ticks: Default::default(),
            microtasks: MicrotaskQueue::new(self.microtask_host),
            rejections: Default::default(),
            timers: Timers::new(),
            immediates: Default::default(),
            watchers: Default::default(),
            asyncs: Default::default(),
            signals: Default::default(),
            tasks: Default::default(),
            process: Default::default(),
            idle_work: Default::default(),
            meter: Default::default(),
            io,
            mailbox,
            mail: RefCell::default(),
            stop: Cell::new(false),
            closed: Cell::new(false),
        };
        Ok(EventLoop::from_handle(Handle::from_inner(Rc::new(inner))))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").finish_non_exhaustive()
    }
}
