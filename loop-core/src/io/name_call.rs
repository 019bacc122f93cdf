//! What a driver is asked to do to the names in folders.

use std::ffi::c_char;

/// One change of a name. The pointers are NUL-terminated paths, valid as those of a
/// [`Request`](super::Request) are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NameCall {
    /// Gives a thing another name, in the place of what has it.
    Rename {
        from: *const c_char,
        to: *const c_char,
    },
    /// Gives a file a further name.
    Link {
        from: *const c_char,
        to: *const c_char,
    },
    /// Makes a symbolic link.
    Symlink {
        target: *const c_char,
        path: *const c_char,
    },
    /// Removes a name, or with `AT_REMOVEDIR` an empty folder.
    Remove { path: *const c_char, flags: i32 },
    /// Makes a folder.
    CreateDir { path: *const c_char, mode: u32 },
}
