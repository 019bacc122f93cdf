//! TCP: listeners, connections, and streams of received bytes.
//!
//! Sockets own ordinary descriptors: they can be adopted from another process or library
//! (`From<OwnedFd>`, `From<std::net::...>`), looked at (`AsFd`), and given away
//! (`into_owned_fd`).

mod incoming;
mod receive;
mod send;
mod socket;
mod tcp_io;
mod tcp_listener;
mod tcp_stream;

pub use incoming::Incoming;
pub use receive::ReceiveStream;
pub use send::SEND_BUFFER_BYTES_MAX;
pub use tcp_io::TcpIo;
pub use tcp_listener::{BACKLOG_DEFAULT, TcpListener, TcpListenerOptions};
pub use tcp_stream::TcpStream;
