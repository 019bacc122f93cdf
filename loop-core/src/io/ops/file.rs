//! Files: opening, positioned reads and writes, metadata, closing.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{IntoRawFd, OwnedFd};

use synodic_buffers::{IoBuf, IoBufMut};

use super::{count, request_len, unit};
use crate::io::{Operation, Request, SharedFd};
use crate::sys::{RawResult, io_result, own_fd};

/// Reads at an offset.
pub(crate) struct ReadAt<B> {
    pub(crate) fd: SharedFd,
    pub(crate) buffer: B,
    pub(crate) offset: u64,
}

// SAFETY: an `IoBufMut`'s memory stays where it is while the buffer is not touched; `fd` keeps
// the descriptor open.
unsafe impl<B: IoBufMut> Operation for ReadAt<B> {
    type Output = (io::Result<usize>, B);

    fn request(&mut self) -> Request {
        let len = request_len(self.buffer.total_len());
        let buffer = self.buffer.stable_mut_ptr();
        Request::ReadAt {
            fd: self.fd.raw(),
            buffer,
            len,
            offset: self.offset,
        }
    }

    fn finish(mut self, result: RawResult) -> Self::Output {
        let result = count(result);
        if let Ok(read) = result {
            // SAFETY: the kernel has written this many bytes at the buffer's start.
            unsafe { self.buffer.set_init(read) };
        }
        (result, self.buffer)
    }
}

/// Writes at an offset.
pub(crate) struct WriteAt<B> {
    pub(crate) fd: SharedFd,
    pub(crate) buffer: B,
    pub(crate) offset: u64,
}

// SAFETY: an `IoBuf`'s memory stays where it is while the buffer is not touched; `fd` keeps the
// descriptor open.
unsafe impl<B: IoBuf> Operation for WriteAt<B> {
    type Output = (io::Result<usize>, B);

    fn request(&mut self) -> Request {
        let len = request_len(self.buffer.init_len());
        let buffer = self.buffer.stable_ptr();
        Request::WriteAt {
            fd: self.fd.raw(),
            buffer,
            len,
            offset: self.offset,
        }
    }

    fn finish(self, result: RawResult) -> Self::Output {
        (count(result), self.buffer)
    }
}

/// Brings a file's contents to its device.
pub(crate) struct Fsync {
    pub(crate) fd: SharedFd,
    pub(crate) data_only: bool,
}

// SAFETY: the request has no pointers, and `fd` keeps the descriptor open.
unsafe impl Operation for Fsync {
    type Output = io::Result<()>;

    fn request(&mut self) -> Request {
        Request::Fsync {
            fd: self.fd.raw(),
            data_only: self.data_only,
        }
    }

    fn finish(self, result: RawResult) -> io::Result<()> {
        unit(result)
    }
}

/// Cuts a file, or extends it with zeros.
pub(crate) struct SetLen {
    pub(crate) fd: SharedFd,
    pub(crate) len: u64,
}

// SAFETY: the request has no pointers, and `fd` keeps the descriptor open.
unsafe impl Operation for SetLen {
    type Output = io::Result<()>;

    fn request(&mut self) -> Request {
        Request::SetLen {
            fd: self.fd.raw(),
            len: self.len,
        }
    }

    fn finish(self, result: RawResult) -> io::Result<()> {
        unit(result)
    }
}

/// Opens a file.
pub(crate) struct Open {
    pub(crate) path: CString,
    pub(crate) flags: i32,
    pub(crate) mode: u32,
}

// SAFETY: a `CString`'s memory stays where it is.
unsafe impl Operation for Open {
    type Output = io::Result<OwnedFd>;

    fn request(&mut self) -> Request {
        Request::Open {
            path: self.path.as_ptr(),
            flags: self.flags,
            mode: self.mode,
        }
    }

    fn finish(self, result: RawResult) -> io::Result<OwnedFd> {
        io_result(result)?;
        // SAFETY: the kernel has just made this descriptor for this one operation.
        Ok(unsafe { own_fd(result) })
    }
}

/// Asks for metadata, of a path or of an open file.
pub(crate) struct Statx {
    target: Target,
    flags: i32,
    out: Box<libc::statx>,
}

enum Target {
    Path(CString),
    File(SharedFd),
}

impl Statx {
    /// Of what `path` names; of a symbolic link itself unless `follow`.
    pub(crate) fn path(path: CString, follow: bool) -> Self {
        let flags = if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
        Self::new(Target::Path(path), flags)
    }

    /// Of an open file.
    pub(crate) fn file(fd: SharedFd) -> Self {
        Self::new(Target::File(fd), libc::AT_EMPTY_PATH)
    }

    fn new(target: Target, flags: i32) -> Self {
        // SAFETY: `statx` is plain numbers, for which zeros are valid.
        let out = Box::new(unsafe { std::mem::zeroed() });
        Self { target, flags, out }
    }
}

// SAFETY: `out` is in a box of its own, a `CString`'s memory stays where it is, and a literal is
// static; the `SharedFd` keeps the descriptor open.
unsafe impl Operation for Statx {
    type Output = io::Result<Box<libc::statx>>;

    fn request(&mut self) -> Request {
        const EMPTY: &CStr = c"";
        let (fd, path) = match &self.target {
            Target::Path(path) => (libc::AT_FDCWD, path.as_ptr()),
            Target::File(fd) => (fd.raw(), EMPTY.as_ptr()),
        };
        let mask = libc::STATX_BASIC_STATS | libc::STATX_BTIME;
        Request::Statx {
            fd,
            path,
            flags: self.flags,
            mask,
            out: &raw mut *self.out,
        }
    }

    fn finish(self, result: RawResult) -> Self::Output {
        io_result(result).map(|_| self.out)
    }
}

/// Closes a descriptor that nothing else uses.
pub(crate) struct Close {
    fd: Option<OwnedFd>,
}

impl Close {
    pub(crate) fn new(fd: OwnedFd) -> Self {
        Self { fd: Some(fd) }
    }
}

// SAFETY: the request has no pointers, and takes the descriptor with it.
unsafe impl Operation for Close {
    type Output = io::Result<()>;

    fn request(&mut self) -> Request {
        let fd = self.fd.take().expect("a request is asked for once");
        Request::Close {
            fd: fd.into_raw_fd(),
        }
    }

    fn finish(self, result: RawResult) -> io::Result<()> {
        unit(result)
    }
}
