//! Descriptors beside bytes.

use std::io;
use std::os::fd::OwnedFd;

use crate::io::ops::Envelope;

/// The most descriptors that one message carries (Linux's `SCM_MAX_FD`).
pub const FDS_MAX: usize = crate::io::ops::FDS_MAX;

/// Bytes and descriptors that were received.
#[derive(Debug)]
#[non_exhaustive]
pub struct ReceivedFds {
    /// How many bytes are in the buffer.
    pub len: usize,
    /// The descriptors, in the order in which they were sent. They are closed on `exec`.
    pub fds: Vec<OwnedFd>,
    /// There were more descriptors, which this process could not open: it may have no more.
    pub are_fds_truncated: bool,
    /// The message was longer than the buffer, and the rest is lost. Never so on a stream.
    pub is_truncated: bool,
}

impl ReceivedFds {
    pub(super) fn open(envelope: Envelope) -> io::Result<Self> {
        Ok(Self {
            len: envelope.len,
            fds: envelope.fds,
            are_fds_truncated: envelope.are_fds_cut,
            is_truncated: envelope.is_cut,
        })
    }
}

/// Whether these descriptors can be sent beside so many bytes. On a stream they need one to go with.
pub(super) fn check(fds: &[OwnedFd], bytes: usize, is_stream: bool) -> io::Result<()> {
    let problem = if fds.len() > FDS_MAX {
        format!(
            "{} descriptors: at most {FDS_MAX} go with one message",
            fds.len()
        )
    } else if is_stream && bytes == 0 && !fds.is_empty() {
        "no bytes: descriptors go with at least one".to_owned()
    } else {
        return Ok(());
    };
    Err(io::Error::new(io::ErrorKind::InvalidInput, problem))
}

/// The methods that pass descriptors, of a socket whose `socket` field is a
/// [`Socket`](crate::net::socket::Socket).
macro_rules! passes_descriptors {
    ($name:ident, is_stream: $is_stream:literal) => {
        impl $name {
            /// Sends bytes, and `fds` with the first of them. Both come back; what was sent lives on
            /// at the receiver.
            ///
            /// # Errors
            ///
            /// [`InvalidInput`](std::io::ErrorKind::InvalidInput) for no bytes on a stream, and for more than
            /// [`FDS_MAX`](crate::net::FDS_MAX) descriptors; else what the system says, such as
            /// `ETOOMANYREFS` when too many are under way.
            ///
            /// # Cancel safety
            ///
            /// Dropping the future leaves open whether they were sent, and closes `fds` here.
            pub async fn send_with_fds<B: synodic_buffers::IoBuf>(
                &self,
                buffer: B,
                fds: Vec<std::os::fd::OwnedFd>,
            ) -> crate::io::BufResult<usize, (B, Vec<std::os::fd::OwnedFd>)> {
                if let Err(error) = super::descriptors::check(&fds, buffer.init_len(), $is_stream) {
                    return (Err(error), (buffer, fds));
                }
                let fd = self.socket.fd.clone();
                let send = crate::io::ops::SendMessage::with_fds(fd, buffer, fds);
                self.socket.io.submit(send).await
            }

            /// Receives bytes, and the descriptors that were sent with them. No bytes and no descriptors are
            /// the end of a connection. Other ways to receive close the descriptors.
            ///
            /// # Errors
            ///
            /// What the system says, such as
            /// [`ConnectionReset`](std::io::ErrorKind::ConnectionReset).
            ///
            /// # Cancel safety
            ///
            /// Dropping the operation may lose bytes and close descriptors that the kernel had
            /// received by then. [`Op::cancel`](crate::io::Op::cancel) loses none: it returns them.
            pub fn recv_with_fds<B: synodic_buffers::IoBufMut>(
                &self,
                buffer: B,
            ) -> crate::io::Op<crate::io::BufResult<super::ReceivedFds, B>> {
                self.socket
                    .io
                    .submit(crate::io::ops::ReceiveMessage::with_fds(
                        self.socket.fd.clone(),
                        buffer,
                        super::ReceivedFds::open,
                    ))
            }
        }
    };
}
pub(super) use passes_descriptors;
