//! Messages: bytes with an address, or with descriptors, beside them.

use std::io;
use std::mem::zeroed;
use std::os::fd::OwnedFd;

use socket2::{SockAddr, SockAddrStorage};
use synodic_buffers::{IoBuf, IoBufMut};

use super::control::{Control, received_fds};
use super::{count, request_len};
use crate::io::{Operation, Request, SharedFd};
use crate::sys::RawResult;

/// Sends a buffer as one message, to an address or with descriptors.
pub(crate) struct SendMessage<B, O> {
    fd: SharedFd,
    buffer: B,
    /// What is given back of the buffer and the descriptors.
    give_back: fn(B, Vec<OwnedFd>) -> O,
    address: Option<SockAddr>,
    fds: Vec<OwnedFd>,
    control: Control,
    slice: libc::iovec,
    message: libc::msghdr,
}

impl<B: IoBuf> SendMessage<B, B> {
    /// To `address`, or to the peer.
    pub(crate) fn new(fd: SharedFd, buffer: B, address: Option<SockAddr>) -> Self {
        Self {
            fd,
            buffer,
            give_back: |buffer, _| buffer,
            address,
            fds: Vec::new(),
            control: Control::none(),
            slice: no_bytes(),
            message: no_message(),
        }
    }
}

impl<B: IoBuf> SendMessage<B, (B, Vec<OwnedFd>)> {
    /// To the peer, with `fds`, of which there are at most [`FDS_MAX`](super::FDS_MAX).
    pub(crate) fn with_fds(fd: SharedFd, buffer: B, fds: Vec<OwnedFd>) -> Self {
        Self {
            fd,
            buffer,
            give_back: |buffer, fds| (buffer, fds),
            address: None,
            control: Control::of_fds(&fds),
            fds,
            slice: no_bytes(),
            message: no_message(),
        }
    }
}

// SAFETY: the buffer's memory and that of `control` stay where they are while they are not touched;
// `address`, `slice` and `message` are in `self`, which does not move. `fd` keeps the socket open, and
// `fds` the descriptors that are sent.
unsafe impl<B: IoBuf, O: 'static> Operation for SendMessage<B, O> {
    type Output = (io::Result<usize>, O);

    fn request(&mut self) -> Request {
        self.slice = libc::iovec {
            // The kernel only reads from it.
            iov_base: self.buffer.stable_ptr().cast_mut().cast(),
            iov_len: request_len(self.buffer.init_len()) as usize,
        };
        if let Some(address) = &self.address {
            // The kernel only reads from it.
            self.message.msg_name = address.as_ptr().cast_mut().cast();
            self.message.msg_namelen = address.len();
        }
        self.message.msg_iov = &raw mut self.slice;
        self.message.msg_iovlen = 1;
        self.control.attach(&mut self.message);
        Request::SendMsg {
            fd: self.fd.raw(),
            message: &raw const self.message,
            tells_room: !self.address.as_ref().is_some_and(SockAddr::is_unix),
        }
    }

    fn finish(self, result: RawResult) -> Self::Output {
        (count(result), (self.give_back)(self.buffer, self.fds))
    }
}

/// What came with a message beside its bytes.
pub(crate) struct Envelope {
    /// How many bytes are in the buffer.
    pub(crate) len: usize,
    /// Who has sent it; without an address where the sender has none.
    pub(crate) from: SockAddr,
    /// The descriptors that were sent with it.
    pub(crate) fds: Vec<OwnedFd>,
    /// The message was longer than the buffer: the rest is lost.
    pub(crate) is_cut: bool,
    /// More descriptors were sent than this process may open: the rest is closed.
    pub(crate) are_fds_cut: bool,
}

/// Receives one message.
pub(crate) struct ReceiveMessage<B, M> {
    fd: SharedFd,
    buffer: B,
    /// What of it the caller wants.
    open: fn(Envelope) -> io::Result<M>,
    address: SockAddrStorage,
    control: Control,
    slice: libc::iovec,
    message: libc::msghdr,
}

impl<B: IoBufMut, M> ReceiveMessage<B, M> {
    /// With its sender's address.
    pub(crate) fn new(fd: SharedFd, buffer: B, open: fn(Envelope) -> io::Result<M>) -> Self {
        Self {
            fd,
            buffer,
            open,
            address: SockAddrStorage::zeroed(),
            control: Control::none(),
            slice: no_bytes(),
            message: no_message(),
        }
    }

    /// With the descriptors that are sent beside it.
    pub(crate) fn with_fds(fd: SharedFd, buffer: B, open: fn(Envelope) -> io::Result<M>) -> Self {
        Self {
            control: Control::room_for_fds(),
            ..Self::new(fd, buffer, open)
        }
    }
}

// SAFETY: the buffer's memory and that of `control` stay where they are while they are not touched;
// `address`, `slice` and `message` are in `self`, which does not move. `fd` keeps the socket open.
unsafe impl<B: IoBufMut, M: 'static> Operation for ReceiveMessage<B, M> {
    type Output = (io::Result<M>, B);

    fn request(&mut self) -> Request {
        self.slice = libc::iovec {
            iov_base: self.buffer.stable_mut_ptr().cast(),
            iov_len: request_len(self.buffer.total_len()) as usize,
        };
        self.message.msg_name = (&raw mut self.address).cast();
        self.message.msg_namelen = self.address.size_of();
        self.message.msg_iov = &raw mut self.slice;
        self.message.msg_iovlen = 1;
        self.control.attach(&mut self.message);
        Request::RecvMsg {
            fd: self.fd.raw(),
            message: &raw mut self.message,
        }
    }

    fn finish(mut self, result: RawResult) -> Self::Output {
        let envelope = count(result).map(|len| {
            // SAFETY: the kernel has written this many bytes at the buffer's start.
            unsafe { self.buffer.set_init(len) };
            // SAFETY: the storage holds an address of the length that the kernel gave, or zeros.
            let from = unsafe { SockAddr::new(self.address, self.message.msg_namelen) };
            Envelope {
                len,
                from,
                // SAFETY: the message is the one that the kernel has just filled, with the control
                // buffer that is still attached to it; it is looked at once.
                fds: unsafe { received_fds(&self.message) },
                is_cut: self.message.msg_flags & libc::MSG_TRUNC != 0,
                are_fds_cut: self.message.msg_flags & libc::MSG_CTRUNC != 0,
            }
        });
        (envelope.and_then(self.open), self.buffer)
    }
}

fn no_bytes() -> libc::iovec {
    libc::iovec {
        iov_base: std::ptr::null_mut(),
        iov_len: 0,
    }
}

pub(super) fn no_message() -> libc::msghdr {
    // SAFETY: a message header of zeros is one without address, buffers and control data.
    unsafe { zeroed() }
}
