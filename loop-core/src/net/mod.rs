//! Sockets: TCP, UDP and Unix.
//!
//! Sockets own ordinary descriptors: they can be adopted from another process or library
//! (`TryFrom<OwnedFd>`, `TryFrom<std::net::...>`), looked at (`AsFd`), and given away
//! (`into_owned_fd`).

mod acceptor;
mod address;
mod incoming;
mod message_socket;
mod receive;
mod send;
mod socket;
mod stream_socket;
mod tcp_io;
mod tcp_listener;
mod tcp_stream;
mod udp_options;
mod udp_socket;
mod unix;

pub use incoming::Incoming;
pub use message_socket::Received;
pub use receive::ReceiveStream;
pub use send::SEND_BUFFER_BYTES_MAX;
pub(crate) use socket::Socket;
pub use tcp_io::TcpIo;
pub use tcp_listener::{BACKLOG_DEFAULT, TcpListener, TcpListenerOptions};
pub use tcp_stream::TcpStream;
pub use udp_socket::{UdpSocket, UdpSocketOptions};
pub use unix::{
    FDS_MAX, PeerCredentials, ReceivedFds, UnixDatagram, UnixListener, UnixSeqpacket,
    UnixSeqpacketListener, UnixStream,
};
