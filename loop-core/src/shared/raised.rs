//! Which async handles were signalled: from any thread to the loop, each at most once at a time.

use synodic_sync::mutant;
use synodic_sync::queue::SegQueue;

use super::flag::Flag;
use super::mailbox::{Doorbell, Mailbox};

/// Numbers of handles whose flag went up, in no order that matters.
///
/// A handle's number is in the queue once for each time its flag goes up, and the loop lowers the
/// flag when it has taken the number: so the queue is never longer than there are handles.
#[derive(Debug, Default)]
pub(crate) struct Raised(SegQueue<u64>);

impl Raised {
    /// Raises `flag`, which is that of handle `number`, and wakes the loop. Any thread.
    pub(crate) fn raise<T, D: Doorbell>(&self, flag: &Flag, number: u64, mailbox: &Mailbox<T, D>) {
        if flag.raise() {
            if mutant!("raised-notifies-before-push") {
                mailbox.notify();
                self.0.push(number);
                return;
            }
            self.0.push(number);
            mailbox.notify();
        }
    }

    /// The next number, whose flag is to be lowered then. The loop's thread only.
    pub(crate) fn take(&self) -> Option<u64> {
        self.0.pop()
    }

    /// Whether there is nothing to take. The loop looks after `Mailbox::fall_asleep`.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
