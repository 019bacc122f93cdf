//! Runs one request with ordinary system calls, without blocking wherever that can be asked for.

use std::os::fd::RawFd;

use synodic_buffers::Block;

use super::{RawResult, file_calls, last_errno, raw_result};
use crate::io::{POSITION, Request};

/// What a try came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// The operation is over.
    Done(RawResult),
    /// The descriptor is not ready; try again on its next event.
    WouldBlock,
}

/// Tries `request` once. `again` says that it was tried before and would have blocked.
///
/// # Safety
///
/// The pointers in `request` are valid for what it asks: its payload is parked, and no other
/// thread and no kernel operation uses it.
pub(crate) unsafe fn attempt(request: &Request, again: bool) -> Attempt {
    // SAFETY: this function's own contract.
    let value = unsafe { call(request, again) };
    match raw_result(value) {
        result if result == -libc::EAGAIN && !is_told_of_room(request, again) => {
            Attempt::Done(result)
        }
        result if result == -libc::EAGAIN => Attempt::WouldBlock,
        // A non-blocking connect is under way; the descriptor turns writable at its end.
        result if result == -libc::EINPROGRESS => Attempt::WouldBlock,
        result => Attempt::Done(result),
    }
}

/// Whether an event tells when a request that was refused can be tried again. A full queue of a Unix
/// socket, of connections or of messages, is somebody else's (connect(2), unix(7)).
fn is_told_of_room(request: &Request, again: bool) -> bool {
    match request {
        Request::Connect { .. } => again,
        Request::SendMsg { tells_room, .. } => *tells_room,
        _ => true,
    }
}

/// Receives into `block` without waiting.
pub(crate) fn recv_into(fd: RawFd, block: &mut Block) -> Attempt {
    let request = Request::Recv {
        fd,
        buffer: block.as_mut_ptr(),
        len: u32::try_from(block.capacity()).unwrap_or(u32::MAX),
    };
    // SAFETY: the block is borrowed for the call, and a receive that returns keeps no pointer.
    unsafe { attempt(&request, false) }
}

/// A request on its way to a thread that may block.
#[derive(Debug)]
pub(crate) struct BlockingCall(Request);

// SAFETY: the pointers lead to a parked payload that only this call uses (`new`'s contract), and
// payloads are plain memory and descriptors, which belong to no thread.
unsafe impl Send for BlockingCall {}

impl BlockingCall {
    /// # Safety
    ///
    /// As for [`attempt`], until `run` has returned or the value is dropped.
    pub(crate) unsafe fn new(request: &Request) -> Self {
        Self(*request)
    }

    /// Runs the request and waits for its end.
    pub(crate) fn run(self) -> RawResult {
        // SAFETY: the contract of `new`.
        let attempt = unsafe { attempt(&self.0, false) };
        match attempt {
            Attempt::Done(result) => result,
            Attempt::WouldBlock => -libc::EAGAIN,
        }
    }
}

/// Whether one of `events` is there now: the events that are, or `WouldBlock`.
pub(crate) fn poll_now(fd: RawFd, events: i16) -> isize {
    let mut entry = libc::pollfd {
        fd,
        events,
        revents: 0,
    };
    // SAFETY: `entry` is one live element, written only during the call.
    let ready = unsafe { libc::poll(&raw mut entry, 1, 0) };
    match ready {
        0 => fail(libc::EAGAIN),
        1.. => entry.revents as isize,
        _ => -1,
    }
}

/// Sets `errno` and returns the value that goes with it.
fn fail(errno: i32) -> isize {
    // SAFETY: the pointer is to this thread's own `errno`.
    let slot = unsafe { libc::__errno_location() };
    // SAFETY: as above; no reference to it is held anywhere.
    unsafe { slot.write(errno) };
    -1
}

/// The system call for `request`, in the kernel's return convention; interrupted calls repeat.
///
/// # Safety
///
/// As for [`attempt`].
unsafe fn call(request: &Request, again: bool) -> isize {
    loop {
        // SAFETY: this function's own contract.
        let value = unsafe { call_once(request, again) };
        if value >= 0 || last_errno() != libc::EINTR {
            return value;
        }
    }
}

