//! What listeners and connections have in common.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::rc::Rc;

use socket2::{SockAddr, SockRef};

use crate::io::{DriverKind, Io, SharedFd};

/// A socket and the loop that serves it.
#[derive(Clone, Debug)]
pub(super) struct Socket {
    pub(super) io: Rc<Io>,
    pub(super) fd: SharedFd,
}

impl Socket {
    /// Takes over a descriptor. Listeners and connecting sockets have to be non-blocking for the
    /// drivers that try before they wait; io_uring prefers them as they are.
    pub(super) fn adopt(io: Rc<Io>, fd: OwnedFd, must_not_block: bool) -> io::Result<Self> {
        if must_not_block && io.info().kind() != DriverKind::IoUring {
            SockRef::from(&fd).set_nonblocking(true)?;
        }
        let fd = SharedFd::new(&io, fd);
        Ok(Self { io, fd })
    }

    pub(super) fn options(&self) -> SockRef<'_> {
        SockRef::from(&self.fd)
    }

    pub(super) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.options()
            .local_addr()
            .and_then(|address| internet(&address))
    }

    pub(super) fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.options()
            .peer_addr()
            .and_then(|address| internet(&address))
    }

    pub(super) fn into_owned_fd(self) -> io::Result<OwnedFd> {
        self.fd.into_owned()
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// The address, if it is one of the internet families.
fn internet(address: &SockAddr) -> io::Result<SocketAddr> {
    address.as_socket().ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::Unsupported,
            "the socket is not of an internet family",
        )
    })
}
