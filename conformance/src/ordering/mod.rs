//! Programs whose callbacks come in the order that Node recorded.

mod compare;
mod engine;
mod interpret;
mod program;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};
use synodic_loop::DriverChoice;

use crate::Tally;
use compare::Outcome;
use engine::Options;
use program::{Program, Vector};

/// Room for a busy machine: logs do not depend on it.
const REAL_CLOCK_SCALE: f64 = 2.0;
/// Timing may go wrong once on a real clock.
const REAL_CLOCK_TRIES: u32 = 3;
/// A program that takes longer hangs.
const TIME_MAX: Duration = Duration::from_secs(20);

/// The command line.
#[derive(Default)]
struct Arguments {
    vectors: Vec<PathBuf>,
    options: Options,
    /// How many new programs to record on the Node that is installed here.
    live: Option<u64>,
    seed: u64,
}

/// Replays what the command line asks for.
pub(crate) fn run(arguments: impl Iterator<Item = String>) -> Result<Tally, String> {
    replay_all(&parse(arguments)?)
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut parsed = Arguments {
        seed: 1,
        ..Arguments::default()
    };
    while let Some(flag) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{flag} needs a value"));
        match flag.as_str() {
            "--vectors" => parsed.vectors.push(value()?.into()),
            "--driver" => parsed.options.driver = Some(parse_driver(&value()?)?),
            "--real-clock" => parsed.options.real_clock = true,
            "--microtask-host" => parsed.options.microtask_host = true,
            "--live" => parsed.live = Some(parse_number(&flag, &value()?)?),
            "--seed" => parsed.seed = parse_number(&flag, &value()?)?,
            _ => return Err(format!("unknown argument: {flag}")),
        }
    }
    if parsed.live.is_some() && parsed.options.real_clock {
        return Err("--live replays on the virtual clock".to_owned());
    }
    Ok(parsed)
}

fn parse_driver(name: &str) -> Result<DriverChoice, String> {
    match name {
        "io_uring" => Ok(DriverChoice::IoUring),
        "epoll" => Ok(DriverChoice::Epoll),
        _ => Err(format!("unknown driver: {name}")),
    }
}

fn parse_number(flag: &str, value: &str) -> Result<u64, String> {
    value
        .parse()
        .map_err(|error| format!("{flag} {value}: {error}"))
}

fn replay_all(arguments: &Arguments) -> Result<Tally, String> {
    let mut vectors = Vec::new();
    for file in &arguments.vectors {
        vectors.extend(read_vectors(file)?);
    }
    if let Some(count) = arguments.live {
        vectors.extend(record_live(count, arguments.seed)?);
    } else if arguments.vectors.is_empty() {
        for file in default_vectors(arguments.options.real_clock) {
            vectors.extend(read_vectors(&file)?);
        }
    }
    let failed = vectors
        .iter()
        .filter(|vector| !replay(vector, &arguments.options))
        .count();
    Ok(Tally {
        passed: vectors.len() - failed,
        failed,
    })
}

/// The repository's own vectors. On a real clock only those written by hand: they take a while,
/// and the ties of the virtual ones do not happen.
fn default_vectors(real_clock: bool) -> Vec<PathBuf> {
    let names: &[_] = if real_clock {
        &["hand.jsonl"]
    } else {
        &["hand.jsonl", "random-public.jsonl", "virtual.jsonl"]
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/ordering");
    names.iter().map(|name| folder.join(name)).collect()
}

fn read_vectors(file: &Path) -> Result<Vec<Vector>, String> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    let parse = |(index, line)| {
        serde_json::from_str(line)
            .map_err(|error| format!("{}:{}: {error}", file.display(), index + 1))
    };
    lines.map(parse).collect()
}

/// Records new random programs on the Node that is installed here.
fn record_live(count: u64, seed: u64) -> Result<Vec<Vector>, String> {
    if Command::new("node").arg("--version").output().is_err() {
        println!("SKIPPED: there is no `node` on the path, so nothing was recorded or compared");
        return Ok(Vec::new());
    }
    let generator = Path::new(env!("CARGO_MANIFEST_DIR")).join("node/ordering/gen.js");
    let name = format!("synodic-live-{seed}-{}.jsonl", std::process::id());
    let out = std::env::temp_dir().join(name);
    let output = Command::new("node")
        .arg(generator)
        .args([
            "--prefix",
            "live",
            "--seed",
            &seed.to_string(),
            "--count",
            &count.to_string(),
        ])
        .arg("--out")
        .arg(&out)
        .output()
        .map_err(|error| format!("cannot run node: {error}"))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!("the generator failed: {}\n{errors}", output.status));
    }
    let vectors = read_vectors(&out)?;
    let _ = std::fs::remove_file(&out);
    Ok(vectors)
}

/// Replays one vector, and prints what is wrong with it.
fn replay(vector: &Vector, options: &Options) -> bool {
    let tries = if options.real_clock {
        REAL_CLOCK_TRIES
    } else {
        1
    };
    let mut actual = Value::Null;
    for attempt in 1..=tries {
        if attempt > 1 {
            println!("retry {} of {}", attempt - 1, vector.name);
        }
        actual = match execute(vector, options) {
            Ok(outcome) if vector.expected.matches(&outcome) => return true,
            Ok(outcome) => json!(outcome),
            Err(message) => json!({ "error": message }),
        };
    }
    let mismatch = json!({
        "name": vector.name,
        "program": vector.program,
        "expected": vector.expected,
        "actual": actual,
    });
    println!("{mismatch}");
    false
}

/// Runs a program on a thread of its own, so that one that hangs or panics fails alone.
fn execute(vector: &Vector, options: &Options) -> Result<Outcome, String> {
    let mut program = vector.program.clone();
    if options.real_clock {
        program::scale(&mut program, REAL_CLOCK_SCALE);
    }
    let options = *options;
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let outcome = match serde_json::from_value::<Program>(program) {
            Ok(program) => Ok(interpret::run(&program, &options)),
            Err(error) => Err(format!("malformed program: {error}")),
        };
        // Nobody listens any more if this took too long.
        let _ = sender.send(outcome);
    });
    match receiver.recv_timeout(TIME_MAX) {
        Ok(outcome) => outcome,
        Err(mpsc::RecvTimeoutError::Timeout) => Err(format!("no end after {TIME_MAX:?}")),
        Err(mpsc::RecvTimeoutError::Disconnected) => Err("panicked".to_owned()),
    }
}
