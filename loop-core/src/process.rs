//! What Node keeps on `process`: its event listeners, the exit code, and how it ends.

use std::cell::{Cell, RefCell};

use crate::dispatch::{Called, Ended};
use crate::exit_status::{CODE_HANDLER_THREW, CODE_UNCAUGHT, ExitCause, ExitStatus};
use crate::listeners::{ListenerId, Listeners};
use crate::unwind::{Caught, catch, throw, unwind_exit};
use crate::{Exception, Handle, Origin, Outcome, Reason, Rejection};

#[derive(Default)]
pub(crate) struct Process {
    before_exit: Listeners<i32>,
    exit: Listeners<i32>,
    uncaught: Listeners<Exception>,
    monitor: Listeners<Exception>,
    pub(crate) unhandled: Listeners<Rejection>,
    pub(crate) handled: Listeners<Rejection>,
    exit_code: Cell<Option<i32>>,
    exiting: Cell<bool>,
    ended: RefCell<Option<ExitStatus>>,
}

impl Process {
    /// Whether the exit listeners have been called: from now on ticks do nothing.
    #[inline]
    pub(crate) fn is_exiting(&self) -> bool {
        self.exiting.get()
    }

    /// Whether nothing may run any more.
    #[inline]
    pub(crate) fn has_ended(&self) -> bool {
        self.ended.borrow().is_some()
    }

    pub(crate) fn status(&self) -> Option<ExitStatus> {
        self.ended.borrow().clone()
    }

    pub(crate) fn clear_listeners(&self) {
        self.before_exit.clear();
        self.exit.clear();
        self.uncaught.clear();
        self.monitor.clear();
        self.unhandled.clear();
        self.handled.clear();
    }

    fn end(&self, code: i32, cause: ExitCause) -> Ended {
        self.exit_code.set(Some(code));
        let mut ended = self.ended.borrow_mut();
        if ended.is_none() {
            *ended = Some(ExitStatus::new(code, cause));
        }
        Ended
    }

    /// Calls the exit listeners.
    fn emit_exit(&self) -> Result<(), Reason> {
        self.exiting.set(true);
        self.exit.emit(&self.exit_code.get().unwrap_or(0)).map(drop)
    }
}

/// Events and the end of the process.
impl Handle {
    /// Calls `listener` with the exit code when nothing keeps the loop alive any more.
    ///
    /// What the listener arms or opens revives the loop, and the event comes again.
    ///
    /// # Node
    ///
    /// `process.on("beforeExit")`: not emitted after `exit` or an uncaught exception.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut event_loop = synodic_loop::EventLoop::new()?;
    /// let handle = event_loop.handle();
    /// handle.on_before_exit(|code| assert_eq!(*code, 0));
    /// event_loop.run(|| {});
    /// # Ok::<(), synodic_loop::BuildError>(())
    /// ```
    pub fn on_before_exit<O: Outcome<Value = ()>>(
        &self,
        listener: impl FnMut(&i32) -> O + 'static,
    ) -> ListenerId {
        self.listen(&self.inner().process.before_exit, listener)
    }

    /// Calls `listener` with the exit code when the loop ends, for whatever cause but a throwing
    /// exception listener. Only synchronous work is done after this event.
    pub fn on_exit<O: Outcome<Value = ()>>(
        &self,
        listener: impl FnMut(&i32) -> O + 'static,
    ) -> ListenerId {
        self.listen(&self.inner().process.exit, listener)
    }

    /// Calls `listener` with each exception that nothing caught. With a listener the loop goes on.
    pub fn on_uncaught_exception<O: Outcome<Value = ()>>(
        &self,
        listener: impl FnMut(&Exception) -> O + 'static,
    ) -> ListenerId {
        self.listen(&self.inner().process.uncaught, listener)
    }

    /// Calls `listener` before the [`on_uncaught_exception`](Self::on_uncaught_exception)
    /// listeners, without its presence keeping the process from ending.
    pub fn on_uncaught_exception_monitor<O: Outcome<Value = ()>>(
        &self,
        listener: impl FnMut(&Exception) -> O + 'static,
    ) -> ListenerId {
        self.listen(&self.inner().process.monitor, listener)
    }

    /// Calls `listener` with each promise that was rejected and has no handler by the time the
    /// queues are empty. Without a listener the rejection becomes an uncaught exception.
    pub fn on_unhandled_rejection<O: Outcome<Value = ()>>(
        &self,
        listener: impl FnMut(&Rejection) -> O + 'static,
    ) -> ListenerId {
        self.listen(&self.inner().process.unhandled, listener)
    }

    /// Calls `listener` with each promise that got a handler after it was reported as unhandled.
    pub fn on_rejection_handled<O: Outcome<Value = ()>>(
        &self,
        listener: impl FnMut(&Rejection) -> O + 'static,
    ) -> ListenerId {
        self.listen(&self.inner().process.handled, listener)
    }

