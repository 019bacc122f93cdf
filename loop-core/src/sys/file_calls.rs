//! The system calls for vectored reads and writes, and for names in folders.

use crate::io::{NameCall, POSITION, Request};

/// Reads or writes several buffers, in the kernel's return convention.
///
/// # Safety
///
/// As for [`attempt`](super::attempt::attempt).
pub(super) unsafe fn vectored(request: &Request) -> isize {
    // The kernel takes at most 1,024 buffers, and so does whoever makes the request.
    let width = |count: u32| count.cast_signed();
    match *request {
        Request::ReadVectoredAt {
            fd,
            slices,
            count,
            offset: POSITION,
        } => {
            // SAFETY: the caller vouches for the list and for the buffers in it.
            unsafe { libc::readv(fd, slices, width(count)) }
        }
        Request::ReadVectoredAt {
            fd,
            slices,
            count,
            offset,
        } => {
            // SAFETY: as above.
            unsafe { libc::preadv64(fd, slices, width(count), offset.cast_signed()) }
        }
        Request::WriteVectoredAt {
            fd,
            slices,
            count,
            offset: POSITION,
        } => {
            // SAFETY: as above.
            unsafe { libc::writev(fd, slices, width(count)) }
        }
        Request::WriteVectoredAt {
            fd,
            slices,
            count,
            offset,
        } => {
            // SAFETY: as above.
            unsafe { libc::pwritev64(fd, slices, width(count), offset.cast_signed()) }
        }
        _ => unreachable!("not a vectored request"),
    }
}

/// Changes a name, in the kernel's return convention.
///
/// # Safety
///
/// The pointers lead to NUL-terminated paths.
pub(super) unsafe fn name(call: NameCall) -> isize {
    const HERE: i32 = libc::AT_FDCWD;
    let done = match call {
        // SAFETY: the caller vouches for both paths.
        NameCall::Rename { from, to } => unsafe { libc::renameat(HERE, from, HERE, to) },
        // SAFETY: as above.
        NameCall::Link { from, to } => unsafe { libc::linkat(HERE, from, HERE, to, 0) },
        // SAFETY: as above.
        NameCall::Symlink { target, path } => unsafe { libc::symlinkat(target, HERE, path) },
        // SAFETY: the caller vouches for the path.
        NameCall::Remove { path, flags } => unsafe { libc::unlinkat(HERE, path, flags) },
        // SAFETY: as above.
        NameCall::CreateDir { path, mode } => unsafe { libc::mkdirat(HERE, path, mode) },
    };
    done as isize
}
