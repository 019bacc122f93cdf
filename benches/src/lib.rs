//! Synodic's side of what `cargo xtask bench` measures; the rivals are in `rivals/`.
//!
//! Each program is the counterpart of a rival's: the same job, told the same way.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "what a bench prints is its product")]

use std::time::Duration;

/// Operations in bulk.
pub const COUNT: usize = 1_000_000;

/// Rounds of a job that is done several times; the median counts.
pub const ROUNDS: usize = 3;

/// Prints one line of JSON for a case: nanoseconds for each of `count` operations.
pub fn report(case: &str, elapsed: Duration, count: usize) {
    let ns = elapsed.as_nanos() as f64 / count as f64;
    println!("{{\"case\":\"{case}\",\"ns\":{ns:.3}}}");
}

/// Reports the median of several rounds of [`COUNT`] operations.
pub fn report_median(case: &str, mut rounds: Vec<Duration>) {
    rounds.sort();
    report(case, rounds[rounds.len() / 2], COUNT);
}

/// The first argument as a number; `default` without one.
pub fn argument<T: std::str::FromStr>(default: T) -> T {
    std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}
