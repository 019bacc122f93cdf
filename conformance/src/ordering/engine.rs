//! The loop that a program runs on.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use synodic_loop::{
    BlockingExecutor, BlockingJob, DriverChoice, EventLoop, Handle, Microtask, MicrotaskHost,
    VirtualClock,
};

/// What to run a program on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    /// `None` is the driver for tests on a virtual clock, and the best one on a real clock.
    pub(crate) driver: Option<DriverChoice>,
    pub(crate) real_clock: bool,
    /// Microtasks go through a queue of the harness, as through that of a JavaScript engine.
    pub(crate) microtask_host: bool,
}

/// A loop as `options` want it, on `clock` unless the clock is to be real.
pub(crate) fn build(options: &Options, clock: Option<VirtualClock>) -> EventLoop {
    let mut builder = EventLoop::builder();
    if let Some(driver) = options.driver {
        builder = builder.driver(driver);
    }
    builder = match (clock, options.driver) {
        (None, _) => builder,
        (Some(clock), None) => builder.virtual_clock(clock),
        (Some(clock), Some(_)) => builder.clock(clock).blocking_executor(Prompt),
    };
    if options.microtask_host {
        builder = builder.microtask_host(Rc::new(HostQueue::default()));
    }
    builder.build().expect("the event loop starts")
}

/// Has done each job by the time it is taken: a read is then complete at the next poll phase on
/// every driver, as the virtual clock's vectors want it.
struct Prompt;

impl BlockingExecutor for Prompt {
    fn execute(&self, job: BlockingJob) -> Result<(), BlockingJob> {
        // A job never runs on the loop's own thread.
        std::thread::spawn(move || job.run())
            .join()
            .expect("a job does not panic");
        Ok(())
    }
}

/// The job queue of an engine that has no jobs of its own.
#[derive(Default)]
struct HostQueue(RefCell<VecDeque<Microtask>>);

impl MicrotaskHost for HostQueue {
    fn enqueue(&self, microtask: Microtask) {
        self.0.borrow_mut().push_back(microtask);
    }

    fn perform_checkpoint(&self, handle: &Handle) {
        loop {
            let Some(next) = self.0.borrow_mut().pop_front() else {
                return;
            };
            next.run(handle);
        }
    }
}
