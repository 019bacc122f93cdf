//! What Node's `Buffer` does with bytes.

mod case;
mod numbers;
mod ops;
mod pool;

use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::declined::{Declined, Kind};
use crate::{Tally, vectors};
use case::{Case, Fault};

/// The suite's name in the vectors and in the list of what is declined.
const SUITE: &str = "buffers";

/// What became of the cases that one line declines.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    cases: usize,
    /// Those that are as recorded all the same.
    passed: usize,
}

/// Replays what the command line asks for.
pub(crate) fn run(arguments: impl Iterator<Item = String>) -> Result<Tally, String> {
    let files = parse(arguments)?;
    let is_own = files.is_empty();
    let files = if is_own {
        vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/buffers/public.json")]
    } else {
        files
    };
    let declined = Declined::read(SUITE)?;
    let mut seen = vec![Seen::default(); declined.entries().len()];
    let mut tally = Tally::default();
    for file in &files {
        for case in read(file)? {
            let outcome = outcome(&case);
            let is_right = outcome
                .as_ref()
                .is_ok_and(|outcome| same(&case.expect, outcome));
            let tags = case.tags.iter().map(String::as_str);
            if let Some(line) = declined.find(&case.id, tags) {
                seen[line].cases += 1;
                seen[line].passed += usize::from(is_right);
            } else if is_right {
                tally.passed += 1;
            } else {
                tally.failed += 1;
                print_mismatch(&case, &outcome);
            }
        }
    }
    tally.failed += print_declined(&declined, &seen, is_own);
    Ok(tally)
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    while let Some(flag) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{flag} needs a value"));
        match flag.as_str() {
            "--vectors" => files.push(value()?.into()),
            // Nothing here has a loop, so these make no difference.
            "--driver" => drop(value()?),
            "--real-clock" => {}
            _ => return Err(format!("unknown argument: {flag}")),
        }
    }
    Ok(files)
}

fn read(file: &Path) -> Result<Vec<Case>, String> {
    let place = file.display();
    let cases = vectors::read(file, SUITE)?;
    let parse = |case| Case::parse(case).map_err(|error| format!("{place}: {error}"));
    cases.iter().map(parse).collect()
}

/// What the public API makes of a case, in the form of its expectation.
fn outcome(case: &Case) -> Result<Value, String> {
    let execute = AssertUnwindSafe(|| ops::execute(case));
    match panic::catch_unwind(execute) {
        Ok(Ok(outcome)) => Ok(outcome),
        Ok(Err(Fault::Code(code))) => Ok(json!({ "error": code })),
        Ok(Err(Fault::NotExpressible)) => Err("a typed argument rules it out".to_owned()),
        Ok(Err(Fault::Malformed(what))) => Err(format!("malformed: {what}")),
        Err(_) => Err("panicked".to_owned()),
    }
}

/// Whether both are the same; an integer has no other form than its own.
fn same(expected: &Value, actual: &Value) -> bool {
    expected == actual
}

fn print_mismatch(case: &Case, outcome: &Result<Value, String>) {
    let actual = match outcome {
        Ok(outcome) => outcome.clone(),
        Err(message) => json!({ "fault": message }),
    };
    println!(
        "{}",
        json!({ "id": case.id, "program": case.program(), "expected": case.expect, "actual": actual })
    );
}

/// Prints what was declined; how many lines should not be there.
///
/// A case that is declined by its id must not pass. Of those with a tag some may, for which what the
/// tag says makes no difference; but not all, where all are to be had: in the repository's vectors.
fn print_declined(declined: &Declined, seen: &[Seen], is_own: bool) -> usize {
    let mut wrong = 0;
    for (entry, seen) in declined.entries().iter().zip(seen) {
        let Seen { cases, passed } = *seen;
        let what = match entry.kind {
            Kind::Id => "id",
            Kind::Tag => "tag",
        };
        let (name, reason) = (&entry.name, &entry.reason);
        println!("declined: {what} {name}, {cases} cases, of which {passed} pass: {reason}");
        let needless = match entry.kind {
            Kind::Id => passed > 0,
            Kind::Tag => is_own && cases == passed,
        };
        if needless {
            println!("{what} {name} need not be declined");
            wrong += 1;
        }
    }
    wrong
}
