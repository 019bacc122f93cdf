//! A UDP socket.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use socket2::{Domain, Protocol, Type};
use synodic_buffers::{IoBuf, IoBufMut};

use super::message_socket::{Received, message_socket, received};
use super::socket::{Socket, adopted_socket};
use crate::io::ops::{ReceiveMessage, SendMessage};
use crate::io::{self as event_io, BufResult, Op};

/// How a [`UdpSocket`] is to be bound.
///
/// # Examples
///
/// ```
/// use synodic_loop::{EventLoop, net::UdpSocket};
///
/// EventLoop::new()?.block_on(async {
///     let options = UdpSocket::options().reuse_port(true);
///     let socket = options.bind(([127, 0, 0, 1], 0).into())?;
///     assert_ne!(socket.local_addr()?.port(), 0);
///     Ok::<(), std::io::Error>(())
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct UdpSocketOptions {
    reuse_address: bool,
    reuse_port: bool,
    only_v6: Option<bool>,
}

impl UdpSocketOptions {
    /// Whether other sockets may be bound to the same address; the last one then receives. For
    /// multicast each of them does. Node's `reuseAddr`.
    #[must_use]
    pub fn reuse_address(mut self, reuse: bool) -> Self {
        self.reuse_address = reuse;
        self
    }

    /// Whether other sockets may be bound to the same address, and share what comes. Node's
    /// `reusePort`.
    #[must_use]
    pub fn reuse_port(mut self, reuse: bool) -> Self {
        self.reuse_port = reuse;
        self
    }

    /// Whether an IPv6 socket leaves IPv4 alone. The system decides if this is not set. Node's
    /// `ipv6Only`.
    #[must_use]
    pub fn only_v6(mut self, only: bool) -> Self {
        self.only_v6 = Some(only);
        self
    }

    /// Binds, on the current loop.
    ///
    /// # Errors
    ///
    /// What the system says, such as [`AddrInUse`](io::ErrorKind::AddrInUse).
    ///
    /// # Panics
    ///
    /// Outside of an event loop.
    pub fn bind(self, address: SocketAddr) -> io::Result<UdpSocket> {
        let socket = socket2::Socket::new(
            Domain::for_address(address),
            Type::DGRAM.cloexec(),
            Some(Protocol::UDP),
        )?;
        if self.reuse_address {
            socket.set_reuse_address(true)?;
        }
        if self.reuse_port {
            socket.set_reuse_port(true)?;
        }
        if let (Some(only), true) = (self.only_v6, address.is_ipv6()) {
            socket.set_only_v6(only)?;
        }
        socket.bind(&address.into())?;
        UdpSocket::from_fd(socket.into())
    }
}

/// A UDP socket.
///
/// All methods take `&self`, so that a task may send while another one receives. Dropping the socket
/// closes it.
///
/// Options without a method of their own are set through
/// [`socket2::SockRef::from(&socket)`](https://docs.rs/socket2/latest/socket2/struct.SockRef.html).
///
/// # Examples
///
/// ```
/// use synodic_loop::{EventLoop, net::UdpSocket};
///
/// EventLoop::new()?.block_on(async {
///     let any = ([127, 0, 0, 1], 0).into();
///     let (one, other) = (UdpSocket::bind(any)?, UdpSocket::bind(any)?);
///     one.send_to("hello", other.local_addr()?).await.0?;
///     let (received, buffer) = other.recv_from(Vec::with_capacity(1500)).await;
///     let received = received?;
///     assert_eq!(buffer, b"hello");
///     assert_eq!(received.from, one.local_addr()?);
///     assert!(!received.is_truncated);
///     Ok::<(), std::io::Error>(())
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "uv_udp_t")]
#[doc(alias = "dgram.Socket")]
pub struct UdpSocket {
    pub(super) socket: Socket,
}

impl UdpSocket {
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
    pub fn options() -> UdpSocketOptions {
        UdpSocketOptions {
            reuse_address: false,
            reuse_port: false,
            only_v6: None,
        }
    }

    /// Adopts a bound socket, on the current loop.
    ///
    /// # Errors
    ///
    /// None today; adopting may have to change the socket one day.
    ///
    /// # Panics
    ///
    /// Outside of an event loop.
    pub fn from_fd(fd: OwnedFd) -> io::Result<Self> {
        let socket = Socket::adopt(event_io::current(), fd, false)?;
        Ok(Self { socket })
    }

    /// Makes `peer` the one to whom [`send`](Self::send) sends, and from whom alone is received. It
    /// does not wait for anything.
    ///
    /// # Errors
    ///
    /// What the system says, such as [`NetworkUnreachable`](io::ErrorKind::NetworkUnreachable).
    pub fn connect(&self, peer: SocketAddr) -> io::Result<()> {
        self.socket.options().connect(&peer.into())
    }

    /// Undoes [`connect`](Self::connect).
    ///
    /// # Errors
    ///
    /// What the system says, such as [`NotConnected`](io::ErrorKind::NotConnected).
    pub fn disconnect(&self) -> io::Result<()> {
        self.peer_addr()?;
        Ok(rustix::net::connect_unspec(&self.socket.fd)?)
    }

    /// Sends the buffer to `address` as one message, and returns its length in bytes.
    ///
    /// # Errors
    ///
    /// What the system says, such as `EMSGSIZE` for a message that is too long.
    ///
    /// # Cancel safety
    ///
    /// Dropping the operation leaves open whether the message was sent.
    pub fn send_to<B: IoBuf>(&self, buffer: B, address: SocketAddr) -> Op<BufResult<usize, B>> {
        let (fd, address) = (self.socket.fd.clone(), Some(address.into()));
        self.socket.io.submit(SendMessage::new(fd, buffer, address))
    }

    /// Receives one message into `buffer`, with its sender.
    ///
    /// # Errors
    ///
    /// What the system says, such as [`ConnectionRefused`](io::ErrorKind::ConnectionRefused) when an
    /// earlier message to the connected peer reached nobody.
    ///
    /// # Cancel safety
    ///
    /// Dropping the operation may lose a message. [`Op::cancel`] loses none: it returns it.
    pub fn recv_from<B: IoBufMut>(&self, buffer: B) -> Op<BufResult<Received<SocketAddr>, B>> {
        let fd = self.socket.fd.clone();
        self.socket
            .io
            .submit(ReceiveMessage::new(fd, buffer, received))
    }

    /// The address that the socket is bound to.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// The address of the connected peer.
    ///
    /// # Errors
    ///
    /// What the system says, such as [`NotConnected`](io::ErrorKind::NotConnected).
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.socket.peer_addr()
    }
}

message_socket!(UdpSocket);
adopted_socket!(UdpSocket, socket.fd, std::net::UdpSocket);
