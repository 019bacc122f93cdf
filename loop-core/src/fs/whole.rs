//! Whole files at once.

use std::io;
use std::path::Path;

use synodic_buffers::IoBuf;

use super::File;
use super::error::at;
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

/// Reads a whole file that is UTF-8, on the current loop.
///
/// # Errors
///
/// As for [`read`], and [`InvalidData`](io::ErrorKind::InvalidData) for a file that is not UTF-8.
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
/// let text = EventLoop::new()?.block_on(fs::read_to_string("Cargo.toml"))??;
/// assert!(text.starts_with("[package]"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub async fn read_to_string(path: impl AsRef<Path>) -> io::Result<String> {
    let bytes = read(path).await?;
    String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Writes `contents` at the end of a file, which is made if need be, on the current loop.
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
/// EventLoop::new()?.block_on(async {
///     let folder = fs::make_temp_dir(std::env::temp_dir().join("example-")).await?;
///     let path = folder.join("log");
///     fs::append(&path, "one ").await.0?;
///     fs::append(&path, "two").await.0?;
///     assert_eq!(fs::read(&path).await?, b"one two");
///     fs::remove_dir_all(folder).await
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "appendFile")]
pub async fn append<B: IoBuf>(path: impl AsRef<Path>, contents: B) -> BufResult<(), B> {
    let options = File::options().append(true).create(true);
    let mut file = match options.open(path).await {
        Ok(file) => file,
        Err(error) => return (Err(error), contents),
    };
    let (written, contents) = file.write_all(contents).await;
    match written {
        Ok(()) => (file.close().await, contents),
        Err(error) => (Err(error), contents),
    }
}

/// Cuts a file to `len` bytes, or extends it with zeros, on the current loop.
///
/// # Errors
///
/// What the system says, such as [`NotFound`](io::ErrorKind::NotFound).
///
/// # Panics
///
/// Outside of an event loop.
///
/// # Cancel safety
///
/// Dropping the future leaves open whether it took place.
pub async fn truncate(path: impl AsRef<Path>, len: u64) -> io::Result<()> {
    let path = path.as_ref();
    let file = File::options().write(true).open(path).await?;
    let cut = file.set_len(len).await;
    cut.map_err(|error| at(error, "ftruncate", path))?;
    file.close().await
}
