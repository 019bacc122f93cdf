//! A flag that any thread raises and the loop lowers: an async handle was signalled, or a task
//! woken from another thread.

use synodic_sync::atomic::{AtomicBool, Ordering};
use synodic_sync::{mutant, ordering};

/// A coalescing flag. Raising it any number of times before it is lowered counts once.
#[derive(Debug, Default)]
pub(crate) struct Flag(AtomicBool);

impl Flag {
    /// A lowered flag.
    pub(crate) fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Raises the flag; true when it was down. Any thread.
    pub(crate) fn raise(&self) -> bool {
        // AcqRel: releases what the caller wrote before to the swap in `lower`, which may see
        // this swap or a later one of the same chain.
        !self
            .0
            .swap(true, ordering!(AcqRel, "flag-raise-relaxed" => Relaxed))
    }

    /// Lowers the flag; true when it was up.
    pub(crate) fn lower(&self) -> bool {
        if mutant!("flag-stays-up") {
            return self.is_raised();
        }
        // Relaxed load first: a flag that is down costs no bus-locked instruction. A raise that
        // is missed here has not notified the mailbox yet, or has made the loop look again.
        // The swap is AcqRel and pairs with the one in `raise`.
        self.0.load(Ordering::Relaxed)
            && self
                .0
                .swap(false, ordering!(AcqRel, "flag-lower-relaxed" => Relaxed))
    }

    /// Whether the flag is up.
    pub(crate) fn is_raised(&self) -> bool {
        // Acquire: pairs with the swap in `raise`.
        self.0.load(Ordering::Acquire)
    }
}
