//! The process: how it ends, its arguments, its environment, its memory, its signals.

use std::ffi::{OsStr, OsString};
use std::io;

use synodic_loop::{Handle, Outcome};

pub use synodic_loop::{Signal, SignalKind};

/// Ends the program at once with `code`: calls the exit listeners, then nothing more.
///
/// Destructors on the way out of the callback run.
///
/// # Panics
///
/// Always: it unwinds to the loop, which catches it. Outside of a loop it is a plain panic. See
/// [`Handle::exit`].
///
/// # Examples
///
/// ```
/// use synodic::process::{argv, exit};
///
/// let status = synodic::Runtime::new()?.run(async {
///     if argv().len() < 3 {
///         exit(3);
///     }
/// });
/// assert_eq!(status.code(), 3);
/// # Ok::<(), synodic::event_loop::BuildError>(())
/// ```
#[doc(alias = "process.exit")]
pub fn exit(code: i32) -> ! {
    Handle::current().exit(Some(code))
}

/// The arguments of the process, its name first.
///
/// # Examples
///
/// ```
/// assert!(synodic::process::argv().next().is_some());
/// ```
#[doc(alias = "process.argv")]
pub fn argv() -> impl ExactSizeIterator<Item = OsString> {
    std::env::args_os()
}

/// A variable of the environment, if it is set.
///
/// # Examples
///
/// ```
/// assert!(synodic::process::env("PATH").is_some());
/// assert!(synodic::process::env("SYNODIC_NOT_SET").is_none());
/// ```
#[doc(alias = "process.env")]
pub fn env(name: impl AsRef<OsStr>) -> Option<OsString> {
    std::env::var_os(name)
}

/// The memory that a process uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryUsage {
    /// Bytes that are in the machine's memory now (the resident set).
    pub rss: u64,
}

/// How much memory this process uses.
///
/// # Errors
///
/// When `/proc` is not mounted.
///
/// # Examples
///
/// ```
/// assert!(synodic::process::memory_usage()?.rss > 0);
/// # Ok::<(), std::io::Error>(())
/// ```
#[doc(alias = "process.memoryUsage")]
pub fn memory_usage() -> io::Result<MemoryUsage> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let rss = rss_bytes(&status).ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidData, "no VmRSS in /proc/self/status")
    })?;
    Ok(MemoryUsage { rss })
}

/// The line `VmRSS:   1234 kB`.
fn rss_bytes(status: &str) -> Option<u64> {
    let value = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = value.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    kib.checked_mul(1024)
}

/// Calls `callback` when a signal arrives, instead of what the system would do by default.
///
/// It listens until the [`Signal`] is dropped or closed, and does not keep the program running.
///
/// # Errors
///
/// What the system said when the handler was installed.
///
/// # Panics
///
/// Outside of a loop.
///
/// # Examples
///
/// ```
/// use synodic::process::{SignalKind, on_signal};
///
/// synodic::Runtime::new()?.run(async {
///     let _terminate = on_signal(SignalKind::TERMINATE, |_| ())?;
///     Ok::<(), std::io::Error>(())
/// });
/// # Ok::<(), synodic::event_loop::BuildError>(())
/// ```
#[doc(alias = "process.on")]
pub fn on_signal<O: Outcome<Value = ()>>(
    kind: SignalKind,
    callback: impl FnMut(SignalKind) -> O + 'static,
) -> io::Result<Signal> {
    let signal = Signal::new(&Handle::current(), kind, callback)?;
    signal.unref();
    Ok(signal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resident_set_is_in_bytes() {
        assert_eq!(
            rss_bytes("Name:\tx\nVmRSS:\t    1234 kB\nThreads:\t1\n"),
            Some(1234 * 1024)
        );
        assert_eq!(rss_bytes("Name:\tx\n"), None);
        assert_eq!(rss_bytes("VmRSS:\tmany kB\n"), None);
    }

    #[test]
    fn a_signal_listener_does_not_keep_the_program_running() {
        let status = crate::Runtime::new().unwrap().run(async {
            let listener = on_signal(SignalKind::INTERRUPT, |_| ())?;
            std::mem::forget(listener);
            Ok::<(), io::Error>(())
        });
        assert!(status.success());
    }
}
