//! Changes of names in folders.

use std::ffi::CString;
use std::io;

use super::unit;
use crate::io::{NameCall, Operation, Request};
use crate::sys::RawResult;

/// One change, with the paths it needs.
pub(crate) enum ChangeName {
    /// Gives a thing another name, in the place of what has it.
    Rename { from: CString, to: CString },
    /// Gives a file a further name.
    Link { from: CString, to: CString },
    /// Makes a symbolic link.
    Symlink { target: CString, path: CString },
    /// Removes a name of a file.
    RemoveFile { path: CString },
    /// Removes an empty folder.
    RemoveDir { path: CString },
    /// Makes a folder.
    CreateDir { path: CString, mode: u32 },
}

// SAFETY: a `CString`'s memory stays where it is.
unsafe impl Operation for ChangeName {
    type Output = io::Result<()>;

    fn request(&mut self) -> Request {
        Request::Name(match self {
            Self::Rename { from, to } => NameCall::Rename {
                from: from.as_ptr(),
                to: to.as_ptr(),
            },
            Self::Link { from, to } => NameCall::Link {
                from: from.as_ptr(),
                to: to.as_ptr(),
            },
            Self::Symlink { target, path } => NameCall::Symlink {
                target: target.as_ptr(),
                path: path.as_ptr(),
            },
            Self::RemoveFile { path } => NameCall::Remove {
                path: path.as_ptr(),
                flags: 0,
            },
            Self::RemoveDir { path } => NameCall::Remove {
                path: path.as_ptr(),
                flags: libc::AT_REMOVEDIR,
            },
            Self::CreateDir { path, mode } => NameCall::CreateDir {
                path: path.as_ptr(),
                mode: *mode,
            },
        })
    }

    fn finish(self, result: RawResult) -> io::Result<()> {
        unit(result)
    }
}
