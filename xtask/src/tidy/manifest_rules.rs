//! Rules about packages: who may depend on whom, and what each must bring.

use std::fs;

use super::has_unsafe;
use crate::workspace::{DependencyKind, Package, Workspace};

/// Whom each package may depend on, itself left out. The facade may depend on all of them.
const MAY_USE: &[(&str, &[&str])] = &[
    ("synodic-sync", &[]),
    ("synodic-buffers", &["synodic-sync"]),
    ("synodic-loop", &["synodic-sync", "synodic-buffers"]),
    ("synodic-threadpool", &["synodic-sync"]),
    ("synodic-streams", &["synodic-sync", "synodic-buffers"]),
    (
        "synodic-structured-clone",
        &["synodic-sync", "synodic-buffers"],
    ),
    (
        "synodic-workers",
        &["synodic-sync", "synodic-structured-clone", "synodic-loop"],
    ),
    ("synodic-gc", &["synodic-sync", "synodic-gc-derive"]),
    ("synodic-gc-derive", &[]),
    (
        "synodic-cluster",
        &["synodic-sync", "synodic-structured-clone"],
    ),
    ("synodic-cli", &["synodic-cluster"]),
];

/// The package that joins the others.
const FACADE: &str = "synodic";

/// What only the door depends on.
const BEHIND_THE_DOOR: [&str; 4] = ["crossbeam", "loom", "parking_lot", "atomic-wait"];

/// What a published package has beside its manifest.
const FILES: [&str; 4] = ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"];

/// Nobody imports what the design does not draw.
pub(crate) fn direction(workspace: &Workspace, package: &Package) -> Vec<String> {
    if !package.published || package.name == FACADE {
        return Vec::new();
    }
    let Some((_, may_use)) = MAY_USE.iter().find(|(name, _)| *name == package.name) else {
        return vec![format!(
            "{}: not in the table of who may import whom",
            package.name
        )];
    };
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind != DependencyKind::Dev)
        .filter(|dependency| workspace.packages.iter().any(|p| p.name == dependency.name))
        .filter(|dependency| !may_use.contains(&dependency.name.as_str()))
        .map(|dependency| format!("{} may not depend on {}", package.name, dependency.name))
        .collect()
}

/// Threads and atomics of other people are behind the door.
pub(crate) fn door(_: &Workspace, package: &Package) -> Vec<String> {
    if !package.published || package.name == "synodic-sync" {
        return Vec::new();
    }
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind == DependencyKind::Normal)
        .filter(|dependency| {
            BEHIND_THE_DOOR
                .iter()
                .any(|name| dependency.name.starts_with(name))
        })
        .map(|dependency| format!("{}: {} is for synodic-sync", package.name, dependency.name))
        .collect()
}

/// A dev-dependency on a member has no version, so that tests may form a circle.
pub(crate) fn dev_dependency(_: &Workspace, package: &Package) -> Vec<String> {
    package
        .dependencies
        .iter()
        .filter(|d| d.kind == DependencyKind::Dev && d.is_local && d.requirement != "*")
        .map(|d| {
            format!(
                "{}: dev-dependency {} carries a version",
                package.name, d.name
            )
        })
        .collect()
}

/// A published package is complete by itself.
pub(crate) fn complete(_: &Workspace, package: &Package) -> Vec<String> {
    if !package.published {
        return Vec::new();
    }
    FILES
        .iter()
        .filter(|file| !package.dir.join(file).is_file())
        .map(|file| format!("{}: no {file}", package.name))
        .collect()
}

/// Lints are the workspace's.
pub(crate) fn lints(_: &Workspace, package: &Package) -> Vec<String> {
    let manifest = fs::read_to_string(package.dir.join("Cargo.toml")).unwrap_or_default();
    let inherits = manifest.contains("[lints]\nworkspace = true");
    (!inherits)
        .then(|| format!("{}: does not inherit the lints", package.name))
        .into_iter()
        .collect()
}

