//! The address sanitizer over the crates that have `unsafe`.

use crate::Result;
use crate::artifacts;
use crate::drivers::Drivers;
use crate::machine;
use crate::soak::is_soak;
use crate::tally::Tally;
use crate::tidy::has_unsafe;
use crate::workspace::Workspace;

/// The only target that is tried; the sanitizer needs one to be named.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// A deliberate leak is written down here: one `leak:FUNCTION` a line.
const SUPPRESSIONS: &str = "xtask/lsan.supp";

/// Builds and runs the tests under the sanitizer.
pub(crate) fn run(workspace: &Workspace) -> Result<Tally> {
    let mut tally = Tally::default();
    if !machine::has_nightly() {
        tally.skip("the address sanitizer needs the nightly toolchain");
        return Ok(tally);
    }
    let packages: Vec<_> = workspace
        .packages
        .iter()
        .filter(|package| package.published && has_unsafe(&package.dir.join("src")))
        .collect();
    tally.found(packages.len(), "published packages with unsafe");
    if packages.is_empty() {
        return Ok(tally);
    }
    let mut cargo = workspace.cargo([
        "+nightly",
        "test",
        "--no-run",
        "--all-features",
        "--target",
        TARGET,
    ]);
    cargo.args(["--lib", "--tests"]);
    for package in &packages {
        cargo.args(["--package", &package.name]);
    }
    cargo
        .env("RUSTFLAGS", "-Zsanitizer=address")
        .env("CARGO_TARGET_DIR", workspace.target.join("asan"));
    let artifacts = artifacts::build(workspace, cargo, "asan-build")?;
    let drivers = Drivers::probe(&mut tally);
    let suppressions = workspace.root.join(SUPPRESSIONS);
    // A macro runs in the compiler; what it makes runs in the tests of others.
    let programs = artifacts
        .iter()
        .filter(|artifact| !is_soak(artifact) && artifact.kind != "proc-macro");
    for artifact in programs {
        for (label, mut command) in drivers.runs(workspace, artifact)? {
            let label = format!("asan {label}");
            command.env(
                "ASAN_OPTIONS",
                "detect_leaks=1:detect_stack_use_after_return=1",
            );
            if suppressions.exists() {
                command.env(
                    "LSAN_OPTIONS",
                    format!("suppressions={}", suppressions.display()),
                );
            }
            let (passed, failed) = artifacts::run_tests(&mut tally, command, &label, workspace)?;
            println!("{label}: {passed} ok, {failed} not");
        }
    }
    Ok(tally)
}
