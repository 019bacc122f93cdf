//! What the system knows about a file.

use std::fmt;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::error::at;
use super::path;
use crate::io::{self as event_io, ops};

/// Asks about the file that `path` names, on the current loop. Symbolic links are followed.
///
/// # Errors
///
/// What the system says, such as [`NotFound`](io::ErrorKind::NotFound).
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
/// let metadata = EventLoop::new()?.block_on(fs::metadata("Cargo.toml"))??;
/// assert!(metadata.is_file() && metadata.len() > 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub async fn metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    stat(path.as_ref(), true).await
}

/// As [`metadata`], but of a symbolic link itself.
///
/// # Errors
///
/// As for [`metadata`].
///
/// # Panics
///
/// Outside of an event loop.
///
/// # Cancel safety
///
/// Nothing is lost.
pub async fn symlink_metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    stat(path.as_ref(), false).await
}

async fn stat(path: &Path, follow: bool) -> io::Result<Metadata> {
    let operation = ops::Statx::path(path::to_c_string(path)?, follow);
    let stat = event_io::current().submit(operation).await;
    let syscall = if follow { "stat" } else { "lstat" };
    stat.map(Metadata::new)
        .map_err(|error| at(error, syscall, path))
}

/// What kind of thing a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileType {
    /// A regular file.
    File,
    /// A folder.
    Dir,
    /// A symbolic link.
    Symlink,
    /// A pipe with a name.
    Fifo,
    /// A Unix socket.
    Socket,
    /// A device of bytes, such as a terminal.
    CharDevice,
    /// A device of blocks, such as a disk.
    BlockDevice,
    /// What the file system did not say.
    Other,
}

/// What the system knows about a file.
#[doc(alias = "fs.Stats")]
#[derive(Clone)]
pub struct Metadata {
    stat: Box<libc::statx>,
}

impl Metadata {
    pub(super) fn new(stat: Box<libc::statx>) -> Self {
        Self { stat }
    }

    /// Size in bytes.
    #[expect(
        clippy::len_without_is_empty,
        reason = "as std: a file's length, not a container's"
    )]
    #[must_use]
    pub fn len(&self) -> u64 {
        self.stat.stx_size
    }

    /// What kind of thing it is.
    #[must_use]
    pub fn file_type(&self) -> FileType {
        match u32::from(self.stat.stx_mode) & libc::S_IFMT {
            libc::S_IFREG => FileType::File,
            libc::S_IFDIR => FileType::Dir,
            libc::S_IFLNK => FileType::Symlink,
            libc::S_IFIFO => FileType::Fifo,
            libc::S_IFSOCK => FileType::Socket,
            libc::S_IFCHR => FileType::CharDevice,
            libc::S_IFBLK => FileType::BlockDevice,
            _ => FileType::Other,
        }
    }

    /// Whether it is a regular file.
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.file_type() == FileType::File
    }

    /// Whether it is a folder.
    #[must_use]
    pub fn is_dir(&self) -> bool {
        self.file_type() == FileType::Dir
    }

    /// Whether it is a symbolic link, as [`symlink_metadata`] tells.
    #[must_use]
    pub fn is_symlink(&self) -> bool {
        self.file_type() == FileType::Symlink
    }

    /// Kind and permissions, as `st_mode`.
    #[must_use]
    pub fn mode(&self) -> u32 {
        self.stat.stx_mode.into()
    }

    /// Number within its file system.
    #[must_use]
    pub fn inode(&self) -> u64 {
        self.stat.stx_ino
    }

    /// The device that holds it, as `st_dev`.
    #[must_use]
    pub fn device(&self) -> u64 {
        libc::makedev(self.stat.stx_dev_major, self.stat.stx_dev_minor)
    }

    /// The device that it is, as `st_rdev`; zero for what is none.
    #[must_use]
    pub fn device_itself(&self) -> u64 {
        libc::makedev(self.stat.stx_rdev_major, self.stat.stx_rdev_minor)
    }

    /// How many names it has.
    #[must_use]
    pub fn links(&self) -> u32 {
        self.stat.stx_nlink
    }

    /// Number of the user who owns it.
    #[must_use]
    pub fn user(&self) -> u32 {
        self.stat.stx_uid
    }

    /// Number of the group that owns it.
    #[must_use]
    pub fn group(&self) -> u32 {
        self.stat.stx_gid
    }

    /// The size of reads and writes that suits it, in bytes.
    #[must_use]
    pub fn block_size(&self) -> u32 {
        self.stat.stx_blksize
    }

    /// The room that it takes, in units of 512 bytes.
    #[must_use]
    pub fn blocks(&self) -> u64 {
        self.stat.stx_blocks
    }

    /// When its contents or anything of this last changed.
    #[must_use]
    pub fn changed(&self) -> SystemTime {
        system_time(self.stat.stx_ctime)
    }

    /// When the contents last changed.
    #[must_use]
    pub fn modified(&self) -> SystemTime {
        system_time(self.stat.stx_mtime)
    }

    /// When the contents were last read, as far as the file system keeps count.
    #[must_use]
    pub fn accessed(&self) -> SystemTime {
        system_time(self.stat.stx_atime)
    }

    /// When the file was made, where the file system knows.
    #[must_use]
    pub fn created(&self) -> Option<SystemTime> {
        let known = self.stat.stx_mask & libc::STATX_BTIME != 0;
        known.then(|| system_time(self.stat.stx_btime))
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metadata")
            .field("file_type", &self.file_type())
            .field("len", &self.len())
            .field("modified", &self.modified())
            .finish_non_exhaustive()
    }
}

fn system_time(time: libc::statx_timestamp) -> SystemTime {
    let seconds = Duration::from_secs(time.tv_sec.unsigned_abs());
    let whole = if time.tv_sec < 0 {
        SystemTime::UNIX_EPOCH - seconds
    } else {
        SystemTime::UNIX_EPOCH + seconds
    };
    whole + Duration::from_nanos(time.tv_nsec.into())
}
