//! What sockets that keep messages apart have in common.

use std::io;

use socket2::SockAddr;

use super::address::Address;
use crate::io::ops::Envelope;

/// A message that was received.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received<A> {
    /// How many bytes are in the buffer.
    pub len: usize,
    /// Who has sent it.
    pub from: A,
    /// The message was longer than the buffer, and the rest is lost.
    pub is_truncated: bool,
}

/// The message, with its sender.
pub(super) fn received<A: Address>(envelope: Envelope) -> io::Result<Received<A>> {
    Ok(Received {
        len: envelope.len,
        from: A::of(&envelope.from)?,
        is_truncated: envelope.is_cut,
    })
}

/// How long a message is. What did not fit is an error where nobody asks.
pub(super) fn whole_len(envelope: Envelope) -> io::Result<usize> {
    if envelope.is_cut {
        return Err(io::Error::from_raw_os_error(libc::EMSGSIZE));
    }
    Ok(envelope.len)
}

/// No address: the message goes to the peer.
pub(super) const TO_PEER: Option<SockAddr> = None;

/// The methods of a socket whose messages stay apart, and whose `socket` field is a
/// [`Socket`](super::socket::Socket).
macro_rules! message_socket {
    ($name:ident) => {
        impl $name {
            /// Sends the buffer to the peer as one message, and returns its length in bytes.
            ///
            /// # Errors
            ///
            /// What the system says, such as `EMSGSIZE` for a message that is too long,
            /// [`NotConnected`](std::io::ErrorKind::NotConnected) without a peer, and
            /// [`ConnectionRefused`](std::io::ErrorKind::ConnectionRefused) when an earlier message
            /// reached nobody.
            ///
            /// # Cancel safety
            ///
            /// Dropping the operation leaves open whether the message was sent.
            pub fn send<B: synodic_buffers::IoBuf>(
                &self,
                buffer: B,
            ) -> crate::io::Op<crate::io::BufResult<usize, B>> {
                self.socket.io.submit(crate::io::ops::SendMessage::new(
                    self.socket.fd.clone(),
                    buffer,
                    crate::net::message_socket::TO_PEER,
                ))
            }

            /// Receives one message into `buffer`, and returns its length in bytes. A message may be
            /// empty.
            ///
            /// # Errors
            ///
            /// What the system says. `EMSGSIZE` for a message that is longer than the buffer; its
            /// beginning is in the buffer and the rest is lost.
            ///
            /// # Cancel safety
            ///
            /// Dropping the operation may lose a message. [`Op::cancel`](crate::io::Op::cancel) loses
            /// none: it returns it.
            pub fn recv<B: synodic_buffers::IoBufMut>(
                &self,
                buffer: B,
            ) -> crate::io::Op<crate::io::BufResult<usize, B>> {
                self.socket.io.submit(crate::io::ops::ReceiveMessage::new(
                    self.socket.fd.clone(),
                    buffer,
                    crate::net::message_socket::whole_len,
                ))
            }
        }
    };
}
pub(super) use message_socket;
