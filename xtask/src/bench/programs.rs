//! Building the programs of a bench, and starting them on a core of their own.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::thread;

use rustix::thread::{CpuSet, sched_setaffinity};

use super::spec::{Part, Program};
use crate::artifacts::BUILD_LIMIT;
use crate::process::run_logged;
use crate::workspace::Workspace;
use crate::{Result, machine};

/// The package with our side of each bench.
const OURS: &str = "synodic-benches";

/// The core for what is measured.
pub(crate) const MEASURED_CORE: usize = 0;

/// The core for what loads it.
pub(crate) const LOAD_CORE: usize = 1;

/// Knows where every program is.
#[derive(Debug)]
pub(crate) struct Programs<'a> {
    workspace: &'a Workspace,
    has_node: bool,
}

impl<'a> Programs<'a> {
    /// Builds what `parts` need: our side always, rivals on their first use.
    pub(crate) fn build<'p>(
        workspace: &'a Workspace,
        parts: impl Iterator<Item = &'p Part>,
    ) -> Result<Self> {
        let mut packages = BTreeSet::from(["rival-loadgen", "rival-syscount"]);
        let programs = parts.flat_map(|part| part.rivals.iter().map(|rival| &rival.program));
        packages.extend(programs.filter_map(|program| match program {
            Program::Cargo { package, .. } => Some(*package),
            _ => None,
        }));
        let this = Self {
            workspace,
            has_node: machine::node_major().is_some(),
        };
        let ours = workspace.cargo(["build", "--release", "--package", OURS]);
        this.make(ours, "bench-build-ours")?;
        let mut rivals = workspace.cargo(["build", "--release", "--locked", "--manifest-path"]);
        rivals.arg(workspace.root.join("benches/rivals/Cargo.toml"));
        rivals.env("CARGO_TARGET_DIR", this.rivals_target());
        for package in packages {
            rivals.args(["--package", package]);
        }
        this.make(rivals, "bench-build-rivals")?;
        Ok(this)
    }

    fn make(&self, cargo: Command, log: &str) -> Result<()> {
        let finished = run_logged(cargo, &self.workspace.log(log), BUILD_LIMIT)?;
        if !finished.success() {
            finished.show();
            return Err(format!("{log}: {}", finished.verdict()).into());
        }
        Ok(())
    }

    /// Whether the program can run on this machine.
    pub(crate) fn has(&self, program: Program) -> bool {
        self.has_node || !matches!(program, Program::Node { .. })
    }

    /// A command that runs the program.
    pub(crate) fn command(&self, program: Program) -> Command {
        match program {
            Program::Ours { bin, driver } => {
                let mut command = Command::new(self.workspace.target.join("release").join(bin));
                if let Some(driver) = driver {
                    command.env("SYNODIC_DRIVER", driver);
                }
                command
            }
            Program::Cargo { bin, .. } => self.tool(bin),
            Program::Node { script } => {
                let mut command = Command::new("node");
                command.arg(self.workspace.root.join("benches/rivals/node").join(script));
                command
            }
        }
    }

    /// The same under the counter of system calls.
    pub(crate) fn counted(&self, program: Program) -> Command {
        let plain = self.command(program);
        let mut command = self.tool("rival-syscount");
        command.arg(plain.get_program()).args(plain.get_args());
        for (name, value) in plain.get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        command
    }

    /// A program of the rivals' workspace.
    pub(crate) fn tool(&self, bin: &str) -> Command {
        Command::new(self.rivals_target().join("release").join(bin))
    }

    fn rivals_target(&self) -> PathBuf {
        self.workspace.target.join("rivals")
    }
}

/// Starts `command` on one core, where it stays with all its threads.
///
/// A child inherits the cores of the thread that starts it, so a thread is made for that.
pub(crate) fn spawn_on(core: usize, command: &mut Command) -> Result<Child> {
    let name = command.get_program().to_string_lossy().into_owned();
    let pinned = thread::scope(|scope| {
        let starter = scope.spawn(|| {
            let mut cores = CpuSet::new();
            cores.set(core);
            sched_setaffinity(None, &cores).map_err(std::io::Error::from)?;
            command.spawn()
        });
        starter
            .join()
            .map_err(|_| "the thread that starts programs panicked")
    })?;
    pinned.map_err(|error| format!("could not start {name} on core {core}: {error}").into())
}
