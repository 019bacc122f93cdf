//! Names of files: given, changed and taken away.

use std::io;
use std::path::{Path, PathBuf};

use super::error::{at, at_both};
use super::path;
use crate::io::{self as event_io, ops::ChangeName};

/// Gives what `from` names the name `to`, in the place of what has it, on the ring.
///
/// # Errors
///
/// What the system says, such as [`CrossesDevices`](io::ErrorKind::CrossesDevices) between file
/// systems.
///
/// # Panics
///
/// Outside of an event loop.
///
/// # Cancel safety
///
/// Dropping the future leaves open whether it took place.
///
/// # Examples
///
/// ```
/// use synodic_loop::{EventLoop, fs};
///
/// EventLoop::new()?.block_on(async {
///     let folder = fs::make_temp_dir(std::env::temp_dir().join("example-")).await?;
///     let (from, to) = (folder.join("a"), folder.join("b"));
///     fs::write(&from, "contents").await.0?;
///     fs::rename(&from, &to).await?;
///     assert_eq!(fs::read(&to).await?, b"contents");
///     fs::remove_dir_all(folder).await
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub async fn rename(from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<()> {
    let (from, to) = (from.as_ref(), to.as_ref());
    let change = ChangeName::Rename {
        from: path::to_c_string(from)?,
        to: path::to_c_string(to)?,
    };
    let renamed = event_io::current().submit(change).await;
    renamed.map_err(|error| at_both(error, "rename", from, to))
}

/// Gives the file `original` the further name `link`, on the ring. A symbolic link is not followed.
///
/// # Errors
///
/// What the system says, such as [`AlreadyExists`](io::ErrorKind::AlreadyExists).
///
/// # Panics
///
/// Outside of an event loop.
///
/// # Cancel safety
///
/// Dropping the future leaves open whether it took place.
#[doc(alias = "hard_link")]
pub async fn link(original: impl AsRef<Path>, link: impl AsRef<Path>) -> io::Result<()> {
    let (original, link) = (original.as_ref(), link.as_ref());
    let change = ChangeName::Link {
        from: path::to_c_string(original)?,
        to: path::to_c_string(link)?,
    };
    let linked = event_io::current().submit(change).await;
    linked.map_err(|error| at_both(error, "link", original, link))
}

/// Makes the symbolic link `link` to `target`, which need not be there, on the ring.
///
/// # Errors
///
/// What the system says, such as [`AlreadyExists`](io::ErrorKind::AlreadyExists).
///
/// # Panics
///
/// Outside of an event loop.
///
/// # Cancel safety
///
/// Dropping the future leaves open whether it took place.
///
/// # Examples
///
/// ```
/// use synodic_loop::{EventLoop, fs};
///
/// EventLoop::new()?.block_on(async {
///     let folder = fs::make_temp_dir(std::env::temp_dir().join("example-")).await?;
///     fs::symlink("target", folder.join("link")).await?;
///     let target = fs::read_link(folder.join("link")).await?;
///     assert_eq!(target.as_os_str(), "target");
///     fs::remove_dir_all(folder).await
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub async fn symlink(target: impl AsRef<Path>, link: impl AsRef<Path>) -> io::Result<()> {
    let (target, link) = (target.as_ref(), link.as_ref());
    let change = ChangeName::Symlink {
        target: path::to_c_string(target)?,
        path: path::to_c_string(link)?,
    };
    let linked = event_io::current().submit(change).await;
    linked.map_err(|error| at_both(error, "symlink", target, link))
}

/// What a symbolic link leads to, as it is written in it, on a blocking thread.
///
/// # Errors
///
/// What the system says: [`InvalidInput`](io::ErrorKind::InvalidInput) for what is no symbolic link.
///
/// # Panics
///
/// Outside of an event loop.
///
/// # Cancel safety
///
/// Nothing is lost.
#[doc(alias = "readlink")]
pub async fn read_link(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    path::on_thread("readlink", path.as_ref(), |path| std::fs::read_link(path)).await
}

/// Removes a name of a file, or a symbolic link itself, on the ring. The file goes with its last
/// name, once nobody has it open.
///
/// # Errors
///
/// What the system says, such as [`IsADirectory`](io::ErrorKind::IsADirectory).
///
/// # Panics
///
/// Outside of an event loop.
///
/// # Cancel safety
///
/// Dropping the future leaves open whether it took place.
#[doc(alias = "unlink")]
pub async fn remove_file(path: impl AsRef<Path>) -> io::Result<()> {
    let path = path.as_ref();
    let change = ChangeName::RemoveFile {
        path: path::to_c_string(path)?,
    };
    let removed = event_io::current().submit(change).await;
    removed.map_err(|error| at(error, "unlink", path))
}
