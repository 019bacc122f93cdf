//! The model of crossbeam's `Backoff`.

use std::cell::Cell;

use crate::thread;

/// Model of `crossbeam_utils::Backoff`: every wait lets other threads run.
#[derive(Debug, Default)]
pub struct Backoff {
    step: Cell<u32>,
}

impl Backoff {
    /// Snoozes before a caller is told to block. Few, to keep models small.
    const STEPS_MAX: u32 = 2;

    /// A back-off that has not waited yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts over.
    pub fn reset(&self) {
        self.step.set(0);
    }

    /// Waits in a lock-free loop.
    pub fn spin(&self) {
        thread::yield_now();
    }

    /// Waits for another thread.
    pub fn snooze(&self) {
        self.step.set(self.step.get() + 1);
        thread::yield_now();
    }

    /// Whether it is time to block instead.
    pub fn is_completed(&self) -> bool {
        self.step.get() > Self::STEPS_MAX
    }
}
