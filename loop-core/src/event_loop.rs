//! The loop itself: what runs when.
//!
//! ```text
//! main ─► drain ─► timers ─┐
//!                          ▼
//!        ┌──► pending ► idle ► prepare ► poll ► check ► close ► timers ──┐
//!        └──────────────────────── while alive ◄────────────────────────┘
//!                          │ not alive
//!                          ▼
//!                    before_exit ──► alive again? back to timers
//!                          │
//!                          ▼
//!                        exit
//!
//! drain, after main and after every callback: all ticks, then all microtasks, until both are
//! empty; then rejections are reported, and what that queued is drained as well
//! ```
//!
//! The law is `conformance/node/ordering/SEMANTICS.md`, whose section numbers comments quote.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use synodic_sync::thread;

use crate::Outcome;
use crate::builder::Builder;
use crate::dispatch::{Called, Ended};
use crate::error::{BlockOnError, BuildError};
use crate::exit_status::{CODE_UNSETTLED_MAIN, ExitCause, ExitStatus};
use crate::handle::Handle;
use crate::io::{DriverKind, Event, Shutdown, Wait};
use crate::metrics::Phase;
use crate::unwind::is_exit;

/// How long [`EventLoop::run_mode`] runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[doc(alias = "uv_run_mode")]
pub enum RunMode {
    /// Until nothing keeps the loop alive, or [`Handle::stop`] is called.
    Default,
    /// One turn. It waits for an event when nothing else called back in it, and no idle handle was
    /// active. Timers run at its end only, so the one that ended the wait does.
    Once,
    /// One turn that does not wait.
    NoWait,
}

/// An event loop: it owns everything that is in flight, and runs it on one thread.
///
/// Dropping it cancels the operations in flight and waits for the kernel to let go of their
/// buffers. What the kernel does not let go of within the
/// [grace period](Builder::drop_grace) is leaked, never freed.
///
/// # Panics
///
/// When the drop of a task or a callback panics: after everything else has been dropped, with the
/// first of the panics.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let mut event_loop = synodic_loop::EventLoop::new()?;
/// let status = event_loop.run(|| {
///     synodic_loop::set_timeout(Duration::from_millis(1), || println!("timer"));
///     synodic_loop::next_tick(|| println!("tick"));
///     synodic_loop::queue_microtask(|| println!("microtask"));
///     println!("main");
/// });
/// assert!(status.success()); // main, tick, microtask, timer
/// # Ok::<(), synodic_loop::BuildError>(())
/// ```
#[doc(alias = "uv_loop_t")]
pub struct EventLoop {
    handle: Handle,
}

impl EventLoop {
    /// A loop with the defaults of [`Builder`].
    ///
    /// # Errors
    ///
    /// [`BuildError`] when no driver can be started.
    pub fn new() -> Result<Self, BuildError> {
        Self::builder().build()
    }