    /// Removes a listener of any of these events, or of [`on_idle`](Self::on_idle); false when it is
    /// gone already.
    pub fn remove_listener(&self, id: ListenerId) -> bool {
        let process = &self.inner().process;
        process.before_exit.remove(id)
            || process.exit.remove(id)
            || process.uncaught.remove(id)
            || process.monitor.remove(id)
            || process.unhandled.remove(id)
            || process.handled.remove(id)
            || self.inner().idle_work.remove(id)
    }

    /// The exit code set so far, `process.exitCode`.
    pub fn exit_code(&self) -> Option<i32> {
        self.inner().process.exit_code.get()
    }

    /// Sets the code with which the loop ends when nothing is left to do.
    pub fn set_exit_code(&self, code: i32) {
        self.inner().process.exit_code.set(Some(code));
    }

    /// Ends the loop at once: calls the exit listeners, then nothing more.
    ///
    /// With `None` the code set before stays, 0 by default. The call unwinds to the loop, which
    /// returns an [`ExitStatus`]; destructors on the way run, the panic hook does not.
    ///
    /// # Panics
    ///
    /// Always, with a private payload: that is how it leaves. Called outside of a callback of the
    /// loop it unwinds the caller. In a program built with `panic = "abort"` it ends the process
    /// after the exit listeners.
    ///
    /// In a destructor that runs while a panic unwinds, which may be the unwinding of another `exit`,
    /// it aborts the process, as every panic that leaves such a destructor does.
    /// [`std::thread::panicking`] tells whether one runs.
    ///
    /// # Node
    ///
    /// `process.exit(code)`.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut event_loop = synodic_loop::EventLoop::new()?;
    /// let handle = event_loop.handle();
    /// let status = event_loop.run(move || -> () { handle.exit(Some(4)) });
    /// assert_eq!(status.code(), 4);
    /// # Ok::<(), synodic_loop::BuildError>(())
    /// ```
    pub fn exit(&self, code: Option<i32>) -> ! {
        let process = &self.inner().process;
        if let Some(code) = code {
            process.exit_code.set(Some(code));
        }
        if !process.is_exiting()
            && let Err(reason) = process.emit_exit()
        {
            throw(reason);
        }
        let code = process.exit_code.get().unwrap_or(0);
        process.end(code, ExitCause::Exit);
        if cfg!(panic = "abort") {
            std::process::exit(code);
        }
        unwind_exit()
    }

    /// Reports an exception: to the listeners, else by the end of the process.
    pub(crate) fn report(&self, reason: Reason, origin: Origin) -> Result<(), Ended> {
        let process = &self.inner().process;
        let exception = Exception { reason, origin };
        let heard = catch(|| {
            process.monitor.emit(&exception)?;
            process.uncaught.emit(&exception)
        });
        match heard {
            Caught::Returned(true) => {
                // So that there is a check phase to come, which drains what was left over.
                self.set_immediate(|| {});
                self.dispose(Ok(Called::Threw), exception).map(drop)
            }
            Caught::Returned(false) => Err(self.die(exception)),
            Caught::Threw(reason) => {
                let thrown = Exception {
                    reason,
                    origin: Origin::UncaughtException,
                };
                Err(process.end(CODE_HANDLER_THREW, ExitCause::HandlerThrew(thrown)))
            }
            Caught::Exit => Err(Ended),
        }
    }

    /// Ends the process because of an exception that nobody listens for.
    fn die(&self, exception: Exception) -> Ended {
        let process = &self.inner().process;
        // An exit listener that throws does not change the code that the listeners were given.
        if !process.is_exiting() {
            process.exit_code.set(Some(CODE_UNCAUGHT));
            // What an exit listener throws here is ignored, as Node does: the process ends anyway.
            let _ = catch(|| process.emit_exit());
        }
        let code = process.exit_code.get().unwrap_or(CODE_UNCAUGHT);
        process.end(code, ExitCause::Uncaught(exception))
    }

    pub(crate) fn emit_before_exit(&self) -> Result<(), Ended> {
        let process = &self.inner().process;
        let code = process.exit_code.get().unwrap_or(0);
        self.dispatch(|| process.before_exit.emit(&code).map(drop))
            .map(drop)
    }

    /// The natural end: exit listeners, their microtasks, and the status. The listeners are called
    /// again if `exit` called them before, and one of them threw and was heard.
    pub(crate) fn end_naturally(&self, cause: ExitCause) -> ExitStatus {
        let process = &self.inner().process;
        if self.dispatch(|| process.emit_exit()).is_ok() {
            process.end(process.exit_code.get().unwrap_or(0), cause);
        }
        process
            .status()
            .expect("a loop that has ended has a status")
    }
}
