//! Accepting connections, once or again and again.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;

use crate::io::{Operation, Request, SharedFd};
use crate::sys::{RawResult, io_result, own_fd};

/// Connections that the kernel accepted for somebody who had left by then: the next one who asks
/// gets them.
pub(crate) type Accepted = Rc<RefCell<VecDeque<OwnedFd>>>;

/// Accepts one connection.
pub(crate) struct Accept {
    pub(crate) fd: SharedFd,
    pub(crate) left_over: Accepted,
}

// SAFETY: the request has no pointers, and `fd` keeps the listener open.
unsafe impl Operation for Accept {
    type Output = io::Result<OwnedFd>;

    fn request(&mut self) -> Request {
        Request::Accept { fd: self.fd.raw() }
    }

    fn finish(self, result: RawResult) -> io::Result<OwnedFd> {
        accepted(result)
    }

    fn reclaim(self, result: RawResult) {
        keep(&self.left_over, result);
    }
}

/// Accepts until it is canceled or fails.
pub(crate) struct AcceptMulti {
    pub(crate) fd: SharedFd,
    pub(crate) left_over: Accepted,
}

// SAFETY: the request has no pointers, and `fd` keeps the listener open.
unsafe impl Operation for AcceptMulti {
    type Output = ();

    fn request(&mut self) -> Request {
        Request::AcceptMulti { fd: self.fd.raw() }
    }

    fn finish(self, result: RawResult) {
        keep(&self.left_over, result);
    }

    fn reclaim_item(&self, result: RawResult) {
        keep(&self.left_over, result);
    }
}

/// The descriptor that an accept completed with.
pub(crate) fn accepted(result: RawResult) -> io::Result<OwnedFd> {
    io_result(result)?;
    // SAFETY: the kernel has just made this descriptor for the one accept that this is the result
    // of, and each result is looked at once.
    Ok(unsafe { own_fd(result) })
}

/// Keeps a connection for the next who asks. The listener's end closes it.
fn keep(left_over: &Accepted, result: RawResult) {
    if let Ok(fd) = accepted(result) {
        left_over.borrow_mut().push_back(fd);
    }
}
