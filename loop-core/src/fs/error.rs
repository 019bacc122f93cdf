//! What an error of this module holds.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// What the system said about a path: held by the [`io::Error`]s of this module's functions that
/// take one. It reads as Node's: `ENOENT: no such file or directory, open 'x'`.
///
/// # Examples
///
/// ```
/// use synodic_loop::{EventLoop, fs};
///
/// let error = EventLoop::new()?.block_on(fs::read("none"))?.unwrap_err();
/// assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
/// assert_eq!(error.to_string(), "ENOENT: no such file or directory, open 'none'");
/// let error = fs::PathError::of(&error).expect("the system has said it");
/// assert_eq!((error.code(), error.syscall()), ("ENOENT", "open"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "ErrnoException")]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct PathError {
    errno: i32,
    syscall: &'static str,
    path: PathBuf,
    dest: Option<PathBuf>,
}

impl PathError {
    /// The one that `error` holds.
    #[must_use]
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }

    /// The system's number for it, such as `libc::ENOENT`.
    #[must_use]
    pub fn errno(&self) -> i32 {
        self.errno
    }

    /// The system's name for it, such as `"ENOENT"`; `"UNKNOWN"` for one that Node does not know
    /// of files.
    #[must_use]
    pub fn code(&self) -> &'static str {
        describe(self.errno).map_or("UNKNOWN", |(code, _)| code)
    }

    /// What was tried, in Node's word, such as `"open"`.
    #[must_use]
    pub fn syscall(&self) -> &'static str {
        self.syscall
    }

    /// The path, as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The second path of the operations that have two.
    #[must_use]
    pub fn dest(&self) -> Option<&Path> {
        self.dest.as_deref()
    }
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match describe(self.errno) {
            Some((code, text)) => write!(f, "{code}: {text}")?,
            None => write!(f, "{}", io::Error::from_raw_os_error(self.errno))?,
        }
        write!(f, ", {} '{}'", self.syscall, self.path.display())?;
        match &self.dest {
            Some(dest) => write!(f, " -> '{}'", dest.display()),
            None => Ok(()),
        }
    }
}

/// A path cannot hold a NUL byte: the kernel would see its end there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the path {path:?} has a NUL byte at {position}")]
pub struct NulInPath {
    /// The path, as it was given.
    pub path: PathBuf,
    /// The first NUL byte's place, in bytes.
    pub position: usize,
}

/// `error`, with what was tried on which path. What is not the system's word stays as it is.
pub(super) fn at(error: io::Error, syscall: &'static str, path: &Path) -> io::Error {
    named(error, syscall, path, None)
}

/// As [`at`], with two paths.
pub(super) fn at_both(
    error: io::Error,
    syscall: &'static str,
    path: &Path,
    dest: &Path,
) -> io::Error {
    named(error, syscall, path, Some(dest))
}

fn named(error: io::Error, syscall: &'static str, path: &Path, dest: Option<&Path>) -> io::Error {
    let Some(errno) = error.raw_os_error() else {
        return error;
    };
    let path = path.to_owned();
    let dest = dest.map(Path::to_owned);
    let detail = PathError {
        errno,
        syscall,
        path,
        dest,
    };
    io::Error::new(error.kind(), detail)
}

/// The name and libuv's words for the errors that paths meet.
fn describe(errno: i32) -> Option<(&'static str, &'static str)> {
    Some(match errno {
        libc::EACCES => ("EACCES", "permission denied"),
        libc::EAGAIN => ("EAGAIN", "resource temporarily unavailable"),
        libc::EBADF => ("EBADF", "bad file descriptor"),
        libc::EBUSY => ("EBUSY", "resource busy or locked"),
        libc::ECANCELED => ("ECANCELED", "operation canceled"),
        libc::EEXIST => ("EEXIST", "file already exists"),
        libc::EFBIG => ("EFBIG", "file too large"),
        libc::EINVAL => ("EINVAL", "invalid argument"),
        libc::EIO => ("EIO", "i/o error"),
        libc::EISDIR => ("EISDIR", "illegal operation on a directory"),
        libc::ELOOP => ("ELOOP", "too many symbolic links encountered"),
        libc::EMFILE => ("EMFILE", "too many open files"),
        libc::EMLINK => ("EMLINK", "too many links"),
        libc::ENAMETOOLONG => ("ENAMETOOLONG", "name too long"),
        libc::ENFILE => ("ENFILE", "file table overflow"),
        libc::ENODEV => ("ENODEV", "no such device"),
        libc::ENOENT => ("ENOENT", "no such file or directory"),
        libc::ENOMEM => ("ENOMEM", "not enough memory"),
        libc::ENOSPC => ("ENOSPC", "no space left on device"),
        libc::ENOSYS => ("ENOSYS", "function not implemented"),
        libc::ENOTDIR => ("ENOTDIR", "not a directory"),
        libc::ENOTEMPTY => ("ENOTEMPTY", "directory not empty"),
        libc::ENOTSUP => ("ENOTSUP", "operation not supported on socket"),
        libc::ENXIO => ("ENXIO", "no such device or address"),
        libc::EPERM => ("EPERM", "operation not permitted"),
        libc::EROFS => ("EROFS", "read-only file system"),
        libc::ESPIPE => ("ESPIPE", "invalid seek"),
        libc::ETXTBSY => ("ETXTBSY", "text file is busy"),
        libc::EXDEV => ("EXDEV", "cross-device link not permitted"),
        _ => return None,
    })
}
