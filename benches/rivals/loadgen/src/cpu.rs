//! The CPU time of another process, to the nanosecond.

use std::fs;
use std::io;

/// Nanoseconds that all threads of `pid` have run: the first number of each `schedstat`.
///
/// `utime` and `stime` count in clock ticks of 10 ms, which is too coarse for a run of a
/// quarter of a second.
pub fn cpu_ns(pid: u32) -> io::Result<u64> {
    let mut total = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        let Ok(stat) = fs::read_to_string(thread?.path().join("schedstat")) else {
            continue; // The thread ended meanwhile.
        };
        let ran = stat
            .split(' ')
            .next()
            .and_then(|ran| ran.parse::<u64>().ok());
        total += ran.ok_or_else(|| io::Error::other(format!("unreadable schedstat: {stat}")))?;
    }
    Ok(total)
}
