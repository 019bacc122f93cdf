//! Signal handlers that tell a loop.

use std::io;

use signal_hook_registry::SigId;
use synodic_sync::Arc;

use crate::remote::LoopMailbox;
use crate::shared::flag::Flag;

/// Raises `flags`, one after the other, and wakes the loop of `mailbox` whenever `signal` arrives.
pub(crate) fn raise_on(
    signal: i32,
    flags: [Arc<Flag>; 2],
    mailbox: Arc<LoopMailbox>,
) -> io::Result<SigId> {
    let action = move || {
        for flag in &flags {
            flag.raise();
        }
        mailbox.notify();
    };
    // SAFETY: the action runs in a signal handler and does only what one may (signal-safety(7)):
    // it swaps three atomics and writes eight bytes to an eventfd, without allocating, locking or
    // panicking. The registry keeps the captures alive as long as a handler may run.
    unsafe { signal_hook_registry::register(signal, action) }
}
