//! Readiness of any descriptor, for code that does its own system calls.

use std::fmt;
use std::io;
use std::ops::BitOr;
use std::os::fd::{AsFd, AsRawFd};
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use super::ops::{PollOnce, PollRepeat};
use super::{Io, Op, OpStream};

/// What to wait for on a descriptor.
///
/// # Examples
///
/// ```
/// use synodic_loop::io::Interest;
///
/// let both = Interest::READABLE | Interest::WRITABLE;
/// assert_ne!(both, Interest::READABLE);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interest(i16);

impl Interest {
    /// There is something to read, or to accept, or the peer has ended.
    pub const READABLE: Self = Self(libc::POLLIN | libc::POLLRDHUP);
    /// There is room to write, or a connect has ended.
    pub const WRITABLE: Self = Self(libc::POLLOUT);
    /// There is out-of-band data.
    pub const PRIORITY: Self = Self(libc::POLLPRI);
}

impl BitOr for Interest {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What a descriptor is ready for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readiness(i16);

impl Readiness {
    /// Whether a read would not block: there is data, or the end of it, or an error to report.
    #[must_use]
    pub fn is_readable(self) -> bool {
        self.0 & (libc::POLLIN | libc::POLLRDHUP | libc::POLLHUP | libc::POLLERR) != 0
    }

    /// Whether a write would not block: there is room, or an error to report.
    #[must_use]
    pub fn is_writable(self) -> bool {
        self.0 & (libc::POLLOUT | libc::POLLHUP | libc::POLLERR) != 0
    }

    /// Whether there is out-of-band data.
    #[must_use]
    pub fn is_priority(self) -> bool {
        self.0 & libc::POLLPRI != 0
    }

    /// Whether the peer has closed at least its writing side.
    #[must_use]
    pub fn is_closed(self) -> bool {
        self.0 & (libc::POLLRDHUP | libc::POLLHUP) != 0
    }

    /// Whether the descriptor has an error to report.
    #[must_use]
    pub fn is_error(self) -> bool {
        self.0 & libc::POLLERR != 0
    }
}

/// A descriptor's owner together with the loop that watches it.
///
/// The owner stays alive for as long as a wait is in flight. Its descriptor is used as it is:
/// whoever reads and writes it makes it non-blocking first.
///
/// # Examples
///
/// ```
/// use std::io::Write;
/// use std::os::unix::net::UnixStream;
/// use synodic_loop::EventLoop;
/// use synodic_loop::io::{Interest, PollFd};
///
/// let (ours, mut theirs) = UnixStream::pair()?;
/// EventLoop::new()?.block_on(async {
///     let ours = PollFd::new(ours);
///     theirs.write_all(b"x")?;
///     assert!(ours.ready(Interest::READABLE).await?.is_readable());
///     Ok::<(), std::io::Error>(())
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "uv_poll_t")]
pub struct PollFd<T: AsFd + 'static> {
    io: Rc<Io>,
    owner: Rc<T>,
    /// Armed by the first call of the `poll_` methods.
    events: Option<OpStream>,
}

impl<T: AsFd + 'static> PollFd<T> {
    /// Watches `owner`'s descriptor, on the current loop.
    ///
    /// # Panics
    ///
    /// Outside of an event loop.
    #[must_use]
    pub fn new(owner: T) -> Self {
        Self {
            io: super::current(),
            owner: Rc::new(owner),
            events: None,
        }
    }

    /// The owner of the descriptor.
    pub fn get_ref(&self) -> &T {
        &self.owner
    }

    /// Waits until the descriptor is ready for `interest`, in the sense of `poll(2)`.
    ///
    /// # Errors
    ///
    /// What the kernel says to a descriptor that cannot be watched, such as `EBADF`.
    ///
    /// # Cancel safety
    ///
    /// Nothing is consumed: dropping the wait loses nothing.
    pub fn ready(&self, interest: Interest) -> Op<io::Result<Readiness>> {
        let fd = self.owner.as_fd().as_raw_fd();
        self.io.submit(PollOnce {
            owner: self.owner.clone(),
            fd,
            events: interest.0,
        })
    }

    /// The next change of readiness for `interest`, edge by edge: once for what is there at first,
    /// and then for each event that comes.
    ///
    /// The interest of the first call stays in force.
    ///
    /// # Errors
    ///
    /// As for [`ready`](Self::ready).
    ///
    /// # Cancel safety
    ///
    /// Dropping this between calls loses nothing but the notice.
    pub fn poll_event(
        &mut self,
        cx: &mut Context<'_>,
        interest: Interest,
    ) -> Poll<io::Result<Readiness>> {
        loop {
            let events = self.events.get_or_insert_with(|| {
                let fd = self.owner.as_fd().as_raw_fd();
                let (owner, events) = (self.owner.clone(), interest.0);
                self.io.submit_stream(PollRepeat { owner, fd, events })
            });
            match ready!(events.poll_next(cx)) {
                // The kernel ends a repeated poll when its queue overflows: start another.
                None => self.events = None,
                Some(item) if item.result == -libc::ECANCELED => {
                    return Poll::Ready(Err(io::Error::from_raw_os_error(libc::ECANCELED)));
                }
                Some(item) => {
                    let result = crate::sys::io_result(item.result);
                    return Poll::Ready(result.map(|events| Readiness(events as i16)));
                }
            }
        }
    }
}

impl Readiness {
    pub(super) fn from_events(events: i16) -> Self {
        Self(events)
    }
}

impl<T: AsFd + 'static> fmt::Debug for PollFd<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PollFd")
            .field("fd", &self.owner.as_fd())
            .finish_non_exhaustive()
    }
}
