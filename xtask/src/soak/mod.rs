//! Long checks: what takes more than a second, or needs what not every machine has.
//!
//! A long check is a test in a file `tests/soak_*.rs`. It reads `SYNODIC_SOAK`, a number:
//! its size as a share of the full one. A check that cannot be made on this machine prints
//! `SKIPPED: reason` or `not proven here: reason` and ends; such lines are repeated at the end.

mod outside;

use std::process::Command;
use std::time::Duration;

use crate::Result;
use crate::artifacts::{self, Artifact};
use crate::drivers::Drivers;
use crate::process::run_logged;
use crate::tally::{Tally, test_results};
use crate::workspace::Workspace;

/// The full size.
pub(crate) const FULL: f64 = 1.0;

/// The size in `cargo xtask ci`.
pub(crate) const IN_CI: f64 = 0.02;

/// Longest that one program may take at full size; a shorter run has a share of it, and the floor.
const LIMIT_FULL_SECONDS: f64 = 7200.0;

/// Shortest limit, whatever the size.
const LIMIT_FLOOR: Duration = Duration::from_secs(120);

/// Whether a test program has long checks, which the other commands leave alone.
pub(crate) fn is_soak(artifact: &Artifact) -> bool {
    artifact.kind == "test" && artifact.name.starts_with("soak_")
}

/// Builds and runs the long checks whose program's name contains one of `names`.
pub(crate) fn run(workspace: &Workspace, names: &[String], scale: f64) -> Result<Tally> {
    let cargo = workspace.cargo([
        "test",
        "--no-run",
        "--profile=checks",
        "--workspace",
        "--all-features",
    ]);
    let artifacts = artifacts::build(workspace, cargo, "soak-build")?;
    let mut tally = Tally::default();
    let drivers = Drivers::probe(&mut tally);
    tally.absorb(run_artifacts(
        workspace, &drivers, &artifacts, names, scale,
    )?);
    outside::run(workspace, &mut tally, names, scale)?;
    Ok(tally)
}

/// Runs the long checks among `artifacts`, on every driver where the loop is part of them.
pub(crate) fn run_artifacts(
    workspace: &Workspace,
    drivers: &Drivers,
    artifacts: &[Artifact],
    names: &[String],
    scale: f64,
) -> Result<Tally> {
    let mut tally = Tally::default();
    let wanted: Vec<_> = artifacts
        .iter()
        .filter(|artifact| is_soak(artifact))
        .filter(|artifact| {
            names.is_empty() || names.iter().any(|name| artifact.label().contains(name))
        })
        .collect();
    tally.found(wanted.len(), "programs of long checks");
    println!("at {scale} of the full size");
    for artifact in wanted {
        for (label, command) in drivers.runs(workspace, artifact)? {
            run_one(workspace, &mut tally, &label, command, scale)?;
        }
    }
    Ok(tally)
}

fn run_one(
    workspace: &Workspace,
    tally: &mut Tally,
    label: &str,
    mut command: Command,
    scale: f64,
) -> Result<()> {
    command
        .args(["--nocapture", "--test-threads=1"])
        .env("SYNODIC_SOAK", scale.to_string());
    let limit = Duration::from_secs_f64(LIMIT_FULL_SECONDS * scale).max(LIMIT_FLOOR);
    let finished = run_logged(command, &workspace.log(label), limit)?;
    let (passed, failed) = test_results(&finished.output);
    tally.program(label, &finished, Some((passed, failed)));
    println!("{label}: {passed} passed, {failed} failed");
    for line in finished.output.lines().filter(|line| !line.is_empty()) {
        // What a long check has seen is its product.
        println!("  {line}");
        if let Some((_, why)) = line.split_once("SKIPPED: ") {
            tally.skip(format!("{label}: {why}"));
        } else if line.contains("not proven here") {
            tally.skip(format!("{label}: {line}"));
        }
    }
    Ok(())
}
