//! A process that was started.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::os::fd::OwnedFd;
use std::process::{self, ExitStatus};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, pidfd_open};

use crate::io::ops::PollOnce;
use crate::io::{OpRef, SharedFd};
use crate::pipe::{PipeReader, PipeWriter};
use crate::sys::signal::send_signal;
use crate::timer::Timeout as Timer;
use crate::{SignalKind, set_timeout};

/// The longest limit that a timer can watch over (Node's `TIMEOUT_MAX`).
const TIMEOUT_MAX: Duration = Duration::from_millis(0x7fff_ffff);

/// How long a child may run.
#[derive(Clone, Copy)]
pub(super) struct Timeout {
    pub(super) limit: Duration,
    pub(super) signal: SignalKind,
}

/// A process that was started.
///
/// It keeps the loop alive until it ends, unless it is [unreferenced](Self::unref). Dropping it lets
/// the process run on, and the loop end; while the loop runs, the end of the process is collected, so
/// that it does not stay as a zombie.
///
/// # Node
///
/// `child_process.ChildProcess`.
pub struct Child {
    /// What it reads, when that is a pipe. Dropping it is the end of its input.
    pub stdin: Option<PipeWriter>,
    /// What it writes, when that is a pipe.
    pub stdout: Option<PipeReader>,
    /// What it complains, when that is a pipe.
    pub stderr: Option<PipeReader>,
    pid: u32,
    process: Rc<Process>,
    ending: OpRef,
}

/// A process until its end was collected, and how it ended.
struct Process {
    child: RefCell<process::Child>,
    /// Names the process, also when its number is taken by another one.
    pidfd: SharedFd,
    ended: Cell<Option<Ended>>,
    waiting: RefCell<Vec<Waker>>,
    timer: RefCell<Option<Timer>>,
}

/// How waiting for a process came out: its status, or the code of what the system said.
type Ended = Result<ExitStatus, i32>;

impl Child {
    pub(super) fn start(mut child: process::Child, timeout: Option<Timeout>) -> io::Result<Self> {
        let adopted = Self::adopt_pipes(&mut child).and_then(|pipes| {
            let pid = Pid::from_child(&child);
            Ok((pipes, pidfd_open(pid, PidfdFlags::empty())?))
        });
        let ((stdin, stdout, stderr), pidfd) = match adopted {
            Ok(adopted) => adopted,
            Err(error) => {
                // Nobody will have it: it must not run on, nor stay.
                child.kill()?;
                child.wait()?;
                return Err(error);
            }
        };
        let pid = child.id();
        let (process, ending) = Process::watch(child, pidfd);
        if let Some(timeout) = timeout {
            process.limit(timeout);
        }
        Ok(Self {
            stdin,
            stdout,
            stderr,
            pid,
            process,
            ending,
        })
    }

    fn adopt_pipes(
        child: &mut process::Child,
    ) -> io::Result<(Option<PipeWriter>, Option<PipeReader>, Option<PipeReader>)> {
        let reader = |fd: OwnedFd| PipeReader::from_fd(fd);
        let stdin = child
            .stdin
            .take()
            .map(|pipe| PipeWriter::from_fd(pipe.into()));
        let stdout = child.stdout.take().map(|pipe| reader(pipe.into()));
        let stderr = child.stderr.take().map(|pipe| reader(pipe.into()));
        Ok((stdin.transpose()?, stdout.transpose()?, stderr.transpose()?))
    }

    /// Its number.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Waits until it has ended. Its standard streams may outlive it, in its own children.
    ///
    /// # Errors
    ///
    /// What the system says: `ECHILD` when somebody else has collected its end, or the program ignores
    /// `SIGCHLD`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub async fn wait(&self) -> io::Result<ExitStatus> {
        let ended = poll_fn(|cx| self.process.poll_end(cx)).await;
        ended.map_err(io::Error::from_raw_os_error)
    }

    /// How it has ended, if the loop knows already. Node's `exitCode` and `signalCode`.
    #[must_use]
    pub fn exit_status(&self) -> Option<ExitStatus> {
        self.process.ended.get()?.ok()
    }

    /// Sends it a signal. It never reaches another process that has got the same number since.
    ///
    /// # Errors
    ///
    /// [`NotFound`](io::ErrorKind::NotFound) when it has ended, else what the system says, such as
    /// [`PermissionDenied`](io::ErrorKind::PermissionDenied).
    pub fn kill(&self, signal: SignalKind) -> io::Result<()> {
        self.process.kill(signal)
    }

    /// Lets the loop end although the process runs.
    pub fn unref(&self) {
        self.ending.set_referenced(false);
    }

    /// Keeps the loop alive again until the process ends.
    pub fn r#ref(&self) {
        self.ending.set_referenced(true);
    }
}

impl Process {
    /// Has the end of `child` collected.
    fn watch(child: process::Child, pidfd: OwnedFd) -> (Rc<Self>, OpRef) {
        let io = crate::io::current();
        let pidfd = SharedFd::new(&io, pidfd);
        let process = Rc::new(Self {
            child: RefCell::new(child),
            pidfd: pidfd.clone(),
            ended: Cell::new(None),
            waiting: RefCell::default(),
            timer: RefCell::default(),
        });
        let fd = pidfd.raw();
        let ready = io.submit(PollOnce {
            owner: pidfd,
            fd,
            events: libc::POLLIN,
        });
        let ended = process.clone();
        let ending = ready.on_complete(move |_| ended.collect());
        (process, ending)
    }

    /// Takes note of the end.
    fn collect(&self) {
        let status = self.child.borrow_mut().try_wait();
        let ended = match status {
            Ok(Some(status)) => Ok(status),
            // Only a poll that failed leads here before the end, and that is when the loop ends.
            Ok(None) => return,
            Err(error) => Err(error.raw_os_error().unwrap_or(libc::ECHILD)),
        };
        self.ended.set(Some(ended));
        if let Some(timer) = self.timer.take() {
            timer.clear();
        }
        for waker in self.waiting.take() {
            waker.wake();
        }
    }

    fn poll_end(&self, cx: &mut Context<'_>) -> Poll<Ended> {
        if let Some(ended) = self.ended.get() {
            return Poll::Ready(ended);
        }
        let mut waiting = self.waiting.borrow_mut();
        if !waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            let waker = cx.waker().clone();
            waiting.push(waker);
        }
        Poll::Pending
    }

    fn kill(&self, signal: SignalKind) -> io::Result<()> {
        if self.ended.get().is_some() {
            return Err(io::Error::from_raw_os_error(libc::ESRCH));
        }
        send_signal(&self.pidfd, signal.number())
    }

    /// Sends the signal of `timeout` when its time has come.
    fn limit(self: &Rc<Self>, timeout: Timeout) {
        if timeout.limit > TIMEOUT_MAX {
            return;
        }
        let process = Rc::downgrade(self);
        let timer = set_timeout(timeout.limit, move || {
            if let Some(process) = process.upgrade() {
                // It may have ended in this turn, and then is not late.
                let _ = process.kill(timeout.signal);
            }
        });
        timer.unref();
        self.timer.replace(Some(timer));
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.unref();
    }
}

impl fmt::Debug for Child {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Child")
            .field("pid", &self.pid)
            .field("exit_status", &self.exit_status())
            .finish_non_exhaustive()
    }
}
