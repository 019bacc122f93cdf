//! How a file is opened.

use std::io;
use std::path::Path;

use super::error::at;
use super::{File, path};
use crate::io::{self as event_io, SharedFd, ops};

/// Permissions of new files, before the process's mask.
const MODE_DEFAULT: u32 = 0o666;

/// How a file is opened: built up, or parsed from one of Node's flags such as `"r+"`.
///
/// # Examples
///
/// ```
/// use synodic_loop::{EventLoop, fs::File};
///
/// # let path = std::env::temp_dir().join(format!("synodic-example-{}", std::process::id()));
/// EventLoop::new()?.block_on(async {
///     let file = File::options().append(true).create(true).open(&path).await?;
///     file.write_all_at("a line\n", 0).await.0
/// })??;
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct OpenOptions {
    read: bool,
    write: bool,
    append: bool,
    truncate: bool,
    create: bool,
    create_new: bool,
    sync: bool,
    mode: u32,
    custom_flags: i32,
}

impl OpenOptions {
    /// Nothing is asked for yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            read: false,
            write: false,
            append: false,
            truncate: false,
            create: false,
            create_new: false,
            sync: false,
            mode: MODE_DEFAULT,
            custom_flags: 0,
        }
    }

    /// For reading.
    #[must_use]
    pub fn read(mut self, read: bool) -> Self {
        self.read = read;
        self
    }

    /// For writing.
    #[must_use]
    pub fn write(mut self, write: bool) -> Self {
        self.write = write;
        self
    }

    /// For writing at the end, wherever that is by then.
    #[must_use]
    pub fn append(mut self, append: bool) -> Self {
        self.append = append;
        self
    }

    /// Whether the contents are dropped.
    #[must_use]
    pub fn truncate(mut self, truncate: bool) -> Self {
        self.truncate = truncate;
        self
    }

    /// Whether a file that is not there is made.
    #[must_use]
    pub fn create(mut self, create: bool) -> Self {
        self.create = create;
        self
    }

    /// Whether the file must not be there before, and is made.
    #[must_use]
    pub fn create_new(mut self, create_new: bool) -> Self {
        self.create_new = create_new;
        self
    }

    /// Whether each write ends when the bytes and their metadata are on the device.
    #[doc(alias = "O_SYNC")]
    #[must_use]
    pub fn sync(mut self, sync: bool) -> Self {
        self.sync = sync;
        self
    }

    /// Permissions of a file that is made, before the process's mask.
    #[must_use]
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }

    /// Further `O_` flags.
    #[must_use]
    pub fn custom_flags(mut self, flags: i32) -> Self {
        self.custom_flags = flags;
        self
    }

    /// Opens the file, on the current loop.
    ///
    /// # Errors
    ///
    /// What the system says, such as [`NotFound`](io::ErrorKind::NotFound), and
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for a path with a NUL byte or for options
    /// that ask for neither reading nor writing.
    ///
    /// # Panics
    ///
    /// Outside of an event loop.
    ///
    /// # Cancel safety
    ///
    /// A file that was opened, or made, by a dropped future is closed.
    pub async fn open(&self, path: impl AsRef<Path>) -> io::Result<File> {
        let io = event_io::current();
        let path = path.as_ref();
        let open = ops::Open {
            path: path::to_c_string(path)?,
            flags: self.flags()?,
            mode: self.mode,
        };
        let opened = io.submit(open).await;
        let fd = opened.map_err(|error| at(error, "open", path))?;
        Ok(File::adopt(SharedFd::new(&io, fd), io))
    }

    pub(super) fn flags(&self) -> io::Result<i32> {
        let access = match (self.read, self.write || self.append) {
            (true, false) => libc::O_RDONLY,
            (false, true) => libc::O_WRONLY,
            (true, true) => libc::O_RDWR,
            (false, false) => {
                let text = "a file is opened for reading, writing or both";
                return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
            }
        };
        let flag = |wanted: bool, flag: i32| if wanted { flag } else { 0 };
        Ok(access
            | libc::O_CLOEXEC
            | flag(self.append, libc::O_APPEND)
            | flag(self.truncate, libc::O_TRUNC)
            | flag(self.create, libc::O_CREAT)
            | flag(self.create_new, libc::O_CREAT | libc::O_EXCL)
            | flag(self.sync, libc::O_SYNC)
            | self.custom_flags)
    }
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self::new()
    }
}