    /// Options of a loop.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn from_handle(handle: Handle) -> Self {
        Self { handle }
    }

    /// The loop, for the code that runs on it.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Runs a program from its main function to its end, as Node runs a CommonJS script: `main`,
    /// then turns until nothing keeps the loop alive, then the `before_exit` and `exit` listeners.
    ///
    /// A loop that has ended stays ended: running it again returns the same status.
    pub fn run<O: Outcome<Value = ()>>(&mut self, main: impl FnOnce() -> O) -> ExitStatus {
        let entered = self.handle.enter();
        let status = self
            .run_main(main)
            .unwrap_or_else(|Ended| self.status().expect("an ended loop has a status"));
        drop(entered);
        status
    }

    /// Like [`run`](Self::run) for an async main function, as Node runs an ES module.
    ///
    /// The loop goes on after `main` is done, as long as something keeps it alive. An `Err` of
    /// `main` is an unhandled rejection. When nothing keeps the loop alive and `main` is still
    /// pending, the exit code is 13.
    pub fn run_async<F>(&mut self, main: F) -> ExitStatus
    where
        F: Future + 'static,
        F::Output: Outcome,
    {
        let entered = self.handle.enter();
        let main = self.handle.start_promise(main, false);
        let status = self
            .run_to_end(|| main.is_pending())
            .unwrap_or_else(|Ended| self.status().expect("an ended loop has a status"));
        drop(entered);
        status
    }

    /// Runs the loop until `future` is done, and returns its value.
    ///
    /// The turn in which that happens is finished first. Other tasks stay where they are, and go on
    /// when the loop runs again.
    ///
    /// # Errors
    ///
    /// [`BlockOnError::Unsettled`] when nothing is left that could wake the future.
    pub fn block_on<F>(&mut self, future: F) -> Result<F::Output, BlockOnError>
    where
        F: Future,
    {
        let entered = self.handle.enter();
        let output = self
            .handle
            .run_until(future, || self.turns(RunMode::Default));
        drop(entered);
        output
    }

    /// Runs turns as `uv_run` does, without the events of a process. Returns whether something
    /// still keeps the loop alive.
    #[doc(alias = "uv_run")]
    pub fn run_mode(&mut self, mode: RunMode) -> bool {
        let entered = self.handle.enter();
        // How a loop has ended can be asked for: `status`.
        let alive = self.turns(mode).unwrap_or(false);
        self.handle.io().flush();
        drop(entered);
        alive
    }

    /// How the loop ended, once it has.
    pub fn status(&self) -> Option<ExitStatus> {
        self.handle.inner().process.status()
    }

    fn run_main<O: Outcome<Value = ()>>(
        &self,
        main: impl FnOnce() -> O,
    ) -> Result<ExitStatus, Ended> {
        self.handle.call(|| main().into_result())?;
        // After main the queues are drained even if it threw (section 2).
        self.run_to_end(|| false)
    }

    fn run_to_end(&self, is_main_pending: impl Fn() -> bool) -> Result<ExitStatus, Ended> {
        self.handle.drain()?;
        loop {
            self.turns(RunMode::Default)?;
            self.handle.emit_before_exit()?;
            if !self.handle.alive() {
                break;
            }
        }
        if is_main_pending() && self.handle.exit_code().is_none() {
            self.handle.set_exit_code(CODE_UNSETTLED_MAIN);
            return Ok(self.handle.end_naturally(ExitCause::UnsettledMain));
        }
        Ok(self.handle.end_naturally(ExitCause::Natural))
    }

    /// The turns of the loop (section 3).
    fn turns(&self, mode: RunMode) -> Result<bool, Ended> {
        let handle = &self.handle;
        handle.check_ended()?;
        handle.inner().mailbox.awake();
        let result = self.turns_awake(mode);
        // From now on whoever brings work has to ring, for an embedder who waits on `backend_fd`.
        handle.inner().mailbox.fall_asleep();
        result
    }

    fn turns_awake(&self, mode: RunMode) -> Result<bool, Ended> {
        let handle = &self.handle;
        let inner = handle.inner();
        inner.clock.read();
        inner.meter.start(inner.clock.now());
        let mut alive = handle.alive();
        if mode == RunMode::Default && alive && !inner.stop.get() {
            handle.in_phase(Phase::Timers, || handle.run_timers())?;
        }
        while alive && !inner.stop.get() {
            inner.meter.count_iteration();
            let is_idle = inner.watchers.idle.borrow().is_empty();
            let called = handle.in_phase(Phase::Pending, || handle.run_pending())?;
            handle.in_phase(Phase::Idle, || handle.run_idle())?;
            handle.in_phase(Phase::Prepare, || handle.run_prepare())?;
            let may_wait = match mode {
                RunMode::Default => true,
                RunMode::Once => is_idle && !called,
                RunMode::NoWait => false,
            };
            handle.in_phase(Phase::Poll, || handle.run_poll(may_wait))?;
            handle.in_phase(Phase::Check, || handle.run_check())?;
            handle.in_phase(Phase::Closing, || handle.run_closing())?;
            inner.clock.read();
            handle.in_phase(Phase::Timers, || handle.run_timers())?;
            alive = handle.alive();
            if mode != RunMode::Default {
                break;
            }
        }
        inner.stop.set(false);
        Ok(alive)
    }
}

impl Handle {
    fn run_check(&self) -> Result<(), Ended> {
        self.run_check_handles()?;
        self.run_immediates()
    }

    /// Makes a callback of each result that was known before this turn looks for events. Says
    /// whether there were any.
    fn run_pending(&self) -> Result<bool, Ended> {
        self.inner().io.begin_pending_batch();
        self.run_completions()
    }

    /// Waits for events, and makes a callback of each: completions in the order in which they
    /// came, then what other threads posted, then async handles in order, then signals.
    fn run_poll(&self, may_wait: bool) -> Result<(), Ended> {
        self.wait_for_events(may_wait)?;
        self.sort_mail();
        self.inner().asyncs.start_walk();
        self.inner().io.begin_batch();
        self.run_completions()?;
        self.serve_mail()?;
        self.walk_asyncs()?;
        self.serve_signals()
    }

    fn run_completions(&self) -> Result<bool, Ended> {
        let mut called = false;
        while let Some(event) = self.next_event()? {
            self.dispatch(|| event.run())?;
            called = true;
        }
        Ok(called)
    }

    /// The next completion that somebody waits for. Those before it may be of dropped operations,
    /// whose buffers are dropped here: user code, which may throw.
    fn next_event(&self) -> Result<Option<Event>, Ended> {
        loop {
            let mut event = None;
            let called = self.call(|| {
                event = self.inner().io.next_event();
                Ok(())
            })?;
            if called == Called::Returned {
                return Ok(event);
            }
        }
    }

    fn wait_for_events(&self, may_wait: bool) -> Result<(), Ended> {
        let inner = self.inner();
        let mut wait = if may_wait {
            self.allowed_wait()
        } else {
            Wait::Now
        };
        if !matches!(wait, Wait::Now) && self.run_idle_work(deadline(&wait))? {
            wait = self.allowed_wait();
        }
        if matches!(wait, Wait::Now) {
            self.wait_in_driver(Wait::Now);
        } else {
            inner.mailbox.fall_asleep();
            if self.has_news() {
                self.wait_in_driver(Wait::Now);
            } else {
                let start = inner.clock.now();
                if !self.skip_wait(&wait) {
                    self.wait_in_driver(wait);
                }
                let waited = inner.clock.now().saturating_sub(start);
                inner.meter.count_idle(waited);
            }
            inner.mailbox.awake();
        }
        inner.clock.read();
        Ok(())
    }

