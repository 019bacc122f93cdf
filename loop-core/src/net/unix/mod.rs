//! Unix sockets: streams, datagrams, sequenced packets, and the descriptors that travel on them.

mod datagram;
mod descriptors;
mod listener;
mod seqpacket;
mod stream;

pub use datagram::UnixDatagram;
pub use descriptors::{FDS_MAX, ReceivedFds};
pub use listener::UnixListener;
pub use seqpacket::{UnixSeqpacket, UnixSeqpacketListener};
pub use stream::{PeerCredentials, UnixStream};

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::SocketAddr;

use socket2::{Domain, Type};

use super::address::unix_address;
use super::socket::Socket;
use crate::io as event_io;

/// A new socket, not bound.
fn new_socket(kind: Type) -> io::Result<socket2::Socket> {
    socket2::Socket::new(Domain::UNIX, kind.cloexec(), None)
}

/// A socket that listens at `address`.
fn listen(kind: Type, address: &SocketAddr) -> io::Result<OwnedFd> {
    let socket = new_socket(kind)?;
    socket.bind(&unix_address(address)?)?;
    socket.listen(super::BACKLOG_DEFAULT.cast_signed())?;
    Ok(socket.into())
}

/// A connection to `address`.
async fn connect(kind: Type, address: &SocketAddr) -> io::Result<Socket> {
    let (socket, address) = (new_socket(kind)?, unix_address(address)?);
    let socket = Socket::adopt(event_io::current(), socket.into(), true)?;
    socket.connect(address).await?;
    Ok(socket)
}

/// Two sockets that are connected with each other.
fn pair(kind: Type) -> io::Result<[Socket; 2]> {
    let (one, other) = socket2::Socket::pair(Domain::UNIX, kind.cloexec(), None)?;
    let io = event_io::current();
    Ok([
        Socket::adopt(io.clone(), one.into(), false)?,
        Socket::adopt(io, other.into(), false)?,
    ])
}
