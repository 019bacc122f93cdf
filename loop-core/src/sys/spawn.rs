//! What happens between fork and exec.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

use super::last_errno;

/// Lets the child of `command` lead a session of its own (setsid(2)), without a terminal.
pub(crate) fn start_session(command: &mut Command) {
    let start = || {
        // SAFETY: the call takes nothing.
        match unsafe { libc::setsid() } {
            -1 => Err(io::Error::from_raw_os_error(last_errno())),
            _ => Ok(()),
        }
    };
    // SAFETY: the closure runs in the child after fork and makes one system call: it neither
    // allocates nor locks.
    unsafe { command.pre_exec(start) };
}

/// Gives the child of `command` descriptors by number. None of the numbers is below 3.
pub(crate) fn pass_descriptors(command: &mut Command, mut fds: Vec<(RawFd, OwnedFd)>) {
    let Some(free) = fds.iter().map(|(number, _)| number + 1).max() else {
        return;
    };
    let pass = move || {
        // First out of each other's way, then to their places.
        for (_, fd) in &mut fds {
            *fd = move_up(fd, free)?;
        }
        for (number, fd) in &fds {
            put(fd, *number)?;
        }
        Ok(())
    };
    // SAFETY: the closure runs in the child after fork and makes system calls only: it neither
    // allocates nor locks. The descriptors that it replaces are closed by `close`, which is safe there.
    unsafe { command.pre_exec(pass) };
}

/// Takes those of the numbers that are free in this process, until what is returned is dropped. The
/// standard library opens a socket by which the child tells that exec failed; it must not have a
/// number that is replaced in the child.
pub(crate) fn reserve_numbers(fds: &[(RawFd, OwnedFd)]) -> io::Result<Vec<OwnedFd>> {
    let mut reserved = Vec::new();
    for (number, fd) in fds {
        // The lowest free number from this one on; another one means that this one is taken.
        let taken = rustix::io::fcntl_dupfd_cloexec(fd, *number)?;
        if taken.as_raw_fd() == *number {
            reserved.push(taken);
        }
    }
    Ok(reserved)
}

/// A duplicate at `free` or above, which exec closes.
fn move_up(fd: &OwnedFd, free: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: the call takes numbers.
    let moved = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD_CLOEXEC, free) };
    if moved < 0 {
        return Err(io::Error::from_raw_os_error(last_errno()));
    }
    // SAFETY: the kernel has just made this descriptor.
    Ok(unsafe { super::own_fd(moved) })
}

/// Makes `number` name what `fd` names, also after exec.
fn put(fd: &OwnedFd, number: RawFd) -> io::Result<()> {
    // SAFETY: the call takes numbers; what `number` named before belongs to nobody in the child.
    match unsafe { libc::dup2(fd.as_raw_fd(), number) } {
        -1 => Err(io::Error::from_raw_os_error(last_errno())),
        _ => Ok(()),
    }
}
