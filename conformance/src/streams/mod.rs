//! What Node's streams do, and when.

mod build;
mod compare;
mod functions;
mod item;
mod operate;
mod ops;
mod world;

use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::task::Poll;

use serde_json::{Map, Value, json};

use crate::declined::{Declined, Kind};
use crate::{Tally, vectors};
use compare::{Level, difference};

/// The suite's name in the vectors and in the list of what is declined.
const SUITE: &str = "streams";

/// Share of the core cases that must be as recorded at level order, in percent: those where no hook
/// completes within the call, and all. What was reached is kept.
const ORDER_FLOORS: [f64; 2] = [100.0, 100.0];

/// A recorded program.
#[derive(Debug)]
struct Case {
    id: String,
    tags: Vec<String>,
    is_core: bool,
    streams: Map<String, Value>,
    ops: Vec<Value>,
    steps: Vec<Value>,
}

/// How many programs were as recorded.
#[derive(Debug, Clone, Copy, Default)]
struct Score {
    right: usize,
    all: usize,
}

impl Score {
    fn note(&mut self, is_right: bool) {
        self.right += usize::from(is_right);
        self.all += 1;
    }

    fn percent(self) -> f64 {
        if self.all == 0 {
            return 100.0;
        }
        100.0 * self.right as f64 / self.all as f64
    }
}

/// Replays what the command line asks for.
///
/// Tier `core` is judged at level outcome. The scores at level order are printed, and must reach the
/// floors where the vectors are the repository's.
pub(crate) fn run(arguments: impl Iterator<Item = String>) -> Result<Tally, String> {
    let Arguments { files, shows_order } = parse(arguments)?;
    let is_own = files.is_empty();
    let files = if is_own {
        vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/streams/public.json")]
    } else {
        files
    };
    let declined = Declined::read(SUITE)?;
    // Cases of each line, and those of them that pass.
    let mut seen = vec![Score::default(); declined.entries().len()];
    let mut tally = Tally::default();
    // By tier and level: cases that are not eager, and all.
    let mut order = [Score::default(); 2];
    let mut detail = Score::default();
    for file in &files {
        for case in read(file)? {
            let actual = execute(&case);
            let wrong = |level| match &actual {
                Ok(steps) => difference(level, &case.ops, &case.steps, steps),
                Err(message) => Some(message.clone()),
            };
            let (outcome, in_order) = (wrong(Level::Outcome), wrong(Level::Order));
            let tags = case.tags.iter().map(String::as_str);
            if let Some(line) = declined.find(&case.id, tags) {
                seen[line].note(outcome.is_none());
                continue;
            }
            if let Some(why) = in_order.as_ref().filter(|_| shows_order) {
                print_mismatch(&case, "order", why);
            }
            if !case.is_core {
                detail.note(in_order.is_none());
                continue;
            }
            order[1].note(in_order.is_none());
            if !case.tags.iter().any(|tag| tag == "eager") {
                order[0].note(in_order.is_none());
            }
            match outcome {
                None => tally.passed += 1,
                Some(why) => {
                    tally.failed += 1;
                    print_mismatch(&case, "outcome", &why);
                }
            }
        }
    }
    tally.failed += print_declined(&declined, &seen);
    tally.failed += print_scores(order, detail, is_own);
    Ok(tally)
}

struct Arguments {
    files: Vec<PathBuf>,
    shows_order: bool,
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut parsed = Arguments {
        files: Vec::new(),
        shows_order: false,
    };
    while let Some(flag) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{flag} needs a value"));
        match flag.as_str() {
            "--vectors" => parsed.files.push(value()?.into()),
            "--order" => parsed.shows_order = true,
            // Nothing here has a loop, so these make no difference.
            "--driver" => drop(value()?),
            "--real-clock" => {}
            _ => return Err(format!("unknown argument: {flag}")),
        }
    }
    Ok(parsed)
}

fn read(file: &Path) -> Result<Vec<Case>, String> {
    let place = file.display();
    let cases = vectors::read(file, SUITE)?;
    let parse = |case| Case::parse(case).ok_or(format!("{place}: not a case: {case}"));
    cases.iter().map(parse).collect()
}

impl Case {
    fn parse(value: &Value) -> Option<Self> {
        let tags = value["tags"].as_array().map_or(&[][..], Vec::as_slice);
        Some(Self {
            id: value["id"].as_str()?.to_owned(),
            tags: tags
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            is_core: value["tier"] != "detail",
            streams: value["streams"].as_object()?.clone(),
            ops: value["ops"].as_array()?.clone(),
            steps: value["expect"]["steps"].as_array()?.clone(),
        })
    }
}

/// What the public API makes of a program.
fn execute(case: &Case) -> Result<Vec<Value>, String> {
    let execute = AssertUnwindSafe(|| ops::execute(&case.streams, &case.ops));
    panic::catch_unwind(execute).unwrap_or_else(|_| Err("panicked".to_owned()))
}

fn print_mismatch(case: &Case, level: &str, why: &str) {
    println!(
        "{}",
        json!({ "id": case.id, "level": level, "streams": case.streams, "ops": case.ops, "why": why })
    );
}

/// Prints what was declined; how many lines should not be there.
fn print_declined(declined: &Declined, seen: &[Score]) -> usize {
    let mut wrong = 0;
    for (entry, score) in declined.entries().iter().zip(seen) {
        let what = match entry.kind {
            Kind::Id => "id",
            Kind::Tag => "tag",
        };
        let (name, reason) = (&entry.name, &entry.reason);
        let Score { right, all } = *score;
        println!("declined: {what} {name}, {all} cases, of which {right} pass: {reason}");
        if entry.kind == Kind::Id && right > 0 {
            println!("{what} {name} need not be declined");
            wrong += 1;
        }
    }
    wrong
}

/// Prints the scores at level order; how many floors were missed.
fn print_scores(order: [Score; 2], detail: Score, is_own: bool) -> usize {
    let mut missed = 0;
    let names = ["core without eager", "core with eager"];
    for ((score, floor), name) in order.into_iter().zip(ORDER_FLOORS).zip(names) {
        let percent = score.percent();
        let Score { right, all } = score;
        println!("order, {name}: {right} of {all}, {percent:.1}% (floor {floor}%)");
        missed += usize::from(is_own && percent < floor);
    }
    let Score { right, all } = detail;
    println!("order, detail: {right} of {all}");
    missed
}

/// Lets whatever else is ready go first, as an `await` does in JavaScript.
async fn hop() {
    let mut is_second = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut is_second, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
