//! What a folder holds.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use super::{FileType, path};

/// Lists a folder, in the order in which the file system has it, on a blocking thread of the
/// current loop. `.` and `..` are left out.
///
/// # Errors
///
/// What the system says, such as [`NotADirectory`](io::ErrorKind::NotADirectory).
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
/// let entries = EventLoop::new()?.block_on(fs::read_dir("src"))??;
/// assert!(entries.iter().any(|entry| entry.file_name() == "lib.rs"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub async fn read_dir(path: impl AsRef<Path>) -> io::Result<Vec<DirEntry>> {
    path::on_thread("scandir", path.as_ref(), |path| {
        std::fs::read_dir(path)?
            .map(|entry| DirEntry::new(&entry?))
            .collect()
    })
    .await
}

/// One entry of a folder.
#[doc(alias = "fs.Dirent")]
#[derive(Clone, Debug)]
pub struct DirEntry {
    name: OsString,
    file_type: FileType,
}

impl DirEntry {
    fn new(entry: &std::fs::DirEntry) -> io::Result<Self> {
        let kind = entry.file_type()?;
        let file_type = match () {
            () if kind.is_file() => FileType::File,
            () if kind.is_dir() => FileType::Dir,
            () if kind.is_symlink() => FileType::Symlink,
            () => FileType::Other,
        };
        Ok(Self {
            name: entry.file_name(),
            file_type,
        })
    }

    /// The name within the folder.
    #[must_use]
    pub fn file_name(&self) -> &OsStr {
        &self.name
    }

    /// What kind of thing it is.
    #[must_use]
    pub fn file_type(&self) -> FileType {
        self.file_type
    }
}
