//! The one way into user code: call it, catch what it throws, drain the queues.
//!
//! Section numbers are those of the ordering rules in `conformance/node/ordering/SEMANTICS.md`.

use crate::handle::Handle;
use crate::microtask::{Kind, Microtask};
use crate::rejections::Reported;
use crate::unwind::{Caught, catch};
use crate::{Origin, Reason};

/// Nothing may run any more: `exit` was called, or nobody listened for an exception. It travels
/// through the phases as an error, and the loop then returns its `ExitStatus`.
#[derive(Debug)]
pub(crate) struct Ended;

/// How a callback ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Called {
    Returned,
    /// It threw, and a listener heard of it.
    Threw,
}

impl Handle {
    /// Runs one callback of the loop: the callback, then the queues, unless it threw (section 10).
    ///
    /// Timers and immediates drain before the next one instead, as Node does, and use
    /// [`call`](Self::call) and [`drain`](Self::drain).
    pub(crate) fn dispatch(
        &self,
        callback: impl FnOnce() -> Result<(), Reason>,
    ) -> Result<Called, Ended> {
        match self.call(callback)? {
            Called::Returned => self.drain(),
            Called::Threw => Ok(Called::Threw),
        }
    }

    /// Calls user code and reports what it throws. Nothing else in this crate calls callbacks.
    pub(crate) fn call(
        &self,
        callback: impl FnOnce() -> Result<(), Reason>,
    ) -> Result<Called, Ended> {
        if let Err(ended) = self.check_ended() {
            // What it owns is dropped, and nobody can hear of a panic any more.
            let _ = catch(|| {
                drop(callback);
                Ok(())
            });
            return Err(ended);
        }
        match catch(callback) {
            Caught::Returned(()) => {
                // The callback may have caught the unwinding of `exit` itself.
                self.check_ended()?;
                Ok(Called::Returned)
            }
            Caught::Threw(reason) => {
                self.report(reason, Origin::UncaughtException)?;
                Ok(Called::Threw)
            }
            Caught::Exit => Err(Ended),
        }
    }

    /// Drops what a callback that ended as `called` has left here. A drop is user code as well, so
    /// the two throw if one of them does.
    pub(crate) fn dispose<T>(
        &self,
        called: Result<Called, Ended>,
        value: T,
    ) -> Result<Called, Ended> {
        if !std::mem::needs_drop::<T>() {
            return called;
        }
        let disposed = self.call(|| {
            drop(value);
            Ok(())
        });
        match (called?, disposed?) {
            (Called::Returned, Called::Returned) => Ok(Called::Returned),
            _ => Ok(Called::Threw),
        }
    }

    /// Empties both queues, then reports rejections, until there is nothing left (section 4).
    ///
    /// A tick that throws stops the drain; what is left waits for the next one.
    pub(crate) fn drain(&self) -> Result<Called, Ended> {
        loop {
            while let Some(tick) = self.inner().ticks.pop() {
                if self.call(|| tick.run())? == Called::Threw {
                    return Ok(Called::Threw);
                }
            }
            self.run_microtasks()?;
            if !self.inner().ticks.is_empty() {
                continue;
            }
            match self.report_rejections()? {
                Reported::Nothing => return Ok(Called::Returned),
                Reported::Some => {}
                Reported::Threw => return Ok(Called::Threw),
            }
        }
    }

    fn run_microtasks(&self) -> Result<(), Ended> {
        match self.inner().microtasks.host() {
            None => {
                // One catch for as many as return; one that throws does not stop the queue.
                while self.call(|| self.run_own_microtasks())? == Called::Threw {}
                Ok(())
            }
            Some(host) => {
                host.perform_checkpoint(self);
                self.check_ended()
            }
        }
    }

    /// Runs the loop's own queue until it is empty, one throws, or the loop has ended.
    fn run_own_microtasks(&self) -> Result<(), Reason> {
        while let Some(microtask) = self.inner().microtasks.pop() {
            self.start_microtask(microtask)?;
            if self.inner().process.has_ended() {
                break;
            }
        }
        Ok(())
    }

    /// Runs one microtask of a host's queue. One that throws does not stop the queue.
    pub(crate) fn run_microtask(&self, microtask: Microtask) -> Result<(), Ended> {
        self.call(|| self.start_microtask(microtask)).map(drop)
    }

    fn start_microtask(&self, microtask: Microtask) -> Result<(), Reason> {
        match microtask.0 {
            Kind::Job(job) => job.run(),
            Kind::Task(key) => self.poll_task(key),
        }
    }

    pub(crate) fn check_ended(&self) -> Result<(), Ended> {
        if self.inner().process.has_ended() {
            Err(Ended)
        } else {
            Ok(())
        }
    }
}
