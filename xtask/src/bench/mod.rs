//! `cargo xtask bench`: Synodic and its rivals in the same run.
//!
//! A machine's speed drifts by more than the differences of interest, so nothing is measured
//! alone: ours stands before and after each rival, and the ratio is taken against the mean of
//! the two. A row is the median over all rounds. The first rival also stands beside itself;
//! how far those two are apart is the noise of the run.

mod measure;
mod programs;
mod spec;
mod stats;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use measure::Subject;
use programs::Programs;
use serde_json::json;
use spec::{BENCHES, Bench, Load, Method, Part, Rival};
use stats::{Sample, half_spread, median, ratio};

use crate::Result;
use crate::flags;
use crate::workspace::Workspace;

/// Rounds of a run; each has one pair a rival.
const PAIRS_DEFAULT: usize = 20;

/// A case and its unit.
type Key = (String, &'static str);

/// Everything measured in the rounds of one part under one load.
#[derive(Debug, Default)]
struct Rounds {
    /// Cases in the order in which they came.
    cases: Vec<Key>,
    ours: BTreeMap<Key, Vec<f64>>,
    /// By rival: its values, and the ratio of each pair.
    theirs: BTreeMap<(usize, Key), Vec<f64>>,
    ratios: BTreeMap<(usize, Key), Vec<f64>>,
    /// The first rival against itself.
    noise: BTreeMap<Key, Vec<f64>>,
}

/// Runs the benches named on the command line, or all.
pub(crate) fn run(workspace: &Workspace, flags: &flags::Bench) -> Result<()> {
    let benches = choose(&flags.name)?;
    let pairs = flags.pairs.unwrap_or(PAIRS_DEFAULT);
    let parts = || benches.iter().flat_map(|bench| bench.parts);
    let programs = Programs::build(workspace, parts())?;
    let mut json = flags.json.as_deref().map(create).transpose()?;
    println!("A ratio over 1 means that Synodic is better. Medians of {pairs} pairs.");
    println!("Spread: half the distance between the quartiles of the first rival against itself.");
    header();
    for bench in benches {
        for part in bench.parts {
            run_part(&programs, bench, part, pairs, json.as_mut())?;
        }
    }
    Ok(())
}

fn choose(names: &[String]) -> Result<Vec<&'static Bench>> {
    if let Some(unknown) = names
        .iter()
        .find(|name| BENCHES.iter().all(|b| b.name != **name))
    {
        let known: Vec<_> = BENCHES.iter().map(|bench| bench.name).collect();
        return Err(format!("no bench {unknown}; there are {}", known.join(", ")).into());
    }
    let wanted = |bench: &&Bench| names.is_empty() || names.iter().any(|name| name == bench.name);
    Ok(BENCHES.iter().filter(wanted).collect())
}

fn create(path: &Path) -> Result<File> {
    File::create(path).map_err(|e| format!("could not write {}: {e}", path.display()).into())
}

fn run_part(
    programs: &Programs<'_>,
    bench: &Bench,
    part: &Part,
    pairs: usize,
    mut json: Option<&mut File>,
) -> Result<()> {
    for rival in part
        .rivals
        .iter()
        .filter(|rival| !programs.has(rival.program))
    {
        println!(
            "SKIPPED: {} against {}: not on this machine",
            bench.name, rival.name
        );
    }
    let rivals: Vec<_> = part
        .rivals
        .iter()
        .filter(|rival| programs.has(rival.program))
        .collect();
    let ours = Subject::start(programs, part.ours, part.method)?;
    let theirs = rivals
        .iter()
        .map(|rival| Subject::start(programs, rival.program, part.method))
        .collect::<Result<Vec<_>>>()?;
    let loads: Vec<Option<&Load>> = match part.method {
        Method::Server(loads) => loads.iter().map(Some).collect(),
        Method::Bulk | Method::Calls { .. } => vec![None],
    };
    for load in loads {
        let mut rounds = Rounds::default();
        let measure = |subject: &Subject| subject.measure(programs, part.method, load);
        for _ in 0..pairs {
            let mut before = measure(&ours)?;
            for (index, rival) in theirs.iter().enumerate() {
                let sample = measure(rival)?;
                if index == 0 {
                    rounds.note_noise(&sample, &measure(rival)?);
                }
                let after = measure(&ours)?;
                rounds.note_pair(index, &before, &sample, &after);
                before = after;
            }
        }
        rounds.print(bench, &rivals, json.as_deref_mut())?;
    }
    Ok(())
}

