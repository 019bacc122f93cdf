//! Which driver runs, and why.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::rc::Rc;

use synodic_buffers::BlockPool;
use synodic_sync::Arc;

use super::{Driver, epoll::EpollDriver, test::TestDriver, uring::Uring};
use crate::io::IoOptions;
use crate::sys::EventFd;
use crate::sys::ring::SetupError;

/// The environment variable that forces a driver over [`DriverChoice::Auto`].
const ENVIRONMENT: &str = "SYNODIC_DRIVER";

/// A way to do I/O.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DriverKind {
    /// Linux's completion rings.
    IoUring,
    /// Readiness with ordinary system calls; files run on threads.
    Epoll,
    /// Deterministic, for tests on a virtual clock.
    Test,
}

impl DriverKind {
    /// The name that `SYNODIC_DRIVER` takes and that logs show.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(synodic_loop::DriverKind::IoUring.as_str(), "io_uring");
    /// ```
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IoUring => "io_uring",
            Self::Epoll => "epoll",
            Self::Test => "test",
        }
    }
}

impl fmt::Display for DriverKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which driver the loop is to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DriverChoice {
    /// What `SYNODIC_DRIVER` says; without it io_uring, or epoll where that is refused.
    #[default]
    Auto,
    /// io_uring or nothing.
    IoUring,
    /// epoll or nothing.
    Epoll,
}

/// What runs, why, and what it can do.
///
/// # Examples
///
/// The [`Display`](fmt::Display) form is the first line of a program's log: `io_uring (first
/// choice)`, or `epoll (io_uring: io_uring_setup was refused: Operation not permitted (os error
/// 1))`.
#[derive(Clone, Debug)]
pub struct DriverInfo {
    kind: DriverKind,
    reason: String,
    features: Vec<&'static str>,
}

impl DriverInfo {
    /// The driver that runs.
    #[must_use]
    pub fn kind(&self) -> DriverKind {
        self.kind
    }

    /// Why this one runs, and why those before it do not.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// What the probe found, by name, such as `defer_taskrun` or `multishot`.
    #[must_use]
    pub fn features(&self) -> &[&'static str] {
        &self.features
    }
}

impl fmt::Display for DriverInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.kind, self.reason)
    }
}

/// Why one driver could not start.
#[derive(Debug)]
pub struct DriverRefusal {
    driver: DriverKind,
    cause: Cause,
}

#[derive(Debug)]
enum Cause {
    Ring(SetupError),
    Io(io::Error),
}

impl DriverRefusal {
    /// The driver that was tried.
    #[must_use]
    pub fn driver(&self) -> DriverKind {
        self.driver
    }

    /// What the operating system said, where it said anything.
    #[must_use]
    pub fn os_error(&self) -> Option<i32> {
        match &self.cause {
            Cause::Io(error)
            | Cause::Ring(SetupError::Refused(error) | SetupError::Probe(error)) => {
                error.raw_os_error()
            }
            Cause::Ring(_) => None,
        }
    }
}

impl fmt::Display for DriverRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.driver)?;
        match &self.cause {
            Cause::Io(error) => error.fmt(f),
            Cause::Ring(error) => {
                error.fmt(f)?;
                match std::error::Error::source(error) {
                    Some(source) => write!(f, ": {source}"),
                    None => Ok(()),
                }
            }
        }
    }
}

/// Why there is no driver.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DriverError {
    /// `SYNODIC_DRIVER` names no driver.
    #[error("SYNODIC_DRIVER is {value:?}, which is neither \"io_uring\" nor \"epoll\"")]
    UnknownDriver {
        /// What the variable holds.
        value: OsString,
    },
    /// The descriptor by which other threads wake the loop could not be made.
    #[error("could not create the event loop's wake descriptor")]
    WakeDescriptor(#[source] io::Error),
    /// Every driver that was tried refused to start.
    #[error("no I/O driver can start: {}", Joined(.refusals))]
    NoDriver {
        /// What was tried, in order, and why each failed.
        refusals: Vec<DriverRefusal>,
    },
}

/// Refusals, separated by semicolons.
struct Joined<'a>(&'a [DriverRefusal]);

impl fmt::Display for Joined<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, refusal) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{refusal}")?;
        }
        Ok(())
    }
}

/// Starts the driver that `options` ask for.
pub(crate) fn open(
    options: &IoOptions,
    wake: &Arc<EventFd>,
    pool: &Rc<BlockPool>,
) -> Result<(Driver, DriverInfo), DriverError> {
    if options.test {
        let driver = Driver::Test(TestDriver::new(wake.clone(), pool.clone()));
        return Ok((
            driver,
            info(DriverKind::Test, "asked for by the builder", Vec::new()),
        ));
    }
    let (choice, reason) = match options.choice {
        DriverChoice::Auto => from_environment()?,
        choice => (choice, "asked for by the builder"),
    };
    let mut refusals = Vec::new();
    if choice != DriverChoice::Epoll {
        match Uring::open(options, wake.clone(), pool.clone()) {
            Ok(driver) => {
                let features = driver.features().names();
                return Ok((
                    Driver::Uring(driver),
                    info(DriverKind::IoUring, reason, features),
                ));
            }
            Err(error) => refusals.push(DriverRefusal {
                driver: DriverKind::IoUring,
                cause: Cause::Ring(error),
            }),
        }
    }
    if choice != DriverChoice::IoUring {
        match EpollDriver::open(wake.clone(), pool.clone()) {
            Ok(driver) => {
                let reason = match refusals.first() {
                    Some(refusal) => refusal.to_string(),
                    None => reason.to_owned(),
                };
                return Ok((
                    Driver::Epoll(driver),
                    info(DriverKind::Epoll, reason, Vec::new()),
                ));
            }
            Err(error) => {
                refusals.push(DriverRefusal {
                    driver: DriverKind::Epoll,
                    cause: Cause::Io(error),
                });
            }
        }
    }
    Err(DriverError::NoDriver { refusals })
}

fn info(kind: DriverKind, reason: impl Into<String>, features: Vec<&'static str>) -> DriverInfo {
    DriverInfo {
        kind,
        reason: reason.into(),
        features,
    }
}

/// The choice that the environment makes, and how to say so.
fn from_environment() -> Result<(DriverChoice, &'static str), DriverError> {
    let Some(value) = std::env::var_os(ENVIRONMENT) else {
        return Ok((DriverChoice::Auto, "first choice"));
    };
    match value.to_str() {
        Some("io_uring") => Ok((DriverChoice::IoUring, "forced by SYNODIC_DRIVER")),
        Some("epoll") => Ok((DriverChoice::Epoll, "forced by SYNODIC_DRIVER")),
        // An empty variable is how shells unset one for a single command.
        Some("") => Ok((DriverChoice::Auto, "first choice")),
        _ => Err(DriverError::UnknownDriver { value }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_everything_that_was_tried() {
        let refused = io::Error::from_raw_os_error(libc::EPERM);
        let error = DriverError::NoDriver {
            refusals: vec![
                DriverRefusal {
                    driver: DriverKind::IoUring,
                    cause: Cause::Ring(SetupError::Refused(refused)),
                },
                DriverRefusal {
                    driver: DriverKind::Epoll,
                    cause: Cause::Io(io::Error::from_raw_os_error(libc::EMFILE)),
                },
            ],
        };
        let text = error.to_string();
        assert!(text.contains("io_uring: io_uring_setup was refused: Operation not permitted"));
        assert!(text.contains("epoll: Too many open files"));
    }
}
