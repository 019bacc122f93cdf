//! Replays vectors recorded on real Node.
//!
//! ```text
//! synodic-conformance ordering [--vectors FILE]... [--driver io_uring|epoll] [--real-clock]
//!                              [--microtask-host] [--live N] [--seed S]
//! synodic-conformance buffers  [--vectors FILE]...
//! synodic-conformance streams  [--vectors FILE]... [--order]
//! ```

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command line tool prints")]

mod buffers;
mod declined;
mod ordering;
mod streams;
mod vectors;

use std::process::ExitCode;

const USAGE: &str = "usage: synodic-conformance ordering|buffers|streams [--vectors FILE]... \
    [--driver io_uring|epoll] [--real-clock] [--microtask-host] [--live N] [--seed S] [--order]";

/// How many cases were as recorded.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    passed: usize,
    failed: usize,
}

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(Tally { passed, failed }) => {
            println!("{passed} passed, {failed} failed");
            if failed == 0 {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(message) => {
            eprintln!("{message}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn run(mut arguments: impl Iterator<Item = String>) -> Result<Tally, String> {
    let suite = arguments.next().ok_or("a suite is missing")?;
    match suite.as_str() {
        "ordering" => ordering::run(arguments),
        "buffers" => buffers::run(arguments),
        "streams" => streams::run(arguments),
        _ => Err(format!("unknown suite: {suite}")),
    }
}
