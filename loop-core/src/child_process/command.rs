//! What to start, and how.

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::os::fd::{OwnedFd, RawFd};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process;
use std::time::Duration;

use super::Child;
use super::child::Timeout;
use crate::SignalKind;
use crate::sys::spawn;

/// What a standard stream of a child is.
///
/// # Node
///
/// `options.stdio`.
#[derive(Debug, Default)]
pub enum Stdio {
    /// This process's own.
    #[default]
    Inherit,
    /// `/dev/null`. Node's `"ignore"`.
    Null,
    /// A pipe, whose other end the [`Child`] has.
    Piped,
    /// Another descriptor. What the epoll driver has made non-blocking stays so.
    Fd(OwnedFd),
}

impl From<Stdio> for process::Stdio {
    fn from(stdio: Stdio) -> Self {
        match stdio {
            Stdio::Inherit => Self::inherit(),
            Stdio::Null => Self::null(),
            Stdio::Piped => Self::piped(),
            Stdio::Fd(fd) => Self::from(fd),
        }
    }
}

/// A program to start, with its arguments, environment and descriptors.
///
/// The standard streams are inherited unless something else is said.
///
/// # Node
///
/// `child_process.spawn`. There is no shell in between; start `sh -c` for one.
///
/// # Examples
///
/// ```
/// use synodic_loop::EventLoop;
/// use synodic_loop::child_process::{Command, Stdio};
///
/// EventLoop::new()?.block_on(async {
///     let mut child = Command::new("cat").stdin(Stdio::Piped).stdout(Stdio::Piped).spawn()?;
///     let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
///     input.write_all("meow").await.0?;
///     drop(input);
///     assert_eq!(output.read_to_end(1024).await?, *b"meow");
///     assert!(child.wait().await?.success());
///     Ok::<(), std::io::Error>(())
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a command starts nothing by itself"]
pub struct Command {
    command: process::Command,
    fds: Vec<(RawFd, OwnedFd)>,
    is_detached: bool,
    timeout: Option<Timeout>,
}

impl Command {
    /// A program, by its path, or by a name that is looked for in `PATH`.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        Self {
            command: process::Command::new(program),
            fds: Vec::new(),
            is_detached: false,
            timeout: None,
        }
    }

    /// Adds an argument.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// Adds arguments.
    pub fn args(mut self, arguments: impl IntoIterator<Item: AsRef<OsStr>>) -> Self {
        self.command.args(arguments);
        self
    }

    /// What the program sees as its own name. Node's `argv0`.
    pub fn arg0(mut self, name: impl AsRef<OsStr>) -> Self {
        self.command.arg0(name);
        self
    }

    /// Sets a variable of the environment.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Takes a variable out of the environment.
    pub fn env_remove(mut self, name: impl AsRef<OsStr>) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Starts from an empty environment instead of this process's.
    pub fn env_clear(mut self) -> Self {
        self.command.env_clear();
        self
    }

    /// The folder in which the program starts. Node's `cwd`.
    pub fn current_dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// The user as whom it runs.
    pub fn uid(mut self, user: u32) -> Self {
        self.command.uid(user);
        self
    }

    /// The group as which it runs.
    pub fn gid(mut self, group: u32) -> Self {
        self.command.gid(group);
        self
    }

    /// What it reads.
    pub fn stdin(mut self, stdin: Stdio) -> Self {
        self.command.stdin(stdin);
        self
    }

    /// Where it writes.
    pub fn stdout(mut self, stdout: Stdio) -> Self {
        self.command.stdout(stdout);
        self
    }

    /// Where it complains.
    pub fn stderr(mut self, stderr: Stdio) -> Self {
        self.command.stderr(stderr);
        self
    }

    /// Gives it a descriptor under a number from 3 on. Of all others it has those that are not closed on
    /// exec, as Rust's are. What the epoll driver has made non-blocking stays so.
    pub fn fd(mut self, number: RawFd, fd: OwnedFd) -> Self {
        self.fds.push((number, fd));
        self
    }

    /// Lets it lead a session of its own, so that it goes on when this process's terminal closes.
    /// Node's `detached`.
    pub fn detached(mut self, is_detached: bool) -> Self {
        self.is_detached = is_detached;
        self
    }

    /// Sends it `signal` when it runs for longer than `limit`. Node's `timeout` and `killSignal`.
    /// A limit of more than 24 days is none.
    pub fn timeout(mut self, limit: Duration, signal: SignalKind) -> Self {
        self.timeout = Some(Timeout { limit, signal });
        self
    }

    /// Starts it, on the current loop.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for a NUL in a string, and for a descriptor's
    /// number below 3 or given twice; else what the system says, such as
    /// [`NotFound`](io::ErrorKind::NotFound), `EACCES`, `EMFILE`, `ENOSYS` from pidfd_open(2) before
    /// Linux 5.3, and `ESRCH` when the program ignores `SIGCHLD` and the child has ended already.
    ///
    /// # Panics
    ///
    /// Outside of an event loop.
    pub fn spawn(mut self) -> io::Result<Child> {
        // Before anything is started: outside of a loop nobody could have it.
        let io = crate::io::current();
        self.check_numbers()?;
        if self.is_detached {
            spawn::start_session(&mut self.command);
        }
        let reserved = spawn::reserve_numbers(&self.fds)?;
        spawn::pass_descriptors(&mut self.command, self.fds);
        let child = self.command.spawn()?;
        drop(reserved);
        Child::start(&io, child, self.timeout)
    }

    fn check_numbers(&self) -> io::Result<()> {
        let mut numbers: Vec<_> = self.fds.iter().map(|(number, _)| *number).collect();
        numbers.sort_unstable();
        let problem = if let Some(number) = numbers.first().filter(|number| **number < 3) {
            format!("descriptor {number}: from 3 on, the standard streams have methods")
        } else if let Some(number) = numbers.last().filter(|number| **number == RawFd::MAX) {
            format!("descriptor {number}: there is none after it")
        } else if let Some(twice) = numbers.windows(2).find(|pair| pair[0] == pair[1]) {
            format!("descriptor {} is given twice", twice[0])
        } else {
            return Ok(());
        };
        Err(io::Error::new(io::ErrorKind::InvalidInput, problem))
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command")
            .field("command", &self.command)
            .field("fds", &self.fds)
            .field("detached", &self.is_detached)
            .finish_non_exhaustive()
    }
}
