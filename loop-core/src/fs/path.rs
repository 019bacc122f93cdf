//! Paths as the kernel takes them.

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The path with its final NUL.
pub(super) fn to_c_string(path: &Path) -> io::Result<CString> {
    CString::new(path.as_os_str().as_bytes()).map_err(|error| {
        let position = error.nul_position();
        let text = format!("the path has a NUL byte at {position}");
        io::Error::new(io::ErrorKind::InvalidInput, text)
    })
}
