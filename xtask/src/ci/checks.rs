//! Steps that are one cargo command a check.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::Ci;
use crate::Result;
use crate::artifacts::BUILD_LIMIT;
use crate::process::run_logged;
use crate::tally::Tally;
use crate::workspace::Package;

impl Ci<'_> {
    /// The packages that may go to a registry.
    pub(super) fn published(&self, tally: &mut Tally) -> Vec<&Package> {
        let packages = self.workspace.packages.iter();
        let published: Vec<_> = packages.filter(|package| package.published).collect();
        tally.found(published.len(), "published packages");
        published
    }

    /// Runs `command` as the check `name`; what it printed is shown when it fails.
    pub(super) fn check(&self, tally: &mut Tally, name: &str, command: Command) -> Result<()> {
        self.check_within(tally, name, command, BUILD_LIMIT)
    }

    /// The same with a limit of its own.
    pub(super) fn check_within(
        &self,
        tally: &mut Tally,
        name: &str,
        command: Command,
        limit: Duration,
    ) -> Result<()> {
        let finished = run_logged(command, &self.workspace.log(name), limit)?;
        if !finished.success() {
            println!("---- {name}: {}", finished.verdict());
            finished.show();
        }
        tally.check(
            finished.success(),
            format!("{name}: {}", finished.verdict()),
        );
        Ok(())
    }
}

/// Every Rust file is as rustfmt writes it, the rivals' too, which are no members.
pub(super) fn fmt(ci: &Ci<'_>, tally: &mut Tally) -> Result<()> {
    ci.check(
        tally,
        "fmt workspace",
        ci.workspace.cargo(["fmt", "--all", "--check"]),
    )?;
    let mut rivals = Vec::new();
    rust_files(&ci.workspace.root.join("benches/rivals"), &mut rivals);
    tally.found(rivals.len(), "files of rivals");
    if !rivals.is_empty() {
        let mut command = Command::new("rustfmt");
        command
            .args(["--check", "--edition", "2024"])
            .args(rivals)
            .current_dir(&ci.workspace.root);
        ci.check(tally, "fmt rivals", command)?;
    }
    Ok(())
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && entry.file_name() != "target" {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

pub(super) fn clippy(ci: &Ci<'_>, tally: &mut Tally) -> Result<()> {
    let args = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--quiet",
    ];
    ci.check(
        tally,
        "clippy",
        ci.workspace
            .cargo(args.iter().chain(&["--", "-D", "warnings"])),
    )
}

/// Each package alone: another member's features must not be what makes it build.
pub(super) fn features(ci: &Ci<'_>, tally: &mut Tally) -> Result<()> {
    for package in ci.published(tally) {
        for features in ["--no-default-features", "--all-features"] {
            let args = ["clippy", "--quiet", "--package", &package.name, features];
            let command = ci
                .workspace
                .cargo(args.iter().chain(&["--", "-D", "warnings"]));
            ci.check(
                tally,
                &format!("features {} {features}", package.name),
                command,
            )?;
        }
    }
    Ok(())
}

pub(super) fn docs(ci: &Ci<'_>, tally: &mut Tally) -> Result<()> {
    let args = [
        "doc",
        "--workspace",
        "--no-deps",
        "--all-features",
        "--quiet",
    ];
    let mut command = ci.workspace.cargo(args);
    command.env("RUSTDOCFLAGS", "-D warnings");
    ci.check(tally, "docs", command)
}

/// Benches build; nobody judges by them here.
pub(super) fn benches(ci: &Ci<'_>, tally: &mut Tally) -> Result<()> {
    let benches = ci
        .workspace
        .packages
        .iter()
        .flat_map(|package| &package.targets);
    tally.found(
        benches.filter(|target| target.kind == "bench").count(),
        "benches",
    );
    let args = [
        "build",
        "--workspace",
        "--all-features",
        "--benches",
        "--quiet",
    ];
    ci.check(tally, "benches", ci.workspace.cargo(args))
}
