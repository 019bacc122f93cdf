//! A connection between processes.

use std::io;
use std::num::NonZeroU32;
use std::os::fd::OwnedFd;
use std::os::unix::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;

use socket2::Type;

use super::descriptors::passes_descriptors;
use crate::io::{self as event_io, Io};
use crate::net::socket::{Socket, adopted_socket};
use crate::net::stream_socket::stream_socket;
use crate::sys::credentials::peer_credentials;

/// A connection between processes of one machine.
///
/// All methods take `&self`: reading and writing at the same time needs no splitting. Writes are
/// in order when each is awaited before the next begins. Dropping the connection closes it.
///
/// # Examples
///
/// ```
/// use std::io::Read;
/// use std::os::fd::AsFd;
/// use synodic_loop::{EventLoop, net::UnixStream};
///
/// EventLoop::new()?.block_on(async {
///     let (one, other) = UnixStream::pair()?;
///     let (mut output, input) = std::io::pipe()?;
///     one.send_with_fds("the pipe", vec![input.into()]).await.0?;
///     let (received, buffer) = other.recv_with_fds(Vec::with_capacity(16)).await;
///     let fds = received?.fds;
///     assert_eq!(buffer, b"the pipe");
///     assert_eq!(fds.len(), 1);
///     // What was sent is the only writing end now.
///     drop(fds);
///     assert_eq!(output.read(&mut [0; 1])?, 0);
///     Ok::<(), std::io::Error>(())
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "uv_pipe_t")]
#[doc(alias = "net.Socket")]
pub struct UnixStream {
    pub(super) socket: Socket,
}

/// Who is at the other end of a connection, as of when it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PeerCredentials {
    /// The process; none when it is in another container, where its number means nothing here.
    pub pid: Option<NonZeroU32>,
    /// Its user.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
}

impl UnixStream {
    /// Connects to the listener at `path`, on the current loop.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for a path of more than 107 bytes or with a NUL,
    /// else what the system says, such as [`NotFound`](io::ErrorKind::NotFound) and
    /// [`ConnectionRefused`](io::ErrorKind::ConnectionRefused). While the listener's queue is full,
    /// io_uring waits; on epoll it is [`WouldBlock`](io::ErrorKind::WouldBlock), as in Node, because
    /// nothing tells when there is room.
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
        let socket = super::connect(Type::STREAM, address).await?;
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
        let [one, other] = super::pair(Type::STREAM)?;
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

    pub(super) fn adopt(io: &Rc<Io>, fd: OwnedFd) -> io::Result<Self> {
        Ok(Self {
            socket: Socket::adopt(io.clone(), fd, false)?,
        })
    }

    /// The address of this side; without a name for one that connected.
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
    /// What the system says.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.socket.peer_addr()
    }

    /// Who is at the other end (`SO_PEERCRED`, unix(7)).
    ///
    /// # Errors
    ///
    /// [`NotConnected`](io::ErrorKind::NotConnected) for a socket that was adopted without a peer, else
    /// what the system says.
    pub fn peer_credentials(&self) -> io::Result<PeerCredentials> {
        let credentials = peer_credentials(&self.socket.fd)?;
        if credentials.uid == u32::MAX {
            return Err(io::ErrorKind::NotConnected.into());
        }
        Ok(PeerCredentials {
            pid: NonZeroU32::new(credentials.pid.cast_unsigned()),
            uid: credentials.uid,
            gid: credentials.gid,
        })
    }
}

stream_socket!(UnixStream);
passes_descriptors!(UnixStream, is_stream: true);
adopted_socket!(UnixStream, socket.fd, std::os::unix::net::UnixStream);
