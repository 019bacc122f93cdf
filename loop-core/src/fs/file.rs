//! An open file.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::rc::Rc;

use synodic_buffers::{IoBuf, IoBufMut};

use super::{Metadata, OpenOptions};
use crate::io::{self as event_io, BufResult, Io, Op, POSITION, SharedFd, ops};

/// An open file, read and written at offsets, or at a position of its own.
///
/// Operations at offsets may be in flight at the same time; those at the position take the file
/// for themselves. Dropping the file closes it.
///
/// # Examples
///
/// ```
/// use synodic_loop::{EventLoop, fs::File};
///
/// EventLoop::new()?.block_on(async {
///     let file = File::open("Cargo.toml").await?;
///     let (result, start) = file.read_exact_at(Vec::with_capacity(9), 0).await;
///     result?;
///     assert_eq!(start, b"[package]");
///     file.close().await
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "uv_fs_t")]
#[doc(alias = "FileHandle")]
pub struct File {
    pub(super) io: Rc<Io>,
    pub(super) fd: SharedFd,
}

impl File {
    /// Opens a file for reading, on the current loop.
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
    /// A file that was opened for a dropped future is closed.
    pub async fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::options().read(true).open(path).await
    }

    /// Opens a file for writing, empty and made if need be, on the current loop.
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
    /// A file that was made for a dropped future stays, and is closed.
    pub async fn create(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::options()
            .write(true)
            .create(true)
            .truncate(true)
            .open(path)
            .await
    }

    /// Options for opening.
    #[must_use]
    pub fn options() -> OpenOptions {
        OpenOptions::new()
    }

    /// Adopts an open file, on the current loop.
    ///
    /// # Panics
    ///
    /// Outside of an event loop.
    #[must_use]
    pub fn from_fd(fd: OwnedFd) -> Self {
        let io = event_io::current();
        Self {
            fd: SharedFd::new(&io, fd),
            io,
        }
    }

    pub(super) fn adopt(fd: SharedFd, io: Rc<Io>) -> Self {
        Self { io, fd }
    }

    /// Reads at `offset`, from the buffer's beginning up to its capacity. Fewer bytes than that
    /// are read near the end of the file, and none at it.
    ///
    /// # Errors
    ///
    /// What the system says.
    ///
    /// # Cancel safety
    ///
    /// Dropping the operation drops the buffer, once the kernel has let go of it.
    pub fn read_at<B: IoBufMut>(&self, buffer: B, offset: u64) -> Op<BufResult<usize, B>> {
        self.io.submit(ops::ReadAt {
            fd: self.fd.clone(),
            buffer,
            offset: checked(offset),
        })
    }

    /// Writes at `offset` and returns how much was written.
    ///
    /// # Errors
    ///
    /// What the system says, such as [`StorageFull`](io::ErrorKind::StorageFull).
    ///
    /// # Cancel safety
    ///
    /// Dropping the operation leaves open how much was written.
    pub fn write_at<B: IoBuf>(&self, buffer: B, offset: u64) -> Op<BufResult<usize, B>> {
        self.io.submit(ops::WriteAt {
            fd: self.fd.clone(),
            buffer,
            offset: checked(offset),
        })
    }

    /// Reads at `offset` until `buffer` is full.
    ///
    /// # Errors
    ///
    /// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) when the file ends before, else as for
    /// [`read_at`](Self::read_at). What was read is in the buffer.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the buffer.
    pub async fn read_exact_at<B: IoBufMut>(&self, mut buffer: B, offset: u64) -> BufResult<(), B> {
        let len = buffer.total_len();
        let mut done = 0;
        while done < len {
            let part = self.read_at(buffer.slice(done..len), offset + done as u64);
            let (result, slice) = part.await;
            buffer = slice.into_inner();
            match result {
                Ok(0) => return (Err(io::ErrorKind::UnexpectedEof.into()), buffer),
                Ok(count) => done += count,
                Err(error) => return (Err(error), buffer),
            }
        }
        (Ok(()), buffer)
    }

    /// Writes the whole buffer at `offset`.
    ///
    /// # Errors
    ///
    /// As for [`write_at`](Self::write_at); how much was written before is then unknown.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves open how much was written.
    pub async fn write_all_at<B: IoBuf>(&self, mut buffer: B, offset: u64) -> BufResult<(), B> {
        let len = buffer.init_len();
        let mut done = 0;
        while done < len {
            let part = self.write_at(buffer.slice(done..len), offset + done as u64);
            let (result, slice) = part.await;
            buffer = slice.into_inner();
            match result {
                Ok(0) => return (Err(io::ErrorKind::WriteZero.into()), buffer),
                Ok(count) => done += count,
                Err(error) => return (Err(error), buffer),
            }
        }
        (Ok(()), buffer)
    }

    /// Brings contents and metadata to the device.
    ///
    /// # Errors
    ///
    /// What the system says; what was written before may then be lost.
    ///
    /// # Cancel safety
    ///
    /// Dropping the operation leaves open whether it took place.
    pub fn sync_all(&self) -> Op<io::Result<()>> {
        self.io.submit(ops::Fsync {
            fd: self.fd.clone(),
            data_only: false,
        })
    }

    /// Brings contents to the device, with the metadata that reading them needs.
    ///
    /// # Errors
    ///
    /// As for [`sync_all`](Self::sync_all).
    ///
    /// # Cancel safety
    ///
    /// As for [`sync_all`](Self::sync_all).
    pub fn sync_data(&self) -> Op<io::Result<()>> {
        self.io.submit(ops::Fsync {
            fd: self.fd.clone(),
            data_only: true,
        })
    }

    /// Cuts the file to `len` bytes, or extends it with zeros.
    ///
    /// # Errors
    ///
    /// What the system says, such as [`InvalidInput`](io::ErrorKind::InvalidInput) for a file that
    /// is open for reading only.
    ///
    /// # Cancel safety
    ///
    /// Dropping the operation leaves open whether it took place.
    #[doc(alias = "ftruncate")]
    pub fn set_len(&self, len: u64) -> Op<io::Result<()>> {
        self.io.submit(ops::SetLen {
            fd: self.fd.clone(),
            len,
        })
    }

    /// A second descriptor of the same open file, which shares its position.
    ///
    /// # Errors
    ///
    /// What the system says, such as when descriptors have run out.
    pub fn try_clone(&self) -> io::Result<Self> {
        let fd = self.fd.as_fd().try_clone_to_owned()?;
        Ok(Self {
            fd: SharedFd::new(&self.io, fd),
            io: self.io.clone(),
        })
    }

    /// What the system knows about the file.
    ///
    /// # Errors
    ///
    /// What the system says.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    pub async fn metadata(&self) -> io::Result<Metadata> {
        let stat = self.io.submit(ops::Statx::file(self.fd.clone())).await?;
        Ok(Metadata::new(stat))
    }

    /// Closes the file and waits until that is done.
    ///
    /// While operations on it are still ending, the file is closed when they have, and this does
    /// not wait for it.
    ///
    /// # Errors
    ///
    /// What the system says to closing, which may be about bytes written earlier. The file is
    /// closed all the same.
    ///
    /// # Cancel safety
    ///
    /// The file is closed whatever becomes of the future.
    pub async fn close(self) -> io::Result<()> {
        match self.fd.try_into_owned() {
            Ok(fd) => self.io.submit(ops::Close::new(fd)).await,
            Err(_in_use) => Ok(()),
        }
    }
}

/// The offset, or where it would stand for the file's position, its neighbor, which the kernel
/// refuses as well as any other of that size.
pub(super) fn checked(offset: u64) -> u64 {
    if offset == POSITION {
        offset - 1
    } else {
        offset
    }
}

impl From<OwnedFd> for File {
    /// As [`from_fd`](Self::from_fd).
    fn from(fd: OwnedFd) -> Self {
        Self::from_fd(fd)
    }
}

impl From<std::fs::File> for File {
    /// As [`from_fd`](Self::from_fd).
    fn from(file: std::fs::File) -> Self {
        Self::from_fd(file.into())
    }
}

event_io::owns_descriptor!(File, fd);
