//! `epoll` and `poll` with plain descriptor numbers and tokens.
//!
//! The calls take numbers, not borrows: a number that names no open descriptor makes the kernel
//! answer `EBADF`, and no call here touches memory that is not passed to it.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

use super::{last_errno, monotonic_now};

/// Edge-triggered interest in everything that a descriptor can report.
const ALL_EDGES: u32 =
    (libc::EPOLLIN | libc::EPOLLOUT | libc::EPOLLRDHUP | libc::EPOLLPRI | libc::EPOLLET) as u32;

/// One `epoll` descriptor and its event buffer.
#[derive(Debug)]
pub(crate) struct Epoll {
    fd: OwnedFd,
    events: Vec<libc::epoll_event>,
}

impl Epoll {
    /// Creates an instance that reports at most `batch` events a wait.
    pub(crate) fn new(batch: usize) -> io::Result<Self> {
        // SAFETY: the call takes no pointer.
        let fd = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel has just returned this descriptor, and nothing else knows it.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        Ok(Self {
            fd,
            events: vec![libc::epoll_event { events: 0, u64: 0 }; batch],
        })
    }

    /// Registers `fd` for every edge, under `token`.
    pub(crate) fn add(&self, fd: RawFd, token: u64) -> io::Result<()> {
        self.register(fd, ALL_EDGES, token)
    }

    /// Registers `fd` for as long as it can be read, for somebody who waits on this descriptor.
    pub(crate) fn add_readable(&self, fd: RawFd) -> io::Result<()> {
        self.register(fd, libc::EPOLLIN as u32, 0)
    }

    fn register(&self, fd: RawFd, events: u32, token: u64) -> io::Result<()> {
        let mut event = libc::epoll_event { events, u64: token };
        // SAFETY: `event` is alive for the call, which copies it.
        let done = unsafe {
            libc::epoll_ctl(self.fd.as_raw_fd(), libc::EPOLL_CTL_ADD, fd, &raw mut event)
        };
        if done < 0 {
            Err(io::Error::last_os_error())
        } else {
            Ok(())
        }
    }

    /// Forgets `fd`. A descriptor that is not registered is not an error.
    pub(crate) fn remove(&self, fd: RawFd) {
        let mut event = libc::epoll_event { events: 0, u64: 0 };
        // SAFETY: `event` is alive for the call; kernels after 2.6.9 do not read it.
        unsafe { libc::epoll_ctl(self.fd.as_raw_fd(), libc::EPOLL_CTL_DEL, fd, &raw mut event) };
    }

    /// Waits at most until `deadline` (none: forever) and returns how many events there are.
    ///
    /// An interrupted wait has none.
    pub(crate) fn wait(&mut self, deadline: Option<Duration>) -> io::Result<usize> {
        let capacity = i32::try_from(self.events.len()).expect("the batch is a small constant");
        // SAFETY: the buffer is owned by `self` and has room for `capacity` events.
        let count = unsafe {
            libc::epoll_wait(
                self.fd.as_raw_fd(),
                self.events.as_mut_ptr(),
                capacity,
                timeout_ms(deadline),
            )
        };
        match usize::try_from(count) {
            Ok(count) => Ok(count),
            Err(_) if last_errno() == libc::EINTR => Ok(0),
            Err(_) => Err(io::Error::last_os_error()),
        }
    }

    /// Event `index` of the last wait: its token and its bits.
    pub(crate) fn event(&self, index: usize) -> (u64, u32) {
        let event = self.events[index];
        (event.u64, event.events)
    }
}

impl AsRawFd for Epoll {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

/// Waits until one of `fds` is ready or `deadline` has passed, with level-triggered `poll`.
pub(crate) fn poll(fds: &mut [libc::pollfd], deadline: Option<Duration>) -> io::Result<()> {
    let count = libc::nfds_t::try_from(fds.len()).expect("a slice length fits nfds_t");
    // SAFETY: `fds` is a live slice of `count` elements, written only during the call.
    let done = unsafe { libc::poll(fds.as_mut_ptr(), count, timeout_ms(deadline)) };
    if done < 0 && last_errno() != libc::EINTR {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// The milliseconds from now until `deadline`, rounded up: a wait never ends early.
fn timeout_ms(deadline: Option<Duration>) -> i32 {
    let Some(deadline) = deadline else { return -1 };
    if deadline.is_zero() {
        return 0;
    }
    let left = deadline.saturating_sub(monotonic_now());
    i32::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX)
}
