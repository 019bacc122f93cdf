//! Whole files at once.

use std::io;
use std::path::Path;

use synodic_buffers::IoBuf;

use super::File;
use crate::io::BufResult;

/// Read at least this much more when a file is longer than it said, or does not say.
const READ_MORE_BYTES: usize = 32 * 1024;

/// Reads a whole file, on the current loop.
///
/// # Errors
///
/// What the system says, such as [`NotFound`](io::ErrorKind::NotFound), and
/// [`OutOfMemory`](io::ErrorKind::OutOfMemory) for a file that does not fit.
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
/// let bytes = EventLoop::new()?.block_on(fs::read("Cargo.toml"))??;
/// assert!(bytes.starts_with(b"[package]"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub async fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    let file = File::open(path).await?;
    let len = usize::try_from(file.metadata().await?.len()).unwrap_or(usize::MAX);
    let mut bytes = Vec::new();
    // One byte more than there is: the read that finds the end needs room.
    bytes.try_reserve_exact(len.saturating_add(1))?;
    loop {
        if bytes.len() == bytes.capacity() {
            bytes.try_reserve(READ_MORE_BYTES)?;
        }
        let (position, end) = (bytes.len(), bytes.capacity());
        let (read, slice) = file
            .read_at(bytes.slice(position..end), position as u64)
            .await;
        bytes = slice.into_inner();
        if read? == 0 {
            break;
        }
    }
    file.close().await?;
    Ok(bytes)
}

/// Makes a file of `contents`, in the place of one that is there, on the current loop.
///
/// # Errors
///
/// What the system says.
///
/// # Panics
///
/// Outside of an event loop.
///
/// # Cancel safety
///
/// Dropping the future leaves open how much was written.
///
/// # Examples
///
/// ```
/// use synodic_loop::{EventLoop, fs};
///
/// # let path = std::env::temp_dir().join(format!("synodic-example-write-{}", std::process::id()));
/// let (result, _) = EventLoop::new()?.block_on(fs::write(&path, "contents"))?;
/// result?;
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub async fn write<B: IoBuf>(path: impl AsRef<Path>, contents: B) -> BufResult<(), B> {
    let file = match File::create(path).await {
        Ok(file) => file,
        Err(error) => return (Err(error), contents),
    };
    let (written, contents) = file.write_all_at(contents, 0).await;
    match written {
        Ok(()) => (file.close().await, contents),
        Err(error) => (Err(error), contents),
    }
}
