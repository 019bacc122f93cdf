//! Files: what Node's `fs/promises` has, for Rust.
//!
//! | done by | what |
//! | --- | --- |
//! | the ring | [`File::open`] and the other ways to open, [`File::close`]; reads and writes of a [`File`]; [`File::sync_all`], [`File::sync_data`], [`File::set_len`]; [`metadata`], [`symlink_metadata`], [`exists`]; [`rename`], [`link`], [`symlink`], [`remove_file`]; [`create_dir`], [`create_dir_all`], [`make_temp_dir`], [`remove_dir`]; [`read`], [`read_to_string`], [`write()`], [`append`], [`truncate`] |
//! | a blocking thread | [`File::seek`]; [`set_permissions`], [`chown`], [`set_times`] and their like; [`access`], [`canonicalize`], [`read_link`], [`file_system`]; [`copy`]; [`read_dir`], [`Dir`]; adding the watches of a [`Watcher`]; [`remove_dir_all`], [`RemoveOptions`] |
//!
//! On epoll a blocking thread does all of it, and on io_uring what the kernel's probe lacks
//! (renaming, linking, removing and making names, and setting a length, on old kernels). Blocking
//! threads are the loop's [`BlockingExecutor`](crate::BlockingExecutor).
//!
//! # Errors
//!
//! Functions that take a path say which, and what they tried, as Node does: their
//! [`io::Error`](std::io::Error)s hold a [`PathError`]. A path with a NUL byte is refused with a
//! [`NulInPath`]. Operations of an open file give the system's error as it is.

mod access;
mod attributes;
mod copy;
mod dir;
mod error;
mod file;
mod file_system;
mod flags;
mod folders;
mod inotify;
mod metadata;
mod names;
mod open_options;
mod path;
mod position;
mod temp;
mod vectored;
mod walk;
mod watch;
mod whole;

pub use access::{Access, access, canonicalize, exists};
pub use attributes::{Owner, Times, chown, lchown, set_permissions, set_symlink_times, set_times};
pub use copy::{CloneBlocks, CopyOptions, copy};
pub use dir::{Dir, DirEntry, read_dir, read_dir_recursive};
pub use error::{NulInPath, PathError};
pub use file::File;
pub use file_system::{FileSystem, file_system};
pub use flags::UnknownFlags;
pub use folders::{
    RemoveOptions, create_dir, create_dir_all, create_dir_with_mode, remove_dir, remove_dir_all,
};
pub use metadata::{FileType, Metadata, metadata, symlink_metadata};
pub use names::{link, read_link, remove_file, rename, symlink};
pub use open_options::OpenOptions;
pub use temp::make_temp_dir;
pub use watch::{WatchEvent, Watcher};
pub use whole::{append, read, read_to_string, truncate, write};
