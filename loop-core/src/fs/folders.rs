//! Folders: made and removed.

use std::io;
use std::path::{Path, PathBuf};

use super::error::at;
use super::{metadata, path};
use crate::io::{self as event_io, ops::ChangeName};

/// Permissions of new folders, before the process's mask.
const MODE_DEFAULT: u32 = 0o777;

/// Makes a folder, on the ring.
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
#[doc(alias = "mkdir")]
pub async fn create_dir(path: impl AsRef<Path>) -> io::Result<()> {
    create_dir_with_mode(path, MODE_DEFAULT).await
}

/// As [`create_dir`], with permissions, from which the process's mask takes away.
///
/// # Errors
///
/// As for [`create_dir`].
///
/// # Panics
///
/// Outside of an event loop.
///
/// # Cancel safety
///
/// Dropping the future leaves open whether it took place.
pub async fn create_dir_with_mode(path: impl AsRef<Path>, mode: u32) -> io::Result<()> {
    let path = path.as_ref();
    let change = ChangeName::CreateDir {
        path: path::to_c_string(path)?,
        mode,
    };
    let made = event_io::current().submit(change).await;
    made.map_err(|error| at(error, "mkdir", path))
}

/// Makes a folder and those above it that are not there, on the ring. The first that was made, if
/// any was.
///
/// # Errors
///
/// What the system says, such as [`NotADirectory`](io::ErrorKind::NotADirectory) for a path through
/// a file.
///
/// # Panics
///
/// Outside of an event loop.
///
/// # Cancel safety
///
/// Dropping the future leaves open which folders were made.
///
/// # Examples
///
/// ```
/// use synodic_loop::{EventLoop, fs};
///
/// EventLoop::new()?.block_on(async {
///     let folder = fs::make_temp_dir(std::env::temp_dir().join("example-")).await?;
///     let first = fs::create_dir_all(folder.join("a/b/c")).await?;
///     assert_eq!(first, Some(folder.join("a")));
///     assert_eq!(fs::create_dir_all(folder.join("a/b")).await?, None);
///     fs::remove_dir_all(folder).await
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "mkdirp")]
pub async fn create_dir_all(path: impl AsRef<Path>) -> io::Result<Option<PathBuf>> {
    let path = path.as_ref();
    let mut missing = vec![path];
    let mut first = None;
    while let Some(&folder) = missing.last() {
        match create_dir(folder).await {
            Ok(()) => {
                first.get_or_insert_with(|| folder.to_owned());
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // Above a relative path's first folder is the current one, which was removed.
                match folder.parent().filter(|parent| *parent != Path::new("")) {
                    Some(parent) => missing.push(parent),
                    None => return Err(error),
                }
                continue;
            }
            Err(error) => {
                // It is there, or it is a root that cannot be made; all else stays an error.
                let there = metadata(folder).await;
                if !there.is_ok_and(|there| there.is_dir()) {
                    return Err(error);
                }
            }
        }
        missing.pop();
    }
    Ok(first)
}

/// Removes an empty folder, on the ring.
///
/// # Errors
///
/// What the system says, such as
/// [`DirectoryNotEmpty`](io::ErrorKind::DirectoryNotEmpty).
///
/// # Panics
///
/// Outside of an event loop.
///
/// # Cancel safety
///
/// Dropping the future leaves open whether it took place.
#[doc(alias = "rmdir")]
pub async fn remove_dir(path: impl AsRef<Path>) -> io::Result<()> {
    let path = path.as_ref();
    let change = ChangeName::RemoveDir {
        path: path::to_c_string(path)?,
    };
    let removed = event_io::current().submit(change).await;
    removed.map_err(|error| at(error, "rmdir", path))
}

/// Removes a folder and all that it holds, on a blocking thread.
///
/// Symbolic links are removed and never followed, also when somebody puts one in the place of a
/// folder meanwhile: each folder is opened below the one above it, and not through a link.
///
/// # Errors
///
/// What the system says to the first thing that cannot be removed; the error names `path`.
///
/// # Panics
///
/// Outside of an event loop.
///
/// # Cancel safety
///
/// Dropping the future does not stop the removal once it has begun.
///
/// # Node
///
/// This is `rm` with `recursive` for a folder. With `force` too, see [`RemoveOptions`].
#[doc(alias = "rm -r")]
pub async fn remove_dir_all(path: impl AsRef<Path>) -> io::Result<()> {
    path::on_thread("rm", path.as_ref(), |path| std::fs::remove_dir_all(path)).await
}

/// How [`remove`](Self::remove) goes about it: nothing but files, unless it is told more.
///
/// # Examples
///
/// ```
/// use synodic_loop::{EventLoop, fs::RemoveOptions};
///
/// let removal = RemoveOptions::new().recursive(true).force(true);
/// EventLoop::new()?.block_on(removal.remove("not-there"))??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "rm")]
#[derive(Clone, Copy, Debug, Default)]
pub struct RemoveOptions {
    recursive: bool,
    force: bool,
}

impl RemoveOptions {
    /// Nothing but files, which have to be there.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether folders go too, with all that they hold.
    #[must_use]
    pub fn recursive(mut self, recursive: bool) -> Self {
        self.recursive = recursive;
        self
    }

    /// Whether it is well when there is nothing to remove.
    #[must_use]
    pub fn force(mut self, force: bool) -> Self {
        self.force = force;
        self
    }

    /// Removes what `path` names, on a blocking thread. A symbolic link is removed itself.
    ///
    /// # Errors
    ///
    /// As for [`remove_dir_all`], and [`IsADirectory`](io::ErrorKind::IsADirectory) for a folder
    /// unless [`recursive`](Self::recursive).
    ///
    /// # Panics
    ///
    /// Outside of an event loop.
    ///
    /// # Cancel safety
    ///
    /// As for [`remove_dir_all`].
    pub async fn remove(self, path: impl AsRef<Path>) -> io::Result<()> {
        let removal = move |path: &Path| {
            let removed = match std::fs::remove_file(path) {
                Err(error) if self.recursive && error.kind() == io::ErrorKind::IsADirectory => {
                    std::fs::remove_dir_all(path)
                }
                other => other,
            };
            match removed {
                Err(error) if self.force && error.kind() == io::ErrorKind::NotFound => Ok(()),
                other => other,
            }
        };
        path::on_thread("rm", path.as_ref(), removal).await
    }
}