impl Rounds {
    fn note_noise(&mut self, one: &[Sample], other: &[Sample]) {
        for (one, other) in matching(one, other) {
            let ratio = ratio(one.unit, one.value, other.value);
            self.noise.entry(key(one)).or_default().push(ratio);
        }
    }

    fn note_pair(&mut self, rival: usize, before: &[Sample], theirs: &[Sample], after: &[Sample]) {
        for (before, after) in matching(before, after) {
            let ours = (before.value + after.value) / 2.0;
            let key = key(before);
            if !self.cases.contains(&key) {
                self.cases.push(key.clone());
            }
            self.ours.entry(key.clone()).or_default().push(ours);
            let Some((theirs, _)) = matching(theirs, std::slice::from_ref(before)).next() else {
                continue; // The rival does not have this case.
            };
            let ratio = ratio(before.unit, ours, theirs.value);
            self.theirs
                .entry((rival, key.clone()))
                .or_default()
                .push(theirs.value);
            self.ratios.entry((rival, key)).or_default().push(ratio);
        }
    }

    fn print(&self, bench: &Bench, rivals: &[&Rival], mut json: Option<&mut File>) -> Result<()> {
        for key in &self.cases {
            let (case, unit) = key;
            let ours = median(&self.ours[key]);
            let spread = self.noise.get(key).map_or(0.0, |noise| half_spread(noise));
            for (index, rival) in rivals.iter().enumerate() {
                let Some(ratios) = self.ratios.get(&(index, key.clone())) else {
                    continue;
                };
                let theirs = median(&self.theirs[&(index, key.clone())]);
                let ratio = median(ratios);
                let (bench, rival) = (bench.name, rival.name);
                println!(
                    "{bench:<8} {case:<18} {rival:<8} {ratio:>7.2} {ours:>12.3} {theirs:>12.3} \
                     {unit:<11} {spread:>6.3}"
                );
                if let Some(file) = json.as_mut() {
                    let row = json!({
                        "bench": bench, "case": case, "rival": rival, "ratio": ratio,
                        "ours": ours, "theirs": theirs, "unit": unit, "spread": spread,
                    });
                    writeln!(file, "{row}")?;
                }
            }
        }
        Ok(())
    }
}

fn header() {
    println!(
        "{:<8} {:<18} {:<8} {:>7} {:>12} {:>12} {:<11} {:>6}",
        "bench", "case", "rival", "ratio", "ours", "theirs", "unit", "spread"
    );
}

fn key(sample: &Sample) -> Key {
    (sample.case.clone(), sample.unit)
}

/// The samples of the same case and unit in both.
fn matching<'a>(
    one: &'a [Sample],
    other: &'a [Sample],
) -> impl Iterator<Item = (&'a Sample, &'a Sample)> {
    one.iter().filter_map(move |a| {
        let same = |b: &&Sample| a.case == b.case && a.unit == b.unit;
        Some((a, other.iter().find(same)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(case: &str, value: f64) -> Vec<Sample> {
        vec![Sample {
            case: case.to_owned(),
            unit: "ns",
            value,
        }]
    }

    #[test]
    fn a_pair_is_taken_against_the_mean_of_ours_around_it() {
        let mut rounds = Rounds::default();
        rounds.note_pair(
            0,
            &sample("a", 10.0),
            &sample("a", 40.0),
            &sample("a", 30.0),
        );
        let key = ("a".to_owned(), "ns");
        assert_eq!(rounds.ratios[&(0, key.clone())], [2.0]);
        assert_eq!(rounds.ours[&key], [20.0]);
    }

    #[test]
    fn a_case_that_the_rival_lacks_has_no_ratio() {
        let mut rounds = Rounds::default();
        rounds.note_pair(
            0,
            &sample("a", 10.0),
            &sample("b", 40.0),
            &sample("a", 30.0),
        );
        assert!(rounds.ratios.is_empty());
        assert_eq!(rounds.cases.len(), 1);
    }

    #[test]
    fn an_unknown_bench_is_named() {
        let error = choose(&["nothing".to_owned()]).expect_err("there is no such bench");
        assert!(
            error
                .to_string()
                .starts_with("no bench nothing; there are echo")
        );
    }
}
