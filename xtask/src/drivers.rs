//! Running the same program once with each driver of the loop.

use std::process::Command;

use io_uring::IoUring;

use crate::Result;
use crate::artifacts::{self, Artifact};
use crate::tally::Tally;
use crate::workspace::Workspace;

/// What forces a driver.
const CHOICE: &str = "SYNODIC_DRIVER";

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

    /// A command for each run of `artifact`, and the name of that run: one a driver, or a single
    /// one when its package has no loop in it.
    pub(crate) fn runs(
        &self,
        workspace: &Workspace,
        artifact: &Artifact,
    ) -> Result<Vec<(String, Command)>> {
        let label = artifact.label();
        let mut plain = artifacts::command(workspace, artifact)?;
        plain.env_remove(CHOICE);
        let package = workspace.package(&artifact.package);
        if !package.is_some_and(|package| workspace.uses_loop(package)) {
            return Ok(vec![(label, plain)]);
        }
        self.0
            .iter()
            .map(|driver| {
                let mut forced = artifacts::command(workspace, artifact)?;
                forced.env(CHOICE, driver);
                Ok((format!("{label} ({driver})"), forced))
            })
            .collect()
    }
}
