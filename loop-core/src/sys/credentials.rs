//! Who is at the other end of a Unix connection.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

use super::last_errno;

/// The `SO_PEERCRED` of a socket (unix(7)). Its pid is 0 for a process that has none here.
pub(crate) fn peer_credentials(socket: &impl AsFd) -> io::Result<libc::ucred> {
    let mut credentials = libc::ucred {
        pid: 0,
        uid: 0,
        gid: 0,
    };
    let mut len = size_of::<libc::ucred>() as libc::socklen_t;
    // SAFETY: both pointers are to live locals, and `len` is the size of the first.
    let got = unsafe {
        libc::getsockopt(
            socket.as_fd().as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut credentials).cast(),
            &raw mut len,
        )
    };
    if got < 0 {
        return Err(io::Error::from_raw_os_error(last_errno()));
    }
    Ok(credentials)
}
