//! Addresses, as the system has them and as a program sees them.

use std::io;
use std::net;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net as unix;

use socket2::SockAddr;

/// The address of one family of sockets.
pub(super) trait Address: Sized {
    /// The address, if it is one of this family.
    fn of(address: &SockAddr) -> io::Result<Self>;
}

impl Address for net::SocketAddr {
    fn of(address: &SockAddr) -> io::Result<Self> {
        address
            .as_socket()
            .ok_or_else(|| unsupported("the socket is not of an internet family"))
    }
}

impl Address for unix::SocketAddr {
    fn of(address: &SockAddr) -> io::Result<Self> {
        // A peer's path may have 108 bytes, which the standard library cannot express: a message must
        // not be lost for that.
        if let Some(path) = address.as_pathname() {
            return Self::from_pathname(path).or_else(|_| Self::from_pathname(""));
        }
        if let Some(name) = address.as_abstract_namespace() {
            return Self::from_abstract_name(name);
        }
        // What has sent without being bound has no address at all, not even a family.
        if address.len() == 0 || address.is_unix() {
            return Self::from_pathname("");
        }
        Err(unsupported("the socket is not of the Unix family"))
    }
}

/// The system's form of a Unix address.
pub(super) fn unix_address(address: &unix::SocketAddr) -> io::Result<SockAddr> {
    if let Some(path) = address.as_pathname() {
        return SockAddr::unix(path);
    }
    match address.as_abstract_name() {
        Some(name) => {
            let mut path = vec![0];
            path.extend_from_slice(name);
            let path: std::ffi::OsString = std::os::unix::ffi::OsStringExt::from_vec(path);
            SockAddr::unix(path)
        }
        None => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the address has neither a path nor an abstract name",
        )),
    }
}

fn unsupported(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, what)
}
