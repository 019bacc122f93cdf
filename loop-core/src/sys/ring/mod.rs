//! One io_uring: set-up by probing, entering the kernel, and the two queues.

mod buffer_ring;
mod probe;

pub(crate) use buffer_ring::BufferRing;
#[cfg(test)]
pub(crate) use probe::RUNGS;
pub(crate) use probe::{Features, SetupError};

use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::time::Duration;

use io_uring::{IoUring, cqueue, squeue};

use super::{last_errno, monotonic_now};

// `io_uring_enter` flags, from the kernel's `include/uapi/linux/io_uring.h`.
const ENTER_GETEVENTS: u32 = 1 << 0;
const ENTER_EXT_ARG: u32 = 1 << 3;
const ENTER_REGISTERED_RING: u32 = 1 << 4;
const ENTER_ABS_TIMER: u32 = 1 << 5;
const ENTER_NO_IOWAIT: u32 = 1 << 7;

/// The longest that one wait asks the kernel for; a longer one is several.
const WAIT_MAX: Duration = Duration::from_secs(60 * 60 * 24);

/// `struct io_uring_getevents_arg`.
#[repr(C)]
struct GetEventsArg {
    sigmask: u64,
    sigmask_len: u32,
    min_wait_us: u32,
    timespec: u64,
}

/// `struct __kernel_timespec`.
#[repr(C)]
struct KernelTimespec {
    seconds: i64,
    nanoseconds: i64,
}

/// How one entry into the kernel ended, when it did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entered {
    /// Everything that was asked for happened, or the wait timed out or was interrupted.
    Done,
    /// The kernel takes no submissions until completions are reaped (`EBUSY`, `EAGAIN`).
    Congested,
}

/// A ring of this thread.
///
/// Dropping it closes the ring without waiting for anything: whoever owns one reaps first.
pub(crate) struct Ring {
    ring: IoUring,
    /// What `io_uring_enter` takes: the registered index, or the descriptor.
    enter_fd: RawFd,
    /// Flags that every entry carries.
    enter_flags: u32,
    features: Features,
}

impl Ring {
    /// Sets up the best ring that the kernel grants and finds out what it can do.
    ///
    /// # Errors
    ///
    /// [`SetupError`] says which step failed: that machine has no usable io_uring.
    pub(crate) fn open(
        submission_entries: u32,
        completion_entries: u32,
        skipped_rungs: u32,
    ) -> Result<Self, SetupError> {
        let (ring, features) = probe::open(submission_entries, completion_entries, skipped_rungs)?;
        let mut this = Self {
            enter_fd: ring.as_raw_fd(),
            enter_flags: 0,
            features,
            ring,
        };
        this.find_enter_features();
        Ok(this)
    }

    /// What the probe found.
    pub(crate) fn features(&self) -> &Features {
        &self.features
    }

    /// For what later set-up steps find.
    pub(crate) fn features_mut(&mut self) -> &mut Features {
        &mut self.features
    }

    /// Adds an entry to the submission queue. `false` when the queue is full.
    ///
    /// # Safety
    ///
    /// Whatever `entry` points to stays valid until its last completion was reaped.
    pub(crate) unsafe fn push(&mut self, entry: &squeue::Entry) -> bool {
        let mut queue = self.ring.submission();
        // SAFETY: this function's own contract.
        let pushed = unsafe { queue.push(entry) };
        pushed.is_ok()
    }

    /// The entries that the kernel has not taken yet.
    pub(crate) fn unsubmitted(&mut self) -> usize {
        self.ring.submission().len()
    }

    /// Whether a completion could be had now: one is in the queue, or held back.
    pub(crate) fn has_completions(&mut self) -> bool {
        !self.ring.completion().is_empty() || self.holds_back_completions()
    }

    /// Whether the kernel has completions that it posts only once it is entered.
    pub(crate) fn holds_back_completions(&mut self) -> bool {
        let queue = self.ring.submission();
        queue.taskrun() || queue.cq_overflow()
    }

    /// Submits all entries without asking for completions.
    pub(crate) fn submit(&mut self) -> io::Result<Entered> {
        self.enter(0, 0, None)
    }

    /// Submits all entries and brings in completions that are there, without waiting.
    pub(crate) fn submit_and_collect(&mut self) -> io::Result<Entered> {
        self.enter(0, ENTER_GETEVENTS, None)
    }

