//! What a file system has and has left.

use std::fmt;
use std::io;
use std::path::Path;

use super::path;

/// Asks about the file system that holds `path`, on a blocking thread.
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
/// let system = EventLoop::new()?.block_on(fs::file_system("/"))??;
/// assert!(system.blocks_free() <= system.blocks());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "statfs")]
pub async fn file_system(path: impl AsRef<Path>) -> io::Result<FileSystem> {
    let ask = |path: &Path| {
        let stat = rustix::fs::statfs(path)?;
        Ok(FileSystem { stat })
    };
    path::on_thread("statfs", path.as_ref(), ask).await
}

/// What a file system has and has left.
#[doc(alias = "fs.StatFs")]
#[derive(Clone)]
pub struct FileSystem {
    stat: rustix::fs::StatFs,
}

#[expect(
    clippy::unnecessary_cast,
    reason = "the widths differ from one architecture to the next"
)]
impl FileSystem {
    /// The number of its kind, as in statfs(2).
    #[must_use]
    pub fn kind(&self) -> u64 {
        self.stat.f_type as u64
    }

    /// Size of a block in bytes.
    #[must_use]
    pub fn block_size(&self) -> u64 {
        self.stat.f_bsize as u64
    }

    /// All blocks.
    #[must_use]
    pub fn blocks(&self) -> u64 {
        self.stat.f_blocks as u64
    }

    /// Blocks that are free.
    #[must_use]
    pub fn blocks_free(&self) -> u64 {
        self.stat.f_bfree as u64
    }

    /// Blocks that are free to users without privileges.
    #[must_use]
    pub fn blocks_available(&self) -> u64 {
        self.stat.f_bavail as u64
    }

    /// All files that it can hold; zero where it does not count.
    #[must_use]
    pub fn files(&self) -> u64 {
        self.stat.f_files as u64
    }

    /// Files that it can still take.
    #[must_use]
    pub fn files_free(&self) -> u64 {
        self.stat.f_ffree as u64
    }
}

impl fmt::Debug for FileSystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileSystem")
            .field("kind", &self.kind())
            .field("block_size", &self.block_size())
            .field("blocks", &self.blocks())
            .field("blocks_free", &self.blocks_free())
            .finish_non_exhaustive()
    }
}
