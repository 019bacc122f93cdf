//! Loom models and their mutants.
//!
//! A model is a `#[test]` in a file `tests/loom_*.rs`. The line `// mutants: a, b` above it
//! names what must make it fail: the real code with one ordering weakened or one wake left
//! out, chosen at run time by `SYNODIC_MUTANT`. Each runs in its own process, because loom
//! aborts on a deadlock. A model that no mutant makes fail proves nothing.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::Result;
use crate::artifacts::{self, Artifact};
use crate::process::{End, Finished, run_logged};
use crate::tally::{Tally, test_results};
use crate::workspace::Workspace;

/// Longest that a sound model may take.
const MODEL_LIMIT: Duration = Duration::from_secs(180);

/// Longest that a mutant may take to be noticed; after that it counts as not noticed.
const MUTANT_LIMIT: Duration = Duration::from_secs(60);

/// Fewest mutants that a model must notice.
const MUTANTS_MIN: usize = 2;

/// Variables that make a model pass which was not explored to the end.
const CUT_SHORT: [&str; 2] = ["LOOM_MAX_DURATION", "LOOM_MAX_PERMUTATIONS"];

/// One `#[test]` under loom.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Model {
    name: String,
    mutants: Vec<String>,
}

/// One process: a model, sound or with a mutant.
#[derive(Debug)]
struct Run<'a> {
    artifact: &'a Artifact,
    model: &'a Model,
    mutant: Option<&'a str>,
}

/// Runs the models of `package`, or of all packages.
pub(crate) fn run(workspace: &Workspace, package: Option<&str>) -> Result<Tally> {
    if let Some(name) = CUT_SHORT
        .iter()
        .find(|name| std::env::var_os(name).is_some())
    {
        return Err(format!("{name} is set: a model that was not finished would pass").into());
    }
    let mut tally = Tally::default();
    let files = model_files(workspace, package)?;
    tally.found(files.len(), "files of loom models");
    if files.is_empty() {
        return Ok(tally);
    }
    let artifacts = build(workspace, &files)?;
    let mut models = Vec::new();
    for (artifact, source) in &artifacts {
        for model in parse(&std::fs::read_to_string(source)?) {
            models.push((artifact, model));
        }
    }
    tally.found(models.len(), "loom models");
    println!("preemption bound: {}", bound("LOOM_MAX_PREEMPTIONS"));
    for (artifact, model) in models.iter().filter(|(_, m)| m.mutants.len() < MUTANTS_MIN) {
        let (name, count) = (&model.name, model.mutants.len());
        let why = if count == 0 {
            "a model that no mutant makes fail proves nothing".to_owned()
        } else {
            format!("names {count} mutant, needs {MUTANTS_MIN}")
        };
        tally.fail(format!("{} {name}: {why}", artifact.label()));
    }
    let runs = models.iter().flat_map(|(artifact, model)| {
        std::iter::once(None)
            .chain(model.mutants.iter().map(|mutant| Some(mutant.as_str())))
            .map(|mutant| Run {
                artifact,
                model,
                mutant,
            })
    });
    run_all(workspace, &mut tally, runs.collect())?;
    Ok(tally)
}

fn bound(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| "none, but where a model sets its own".to_owned())
}

/// The files with models: package, target and source.
fn model_files(
    workspace: &Workspace,
    package: Option<&str>,
) -> Result<Vec<(String, String, PathBuf)>> {
    let wanted = match package {
        Some(name) => Some(
            workspace
                .package(name)
                .ok_or(format!("no package {name}"))?,
        ),
        None => None,
    };
    Ok(workspace
        .packages
        .iter()
        .filter(|package| wanted.is_none_or(|wanted| wanted.name == package.name))
        .flat_map(|package| package.targets.iter().map(move |target| (package, target)))
        .filter(|(_, target)| target.kind == "test" && target.name.starts_with("loom_"))
        .map(|(package, target)| {
            (
                package.name.clone(),
                target.name.clone(),
                target.source.clone(),
            )
        })
        .collect())
}

/// Builds the files in a target folder of their own: the flag would rebuild everything else.
fn build(
    workspace: &Workspace,
    files: &[(String, String, PathBuf)],
) -> Result<Vec<(Artifact, PathBuf)>> {
    let mut cargo = workspace.cargo(["test", "--no-run", "--profile=checks", "--all-features"]);
    for (package, target, _) in files {
        cargo.args(["--package", package, "--test", target]);
    }
    let inherited = std::env::var("RUSTFLAGS").unwrap_or_default();
    cargo
        .env("CARGO_TARGET_DIR", workspace.target.join("loom"))
        .env("RUSTFLAGS", format!("{inherited} --cfg synodic_loom"));
    let artifacts = artifacts::build(workspace, cargo, "loom-build")?;
    let source = |artifact: &Artifact| {
        files
            .iter()
            .find(|(package, target, _)| *package == artifact.package && *target == artifact.name)
            .map(|(_, _, source)| source.clone())
    };
    Ok(artifacts
        .into_iter()
        .filter_map(|a| source(&a).map(|source| (a, source)))
        .collect())
}