    /// Submits all entries and waits for one completion, at most until `deadline`.
    pub(crate) fn submit_and_wait(&mut self, deadline: Option<Duration>) -> io::Result<Entered> {
        let flags = ENTER_GETEVENTS | self.enter_flags;
        let Some(deadline) = deadline else {
            return self.enter(1, flags, None);
        };
        let now = monotonic_now();
        let deadline = deadline.min(now + WAIT_MAX);
        let absolute = flags & ENTER_ABS_TIMER != 0;
        let time = if absolute {
            deadline
        } else {
            deadline.saturating_sub(now)
        };
        let timespec = KernelTimespec {
            // At most a day after the time since boot.
            seconds: time.as_secs().cast_signed(),
            nanoseconds: i64::from(time.subsec_nanos()),
        };
        self.enter(1, flags, Some(&timespec))
    }

    /// Takes the next completion out of the queue.
    pub(crate) fn next_completion(&mut self) -> Option<cqueue::Entry> {
        self.ring.completion().next()
    }

    /// Makes the kernel ring the eventfd `fd` for completions and for those that it holds back.
    pub(crate) fn register_event_fd(&self, fd: RawFd) -> io::Result<()> {
        self.submitter().register_eventfd(fd)
    }

    /// The underlying ring, for registrations.
    fn submitter(&self) -> io_uring::Submitter<'_> {
        self.ring.submitter()
    }

    fn enter(
        &mut self,
        want: u32,
        flags: u32,
        timeout: Option<&KernelTimespec>,
    ) -> io::Result<Entered> {
        // Creating and dropping the view publishes the tail to the kernel.
        let submit = u32::try_from(self.ring.submission().len()).unwrap_or(u32::MAX);
        let mut flags = flags;
        if self.features.registered_ring {
            flags |= ENTER_REGISTERED_RING;
        }
        let arg = GetEventsArg {
            sigmask: 0,
            sigmask_len: 0,
            min_wait_us: 0,
            timespec: timeout.map_or(0, |timeout| std::ptr::from_ref(timeout) as u64),
        };
        let (arg, size) = if timeout.is_some() {
            flags |= ENTER_EXT_ARG;
            (std::ptr::from_ref(&arg), size_of::<GetEventsArg>())
        } else {
            (std::ptr::null(), 0)
        };
        // SAFETY: `arg` is null or points to a live argument of `size` bytes, whose timespec
        // pointer is null or to a live value. What the submitted entries point to is vouched for
        // by the contract of `push`.
        let done = unsafe {
            libc::syscall(
                libc::SYS_io_uring_enter,
                self.enter_fd,
                submit,
                want,
                flags,
                arg,
                size,
            )
        };
        if done >= 0 {
            return Ok(Entered::Done);
        }
        match last_errno() {
            libc::EINTR | libc::ETIME => Ok(Entered::Done),
            libc::EBUSY | libc::EAGAIN => Ok(Entered::Congested),
            errno => Err(io::Error::from_raw_os_error(errno)),
        }
    }

    /// Registers the ring's own descriptor and tries the flags of newer kernels once.
    fn find_enter_features(&mut self) {
        if let Some(index) = probe::register_ring_fd(&self.ring) {
            self.enter_fd = index;
            self.features.registered_ring = true;
        }
        if self.ring.params().is_feature_no_iowait() {
            self.enter_flags |= ENTER_NO_IOWAIT;
            self.features.no_iowait = true;
        }
        // A deadline that has passed: a kernel that knows the flag answers with a timeout.
        let past = KernelTimespec {
            seconds: 0,
            nanoseconds: 1,
        };
        let flags = ENTER_GETEVENTS | ENTER_ABS_TIMER;
        if self.enter(1, flags, Some(&past)).is_ok() {
            self.enter_flags |= ENTER_ABS_TIMER;
            self.features.absolute_timer = true;
        }
    }
}

impl AsRawFd for Ring {
    fn as_raw_fd(&self) -> RawFd {
        self.ring.as_raw_fd()
    }
}

impl std::fmt::Debug for Ring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ring")
            .field("fd", &self.ring.as_raw_fd())
            .finish_non_exhaustive()
    }
}
