//! The workspace as `cargo metadata` tells it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use xshell::{Shell, cmd};

use crate::Result;

/// The package that every loop is in; who depends on it is tested on both drivers.
pub(crate) const LOOP_PACKAGE: &str = "synodic-loop";

/// All packages of this repository that cargo builds together.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
    pub(crate) packages: Vec<Package>,
}

/// One member.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) dir: PathBuf,
    /// Whether it may go to a registry.
    pub(crate) published: bool,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) targets: Vec<Target>,
}

/// One line of a dependency table.
#[derive(Debug)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) kind: DependencyKind,
    /// The version asked for; `*` when the manifest names none.
    pub(crate) requirement: String,
    /// Whether it is a folder of this repository.
    pub(crate) is_local: bool,
}

/// Which table a dependency stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DependencyKind {
    Normal,
    Dev,
    Build,
}

/// A library, program, test, example or bench.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) source: PathBuf,
}

impl Workspace {
    /// Asks cargo.
    pub(crate) fn load() -> Result<Self> {
        let shell = Shell::new()?;
        let here = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .expect("xtask/ is in a folder");
        shell.change_dir(here);
        let json = cmd!(shell, "cargo metadata --no-deps --format-version 1")
            .quiet()
            .read()?;
        Self::parse(&serde_json::from_str(&json)?)
    }

    fn parse(metadata: &Value) -> Result<Self> {
        let packages = array(&metadata["packages"])
            .map(Package::parse)
            .collect::<Result<_>>()?;
        Ok(Self {
            root: text(&metadata["workspace_root"])?.into(),
            target: text(&metadata["target_directory"])?.into(),
            packages,
        })
    }

    /// The package with this name, or in the folder of this name.
    pub(crate) fn package(&self, name: &str) -> Option<&Package> {
        self.packages
            .iter()
            .find(|package| package.name == name || package.dir == self.root.join(name))
    }

    /// Whether `package` is the loop or stands on it, so that its tests depend on the driver.
    pub(crate) fn uses_loop(&self, package: &Package) -> bool {
        package.name == LOOP_PACKAGE || self.depends_on_loop(package, |_| true)
    }

    /// Dev-dependencies count where a search starts. Below that they are not built, and they may
    /// form a circle.
    fn depends_on_loop(&self, package: &Package, counts: fn(&Dependency) -> bool) -> bool {
        package
            .dependencies
            .iter()
            .filter(|dependency| dependency.is_local && counts(dependency))
            .filter_map(|dependency| self.package(&dependency.name))
            .any(|dependency| {
                let is_built = |d: &Dependency| d.kind != DependencyKind::Dev;
                dependency.name == LOOP_PACKAGE || self.depends_on_loop(dependency, is_built)
            })
    }

    /// A `cargo` that works on this workspace.
    pub(crate) fn cargo<I: AsRef<std::ffi::OsStr>>(
        &self,
        args: impl IntoIterator<Item = I>,
    ) -> Command {
        let mut command = Command::new("cargo");
        command.args(args).current_dir(&self.root);
        command
    }

    /// Where a command keeps what the programs it ran printed.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        let safe = name.replace(
            |c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_',
            "-",
        );
        self.target.join("xtask").join(format!("{safe}.log"))
    }

    /// `path` without the folder of the workspace.
    pub(crate) fn relative<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }
}

impl Package {
    fn parse(package: &Value) -> Result<Self> {
        let manifest = PathBuf::from(text(&package["manifest_path"])?);
        Ok(Self {
            name: text(&package["name"])?.to_owned(),
            version: text(&package["version"])?.to_owned(),
            dir: manifest
                .parent()
                .ok_or("a manifest has a folder")?
                .to_owned(),
            published: package["publish"]
                .as_array()
                .is_none_or(|registries| !registries.is_empty()),
            dependencies: array(&package["dependencies"])
                .map(Dependency::parse)
                .collect::<Result<_>>()?,
            targets: array(&package["targets"])
                .map(Target::parse)
                .collect::<Result<_>>()?,
        })
    }

    /// Whether it has a library that programs can link.
    pub(crate) fn has_library(&self) -> bool {
        self.targets.iter().any(Target::is_library)
    }
}

impl Target {
    fn parse(target: &Value) -> Result<Self> {
        Ok(Self {
            name: text(&target["name"])?.to_owned(),
            kind: text(&target["kind"][0])?.to_owned(),
            source: text(&target["src_path"])?.into(),
        })
    }

    pub(crate) fn is_library(&self) -> bool {
        self.kind.ends_with("lib") || self.kind == "proc-macro"
    }
}

impl Dependency {
    fn parse(dependency: &Value) -> Result<Self> {
        Ok(Self {
            name: text(&dependency["name"])?.to_owned(),
            kind: match dependency["kind"].as_str() {
                Some("dev") => DependencyKind::Dev,
                Some("build") => DependencyKind::Build,
                _ => DependencyKind::Normal,
            },
            requirement: text(&dependency["req"])?.to_owned(),
            is_local: dependency["path"].is_string(),
        })
    }
}

fn text(value: &Value) -> Result<&str> {
    value
        .as_str()
        .ok_or_else(|| format!("cargo metadata: not a string: {value}").into())
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, dependencies: &[(&str, DependencyKind)]) -> Package {
        let dependency = |(name, kind): &(&str, DependencyKind)| Dependency {
            name: (*name).into(),
            kind: *kind,
            requirement: "*".into(),
            is_local: true,
        };
        Package {
            name: name.into(),
            version: "0.1.0".into(),
            dir: name.into(),
            published: true,
            dependencies: dependencies.iter().map(dependency).collect(),
            targets: Vec::new(),
        }
    }

    #[test]
    fn a_package_uses_the_loop_through_others_and_tests_may_form_a_circle() {
        use DependencyKind::{Dev, Normal};
        let packages = vec![
            package(LOOP_PACKAGE, &[]),
            package("workers", &[(LOOP_PACKAGE, Normal)]),
            package("facade", &[("workers", Normal)]),
            package("gc", &[("clone", Dev)]),
            package("clone", &[("gc", Dev)]),
            package("streams", &[(LOOP_PACKAGE, Dev)]),
        ];
        let workspace = Workspace {
            root: "".into(),
            target: "".into(),
            packages,
        };
        let uses_loop = |name| workspace.uses_loop(workspace.package(name).expect("in the list"));
        assert!(["workers", "facade", "streams"].into_iter().all(uses_loop));
        assert!(!["gc", "clone"].into_iter().any(uses_loop));
    }
}
