//! Building with cargo and running what came out, one process each.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::Result;
use crate::process::run_logged;
use crate::tally::{Tally, test_results};
use crate::workspace::Workspace;

/// Longest that one cargo invocation may take; cold builds on two slow cores fit.
pub(crate) const BUILD_LIMIT: Duration = Duration::from_secs(30 * 60);

/// Longest that one test program may take. A loop that sleeps for ever must fail, not hang.
pub(crate) const TEST_LIMIT: Duration = Duration::from_secs(5 * 60);

/// A program that cargo built.
#[derive(Debug, Clone)]
pub(crate) struct Artifact {
    pub(crate) package: String,
    /// The target's name.
    pub(crate) name: String,
    /// `lib`, `bin`, `test`, `example` or `bench`.
    pub(crate) kind: String,
    /// Whether it is a test harness; a program and its tests differ in nothing else.
    pub(crate) is_test: bool,
    pub(crate) executable: PathBuf,
}

impl Artifact {
    /// The program's name among all programs of the workspace.
    pub(crate) fn label(&self) -> String {
        format!("{} {} {}", self.package, self.kind, self.name)
    }
}

/// Builds with `cargo ARGS --message-format=json` and lists the programs.
///
/// # Errors
///
/// When the build fails; the compiler's messages are printed first.
pub(crate) fn build(workspace: &Workspace, mut cargo: Command, log: &str) -> Result<Vec<Artifact>> {
    cargo.arg("--message-format=json-render-diagnostics");
    let finished = run_logged(cargo, &workspace.log(log), BUILD_LIMIT)?;
    if !finished.success() {
        finished.show();
        return Err(format!("{log}: the build failed ({})", finished.verdict()).into());
    }
    Ok(finished
        .output
        .lines()
        .filter_map(|line| artifact(workspace, line))
        .collect())
}

fn artifact(workspace: &Workspace, line: &str) -> Option<Artifact> {
    let message: Value = serde_json::from_str(line).ok()?;
    let executable = message["executable"].as_str()?;
    let manifest = PathBuf::from(message["manifest_path"].as_str()?);
    let package = workspace
        .packages
        .iter()
        .find(|p| Some(p.dir.as_path()) == manifest.parent())?;
    Some(Artifact {
        package: package.name.clone(),
        name: message["target"]["name"].as_str()?.to_owned(),
        kind: message["target"]["kind"][0].as_str()?.to_owned(),
        is_test: message["profile"]["test"].as_bool()?,
        executable: executable.into(),
    })
}

/// A command for `artifact` with the folder and variables that `cargo test` would give it.
pub(crate) fn command(workspace: &Workspace, artifact: &Artifact) -> Result<Command> {
    let package = workspace
        .package(&artifact.package)
        .ok_or("a member's program")?;
    let mut command = Command::new(&artifact.executable);
    command
        .current_dir(&package.dir)
        .env("CARGO_MANIFEST_DIR", &package.dir)
        .env("CARGO_PKG_NAME", &package.name);
    Ok(command)
}

/// Runs one libtest program; how many of its tests passed and failed.
pub(crate) fn run_tests(
    tally: &mut Tally,
    command: Command,
    label: &str,
    workspace: &Workspace,
) -> Result<(usize, usize)> {
    let finished = run_logged(command, &workspace.log(label), TEST_LIMIT)?;
    let counts = test_results(&finished.output);
    tally.program(label, &finished, Some(counts));
    Ok(counts)
}
