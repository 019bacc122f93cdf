//! Whether a task is in a queue already: the part of a waker that threads share.

use synodic_sync::atomic::AtomicBool;
use synodic_sync::{mutant, ordering};

/// The scheduled bit of a task.
///
/// A wake-up that sets it puts the task into a queue; the loop clears it *before* it polls, so a
/// wake-up during the poll queues the task again, and none is lost.
#[derive(Debug)]
pub(crate) struct WakeState(AtomicBool);

impl WakeState {
    /// The state of a task that is queued by its creation.
    pub(crate) fn scheduled() -> Self {
        Self(AtomicBool::new(true))
    }

    /// Claims the right to queue the task; false when it is queued already. Any thread.
    pub(crate) fn schedule(&self) -> bool {
        // AcqRel: releases what the waking thread wrote to the swap in `start_poll`.
        !self
            .0
            .swap(true, ordering!(AcqRel, "wake-schedule-relaxed" => Relaxed))
    }

    /// Says that the task is about to be polled. The loop's thread only.
    pub(crate) fn start_poll(&self) {
        if mutant!("wake-keeps-scheduled") {
            return;
        }
        // AcqRel: acquires the swap in `schedule`, so the poll sees what any wake-up announced
        // that found the bit set and therefore queued nothing.
        self.0.swap(
            false,
            ordering!(AcqRel, "wake-start-poll-relaxed" => Relaxed),
        );
    }
}
