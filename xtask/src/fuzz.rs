//! Fuzz targets.
//!
//! A fuzz target is a plain function that takes bytes, in a test file `tests/fuzz_*.rs` of its
//! crate, where a test of the same name replays its corpus. Here the same test is given more
//! time: it reads `SYNODIC_FUZZ_SECONDS` and makes new inputs for as long.

use std::time::Duration;

use crate::Result;
use crate::artifacts;
use crate::process::run_logged;
use crate::tally::{Tally, test_results};
use crate::workspace::Workspace;

/// Seconds for each target when the command line says nothing.
const SECONDS_DEFAULT: u64 = 60;

/// Time beyond the asked-for seconds in which a target must end.
const GRACE: Duration = Duration::from_secs(60);

/// Runs the targets whose file is `tests/fuzz_TARGET.rs`, or all.
pub(crate) fn run(
    workspace: &Workspace,
    target: Option<&str>,
    seconds: Option<u64>,
) -> Result<Tally> {
    let mut tally = Tally::default();
    let targets: Vec<_> = workspace
        .packages
        .iter()
        .flat_map(|package| package.targets.iter().map(move |target| (package, target)))
        .filter(|(_, candidate)| candidate.kind == "test")
        .filter(|(_, candidate)| {
            let name = candidate.name.strip_prefix("fuzz_");
            name.is_some_and(|name| target.is_none_or(|wanted| wanted == name))
        })
        .collect();
    tally.found(targets.len(), "fuzz targets");
    if targets.is_empty() {
        return match target {
            Some(name) => Err(format!("no fuzz target {name}: looked for tests/fuzz_*.rs").into()),
            None => Ok(tally),
        };
    }
    let mut cargo = workspace.cargo(["test", "--no-run", "--profile=checks", "--all-features"]);
    for (package, target) in &targets {
        cargo.args(["--package", &package.name, "--test", &target.name]);
    }
    let seconds = seconds.unwrap_or(SECONDS_DEFAULT);
    for artifact in artifacts::build(workspace, cargo, "fuzz-build")? {
        if artifact.kind != "test" {
            continue;
        }
        let mut command = artifacts::command(workspace, &artifact)?;
        command
            .arg("--nocapture")
            .env("SYNODIC_FUZZ_SECONDS", seconds.to_string());
        let limit = Duration::from_secs(seconds) + GRACE;
        let finished = run_logged(command, &workspace.log(&artifact.label()), limit)?;
        let counts = test_results(&finished.output);
        tally.program(&artifact.label(), &finished, Some(counts));
    }
    Ok(tally)
}
