//! Paths on their way to the kernel.

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::error::{NulInPath, at};
use crate::io::{self as event_io, ops};

/// The path with its final NUL.
pub(super) fn to_c_string(path: &Path) -> io::Result<CString> {
    CString::new(path.as_os_str().as_bytes()).map_err(|error| {
        let detail = NulInPath {
            path: path.to_owned(),
            position: error.nul_position(),
        };
        io::Error::new(io::ErrorKind::InvalidInput, detail)
    })
}

/// Does `work` with `path` on a blocking thread of the current loop.
pub(super) async fn on_thread<T: Send + 'static>(
    syscall: &'static str,
    path: &Path,
    work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    to_c_string(path)?;
    let io = event_io::current();
    let owned = path.to_owned();
    let done = ops::work(&io, move || work(&owned)).await.flatten();
    done.map_err(|error| at(error, syscall, path))
}