/// The facade forbids `unsafe`, and so does every package that has none.
pub(crate) fn forbids_unsafe(_: &Workspace, package: &Package) -> Vec<String> {
    let sources = package.dir.join("src");
    if package.name != FACADE && has_unsafe(&sources) {
        return Vec::new();
    }
    package
        .targets
        .iter()
        .filter(|target| target.is_library() || target.kind == "bin")
        .filter(|target| {
            let text = fs::read_to_string(&target.source).unwrap_or_default();
            !text.contains("#![forbid(unsafe_code)]")
        })
        .map(|target| {
            format!(
                "{}: {} {} does not forbid unsafe code",
                package.name, target.kind, target.name
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::workspace::{Dependency, Target};

    fn package(name: &str, dependencies: Vec<Dependency>) -> Package {
        Package {
            name: name.into(),
            version: "0.1.0".into(),
            dir: "nowhere".into(),
            published: true,
            dependencies,
            targets: Vec::new(),
        }
    }

    fn dependency(name: &str, kind: DependencyKind, requirement: &str) -> Dependency {
        Dependency {
            name: name.into(),
            kind,
            requirement: requirement.into(),
            is_local: true,
        }
    }

    fn workspace(packages: Vec<Package>) -> Workspace {
        Workspace {
            root: PathBuf::new(),
            target: PathBuf::new(),
            packages,
        }
    }

    #[test]
    fn direction_is_that_of_the_drawing() {
        let loop_core = package("synodic-loop", Vec::new());
        let upward = vec![dependency("synodic-loop", DependencyKind::Normal, "^0.1")];
        let workspace = workspace(vec![loop_core]);
        assert_eq!(
            direction(&workspace, &package("synodic-buffers", upward)).len(),
            1
        );
        let downward = vec![dependency("synodic-loop", DependencyKind::Normal, "^0.1")];
        assert!(direction(&workspace, &package("synodic-workers", downward)).is_empty());
        assert_eq!(
            direction(&workspace, &package("synodic-new", Vec::new())).len(),
            1
        );
    }

    #[test]
    fn door_is_for_sync_alone() {
        let queue = || {
            vec![dependency(
                "crossbeam-queue",
                DependencyKind::Normal,
                "^0.3",
            )]
        };
        let workspace = workspace(Vec::new());
        assert_eq!(door(&workspace, &package("synodic-gc", queue())).len(), 1);
        assert!(door(&workspace, &package("synodic-sync", queue())).is_empty());
    }

    #[test]
    fn dev_dependency_has_no_version() {
        let workspace = workspace(Vec::new());
        let with = vec![dependency("synodic-loop", DependencyKind::Dev, "^0.1")];
        assert_eq!(
            dev_dependency(&workspace, &package("synodic-gc", with)).len(),
            1
        );
        let without = vec![dependency("synodic-loop", DependencyKind::Dev, "*")];
        assert!(dev_dependency(&workspace, &package("synodic-gc", without)).is_empty());
    }

    #[test]
    fn complete_asks_for_every_file() {
        let found = complete(&workspace(Vec::new()), &package("synodic-gc", Vec::new()));
        assert_eq!(found.len(), FILES.len());
    }

    #[test]
    fn lints_are_inherited() {
        let workspace = workspace(Vec::new());
        assert_eq!(
            lints(&workspace, &package("synodic-gc", Vec::new())).len(),
            1
        );
        let mut own = package("xtask", Vec::new());
        own.dir = env!("CARGO_MANIFEST_DIR").into();
        assert!(lints(&workspace, &own).is_empty());
    }

    #[test]
    fn forbids_unsafe_is_asked_of_a_package_without_unsafe() {
        let target = |source: &Path| Target {
            name: "x".into(),
            kind: "lib".into(),
            source: source.into(),
        };
        let workspace = workspace(Vec::new());
        let mut missing = package("synodic-gc", Vec::new());
        missing
            .targets
            .push(target(Path::new("nowhere/src/lib.rs")));
        assert_eq!(forbids_unsafe(&workspace, &missing).len(), 1);
        let mut own = package("xtask", Vec::new());
        own.targets.push(target(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("src/main.rs"),
        ));
        assert!(forbids_unsafe(&workspace, &own).is_empty());
    }
}