    fn wait_in_driver(&self, wait: Wait) {
        if let Err(error) = self.inner().io.wait(wait) {
            // A driver's descriptors belong to the loop, which is open: only a program that closes
            // descriptors that it does not own gets here, and nothing would ever complete again.
            panic!("the event loop's driver cannot wait for events: {error}");
        }
    }

    /// What another thread or a signal handler has brought.
    fn has_news(&self) -> bool {
        let inner = self.inner();
        !inner.mailbox.is_empty() || inner.asyncs.is_triggered() || inner.signals.is_triggered()
    }

    /// How long the poll phase may block (section 3, "Blocking").
    fn allowed_wait(&self) -> Wait {
        let inner = self.inner();
        let must_not_block = inner.stop.get()
            || !self.alive()
            || inner.immediates.is_alive()
            || inner.watchers.is_closing()
            || !inner.watchers.idle.borrow().is_empty()
            || inner.io.has_work()
            || self.has_news();
        if must_not_block {
            return Wait::Now;
        }
        let lists_ms = inner.timers.wake_at.get().map(|wake| wake.at_ms);
        let next_ms = match (lists_ms, self.next_uv_timer_ms()) {
            (Some(lists), Some(handles)) => Some(lists.min(handles)),
            (lists, handles) => lists.or(handles),
        };
        match next_ms {
            None => Wait::Forever,
            Some(at_ms) if at_ms <= inner.clock.read() => Wait::Now,
            Some(at_ms) => Wait::Until(Duration::from_millis(at_ms)),
        }
    }

    /// Moves a virtual clock to the end of the wait instead of waiting; false with a real clock.
    fn skip_wait(&self, wait: &Wait) -> bool {
        let inner = self.inner();
        let Wait::Until(deadline) = *wait else {
            return false;
        };
        if inner.io.in_flight() > 0 {
            if inner.io.info().kind() != DriverKind::Test {
                // What a real driver waits for takes real time, in which virtual time stands still.
                return false;
            }
            // The test driver carries out now what it can, and that comes before any timer.
            self.wait_in_driver(Wait::Now);
            if inner.io.has_work() {
                return true;
            }
        }
        inner.clock.skip_to(deadline)
    }

    /// How long a poll phase would block now: `None` for as long as it takes.
    #[doc(alias = "uv_backend_timeout")]
    pub fn backend_timeout(&self) -> Option<Duration> {
        match self.allowed_wait() {
            Wait::Now => Some(Duration::ZERO),
            Wait::Until(deadline) => Some(deadline.saturating_sub(self.inner().clock.now())),
            Wait::Forever => None,
        }
    }

    /// A descriptor that becomes readable when the loop has something to do, for an embedder who
    /// waits in a loop of his own.
    ///
    /// He waits for it to be readable, at most for [`backend_timeout`](Self::backend_timeout), and
    /// then calls [`EventLoop::run_mode`] with [`RunMode::NoWait`]. The descriptor belongs to the
    /// loop: it is closed with it, and only the loop reads it.
    ///
    /// # Errors
    ///
    /// What the kernel says when the descriptor cannot be made, such as `EMFILE`; and
    /// [`NotConnected`](std::io::ErrorKind::NotConnected) when the loop has been dropped.
    #[doc(alias = "uv_backend_fd")]
    pub fn backend_fd(&self) -> std::io::Result<std::os::fd::RawFd> {
        self.inner().io.backend_fd()
    }
}

fn deadline(wait: &Wait) -> Option<Duration> {
    match wait {
        Wait::Until(deadline) => Some(*deadline),
        Wait::Now | Wait::Forever => None,
    }
}

impl EventLoop {
    /// Refuses what other threads bring, drops all user code, so that what it has in flight is
    /// canceled, then waits for the kernel to let go.
    fn shut_down(&self) {
        let inner = self.handle.inner();
        inner.mailbox.close();
        self.handle.clear();
        if let Shutdown::Leaked { operations } = inner.io.shutdown() {
            crate::leak::count_leaked(operations);
        }
    }
}

impl Drop for EventLoop {
    fn drop(&mut self) {
        let mut first = None;
        // User code that panics when it is dropped is gone, so going on comes to an end.
        while let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.shut_down())) {
            // Of a loop that is being dropped `exit` has nothing left to end.
            if first.is_none() && !is_exit(&*panic) {
                first = Some(panic);
            }
        }
        if let Some(panic) = first
            && !thread::panicking()
        {
            resume_unwind(panic);
        }
    }
}

impl fmt::Debug for EventLoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventLoop")
            .field("driver", self.handle.driver())
            .finish_non_exhaustive()
    }
}
