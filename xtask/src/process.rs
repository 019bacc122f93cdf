//! Running a program with a deadline, its output kept in a log.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::Result;

/// How often a running program is looked at.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Lines of a failed program's log that are shown; the whole log stays on disk.
const LINES_SHOWN: usize = 150;

/// How a program ended.
#[derive(Debug)]
pub(crate) enum End {
    /// By itself.
    Exited(ExitStatus),
    /// It was killed at its deadline.
    TimedOut(Duration),
}

/// A program that has ended, and what it printed.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) end: End,
    /// Standard output and standard error, as they came.
    pub(crate) output: String,
    pub(crate) log: PathBuf,
}

impl Finished {
    pub(crate) fn success(&self) -> bool {
        matches!(self.end, End::Exited(status) if status.success())
    }

    /// How it ended, in words.
    pub(crate) fn verdict(&self) -> String {
        match self.end {
            End::Exited(status) => status.to_string(),
            End::TimedOut(limit) => format!("no end within {} s", limit.as_secs()),
        }
    }

    /// Prints the end of the output, and where the rest is.
    pub(crate) fn show(&self) {
        let lines: Vec<_> = self.output.lines().collect();
        let skipped = lines.len().saturating_sub(LINES_SHOWN);
        if skipped > 0 {
            println!(
                "... {skipped} lines before these are in {}",
                self.log.display()
            );
        }
        for line in &lines[skipped..] {
            println!("{line}");
        }
    }
}

/// Runs `command` without standard input until it ends or `limit` is over.
///
/// The output goes to a file and not through a pipe, so that a grandchild that keeps
/// the descriptor open cannot hold this process up.
pub(crate) fn run_logged(mut command: Command, log: &Path, limit: Duration) -> Result<Finished> {
    if let Some(folder) = log.parent() {
        fs::create_dir_all(folder)?;
    }
    let file = File::create(log).map_err(|e| format!("could not write {}: {e}", log.display()))?;
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .spawn()
        .map_err(|e| format!("could not run {program}: {e}"))?;
    let start = Instant::now();
    let end = loop {
        if let Some(status) = child.try_wait()? {
            break End::Exited(status);
        }
        if start.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            break End::TimedOut(limit);
        }
        thread::sleep(POLL_INTERVAL);
    };
    let output = String::from_utf8_lossy(&fs::read(log)?).into_owned();
    Ok(Finished {
        end,
        output,
        log: log.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Finished {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let name = format!("xtask-process-{}-{}.log", std::process::id(), script.len());
        let log = std::env::temp_dir().join(name);
        let finished = run_logged(command, &log, limit).expect("sh runs");
        fs::remove_file(log).expect("the log was written");
        finished
    }

    #[test]
    fn both_outputs_are_kept_and_the_status_is_told() {
        let finished = shell("echo out; echo err >&2; exit 3", Duration::from_secs(60));
        assert_eq!(finished.output, "out\nerr\n");
        assert!(!finished.success());
        assert_eq!(finished.verdict(), "exit status: 3");
    }

    #[test]
    fn a_program_that_does_not_end_is_killed() {
        let finished = shell("exec tail -f /dev/null", Duration::from_millis(1));
        assert_eq!(finished.verdict(), "no end within 0 s");
    }
}
