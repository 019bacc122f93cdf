//! Counting checks: what passed, what failed, what could not be had here.

use crate::process::Finished;

/// The outcome of a step or a command.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    passed: usize,
    failed: usize,
    failures: Vec<String>,
    skipped: Vec<String>,
    found: Vec<String>,
}

impl Tally {
    /// Counts one check and remembers `what` when it failed.
    pub(crate) fn check(&mut self, ok: bool, what: impl Into<String>) {
        if ok {
            self.passed += 1;
        } else {
            self.fail(what);
        }
    }

    /// Counts one check that failed.
    pub(crate) fn fail(&mut self, what: impl Into<String>) {
        self.failed += 1;
        self.failures.push(what.into());
    }

    /// Adds the counts of a program that counted for itself.
    pub(crate) fn add(&mut self, passed: usize, failed: usize, what: &str) {
        self.passed += passed;
        self.failed += failed;
        if failed > 0 {
            self.failures.push(format!("{what}: {failed} failed"));
        }
    }

    /// Adds the counts that a program printed; one that ended badly has failed, whatever it counted.
    pub(crate) fn program(
        &mut self,
        label: &str,
        finished: &Finished,
        counts: Option<(usize, usize)>,
    ) {
        let (passed, failed) = counts.unwrap_or_default();
        self.add(passed, failed, label);
        let ended_well = finished.success() && counts.is_some();
        if !ended_well {
            println!("---- {label}: {}", finished.verdict());
            finished.show();
        }
        if !ended_well && failed == 0 {
            let why = if counts.is_none() {
                "no closing line, "
            } else {
                ""
            };
            self.fail(format!("{label}: {why}{}", finished.verdict()));
        }
    }

    /// Says loudly that something was not checked here.
    pub(crate) fn skip(&mut self, why: impl Into<String>) {
        let why = why.into();
        println!("SKIPPED: {why}");
        self.skipped.push(why);
    }

    /// Says how many things a step discovered, so that "nothing failed" cannot hide "nothing ran".
    pub(crate) fn found(&mut self, count: usize, what: &str) {
        let found = format!("{count} {what}");
        println!("found {found}");
        self.found.push(found);
    }

    /// Takes over everything that `other` counted.
    pub(crate) fn absorb(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.failures.extend(other.failures);
        self.skipped.extend(other.skipped);
        self.found.extend(other.found);
    }

    pub(crate) fn passed(&self) -> usize {
        self.passed
    }

    pub(crate) fn failed(&self) -> usize {
        self.failed
    }

    pub(crate) fn failures(&self) -> &[String] {
        &self.failures
    }

    pub(crate) fn skipped(&self) -> &[String] {
        &self.skipped
    }

    pub(crate) fn discoveries(&self) -> &[String] {
        &self.found
    }
}

/// Reads the last `N passed, M failed` line of a program's output.
pub(crate) fn closing_line(output: &str) -> Option<(usize, usize)> {
    output.lines().rev().find_map(|line| {
        let (passed, rest) = line.trim().split_once(" passed, ")?;
        let failed = rest.strip_suffix(" failed")?;
        Some((passed.parse().ok()?, failed.parse().ok()?))
    })
}

/// Adds up the `test result:` lines of libtest.
pub(crate) fn test_results(output: &str) -> (usize, usize) {
    let count = |line: &str, label: &str| {
        line.split(&[';', '.'][..])
            .find_map(|part| {
                part.trim()
                    .strip_suffix(label)?
                    .trim()
                    .parse::<usize>()
                    .ok()
            })
            .unwrap_or(0)
    };
    output
        .lines()
        .filter(|line| line.starts_with("test result:"))
        .fold((0, 0), |(passed, failed), line| {
            (
                passed + count(line, "passed"),
                failed + count(line, "failed"),
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_closing_line_counts() {
        let output = "a\n1 passed, 2 failed\n695 passed, 0 failed\nretries: 0\n";
        assert_eq!(closing_line(output), Some((695, 0)));
        assert_eq!(closing_line("all passed, none failed"), None);
    }

    #[test]
    fn libtest_results_add_up() {
        let output = "test result: ok. 3 passed; 0 failed; 0 ignored\n\
                      test result: FAILED. 1 passed; 2 failed; 0 ignored\n";
        assert_eq!(test_results(output), (4, 2));
    }
}
