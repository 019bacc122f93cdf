//! Running the same program once with each driver of the loop.

use std::process::Command;

use io_uring::IoUring;

use crate::tally::Tally;
use crate::workspace::{Package, Workspace};

const EPOLL: &str = "epoll";
const URING: &str = "io_uring";

/// The drivers that can be tested on this machine, in the loop's order of preference.
#[derive(Debug)]
pub(crate) struct Drivers(Vec<&'static str>);

impl Drivers {
    /// Finds out by making a ring, because a container's seccomp profile may forbid io_uring
    /// whatever the kernel's version says. What is missing is told.
    pub(crate) fn probe(tally: &mut Tally) -> Self {
        match IoUring::new(2) {
            Ok(_) => Self(vec![URING, EPOLL]),
            Err(error) => {
                tally.skip(format!("{URING} on this machine: {error}"));
                Self(vec![EPOLL])
            }
        }
    }

    /// All of them.
    pub(crate) fn names(&self) -> &[&'static str] {
        &self.0
    }

    /// The drivers to force in turn; once none for a package that does not know them.
    pub(crate) fn of(&self, workspace: &Workspace, package: &Package) -> Vec<Option<&'static str>> {
        if workspace.uses_loop(package) {
            self.0.iter().map(|driver| Some(*driver)).collect()
        } else {
            vec![None]
        }
    }
}

/// Forces the driver, when there is one to force; the label says so.
pub(crate) fn force(command: &mut Command, driver: Option<&str>, label: String) -> String {
    match driver {
        Some(driver) => {
            command.env("SYNODIC_DRIVER", driver);
            format!("{label} ({driver})")
        }
        None => {
            command.env_remove("SYNODIC_DRIVER");
            label
        }
    }
}
