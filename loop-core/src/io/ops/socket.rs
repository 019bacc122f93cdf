//! Moving bytes through sockets, connecting, shutting down, and waiting for readiness.

use std::io;

use socket2::SockAddr;
use synodic_buffers::{IoBuf, IoBufMut};

use super::message::no_message;
use super::{count, request_len, slices_of, unit};
use crate::io::{Operation, Readiness, Request, SharedFd};
use crate::sys::{RawResult, io_result};

/// Receives into a buffer.
pub(crate) struct Recv<B> {
    pub(crate) fd: SharedFd,
    pub(crate) buffer: B,
}

// SAFETY: an `IoBufMut`'s memory stays where it is while the buffer is not touched; `fd` keeps
// the descriptor open.
unsafe impl<B: IoBufMut> Operation for Recv<B> {
    type Output = (io::Result<usize>, B);

    fn request(&mut self) -> Request {
        let len = request_len(self.buffer.total_len());
        Request::Recv {
            fd: self.fd.raw(),
            buffer: self.buffer.stable_mut_ptr(),
            len,
        }
    }

    fn finish(mut self, result: RawResult) -> Self::Output {
        let result = count(result);
        if let Ok(received) = result {
            // SAFETY: the kernel has written this many bytes at the buffer's start.
            unsafe { self.buffer.set_init(received) };
        }
        (result, self.buffer)
    }
}

/// Receives into blocks of the pool until it is canceled, fails, or the peer has ended.
pub(crate) struct RecvMulti {
    pub(crate) fd: SharedFd,
}

// SAFETY: the request has no pointers, and `fd` keeps the descriptor open.
unsafe impl Operation for RecvMulti {
    type Output = ();

    fn request(&mut self) -> Request {
        Request::RecvMulti { fd: self.fd.raw() }
    }

    fn finish(self, _: RawResult) {}
}

/// Sends from a buffer.
pub(crate) struct Send<B> {
    pub(crate) fd: SharedFd,
    pub(crate) buffer: B,
}

// SAFETY: an `IoBuf`'s memory stays where it is while the buffer is not touched; `fd` keeps the
// descriptor open.
unsafe impl<B: IoBuf> Operation for Send<B> {
    type Output = (io::Result<usize>, B);

    fn request(&mut self) -> Request {
        let len = request_len(self.buffer.init_len());
        Request::Send {
            fd: self.fd.raw(),
            buffer: self.buffer.stable_ptr(),
            len,
        }
    }

    fn finish(self, result: RawResult) -> Self::Output {
        (count(result), self.buffer)
    }
}

/// Sends from several buffers, in order, as one.
pub(crate) struct SendVectored<B> {
    fd: SharedFd,
    buffers: Vec<B>,
    slices: Vec<libc::iovec>,
    message: libc::msghdr,
}

impl<B: IoBuf> SendVectored<B> {
    /// Of the first [`IOV_MAX`](super::IOV_MAX) buffers; the result says how far it came.
    pub(crate) fn new(fd: SharedFd, buffers: Vec<B>) -> Self {
        Self {
            fd,
            buffers,
            slices: Vec::new(),
            message: no_message(),
        }
    }
}

// SAFETY: the memory of the buffers stays where it is while they are not touched, and so does the
// memory of `slices`; `message` is in `self`, which does not move. `fd` keeps the descriptor open.
unsafe impl<B: IoBuf> Operation for SendVectored<B> {
    type Output = (io::Result<usize>, Vec<B>);

    fn request(&mut self) -> Request {
        self.slices = slices_of(&self.buffers);
        self.message.msg_iov = self.slices.as_mut_ptr();
        self.message.msg_iovlen = self.slices.len() as _;
        Request::SendMsg {
            fd: self.fd.raw(),
            message: &raw const self.message,
            tells_room: true,
        }
    }

    fn finish(self, result: RawResult) -> Self::Output {
        (count(result), self.buffers)
    }
}

/// Connects a socket.
pub(crate) struct Connect {
    pub(crate) fd: SharedFd,
    pub(crate) address: Box<SockAddr>,
}

// SAFETY: the address is in a box of its own; `fd` keeps the descriptor open.
unsafe impl Operation for Connect {
    type Output = io::Result<()>;

    fn request(&mut self) -> Request {
        Request::Connect {
            fd: self.fd.raw(),
            address: self.address.as_ptr().cast(),
            len: self.address.len(),
        }
    }

    fn finish(self, result: RawResult) -> io::Result<()> {
        unit(result)
    }
}

/// Shuts down directions of a connection.
pub(crate) struct Shutdown {
    pub(crate) fd: SharedFd,
    pub(crate) how: std::net::Shutdown,
}

// SAFETY: the request has no pointers, and `fd` keeps the descriptor open.
unsafe impl Operation for Shutdown {
    type Output = io::Result<()>;

    fn request(&mut self) -> Request {
        let how = match self.how {
            std::net::Shutdown::Read => libc::SHUT_RD,
            std::net::Shutdown::Write => libc::SHUT_WR,
            std::net::Shutdown::Both => libc::SHUT_RDWR,
        };
        Request::Shutdown {
            fd: self.fd.raw(),
            how,
        }
    }

    fn finish(self, result: RawResult) -> io::Result<()> {
        unit(result)
    }
}

/// Waits for one of `events`. `owner` keeps the descriptor open.
pub(crate) struct PollOnce<T> {
    pub(crate) owner: T,
    pub(crate) fd: std::os::fd::RawFd,
    pub(crate) events: i16,
}

// SAFETY: the request has no pointers, and `owner` keeps the descriptor open.
unsafe impl<T: 'static> Operation for PollOnce<T> {
    type Output = io::Result<Readiness>;

    fn request(&mut self) -> Request {
        Request::Poll {
            fd: self.fd,
            events: self.events,
        }
    }

    fn finish(self, result: RawResult) -> io::Result<Readiness> {
        drop(self.owner);
        // The kernel's answer is of the same width as the question.
        io_result(result).map(|events| Readiness::from_events(events as i16))
    }
}

/// Reports each coming of one of `events`. `owner` keeps the descriptor open.
pub(crate) struct PollRepeat<T> {
    pub(crate) owner: T,
    pub(crate) fd: std::os::fd::RawFd,
    pub(crate) events: i16,
}

// SAFETY: the request has no pointers, and `owner` keeps the descriptor open.
unsafe impl<T: 'static> Operation for PollRepeat<T> {
    type Output = ();

    fn request(&mut self) -> Request {
        Request::PollMulti {
            fd: self.fd,
            events: self.events,
        }
    }

    fn finish(self, _: RawResult) {
        drop(self.owner);
    }
}
