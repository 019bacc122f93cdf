//! What listeners and connections have in common.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
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
}

/// What listeners and connections have in common in public: they are adopted, looked at and given
/// away.
macro_rules! internet_socket {
    ($name:ident) => {
        crate::io::owns_descriptor!($name, socket.fd);

        impl TryFrom<std::os::fd::OwnedFd> for $name {
            type Error = std::io::Error;

            /// As [`from_fd`](Self::from_fd).
            fn try_from(fd: std::os::fd::OwnedFd) -> std::io::Result<Self> {
                Self::from_fd(fd)
            }
        }

        impl TryFrom<std::net::$name> for $name {
            type Error = std::io::Error;

            /// As [`from_fd`](Self::from_fd).
            fn try_from(socket: std::net::$name) -> std::io::Result<Self> {
                Self::from_fd(socket.into())
            }
        }
    };
}
pub(super) use internet_socket;

/// The address, if it is one of the internet families.
fn internet(address: &SockAddr) -> io::Result<SocketAddr> {
    address.as_socket().ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::Unsupported,
            "the socket is not of an internet family",
        )
    })
}
