//! Messages between processes.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::SocketAddr;
use std::path::Path;

use socket2::Type;
use synodic_buffers::{IoBuf, IoBufMut};

use super::descriptors::passes_descriptors;
use crate::io::ops::{ReceiveMessage, SendMessage};
use crate::io::{self as event_io, BufResult, Op};
use crate::net::address::unix_address;
use crate::net::message_socket::{Received, message_socket, received};
use crate::net::socket::{Socket, adopted_socket};

/// A socket for messages between processes of one machine. Unlike UDP's they arrive, in order; who
/// is connected and sends faster than is received waits.
///
/// Dropping it closes it. The path of a bound one stays.
///
/// # Examples
///
/// ```
/// use synodic_loop::{EventLoop, net::UnixDatagram};
///
/// EventLoop::new()?.block_on(async {
///     let (one, other) = UnixDatagram::pair()?;
///     one.send("hello").await.0?;
///     let (received, buffer) = other.recv(Vec::with_capacity(64)).await;
///     assert_eq!((received?, &buffer[..]), (5, &b"hello"[..]));
///     Ok::<(), std::io::Error>(())
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct UnixDatagram {
    pub(super) socket: Socket,
}

impl UnixDatagram {
    /// Binds to `path`, on the current loop.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for a path of more than 107 bytes or with a NUL,
    /// else what the system says, such as [`AddrInUse`](io::ErrorKind::AddrInUse).
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
        let socket = super::new_socket(Type::DGRAM)?;
        socket.bind(&unix_address(address)?)?;
        Self::from_fd(socket.into())
    }

    /// A socket without a name, which can send but not be answered, on the current loop.
    ///
    /// # Errors
    ///
    /// What the system says, such as `EMFILE`.
    ///
    /// # Panics
    ///
    /// Outside of an event loop.
    pub fn unbound() -> io::Result<Self> {
        Self::from_fd(super::new_socket(Type::DGRAM)?.into())
    }

    /// Two sockets that are connected with each other, on the current loop.
    ///
    /// # Errors
    ///
    /// What the system says, such as `EMFILE`.
    ///
    /// # Panics
    ///
    /// Outside of an event loop.
    pub fn pair() -> io::Result<(Self, Self)> {
        let [one, other] = super::pair(Type::DGRAM)?;
        Ok((Self { socket: one }, Self { socket: other }))
    }

    /// Adopts a socket, on the current loop.
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

    /// Makes the socket at `address` the one to whom [`send`](Self::send) sends. It does not wait for
    /// anything.
    ///
    /// # Errors
    ///
    /// What the system says, such as [`NotFound`](io::ErrorKind::NotFound).
    pub fn connect(&self, address: &SocketAddr) -> io::Result<()> {
        self.socket.options().connect(&unix_address(address)?)
    }

    /// Sends the buffer to the socket at `address` as one message, and returns its length in bytes.
    ///
    /// # Errors
    ///
    /// What the system says, such as [`NotFound`](io::ErrorKind::NotFound) and `EMSGSIZE`. While the
    /// receiver's queue is full, io_uring waits; on epoll it is
    /// [`WouldBlock`](io::ErrorKind::WouldBlock), because nothing tells when there is room: a socket
    /// that is [connected](Self::connect) waits on both.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves open whether the message was sent.
    pub async fn send_to<B: IoBuf>(&self, buffer: B, address: &SocketAddr) -> BufResult<usize, B> {
        let address = match unix_address(address) {
            Ok(address) => address,
            Err(error) => return (Err(error), buffer),
        };
        let fd = self.socket.fd.clone();
        let send = SendMessage::new(fd, buffer, Some(address));
        self.socket.io.submit(send).await
    }

    /// Receives one message into `buffer`, with its sender, which may have no name.
    ///
    /// # Errors
    ///
    /// What the system says.
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

    /// The address that the socket is bound to; without a name if it is not.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }
}

message_socket!(UnixDatagram);
passes_descriptors!(UnixDatagram, is_stream: false);
adopted_socket!(UnixDatagram, socket.fd, std::os::unix::net::UnixDatagram);
