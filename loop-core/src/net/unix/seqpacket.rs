//! Connections between processes that keep messages apart.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;

use socket2::Type;

use super::descriptors::passes_descriptors;
use crate::io::{self as event_io, Io, owns_descriptor};
use crate::net::Incoming;
use crate::net::acceptor::Acceptor;
use crate::net::message_socket::message_socket;
use crate::net::socket::Socket;

/// A connection between processes that keeps messages apart (`SOCK_SEQPACKET`, unix(7)).
///
/// An empty message cannot be told from the end of the connection. Dropping the connection closes it.
///
/// # Examples
///
/// ```
/// use synodic_loop::{EventLoop, net::UnixSeqpacket};
///
/// EventLoop::new()?.block_on(async {
///     let (one, other) = UnixSeqpacket::pair()?;
///     one.send("one").await.0?;
///     one.send("two").await.0?;
///     let (received, buffer) = other.recv(Vec::with_capacity(64)).await;
///     assert_eq!((received?, &buffer[..]), (3, &b"one"[..]));
///     Ok::<(), std::io::Error>(())
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct UnixSeqpacket {
    pub(super) socket: Socket,
}

impl UnixSeqpacket {
    /// Connects to the listener at `path`, on the current loop.
    ///
    /// # Errors
    ///
    /// As for [`UnixStream::connect`](super::UnixStream::connect); `EPROTOTYPE` when the listener is
    /// of another type.
    ///
    /// # Panics
    ///
    /// Outside of an event loop.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives the connection up, whether it had come about or not.
    pub async fn connect(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::connect_addr(&SocketAddr::from_pathname(path)?).await
    }

    /// Connects to a path or an abstract name; otherwise as [`connect`](Self::connect).
    ///
    /// # Errors
    ///
    /// As for [`connect`](Self::connect), and `InvalidInput` for an address without a name.
    ///
    /// # Panics
    ///
    /// Outside of an event loop.
    ///
    /// # Cancel safety
    ///
    /// As for [`connect`](Self::connect).
    pub async fn connect_addr(address: &SocketAddr) -> io::Result<Self> {
        let socket = super::connect(Type::SEQPACKET, address).await?;
        Ok(Self { socket })
    }

    /// Two ends of a new connection, on the current loop.
    ///
    /// # Errors
    ///
    /// What the system says, such as `EMFILE`.
    ///
    /// # Panics
    ///
    /// Outside of an event loop.
    pub fn pair() -> io::Result<(Self, Self)> {
        let [one, other] = super::pair(Type::SEQPACKET)?;
        Ok((Self { socket: one }, Self { socket: other }))
    }

    /// Adopts a connected socket, on the current loop.
    ///
    /// # Errors
    ///
    /// None today; adopting may have to change the socket one day.
    ///
    /// # Panics
    ///
    /// Outside of an event loop.
    pub fn from_fd(fd: OwnedFd) -> io::Result<Self> {
        Self::adopt(&event_io::current(), fd)
    }

    fn adopt(io: &Rc<Io>, fd: OwnedFd) -> io::Result<Self> {
        Ok(Self {
            socket: Socket::adopt(io.clone(), fd, false)?,
        })
    }
}

message_socket!(UnixSeqpacket);
passes_descriptors!(UnixSeqpacket, is_stream: false);
owns_descriptor!(UnixSeqpacket, socket.fd);

/// A socket that accepts [`UnixSeqpacket`] connections. Dropping it closes it; its path stays.
pub struct UnixSeqpacketListener {
    acceptor: Acceptor,
}

impl UnixSeqpacketListener {
    /// Binds to `path` and starts to listen, on the current loop.
    ///
    /// # Errors
    ///
    /// As for [`UnixListener::bind`](super::UnixListener::bind).
    ///
    /// # Panics
    ///
    /// Outside of an event loop.
    pub fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::bind_addr(&SocketAddr::from_pathname(path)?)
    }

    /// Binds to a path or an abstract name; otherwise as [`bind`](Self::bind).
    ///
    /// # Errors
    ///
    /// As for [`bind`](Self::bind), and `InvalidInput` for an address without a name.
    ///
    /// # Panics
    ///
    /// Outside of an event loop.
    pub fn bind_addr(address: &SocketAddr) -> io::Result<Self> {
        let fd = super::listen(Type::SEQPACKET, address)?;
        let socket = Socket::adopt(event_io::current(), fd, true)?;
        Ok(Self {
            acceptor: Acceptor::new(socket),
        })
    }

    /// Accepts one connection.
    ///
    /// # Errors
    ///
    /// What the system says, such as `EMFILE` when the process may open no more descriptors.
    ///
    /// # Cancel safety
    ///
    /// No connection is lost: one that the kernel accepts for a dropped future goes to the next
    /// call, or to [`incoming`](Self::incoming).
    pub async fn accept(&self) -> io::Result<UnixSeqpacket> {
        let fd = self.acceptor.accept().await?;
        UnixSeqpacket::adopt(&self.acceptor.socket.io, fd)
    }

    /// Accepts connections from now on, one after the other.
    pub fn incoming(&self) -> Incoming<UnixSeqpacket> {
        Incoming::new(self.acceptor.clone(), UnixSeqpacket::adopt)
    }
}

owns_descriptor!(UnixSeqpacketListener, acceptor.socket.fd);
