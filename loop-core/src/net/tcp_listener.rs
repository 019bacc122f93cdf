//! A socket that accepts connections.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use socket2::{Domain, Protocol, Type};

use super::acceptor::Acceptor;
use super::socket::{Socket, adopted_socket};
use super::{Incoming, TcpStream};
use crate::io as event_io;

/// Connections that the kernel queues for a listener, unless the options say otherwise.
///
/// # Node
///
/// Node's default as well.
pub const BACKLOG_DEFAULT: u32 = 511;

/// How a [`TcpListener`] is to be bound.
///
/// # Examples
///
/// ```
/// use synodic_loop::{EventLoop, net::TcpListener};
///
/// EventLoop::new()?.block_on(async {
///     let options = TcpListener::options().backlog(64).reuse_port(true);
///     let listener = options.bind(([127, 0, 0, 1], 0).into())?;
///     assert_ne!(listener.local_addr()?.port(), 0);
///     Ok::<(), std::io::Error>(())
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct TcpListenerOptions {
    backlog: u32,
    reuse_port: bool,
    only_v6: Option<bool>,
}

impl TcpListenerOptions {
    /// Connections that the kernel queues until they are accepted. The system's limit applies.
    #[must_use]
    pub fn backlog(mut self, connections: u32) -> Self {
        self.backlog = connections;
        self
    }

    /// Whether other sockets may be bound to the same address, and share its connections.
    #[must_use]
    pub fn reuse_port(mut self, reuse: bool) -> Self {
        self.reuse_port = reuse;
        self
    }

    /// Whether an IPv6 listener refuses IPv4 connections. The system decides if this is not set.
    #[must_use]
    pub fn only_v6(mut self, only: bool) -> Self {
        self.only_v6 = Some(only);
        self
    }

    /// Binds and starts to listen, on the current loop.
    ///
    /// # Errors
    ///
    /// What the system says, such as [`AddrInUse`](io::ErrorKind::AddrInUse).
    ///
    /// # Panics
    ///
    /// Outside of an event loop.
    pub fn bind(self, address: SocketAddr) -> io::Result<TcpListener> {
        let socket = socket2::Socket::new(
            Domain::for_address(address),
            Type::STREAM.cloexec(),
            Some(Protocol::TCP),
        )?;
        // A restarted server must not wait for the connections of the one before to time out.
        socket.set_reuse_address(true)?;
        if self.reuse_port {
            socket.set_reuse_port(true)?;
        }
        if let (Some(only), true) = (self.only_v6, address.is_ipv6()) {
            socket.set_only_v6(only)?;
        }
        socket.bind(&address.into())?;
        socket.listen(i32::try_from(self.backlog).unwrap_or(i32::MAX))?;
        TcpListener::from_fd(socket.into())
    }
}

/// A socket that accepts connections.
///
/// Dropping it closes it. Connections that wait in the kernel's queue are reset then.
///
/// # Examples
///
/// A server that sends back what it is sent, and one client:
///
/// ```
/// use std::io;
/// use std::net::Shutdown;
/// use synodic_loop::net::{TcpListener, TcpStream};
/// use synodic_loop::{EventLoop, spawn_local};
///
/// EventLoop::new()?.block_on(async {
///     let listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
///     let address = listener.local_addr()?;
///     let server = spawn_local(async move {
///         let stream = listener.accept().await?;
///         let mut received = stream.receive_stream();
///         while let Some(bytes) = received.next().await {
///             stream.write_all(bytes?).await.0?;
///         }
///         Ok::<(), io::Error>(())
///     });
///     let client = TcpStream::connect(address).await?;
///     client.write_all("hello").await.0?;
///     client.shutdown(Shutdown::Write).await?;
///     let (result, answer) = client.read_exact(Vec::with_capacity(5)).await;
///     result?;
///     assert_eq!(answer, b"hello");
///     server.await?;
///     Ok::<(), Box<dyn std::error::Error>>(())
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "uv_tcp_t")]
#[doc(alias = "net.Server")]
pub struct TcpListener {
    acceptor: Acceptor,
}

impl TcpListener {
    /// Binds to `address` with the default options, on the current loop.
    ///
    /// # Errors
    ///
    /// What the system says, such as [`AddrInUse`](io::ErrorKind::AddrInUse).
    ///
    /// # Panics
    ///
    /// Outside of an event loop.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        Self::options().bind(address)
    }

    /// Options for binding.
    #[must_use]
    pub fn options() -> TcpListenerOptions {
        TcpListenerOptions {
            backlog: BACKLOG_DEFAULT,
            reuse_port: false,
            only_v6: None,
        }
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
    /// The address of the peer is a question to [`TcpStream::peer_addr`]: it costs a system call
    /// that most servers can do without.
    ///
    /// # Errors
    ///
    /// What the system says, such as `EMFILE` when the process may open no more descriptors.
    /// Connections that ended before they were accepted are passed over.
    ///
    /// # Cancel safety
    ///
    /// No connection is lost: one that the kernel accepts for a dropped future goes to the next
    /// call, or to [`incoming`](Self::incoming).
    pub async fn accept(&self) -> io::Result<TcpStream> {
        let fd = self.acceptor.accept().await?;
        TcpStream::adopt(&self.acceptor.socket.io, fd)
    }

    /// Accepts connections from now on, one after the other, with a single operation where the
    /// kernel can do that.
    pub fn incoming(&self) -> Incoming {
        Incoming::new(self.acceptor.clone(), TcpStream::adopt)
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

adopted_socket!(TcpListener, acceptor.socket.fd, std::net::TcpListener);
