//! What this machine has.

use std::process::Command;

/// The drivers of the loop that can be tested here, in the order of preference.
///
/// A container's seccomp profile may forbid io_uring whatever the kernel's version says,
/// so a ring is made to find out.
pub(crate) fn drivers() -> Result<Vec<&'static str>, (Vec<&'static str>, String)> {
    const EPOLL: &str = "epoll";
    match io_uring::IoUring::new(2) {
        Ok(_) => Ok(vec!["io_uring", EPOLL]),
        Err(error) => Err((vec![EPOLL], format!("io_uring on this machine: {error}"))),
    }
}

/// The major version of `node`, when there is one.
pub(crate) fn node_major() -> Option<u32> {
    let output = Command::new("node").arg("--version").output().ok()?;
    let version = String::from_utf8(output.stdout).ok()?;
    version
        .trim()
        .strip_prefix('v')?
        .split('.')
        .next()?
        .parse()
        .ok()
}

/// Whether `cargo +nightly` builds.
pub(crate) fn has_nightly() -> bool {
    Command::new("cargo")
        .args(["+nightly", "--version"])
        .output()
        .is_ok_and(|output| output.status.success())
}
