//! Accepting connections, once or again and again.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::io::{Operation, Request, SharedFd};
use crate::sys::{RawResult, io_result, own_fd};

/// Connections that the kernel accepted for somebody who had left by then: who asks next gets them,
/// and who waits already is woken for them.
#[derive(Clone, Default)]
pub(crate) struct Accepted(Rc<LeftOver>);

#[derive(Default)]
struct LeftOver {
    fds: RefCell<VecDeque<OwnedFd>>,
    /// By the number of whoever waits.
    waiting: RefCell<Vec<(u64, Waker)>>,
    next_number: Cell<u64>,
}

/// Somebody who takes what others have left.
pub(crate) struct Taker {
    accepted: Accepted,
    number: u64,
}

impl Taker {
    /// The first connection that was left; if there is none, `cx` is told of the next.
    pub(crate) fn poll_take(&self, cx: &mut Context<'_>) -> Poll<OwnedFd> {
        let left_over = &self.accepted.0;
        if let Some(fd) = left_over.fds.borrow_mut().pop_front() {
            return Poll::Ready(fd);
        }
        let known = left_over
            .waiting
            .borrow()
            .iter()
            .any(|(number, waker)| *number == self.number && waker.will_wake(cx.waker()));
        if !known {
            self.leave();
            let waker = cx.waker().clone();
            left_over.waiting.borrow_mut().push((self.number, waker));
        }
        Poll::Pending
    }

    /// Waits no more.
    fn leave(&self) {
        let mut waiting = self.accepted.0.waiting.borrow_mut();
        let place = waiting
            .iter()
            .position(|(number, _)| *number == self.number);
        let left = place.map(|place| waiting.remove(place));
        drop(waiting);
        drop(left);
    }
}

impl Drop for Taker {
    fn drop(&mut self) {
        self.leave();
    }
}

impl Accepted {
    /// Somebody new who takes what others have left.
    pub(crate) fn taker(&self) -> Taker {
        let number = self.0.next_number.get();
        self.0.next_number.set(number + 1);
        Taker {
            accepted: self.clone(),
            number,
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
        if self.0.fds.borrow().is_empty() {
            return;
        }
        for (_, waker) in self.0.waiting.take() {
            waker.wake();
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
