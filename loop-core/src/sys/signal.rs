//! Signal handlers that tell a loop.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

use signal_hook_registry::SigId;
use synodic_sync::Arc;

use crate::remote::LoopMailbox;
use crate::shared::flag::Flag;
use crate::sys::last_errno;

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

/// Sends `signal` to the process of `pidfd` (pidfd_send_signal(2)).
pub(crate) fn send_signal(pidfd: &impl AsFd, signal: i32) -> io::Result<()> {
    let pidfd = pidfd.as_fd().as_raw_fd();
    let (info, flags) = (std::ptr::null::<libc::siginfo_t>(), 0_u32);
    // SAFETY: the call takes numbers, and no information beside the signal.
    let sent = unsafe { libc::syscall(libc::SYS_pidfd_send_signal, pidfd, signal, info, flags) };
    match sent {
        0 => Ok(()),
        _ => Err(io::Error::from_raw_os_error(last_errno())),
    }
}
