//! `cargo xtask`: the commands by which anyone can see that the project works.
//!
//! `cargo xtask help` lists them. Each ends with one line, `N passed, M failed`,
//! and exits with status 1 when something failed.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "what a command prints is its product")]

mod artifacts;
mod asan;
mod bench;
mod ci;
mod conformance;
mod drivers;
mod flags;
mod fuzz;
mod loom;
mod machine;
mod process;
mod soak;
mod tally;
mod tidy;
mod workspace;

use std::process::ExitCode;

use flags::XtaskCmd;
use tally::Tally;
use workspace::Workspace;

/// What a command can fail with: a sentence for the person at the terminal.
type Error = Box<dyn std::error::Error>;
type Result<T, E = Error> = std::result::Result<T, E>;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the command of the command line; false when something it checked failed.
fn run() -> Result<bool> {
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    let workspace = Workspace::load()?;
    // The suite's own flags are the binary's business, so they are not parsed here.
    if args.first().is_some_and(|command| command == "conformance") {
        return conformance::pass_through(&workspace, &args[1..]);
    }
    let tally = match flags::Xtask::from_env_or_exit().subcommand {
        XtaskCmd::Ci(flags) => return ci::run(&workspace, &flags.step),
        XtaskCmd::Conformance(_) => unreachable!("handled before the flags are parsed"),
        XtaskCmd::Bench(flags) => return bench::run(&workspace, &flags).map(|()| true),
        XtaskCmd::Tidy(_) => tidy::run(&workspace)?,
        XtaskCmd::Loom(flags) => loom::run(&workspace, flags.package.as_deref())?,
        XtaskCmd::Soak(flags) => {
            soak::run(&workspace, &flags.name, flags.scale.unwrap_or(soak::FULL))?
        }
        XtaskCmd::Asan(_) => asan::run(&workspace)?,
        XtaskCmd::Fuzz(flags) => fuzz::run(&workspace, flags.target.as_deref(), flags.seconds)?,
    };
    Ok(report(&tally))
}

/// Prints what failed and the closing line; true when nothing failed.
fn report(tally: &Tally) -> bool {
    for failure in tally.failures() {
        println!("FAILED: {failure}");
    }
    println!("{} passed, {} failed", tally.passed(), tally.failed());
    tally.failed() == 0
}
