//! The door to the conformance harness.

use std::ffi::OsString;

use crate::Result;
use crate::workspace::Workspace;

/// Package and program of the harness.
pub(crate) const HARNESS: &str = "synodic-conformance";

/// Hands the command line to the harness; true when it was content.
pub(crate) fn pass_through(workspace: &Workspace, args: &[OsString]) -> Result<bool> {
    let status = workspace
        .cargo(["run", "--quiet", "--package", HARNESS, "--"])
        .args(args)
        // Paths on the command line are meant from where the person stands.
        .current_dir(std::env::current_dir()?)
        .status()?;
    Ok(status.success())
}
