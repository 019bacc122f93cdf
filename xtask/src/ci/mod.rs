//! `cargo xtask ci`: every check that a change must pass, and a table at the end.
//!
//! A step that fails does not stop those after it. What a machine does not have is skipped
//! with a line that says so; what a step looks for, it counts.

mod archives;
mod checks;
mod programs;

use std::cell::OnceCell;
use std::time::{Duration, Instant};

use crate::artifacts::Artifact;
use crate::drivers::Drivers;
use crate::tally::Tally;
use crate::workspace::Workspace;
use crate::{Result, loom, soak, tidy};

/// What the steps share.
#[derive(Debug)]
struct Ci<'a> {
    workspace: &'a Workspace,
    drivers: Drivers,
    /// Everything that cargo builds for the tests, built by the first step that needs it.
    programs: OnceCell<Vec<Artifact>>,
}

type Step = fn(&Ci<'_>, &mut Tally) -> Result<()>;

/// The steps, cheap ones first.
const STEPS: &[(&str, Step)] = &[
    ("fmt", checks::fmt),
    ("tidy", |ci, tally| absorb(tally, tidy::run(ci.workspace))),
    ("clippy", checks::clippy),
    ("tests", programs::tests),
    ("doctests", programs::doctests),
    ("conformance", programs::conformance),
    ("examples", programs::examples),
    ("soak", |ci, tally| {
        let programs = ci.programs()?;
        absorb(
            tally,
            soak::run_artifacts(ci.workspace, &ci.drivers, programs, &[], soak::IN_CI),
        )
    }),
    ("loom", |ci, tally| {
        absorb(tally, loom::run(ci.workspace, None))
    }),
    ("features", checks::features),
    ("docs", checks::docs),
    ("benches", checks::benches),
    ("package", archives::package),
];

/// What became of a step.
#[derive(Debug)]
struct Row {
    name: &'static str,
    tally: Tally,
    elapsed: Duration,
}

/// Runs all steps, or those named; true when nothing failed.
pub(crate) fn run(workspace: &Workspace, wanted: &[String]) -> Result<bool> {
    if let Some(unknown) = wanted
        .iter()
        .find(|w| STEPS.iter().all(|(name, _)| name != *w))
    {
        let names: Vec<_> = STEPS.iter().map(|(name, _)| *name).collect();
        return Err(format!("no step {unknown}; there are {}", names.join(", ")).into());
    }
    let start = Instant::now();
    let mut tally = Tally::default();
    let drivers = Drivers::probe(&mut tally);
    tally.found(drivers.names().len(), "drivers");
    let mut rows = vec![Row {
        name: "machine",
        tally,
        elapsed: start.elapsed(),
    }];
    let ci = Ci {
        workspace,
        drivers,
        programs: OnceCell::new(),
    };
    for (name, step) in STEPS {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            rows.push(ci.run_step(name, *step));
        }
    }
    Ok(conclude(&rows))
}

impl Ci<'_> {
    fn run_step(&self, name: &'static str, step: Step) -> Row {
        println!("\n==== {name}");
        let start = Instant::now();
        let mut tally = Tally::default();
        if let Err(error) = step(self, &mut tally) {
            println!("error: {error}");
            tally.fail(error.to_string());
        }
        let elapsed = start.elapsed();
        let (passed, failed) = (tally.passed(), tally.failed());
        println!(
            "{name}: {passed} ok, {failed} not, {:.1} s",
            elapsed.as_secs_f64()
        );
        Row {
            name,
            tally,
            elapsed,
        }
    }

    /// Test programs, examples and programs of the workspace, all built with one choice of
    /// features, so that nothing is built twice.
    fn programs(&self) -> Result<&[Artifact]> {
        if let Some(programs) = self.programs.get() {
            return Ok(programs);
        }
        let programs = programs::build(self.workspace)?;
        Ok(self.programs.get_or_init(|| programs))
    }
}

fn absorb(tally: &mut Tally, outcome: Result<Tally>) -> Result<()> {
    tally.absorb(outcome?);
    Ok(())
}

/// Prints the table, what failed, what was skipped, and the closing line.
fn conclude(rows: &[Row]) -> bool {
    println!(
        "\n{:<12} {:>7} {:>7} {:>7} {:>8}  found",
        "step", "result", "passed", "failed", "seconds"
    );
    for Row {
        name,
        tally,
        elapsed,
    } in rows
    {
        let result = if tally.failed() > 0 { "FAILED" } else { "ok" };
        let seconds = elapsed.as_secs_f64();
        let (passed, failed) = (tally.passed(), tally.failed());
        let found = tally.discoveries().join(", ");
        println!("{name:<12} {result:>7} {passed:>7} {failed:>7} {seconds:>8.1}  {found}");
    }
    let total: Duration = rows.iter().map(|row| row.elapsed).sum();
    println!("{:<12} {:>33.1}\n", "all", total.as_secs_f64());
    for row in rows {
        for why in row.tally.skipped() {
            println!("SKIPPED: {}: {why}", row.name);
        }
    }
    for row in rows {
        for what in row.tally.failures() {
            println!("FAILED: {}: {what}", row.name);
        }
    }
    let passed: usize = rows.iter().map(|row| row.tally.passed()).sum();
    let failed: usize = rows.iter().map(|row| row.tally.failed()).sum();
    println!("{passed} passed, {failed} failed");
    failed == 0
}
