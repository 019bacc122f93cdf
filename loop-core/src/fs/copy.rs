//! Copies of files.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::error::at_both;
use super::path;
use crate::io::{self as event_io, ops};

/// Whether a copy shares the blocks of the original until one of them changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CloneBlocks {
    /// As the kernel likes: `copy_file_range` may share them.
    #[default]
    Leave,
    /// Where the file system can, else the bytes are copied.
    #[doc(alias = "COPYFILE_FICLONE")]
    Prefer,
    /// It does, or the copy fails.
    #[doc(alias = "COPYFILE_FICLONE_FORCE")]
    Require,
}

/// How a file is copied: in the place of one that is there, with its permissions.
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
///     let options = fs::CopyOptions::new().create_new(true);
///     assert_eq!(options.copy(&from, &to).await?, 8);
///     assert!(options.copy(&from, &to).await.is_err());
///     fs::remove_dir_all(folder).await
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct CopyOptions {
    create_new: bool,
    clone: CloneBlocks,
}

impl CopyOptions {
    /// Over what is there, and cloned as the kernel likes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether there must be nothing in the place of the copy.
    #[doc(alias = "COPYFILE_EXCL")]
    #[must_use]
    pub fn create_new(mut self, create_new: bool) -> Self {
        self.create_new = create_new;
        self
    }

    /// Whether the copy shares the original's blocks.
    #[must_use]
    pub fn clone_blocks(mut self, clone: CloneBlocks) -> Self {
        self.clone = clone;
        self
    }

    /// Copies a file, as [`copy`] does.
    ///
    /// # Errors
    ///
    /// As for [`copy`]; [`AlreadyExists`](io::ErrorKind::AlreadyExists) with
    /// [`create_new`](Self::create_new), and what the file system says to a clone that is
    /// [required](CloneBlocks::Require), such as [`Unsupported`](io::ErrorKind::Unsupported).
    ///
    /// # Panics
    ///
    /// Outside of an event loop.
    ///
    /// # Cancel safety
    ///
    /// As for [`copy`].
    pub async fn copy(self, from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<u64> {
        let (from, to) = (from.as_ref(), to.as_ref());
        path::to_c_string(from)?;
        path::to_c_string(to)?;
        let paths = (from.to_owned(), to.to_owned());
        let io = event_io::current();
        let copied = ops::work(&io, move || self.run(&paths)).await.flatten();
        copied.map_err(|error| at_both(error, "copyfile", from, to))
    }

    fn run(self, (from, to): &(PathBuf, PathBuf)) -> io::Result<u64> {
        // Without O_NONBLOCK, a pipe would hold the thread until it has a writer.
        let mut source = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NONBLOCK)
            .open(from)?;
        let metadata = source.metadata()?;
        if metadata.is_dir() {
            return Err(io::Error::from_raw_os_error(libc::EISDIR));
        }
        if !metadata.is_file() {
            return Err(io::Error::from_raw_os_error(libc::EINVAL));
        }
        let (mut copy, is_new) = self.open(to, metadata.mode())?;
        let there = copy.metadata()?;
        if (there.dev(), there.ino()) == (metadata.dev(), metadata.ino()) {
            return Ok(metadata.len());
        }
        let copied = self.fill(&mut source, &mut copy, &metadata);
        if copied.is_err() && is_new {
            // Half a copy is worth nothing; the error that matters is the first.
            let _ = std::fs::remove_file(to);
        }
        copied
    }

    /// The file to copy to, and whether this made it.
    fn open(self, to: &Path, mode: u32) -> io::Result<(File, bool)> {
        let mut options = OpenOptions::new();
        options.write(true).mode(mode & 0o777);
        match options.create_new(true).open(to) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && !self.create_new => {
                let opened = options.create_new(false).create(true).open(to);
                opened.map(|file| (file, false))
            }
            opened => opened.map(|file| (file, true)),
        }
    }

    fn fill(
        self,
        source: &mut File,
        copy: &mut File,
        metadata: &std::fs::Metadata,
    ) -> io::Result<u64> {
        copy.set_len(0)?;
        let permissions = std::fs::Permissions::from_mode(metadata.mode() & 0o7777);
        copy.set_permissions(permissions)?;
        if self.clone != CloneBlocks::Leave {
            match rustix::fs::ioctl_ficlone(&*copy, &*source) {
                Ok(()) => return Ok(metadata.len()),
                Err(error) if self.clone == CloneBlocks::Require => return Err(error.into()),
                Err(_cannot_share) => {}
            }
        }
        // By copy_file_range where the kernel takes these two, and by the next best way where not.
        io::copy(source, copy)
    }
}

/// Copies a file and its permissions, in the place of what is there, on a blocking thread. How many
/// bytes that were. A file that is copied onto itself stays as it is.
///
/// # Errors
///
/// What the system says to reading, making or writing, such as
/// [`StorageFull`](io::ErrorKind::StorageFull), and
/// [`IsADirectory`](io::ErrorKind::IsADirectory). A copy that was made new and failed is removed.
///
/// # Panics
///
/// Outside of an event loop.
///
/// # Cancel safety
///
/// Dropping the future does not stop the copy once it has begun.
///
/// # Node
///
/// Node's `copyFile`, whose modes are [`CopyOptions`].
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
///     fs::copy(&from, &to).await?;
///     assert_eq!(fs::read(&to).await?, b"contents");
///     fs::remove_dir_all(folder).await
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "copyFile")]
pub async fn copy(from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<u64> {
    CopyOptions::new().copy(from, to).await
}
