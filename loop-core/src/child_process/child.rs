//! A process that was started.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::os::fd::OwnedFd;
use std::process::{self, ExitStatus};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, pidfd_open};

use crate::io::ops::PollOnce;
use crate::io::{Io, OpRef, Readiness, SharedFd};
use crate::pipe::{PipeReader, PipeWriter};
use crate::sys::signal::send_signal;
use crate::timer::Timeout as Timer;
use crate::waiters::Waiters;
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
    waiters: Waiters,
    timer: RefCell<Option<Timer>>,
}

/// How waiting for a process came out: its status, or the code of what the system said.
type Ended = Result<ExitStatus, i32>;

impl Child {
    pub(super) fn start(
        io: &Rc<Io>,
        mut child: process::Child,
        timeout: Option<Timeout>,
    ) -> io::Result<Self> {
        let adopted = Self::adopt_pipes(&mut child).and_then(|pipes| {
            let pid = Pid::from_child(&child);
            Ok((pipes, pidfd_open(pid, PidfdFlags::empty())?))
        });
        let ((stdin, stdout, stderr), pidfd) = match adopted {
            Ok(adopted) => adopted,
            Err(error) => {
                // Nobody will have it: it must not run on, nor stay.
                if child.kill().is_ok() {
                    let _ = child.wait();
                }
                return Err(error);
            }
        };
        let pid = child.id();
        let (process, ending) = Process::watch(io, child, pidfd);
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

    /// Waits until it has ended. Its standard streams may outlive it, in its own children. A program
    /// that reads to the end of its input ends only after [`stdin`](Self::stdin) was dropped.
    ///
    /// # Errors
    ///
    /// What the system says: `ECHILD` when somebody else has collected its end, or the program ignores
    /// `SIGCHLD`; and what it said to the wait itself, such as `ENOSPC` on epoll beyond the user's limit
    /// of watches.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub async fn wait(&self) -> io::Result<ExitStatus> {
        let waiter = self.process.waiters.waiter();
        let ended = poll_fn(|cx| {
            let ended = self.process.ended.get();
            if ended.is_none() {
                waiter.wait(cx);
            }
            ended.map_or(Poll::Pending, Poll::Ready)
        });
        ended.await.map_err(io::Error::from_raw_os_error)
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
    fn watch(io: &Rc<Io>, child: process::Child, pidfd: OwnedFd) -> (Rc<Self>, OpRef) {
        let pidfd = SharedFd::new(io, pidfd);
        let process = Rc::new(Self {
            child: RefCell::new(child),
            pidfd: pidfd.clone(),
            ended: Cell::new(None),
            waiters: Waiters::default(),
            timer: RefCell::default(),
        });
        let fd = pidfd.raw();
        let ready = io.submit(PollOnce {
            owner: pidfd,
            fd,
            events: libc::POLLIN,
        });
        let ended = process.clone();
        let ending = ready.on_complete(move |ready| ended.collect(&ready));
        (process, ending)
    }

    /// Takes note of the end, or of a wait for it that failed.
    fn collect(&self, ready: &io::Result<Readiness>) {
        let status = self.child.borrow_mut().try_wait();
        let ended = match (status, ready) {
            (Ok(Some(status)), _) => Ok(status),
            (Err(error), _) => Err(code_of(&error)),
            // The loop ends, and the process goes on.
            (Ok(None), Err(error)) if code_of(error) == libc::ECANCELED => return,
            (Ok(None), Err(error)) => Err(code_of(error)),
            (Ok(None), Ok(_)) => Err(libc::ECHILD),
        };
        self.ended.set(Some(ended));
        if let Some(timer) = self.timer.take() {
            timer.clear();
        }
        self.waiters.wake_all();
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

/// The code of an error of the system.
fn code_of(error: &io::Error) -> i32 {
    error.raw_os_error().unwrap_or(libc::ECHILD)
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
