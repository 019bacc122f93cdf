//! Files: opened, read and written at positions, listed and looked at.
//!
//! On io_uring these are operations of the ring; on epoll they run on the loop's blocking
//! executor. Listing a folder runs there on both.

mod dir;
mod file;
mod metadata;
mod open_options;
mod path;
mod whole;

pub use dir::{DirEntry, read_dir};
pub use file::File;
pub use metadata::{FileType, Metadata, metadata, symlink_metadata};
pub use open_options::OpenOptions;
pub use whole::{read, write};
