//! Accepting connections, once or again and again.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::io::{Operation, Request, SharedFd};
use crate::sys::{RawResult, io_result, own_fd};
use crate::waiters::{Waiter, Waiters};

/// Connections that the kernel accepted for somebody who had left by then: who asks next gets them,
/// and who waits already is woken for them.
#[derive(Clone, Default)]
pub(crate) struct Accepted(Rc<LeftOver>);

#[derive(Default)]
struct LeftOver {
    fds: RefCell<VecDeque<OwnedFd>>,
    waiters: Waiters,
}

/// Somebody who takes what others have left.
pub(crate) struct Taker {
    accepted: Accepted,
    waiter: Waiter,
}

impl Taker {
    /// The first connection that was left; if there is none, `cx` is told of the next.
    pub(crate) fn poll_take(&self, cx: &mut Context<'_>) -> Poll<OwnedFd> {
        if let Some(fd) = self.accepted.0.fds.borrow_mut().pop_front() {
            return Poll::Ready(fd);
        }
        self.waiter.wait(cx);
        Poll::Pending
    }
}

impl Accepted {
    /// Somebody new who takes what others have left.
    pub(crate) fn taker(&self) -> Taker {
        Taker {
            accepted: self.clone(),
            waiter: self.0.waiters.waiter(),
        }
    }

    /// How many there are.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.fds.borrow().len()
    }

    /// Keeps what an accept has completed with. The listener's end closes it.
    fn keep(&self, result: RawResult) {
        if let Ok(fd) = accepted(result) {
            self.0.fds.borrow_mut().push_back(fd);
        }
    }

    /// Lets those who wait look again, if there is something to see.
    fn wake(&self) {
        if !self.0.fds.borrow().is_empty() {
            self.0.waiters.wake_all();
        }
    }
}

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
        self.left_over.keep(result);
        self.left_over.wake();
    }
}

/// Accepts until it is canceled or fails.
pub(crate) struct AcceptMulti(pub(crate) Accept);

// SAFETY: the request has no pointers, and `fd` keeps the listener open.
unsafe impl Operation for AcceptMulti {
    type Output = ();

    fn request(&mut self) -> Request {
        Request::AcceptMulti {
            fd: self.0.fd.raw(),
        }
    }

    fn finish(self, result: RawResult) {
        Operation::reclaim(self.0, result);
    }

    fn reclaim_item(&self, result: RawResult) {
        // Nobody is woken before the last result has come: this runs with the state borrowed.
        self.0.left_over.keep(result);
    }
}

/// The descriptor that an accept completed with.
pub(crate) fn accepted(result: RawResult) -> io::Result<OwnedFd> {
    io_result(result)?;
    // SAFETY: the kernel has just made this descriptor for the one accept that this is the result
    // of, and each result is looked at once.
    Ok(unsafe { own_fd(result) })
}
