//! A socket that accepts connections from processes.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::SocketAddr;
use std::path::Path;

use socket2::Type;

use super::UnixStream;
use crate::io as event_io;
use crate::net::Incoming;
use crate::net::acceptor::Acceptor;
use crate::net::socket::{Socket, adopted_socket};

/// A socket that accepts connections from processes of this machine.
///
/// Dropping it closes it. The path stays: a server removes it before it binds again, or binds to an
/// abstract name, which leaves nothing behind.
///
/// # Examples
///
/// ```
/// use std::os::linux::net::SocketAddrExt;
/// use std::os::unix::net::SocketAddr;
/// use synodic_loop::{EventLoop, net::{UnixListener, UnixStream}};
///
/// EventLoop::new()?.block_on(async {
///     let name = format!("synodic-example-{}", std::process::id());
///     let address = SocketAddr::from_abstract_name(name)?;
///     let listener = UnixListener::bind_addr(&address)?;
///     let client = UnixStream::connect_addr(&address).await?;
///     let server = listener.accept().await?;
///     let pid = server.peer_credentials()?.pid.map(|pid| pid.get());
///     assert_eq!(pid, Some(std::process::id()));
///     client.write_all("hello").await.0?;
///     let (result, bytes) = server.read_exact(Vec::with_capacity(5)).await;
///     result?;
///     assert_eq!(bytes, b"hello");
///     Ok::<(), std::io::Error>(())
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "uv_pipe_t")]
#[doc(alias = "net.Server")]
pub struct UnixListener {
    acceptor: Acceptor,
}

impl UnixListener {
    /// Binds to `path` and starts to listen, on the current loop.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for a path of more than 107 bytes or with a NUL,
    /// else what the system says, such as [`AddrInUse`](io::ErrorKind::AddrInUse) for a path that is
    /// there already.
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
        Self::from_fd(super::listen(Type::STREAM, address)?)
    }

    /// Adopts a socket that listens already, on the current loop.
    ///
    /// # Errors
    ///
    /// When the socket cannot be made non-blocking, which the epoll driver needs.
    ///
    /// # Panics
    ///
    /// Outside of an event loop.
    pub fn from_fd(fd: OwnedFd) -> io::Result<Self> {
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
    pub async fn accept(&self) -> io::Result<UnixStream> {
        let fd = self.acceptor.accept().await?;
        UnixStream::adopt(&self.acceptor.socket.io, fd)
    }

    /// Accepts connections from now on, one after the other, with a single operation where the
    /// kernel can do that.
    pub fn incoming(&self) -> Incoming<UnixStream> {
        Incoming::new(self.acceptor.clone(), UnixStream::adopt)
    }

    /// The address that the listener is bound to.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.acceptor.socket.local_addr()
    }
}

adopted_socket!(
    UnixListener,
    acceptor.socket.fd,
    std::os::unix::net::UnixListener
);
