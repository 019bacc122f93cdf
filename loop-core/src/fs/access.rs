//! What can be said of a path without opening it.

use std::io;
use std::path::{Path, PathBuf};

use super::{metadata, path};

/// What [`access`] asks for. Nothing asks whether the file is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Access {
    /// To read.
    pub read: bool,
    /// To write.
    pub write: bool,
    /// To run, or for a folder to enter.
    pub execute: bool,
}

/// Asks whether this process may do `wanted` with a file, on a blocking thread. Symbolic links are
/// followed.
///
/// # Errors
///
/// [`PermissionDenied`](io::ErrorKind::PermissionDenied) when it may not, and what else the system
/// says.
///
/// # Panics
///
/// Outside of an event loop.
///
/// # Cancel safety
///
/// Nothing is lost.
///
/// # Node
///
/// The answer is old when it comes, there as here: rather open the file and see.
///
/// # Examples
///
/// ```
/// use synodic_loop::{EventLoop, fs};
///
/// let wanted = fs::Access { read: true, ..Default::default() };
/// EventLoop::new()?.block_on(fs::access("Cargo.toml", wanted))??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub async fn access(path: impl AsRef<Path>, wanted: Access) -> io::Result<()> {
    let mut bits = rustix::fs::Access::EXISTS;
    bits.set(rustix::fs::Access::READ_OK, wanted.read);
    bits.set(rustix::fs::Access::WRITE_OK, wanted.write);
    bits.set(rustix::fs::Access::EXEC_OK, wanted.execute);
    let ask = move |path: &Path| Ok(rustix::fs::access(path, bits)?);
    path::on_thread("access", path.as_ref(), ask).await
}

/// Whether `path` names something, on the ring. Symbolic links are followed: one that leads nowhere
/// is nothing.
///
/// # Errors
///
/// What the system says when it cannot tell, such as
/// [`PermissionDenied`](io::ErrorKind::PermissionDenied) for a folder on the way.
///
/// # Panics
///
/// Outside of an event loop.
///
/// # Cancel safety
///
/// Nothing is lost.
///
/// # Node
///
/// `fs.exists` says `false` when it cannot tell.
///
/// # Examples
///
/// ```
/// use synodic_loop::{EventLoop, fs};
///
/// let there = EventLoop::new()?.block_on(fs::exists("Cargo.toml"))??;
/// assert!(there);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub async fn exists(path: impl AsRef<Path>) -> io::Result<bool> {
    match metadata(path).await {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// The absolute path without symbolic links, `.` and `..`, on a blocking thread.
///
/// # Errors
///
/// What the system says, such as [`NotFound`](io::ErrorKind::NotFound): each part has to be there.
///
/// # Panics
///
/// Outside of an event loop.
///
/// # Cancel safety
///
/// Nothing is lost.
///
/// # Examples
///
/// ```
/// use synodic_loop::{EventLoop, fs};
///
/// let path = EventLoop::new()?.block_on(fs::canonicalize("src/../Cargo.toml"))??;
/// assert!(path.is_absolute() && path.ends_with("Cargo.toml"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "realpath")]
pub async fn canonicalize(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    path::on_thread("realpath", path.as_ref(), |path| {
        std::fs::canonicalize(path)
    })
    .await
}