/// The tests of a file, each with the mutants named above it.
fn parse(source: &str) -> Vec<Model> {
    let mut models = Vec::new();
    let mut mutants = Vec::new();
    let mut is_test = false;
    for line in source.lines().map(str::trim) {
        if let Some(names) = line.strip_prefix("// mutants:") {
            mutants = names
                .split(',')
                .map(|name| name.trim().to_owned())
                .collect();
        } else if line == "#[test]" {
            is_test = true;
        } else if let Some(rest) = line.strip_prefix("fn ") {
            if is_test {
                let name = rest.split(['(', '<']).next().unwrap_or(rest).to_owned();
                models.push(Model {
                    name,
                    mutants: std::mem::take(&mut mutants),
                });
            }
            is_test = false;
            mutants.clear();
        }
    }
    models
}

/// Runs everything, as many at a time as there are cores.
fn run_all(workspace: &Workspace, tally: &mut Tally, runs: Vec<Run<'_>>) -> Result<()> {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let queue = Mutex::new(runs.into_iter());
    let results = Mutex::new(tally);
    thread::scope(|scope| {
        let worker = || -> Result<(), String> {
            loop {
                // A guard in the condition of `while let` would be held during the run.
                let next = queue.lock().map_err(|e| e.to_string())?.next();
                let Some(run) = next else { return Ok(()) };
                let (ok, line) = run.execute(workspace).map_err(|e| e.to_string())?;
                println!("{line}");
                results.lock().map_err(|e| e.to_string())?.check(ok, line);
            }
        };
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        for handle in handles {
            handle
                .join()
                .map_err(|_| "a worker of the loom command panicked")??;
        }
        Ok(())
    })
}

impl Run<'_> {
    /// Runs the process; whether it ended as it should, and a line that says so.
    fn execute(&self, workspace: &Workspace) -> Result<(bool, String)> {
        let mut command: Command = artifacts::command(workspace, self.artifact)?;
        command.args([
            "--exact",
            &self.model.name,
            "--nocapture",
            "--test-threads=1",
        ]);
        command
            .env("LOOM_LOG", "loom::model=info")
            .env("RUST_BACKTRACE", "0");
        let mut label = format!("{} {}", self.artifact.package, self.model.name);
        let limit = match self.mutant {
            None => {
                command.env_remove("SYNODIC_MUTANT");
                MODEL_LIMIT
            }
            Some(mutant) => {
                command.env("SYNODIC_MUTANT", mutant);
                label = format!("{label} [{mutant}]");
                MUTANT_LIMIT
            }
        };
        let start = Instant::now();
        let finished = run_logged(command, &workspace.log(&format!("loom {label}")), limit)?;
        let seconds = start.elapsed().as_secs_f64();
        let (ok, verdict) = match self.mutant {
            None => sound(&finished),
            Some(_) => noticed(&finished),
        };
        if !ok {
            println!("---- {label}");
            finished.show();
        }
        Ok((ok, format!("{label}: {verdict} ({seconds:.1} s)")))
    }
}

/// A model without a mutant must have run and passed.
fn sound(finished: &Finished) -> (bool, String) {
    if !finished.success() {
        return (false, finished.verdict());
    }
    if test_results(&finished.output) != (1, 0) {
        return (false, "the test did not run".to_owned());
    }
    let iterations: u64 = finished.output.lines().filter_map(iterations).sum();
    let explored = match iterations {
        0 => "it does not say how many executions".to_owned(),
        _ => format!("{iterations} executions"),
    };
    (true, format!("passes, {explored}"))
}

/// A mutant must have made the model fail, by an assertion or by an abort.
fn noticed(finished: &Finished) -> (bool, String) {
    match finished.end {
        End::Exited(status) if status.success() => (false, "not noticed".to_owned()),
        End::Exited(_) => (true, "noticed".to_owned()),
        End::TimedOut(_) => (false, format!("not noticed: {}", finished.verdict())),
    }
}

/// Reads loom's own `Completed in N iterations`.
fn iterations(line: &str) -> Option<u64> {
    let (_, rest) = line.split_once("Completed in ")?;
    rest.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mutants_belong_to_the_next_test_only() {
        let source = "\
// mutants: relaxed_wake, no_notify
/// Says what it shows.
#[test]
fn a_wake_is_not_lost() {}

fn helper() {}

#[test]
fn a_close_is_seen() {}
";
        let models = parse(source);
        assert_eq!(models.len(), 2);
        assert_eq!(models[0].name, "a_wake_is_not_lost");
        assert_eq!(models[0].mutants, ["relaxed_wake", "no_notify"]);
        assert!(models[1].mutants.is_empty());
    }

    #[test]
    fn the_number_of_executions_is_read() {
        assert_eq!(
            iterations(" INFO loom::model: Completed in 42 iterations"),
            Some(42)
        );
        assert_eq!(iterations("Completed"), None);
    }
}