/// # Safety
///
/// As for [`attempt`].
unsafe fn call_once(request: &Request, again: bool) -> isize {
    match *request {
        Request::Nop => 0,
        Request::Recv { fd, buffer, len } => {
            // SAFETY: the caller vouches for `len` writable bytes at `buffer`.
            unsafe { libc::recv(fd, buffer.cast(), len as usize, libc::MSG_DONTWAIT) }
        }
        Request::Send { fd, buffer, len } => {
            let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
            // SAFETY: the caller vouches for `len` readable bytes at `buffer`.
            unsafe { libc::send(fd, buffer.cast(), len as usize, flags) }
        }
        Request::SendMsg { fd, message, .. } => {
            let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
            // SAFETY: the caller vouches for the message and all it points to.
            unsafe { libc::sendmsg(fd, message, flags) }
        }
        Request::Read { fd, buffer, len } => {
            // SAFETY: the caller vouches for `len` writable bytes at `buffer`.
            unsafe { libc::read(fd, buffer.cast(), len as usize) }
        }
        Request::Write { fd, buffer, len } => {
            // SAFETY: the caller vouches for `len` readable bytes at `buffer`.
            unsafe { libc::write(fd, buffer.cast(), len as usize) }
        }
        Request::RecvMsg { fd, message } => {
            let flags = libc::MSG_DONTWAIT | libc::MSG_CMSG_CLOEXEC;
            // SAFETY: the caller vouches for the message and all it points to.
            unsafe { libc::recvmsg(fd, message, flags) }
        }
        Request::Accept { fd } | Request::AcceptMulti { fd } => accept(fd),
        Request::Connect { fd, .. } if again => connect_outcome(fd),
        Request::Connect { fd, address, len } => {
            // SAFETY: the caller vouches for `len` bytes of socket address.
            unsafe { libc::connect(fd, address, len) as isize }
        }
        // SAFETY: the call takes no pointer.
        Request::Shutdown { fd, how } => unsafe { libc::shutdown(fd, how) as isize },
        Request::Poll { fd, events } | Request::PollMulti { fd, events } => poll_now(fd, events),
        Request::RecvMulti { .. } => unreachable!("drivers receive into their own blocks"),
        // SAFETY: this function's own contract.
        _ => unsafe { call_file(request) },
    }
}

/// # Safety
///
/// As for [`attempt`].
unsafe fn call_file(request: &Request) -> isize {
    match *request {
        Request::ReadAt {
            fd,
            buffer,
            len,
            offset: POSITION,
        } => {
            // SAFETY: the caller vouches for `len` writable bytes at `buffer`.
            unsafe { libc::read(fd, buffer.cast(), len as usize) }
        }
        Request::ReadAt {
            fd,
            buffer,
            len,
            offset,
        } => {
            // SAFETY: the caller vouches for `len` writable bytes at `buffer`.
            unsafe { libc::pread64(fd, buffer.cast(), len as usize, offset.cast_signed()) }
        }
        Request::WriteAt {
            fd,
            buffer,
            len,
            offset: POSITION,
        } => {
            // SAFETY: the caller vouches for `len` readable bytes at `buffer`.
            unsafe { libc::write(fd, buffer.cast(), len as usize) }
        }
        Request::WriteAt {
            fd,
            buffer,
            len,
            offset,
        } => {
            // SAFETY: the caller vouches for `len` readable bytes at `buffer`.
            unsafe { libc::pwrite64(fd, buffer.cast(), len as usize, offset.cast_signed()) }
        }
        Request::Fsync { fd, data_only } => {
            let sync = if data_only {
                libc::fdatasync
            } else {
                libc::fsync
            };
            // SAFETY: the call takes no pointer.
            unsafe { sync(fd) as isize }
        }
        // SAFETY: this function's own contract.
        Request::ReadVectoredAt { .. } | Request::WriteVectoredAt { .. } => unsafe {
            file_calls::vectored(request)
        },
        // SAFETY: the call takes no pointer.
        Request::SetLen { fd, len } => unsafe { libc::ftruncate64(fd, len.cast_signed()) as isize },
        // SAFETY: this function's own contract.
        Request::Name(call) => unsafe { file_calls::name(call) },
        Request::Open { path, flags, mode } => {
            // SAFETY: the caller vouches for the NUL-terminated path.
            unsafe { libc::openat(libc::AT_FDCWD, path, flags, mode) as isize }
        }
        Request::Statx {
            fd,
            path,
            flags,
            mask,
            out,
        } => {
            // SAFETY: the caller vouches for the path and for a writable `out`.
            unsafe { libc::statx(fd, path, flags, mask, out) as isize }
        }
        Request::Close { fd } => {
            // SAFETY: the operation owned the descriptor and gave it up to this request.
            let closed = unsafe { libc::close(fd) };
            // Linux has closed the descriptor even when the call was interrupted.
            if closed < 0 && last_errno() == libc::EINTR {
                0
            } else {
                closed as isize
            }
        }
        _ => unreachable!("not a file request"),
    }
}

/// Accepts from a listener that is non-blocking (the epoll and test drivers make it so).
fn accept(fd: RawFd) -> isize {
    let null = std::ptr::null_mut();
    // SAFETY: null pointers ask for no address.
    unsafe { libc::accept4(fd, null, std::ptr::null_mut(), libc::SOCK_CLOEXEC) as isize }
}

/// How a connect that was under way ended.
fn connect_outcome(fd: RawFd) -> isize {
    // Writability is what tells the end; a try before it must not look at the error slot.
    let ready = poll_now(fd, libc::POLLOUT);
    if ready < 0 {
        return ready;
    }
    let mut error: libc::c_int = 0;
    let mut len = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: both pointers are to live locals, and `len` is the size of `error`.
    let done = unsafe {
        libc::getsockopt(
            fd,
            libc::SOL_SOCKET,
            libc::SO_ERROR,
            (&raw mut error).cast(),
            &raw mut len,
        )
    };
    if done < 0 {
        return -1;
    }
    if error == 0 { 0 } else { fail(error) }
}
