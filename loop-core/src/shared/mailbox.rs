//! The mailbox: how another thread reaches a loop, and wakes it when it sleeps.

use std::fmt;

use synodic_sync::atomic::{AtomicBool, AtomicU8, Ordering, fence};
use synodic_sync::queue::SegQueue;
use synodic_sync::{mutant, ordering};

/// The loop is running callbacks and will look into the mailbox by itself.
const AWAKE: u8 = 0;
/// The loop waits in the kernel, or is about to: somebody who brings work has to ring.
const SLEEPING: u8 = 1;
/// Somebody has brought work since the loop last went to sleep.
const NOTIFIED: u8 = 2;

/// What ends the loop's wait in the kernel, from any thread and from a signal handler.
pub(crate) trait Doorbell {
    /// Ends the current wait, or the next one.
    fn ring(&self);
}

/// The queue between any thread and one loop, with the loop's sleep transition.
///
/// Only a post that finds the loop asleep rings the doorbell, so waking an awake loop costs no
/// system call, and a burst of posts to a sleeping one costs one.
pub(crate) struct Mailbox<T, D> {
    queue: SegQueue<T>,
    state: AtomicU8,
    closed: AtomicBool,
    doorbell: D,
}

impl<T, D: Doorbell> Mailbox<T, D> {
    /// An empty mailbox of a loop that does not run yet: the first post rings.
    pub(crate) fn new(doorbell: D) -> Self {
        Self {
            queue: SegQueue::new(),
            state: AtomicU8::new(SLEEPING),
            closed: AtomicBool::new(false),
            doorbell,
        }
    }

    /// Brings an item and wakes the loop. Any thread.
    ///
    /// # Errors
    ///
    /// The item, when the loop is closed. An accepted item is taken, or dropped when the loop
    /// closes first; it never stays behind.
    pub(crate) fn post(&self, item: T) -> Result<(), T> {
        // Relaxed: an early way out only. The load after the push decides.
        if self.closed.load(Ordering::Relaxed) {
            return Err(item);
        }
        self.queue.push(item);
        // SeqCst: pairs with the fence in `close`: either this thread sees `closed` or the loop's last
        // drain sees the item. Neither a release nor an acquire orders a push before a load.
        if !mutant!("mailbox-post-without-fence") {
            fence(Ordering::SeqCst);
        }
        // Relaxed: the fence above pairs with the one in `close`.
        if self.closed.load(Ordering::Relaxed) && !mutant!("mailbox-post-ignores-close") {
            self.discard();
        } else {
            self.notify();
        }
        Ok(())
    }

    /// Makes the loop look into the mailbox, and at its async handles. Any thread, and a signal
    /// handler: it only swaps an atomic and writes to a descriptor.
    pub(crate) fn notify(&self) {
        // AcqRel: releases what was brought to the swap in `awake`, and acquires the swap in
        // `fall_asleep`; both are read-modify-writes of one variable, so one of the two threads
        // comes second and sees the other.
        let before = self.state.swap(
            NOTIFIED,
            ordering!(AcqRel, "mailbox-notify-relaxed" => Relaxed),
        );
        if before == SLEEPING && !mutant!("mailbox-no-ring") {
            self.doorbell.ring();
        }
    }

    /// Says that the loop is about to wait in the kernel. The loop's thread only.
    ///
    /// The caller looks for work *after* this call, and waits only if there is none.
    pub(crate) fn fall_asleep(&self) {
        // AcqRel: acquires the swap in `notify`, so that what was brought before it is visible to
        // the look that follows.
        self.state.swap(
            SLEEPING,
            ordering!(AcqRel, "mailbox-sleep-relaxed" => Relaxed),
        );
    }

    /// Says that the loop runs again. The loop's thread only.
    pub(crate) fn awake(&self) {
        // AcqRel: pairs with the swap in `notify`.
        self.state.swap(AWAKE, Ordering::AcqRel);
    }

    /// The oldest item. The loop's thread only.
    pub(crate) fn take(&self) -> Option<T> {
        self.queue.pop()
    }

    /// How many items are there now.
    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether there is nothing to take.
    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Whether the loop has closed.
    pub(crate) fn is_closed(&self) -> bool {
        // Acquire: pairs with the store in `close`.
        self.closed.load(Ordering::Acquire)
    }

    /// Refuses further items and drops those that are there.
    pub(crate) fn close(&self) {
        // Release: pairs with the load in `is_closed`.
        self.closed.store(true, Ordering::Release);
        // SeqCst: pairs with the fence in `post`, see there.
        if !mutant!("mailbox-close-without-fence") {
            fence(Ordering::SeqCst);
        }
        self.discard();
    }

    fn discard(&self) {
        while self.queue.pop().is_some() {}
    }
}

impl<T, D> fmt::Debug for Mailbox<T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailbox").finish_non_exhaustive()
    }
}
