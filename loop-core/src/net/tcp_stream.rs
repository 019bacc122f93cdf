//! A connection.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::Duration;

use socket2::{Domain, Protocol, TcpKeepalive, Type};

use super::socket::{Socket, adopted_socket};
use super::stream_socket::stream_socket;
use crate::io::{self as event_io, Io};

/// A TCP connection.
///
/// All methods take `&self`: reading and writing at the same time needs no splitting. Writes are
/// in order when each is awaited before the next begins. Dropping the connection closes it.
///
/// # Examples
///
/// ```
/// use std::io::Write;
/// use synodic_loop::{EventLoop, net::TcpStream};
///
/// let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
/// let address = listener.local_addr()?;
/// let received = EventLoop::new()?.block_on(async move {
///     let stream = TcpStream::connect(address).await?;
///     listener.accept()?.0.write_all(b"welcome")?;
///     let (received, buffer) = stream.read(Vec::with_capacity(1024)).await;
///     Ok::<_, std::io::Error>(buffer[..received?].to_vec())
/// })??;
/// assert_eq!(received, b"welcome");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Options without a method of their own are set through
/// [`socket2::SockRef::from(&stream)`](https://docs.rs/socket2/latest/socket2/struct.SockRef.html).
#[doc(alias = "uv_tcp_t")]
#[doc(alias = "net.Socket")]
pub struct TcpStream {
    socket: Socket,
}

impl TcpStream {
    /// Connects to `address`, on the current loop.
    ///
    /// # Errors
    ///
    /// What the system says, such as [`ConnectionRefused`](io::ErrorKind::ConnectionRefused).
    ///
    /// # Panics
    ///
    /// Outside of an event loop.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives the connection up, whether it had come about or not.
    pub async fn connect(address: SocketAddr) -> io::Result<Self> {
        let domain = Domain::for_address(address);
        let kind = Type::STREAM.cloexec();
        let socket = socket2::Socket::new(domain, kind, Some(Protocol::TCP))?;
        let socket = Socket::adopt(event_io::current(), socket.into(), true)?;
        socket.connect(address.into()).await?;
        Ok(Self { socket })
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

    pub(super) fn adopt(io: &Rc<Io>, fd: OwnedFd) -> io::Result<Self> {
        Ok(Self {
            socket: Socket::adopt(io.clone(), fd, false)?,
        })
    }

    /// The address of this side.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// The address of the other side.
    ///
    /// # Errors
    ///
    /// What the system says, such as [`NotConnected`](io::ErrorKind::NotConnected) once the peer
    /// has reset the connection.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.socket.peer_addr()
    }

    /// Whether small segments are sent at once instead of being gathered (Nagle's algorithm).
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.socket.options().set_tcp_nodelay(nodelay)
    }

    /// Whether small segments are sent at once.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn nodelay(&self) -> io::Result<bool> {
        self.socket.options().tcp_nodelay()
    }

    /// Probes an idle peer after `idle` and from then on, or never with `None`.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn set_keepalive(&self, idle: Option<Duration>) -> io::Result<()> {
        let options = self.socket.options();
        match idle {
            Some(idle) => options.set_tcp_keepalive(&TcpKeepalive::new().with_time(idle)),
            None => options.set_keepalive(false),
        }
    }

    /// How closing treats bytes that were not sent: with a duration the system tries for so long
    /// (zero resets the connection), with `None` it goes on in the background.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn set_linger(&self, linger: Option<Duration>) -> io::Result<()> {
        self.socket.options().set_linger(linger)
    }

    /// The time to live of outgoing packets, in hops.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn set_ttl(&self, hops: u32) -> io::Result<()> {
        self.socket.options().set_ttl_v4(hops)
    }

    pub(super) fn socket(&self) -> &Socket {
        &self.socket
    }
}

stream_socket!(TcpStream);
adopted_socket!(TcpStream, socket.fd, std::net::TcpStream);
