//! What listeners and connections have in common.

use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;

use socket2::{SockAddr, SockRef};

use super::address::Address;
use crate::io::ops::Connect;
use crate::io::{DriverKind, Io, SharedFd};

/// A socket and the loop that serves it.
#[derive(Clone, Debug)]
pub(crate) struct Socket {
    pub(crate) io: Rc<Io>,
    pub(crate) fd: SharedFd,
}

impl Socket {
    /// Takes over a descriptor. Listeners and connecting sockets have to be non-blocking for the
    /// drivers that try before they wait; io_uring prefers them as they are.
    pub(crate) fn adopt(io: Rc<Io>, fd: OwnedFd, must_not_block: bool) -> io::Result<Self> {
        if must_not_block && io.info().kind() != DriverKind::IoUring {
            SockRef::from(&fd).set_nonblocking(true)?;
        }
        let fd = SharedFd::new(&io, fd);
        Ok(Self { io, fd })
    }

    /// Connects to `address`.
    pub(super) async fn connect(&self, address: SockAddr) -> io::Result<()> {
        let (fd, address) = (self.fd.clone(), Box::new(address));
        self.io.submit(Connect { fd, address }).await
    }

    pub(super) fn options(&self) -> SockRef<'_> {
        SockRef::from(&self.fd)
    }

    pub(super) fn local_addr<A: Address>(&self) -> io::Result<A> {
        A::of(&self.options().local_addr()?)
    }

    pub(super) fn peer_addr<A: Address>(&self) -> io::Result<A> {
        A::of(&self.options().peer_addr()?)
    }
}

/// What sockets have in common in public: they are adopted, looked at and given away.
macro_rules! adopted_socket {
    ($name:ident, $($fd:ident).+, $std:ty) => {
        crate::io::owns_descriptor!($name, $($fd).+);

        impl TryFrom<std::os::fd::OwnedFd> for $name {
            type Error = std::io::Error;

            /// As [`from_fd`](Self::from_fd).
            fn try_from(fd: std::os::fd::OwnedFd) -> std::io::Result<Self> {
                Self::from_fd(fd)
            }
        }

        impl TryFrom<$std> for $name {
            type Error = std::io::Error;

            /// As [`from_fd`](Self::from_fd).
            fn try_from(socket: $std) -> std::io::Result<Self> {
                Self::from_fd(socket.into())
            }
        }
    };
}
pub(super) use adopted_socket;
