//! Files: opened, read and written at positions, listed and looked at.
//!
//! On io_uring these are operations of the ring; on epoll they run on the loop's blocking
//! executor. Listing a folder runs there on both.

mod dir;
mod error;
mod file;
mod folders;
mod metadata;
mod names;
mod open_options;
mod path;
mod position;
mod temp;
mod vectored;
mod whole;

pub use dir::{DirEntry, read_dir};
pub use error::{NulInPath, PathError};
pub use file::File;
pub use folders::{
    RemoveOptions, create_dir, create_dir_all, create_dir_with_mode, remove_dir, remove_dir_all,
};
pub use metadata::{FileType, Metadata, metadata, symlink_metadata};
pub use names::{link, read_link, remove_file, rename, symlink};
pub use open_options::OpenOptions;
pub use temp::make_temp_dir;
pub use whole::{read, write};
