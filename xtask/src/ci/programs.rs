//! Steps that run what was built.

use std::fs;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Ci;
use crate::Result;
use crate::artifacts::{self, Artifact, BUILD_LIMIT, TEST_LIMIT};
use crate::conformance::HARNESS;
use crate::machine;
use crate::process::run_logged;
use crate::soak::is_soak;
use crate::tally::{Tally, closing_line, test_results};
use crate::workspace::Workspace;

/// Longest that an example may take; it ends by itself.
const EXAMPLE_LIMIT: Duration = Duration::from_secs(60);

/// Random programs that are compared with a live Node.
const LIVE_PROGRAMS: &str = "20";

/// The version of Node that the vectors were recorded on.
const NODE_MAJOR: u32 = 20;

/// The suite whose order the clock and the driver could change.
const ORDERING: &str = "ordering";

/// Builds tests and examples, then what programs no test needed.
pub(super) fn build(workspace: &Workspace) -> Result<Vec<Artifact>> {
    let everything = ["--workspace", "--all-features"];
    let tests = workspace.cargo(["test", "--no-run"].iter().chain(&everything));
    let mut all = artifacts::build(workspace, tests, "tests-build")?;
    let bins = workspace.cargo(["build", "--bins"].iter().chain(&everything));
    for bin in artifacts::build(workspace, bins, "bins-build")? {
        if all.iter().all(|known| known.executable != bin.executable) {
            all.push(bin);
        }
    }
    Ok(all)
}

/// Runs the tests of every package, those that stand on the loop once with each driver.
pub(super) fn tests(ci: &Ci<'_>, tally: &mut Tally) -> Result<()> {
    for (label, command) in runs(ci, tally, "test programs", |a| a.is_test && !is_soak(a))? {
        let (passed, failed) = artifacts::run_tests(tally, command, &label, ci.workspace)?;
        if passed + failed > 0 {
            println!("{label}: {passed} ok, {failed} not");
        }
    }
    Ok(())
}

/// The runs of those programs that are `wanted`.
fn runs(
    ci: &Ci<'_>,
    tally: &mut Tally,
    what: &str,
    wanted: fn(&Artifact) -> bool,
) -> Result<Vec<(String, Command)>> {
    let programs: Vec<_> = ci.programs()?.iter().filter(|a| wanted(a)).collect();
    tally.found(programs.len(), what);
    let mut runs = Vec::new();
    for artifact in programs {
        runs.extend(ci.drivers.runs(ci.workspace, artifact)?);
    }
    Ok(runs)
}

/// Runs the programs in the documentation.
pub(super) fn doctests(ci: &Ci<'_>, tally: &mut Tally) -> Result<()> {
    let cargo = ci
        .workspace
        .cargo(["test", "--doc", "--workspace", "--all-features"]);
    let finished = run_logged(cargo, &ci.workspace.log("doctests"), BUILD_LIMIT)?;
    let (passed, failed) = test_results(&finished.output);
    tally.found(passed + failed, "doctests");
    tally.program("doctests", &finished, Some((passed, failed)));
    Ok(())
}

/// Replays every suite; the hand-written ordering programs also against the real clock.
pub(super) fn conformance(ci: &Ci<'_>, tally: &mut Tally) -> Result<()> {
    let is_harness = |artifact: &&Artifact| artifact.name == HARNESS && !artifact.is_test;
    let harness = ci
        .programs()?
        .iter()
        .find(is_harness)
        .ok_or("the harness was not built")?;
    let mut suites = Vec::new();
    for entry in fs::read_dir(ci.workspace.root.join("conformance/vectors"))? {
        suites.push(entry?.file_name().to_string_lossy().into_owned());
    }
    suites.sort();
    tally.found(suites.len(), "conformance suites");
    for suite in &suites {
        replay(ci, tally, harness, &[suite])?;
    }
    let hand = "conformance/vectors/ordering/hand.jsonl";
    for driver in ci.drivers.names() {
        let args = [
            ORDERING,
            "--vectors",
            hand,
            "--real-clock",
            "--driver",
            driver,
        ];
        replay(ci, tally, harness, &args)?;
    }
    if machine::node_major() == Some(NODE_MAJOR) {
        let seed = SystemTime::now()
            .duration_since(UNIX_EPOCH)?
            .as_secs()
            .to_string();
        replay(
            ci,
            tally,
            harness,
            &[ORDERING, "--live", LIVE_PROGRAMS, "--seed", &seed],
        )?;
    } else {
        tally.skip(format!("live comparison: no Node {NODE_MAJOR}"));
    }
    Ok(())
}

fn replay(ci: &Ci<'_>, tally: &mut Tally, harness: &Artifact, args: &[&str]) -> Result<()> {
    let label = format!("conformance {}", args.join(" "));
    let mut command = Command::new(&harness.executable);
    command.args(args).current_dir(&ci.workspace.root);
    let finished = run_logged(command, &ci.workspace.log(&label), TEST_LIMIT)?;
    let counts = closing_line(&finished.output);
    if let Some((passed, failed)) = counts {
        println!("{label}: {passed} ok, {failed} not");
    }
    tally.program(&label, &finished, counts);
    Ok(())
}

/// Runs every example to its end.
pub(super) fn examples(ci: &Ci<'_>, tally: &mut Tally) -> Result<()> {
    for (label, command) in runs(ci, tally, "examples", |a| a.kind == "example")? {
        ci.check_within(tally, &label, command, EXAMPLE_LIMIT)?;
    }
    Ok(())
}
