//! What a driver is asked to do: plain data with pointers into an operation's payload.

use std::os::fd::RawFd;

use super::NameCall;

/// The offset that stands for a file's own position, which the operation moves on.
pub(crate) const POSITION: u64 = u64::MAX;

/// One operation, as the kernel needs to hear it.
///
/// The pointers are valid from submission to the last completion: the slab parks the payload that
/// they point into for exactly that long. Only [`Operation`](super::Operation) makes requests.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Request {
    /// Completes with 0 and does nothing.
    Nop,
    /// Receives into `buffer`, up to `len` bytes.
    Recv {
        fd: RawFd,
        buffer: *mut u8,
        len: u32,
    },
    /// Receives again and again, each time into a block of the driver's pool.
    RecvMulti { fd: RawFd },
    /// Sends `len` bytes of `buffer`.
    Send {
        fd: RawFd,
        buffer: *const u8,
        len: u32,
    },
    /// Sends the buffers that `message` lists.
    SendMsg {
        fd: RawFd,
        message: *const libc::msghdr,
        /// The socket tells when it can be tried again. One that is not connected cannot tell when a
        /// Unix receiver has room.
        tells_room: bool,
    },
    /// Receives one message into the buffers that `message` lists.
    RecvMsg {
        fd: RawFd,
        message: *mut libc::msghdr,
    },
    /// Reads what comes next from a pipe or a terminal, up to `len` bytes.
    Read {
        fd: RawFd,
        buffer: *mut u8,
        len: u32,
    },
    /// Writes `len` bytes of `buffer` to a pipe or a terminal.
    Write {
        fd: RawFd,
        buffer: *const u8,
        len: u32,
    },
    /// Accepts one connection; completes with its descriptor.
    Accept { fd: RawFd },
    /// Accepts again and again.
    AcceptMulti { fd: RawFd },
    /// Connects to the socket address of `len` bytes.
    Connect {
        fd: RawFd,
        address: *const libc::sockaddr,
        len: libc::socklen_t,
    },
    /// Shuts down one or both directions (`SHUT_RD`, `SHUT_WR`, `SHUT_RDWR`).
    Shutdown { fd: RawFd, how: i32 },
    /// Completes when one of the `poll(2)` `events` is there, with the events that are.
    Poll { fd: RawFd, events: i16 },
    /// Completes each time that one of `events` comes.
    PollMulti { fd: RawFd, events: i16 },
    /// Reads at an absolute offset, or at [`POSITION`].
    ReadAt {
        fd: RawFd,
        buffer: *mut u8,
        len: u32,
        offset: u64,
    },
    /// Writes at an absolute offset, or at [`POSITION`].
    WriteAt {
        fd: RawFd,
        buffer: *const u8,
        len: u32,
        offset: u64,
    },
    /// Reads into the `count` buffers at `slices`, in order.
    ReadVectoredAt {
        fd: RawFd,
        slices: *const libc::iovec,
        count: u32,
        offset: u64,
    },
    /// Writes the `count` buffers at `slices`, in order.
    WriteVectoredAt {
        fd: RawFd,
        slices: *const libc::iovec,
        count: u32,
        offset: u64,
    },
    /// Cuts a file to `len` bytes, or extends it.
    SetLen { fd: RawFd, len: u64 },
    /// Changes a name in a folder.
    Name(NameCall),
    /// Writes a file's data, and without `data_only` all its metadata, to the device.
    Fsync { fd: RawFd, data_only: bool },
    /// Opens the NUL-terminated `path`; completes with the descriptor.
    Open {
        path: *const libc::c_char,
        flags: i32,
        mode: u32,
    },
    /// Fills `out` for `path` below `fd` (or `fd` itself, with `AT_EMPTY_PATH`).
    Statx {
        fd: RawFd,
        path: *const libc::c_char,
        flags: i32,
        mask: u32,
        out: *mut libc::statx,
    },
    /// Closes `fd`, which nothing else refers to any more.
    Close { fd: RawFd },
}

/// Which side of a descriptor an operation waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// It needs something to be there.
    Read,
    /// It needs room.
    Write,
    /// It is told of events itself.
    Poll,
}

impl Request {
    /// The descriptor and side whose readiness lets the operation go on; `None` for those that
    /// never have to wait for readiness.
    pub(crate) fn waits_for(&self) -> Option<(RawFd, Side)> {
        match *self {
            Self::Recv { fd, .. }
            | Self::RecvMsg { fd, .. }
            | Self::Read { fd, .. }
            | Self::RecvMulti { fd }
            | Self::Accept { fd }
            | Self::AcceptMulti { fd } => Some((fd, Side::Read)),
            Self::Send { fd, .. }
            | Self::SendMsg { fd, .. }
            | Self::Write { fd, .. }
            | Self::Connect { fd, .. } => Some((fd, Side::Write)),
            Self::Poll { fd, .. } | Self::PollMulti { fd, .. } => Some((fd, Side::Poll)),
            _ => None,
        }
    }

    /// The `poll(2)` events that stand for [`waits_for`](Self::waits_for).
    pub(crate) fn poll_events(&self) -> Option<(RawFd, i16)> {
        let (fd, side) = self.waits_for()?;
        match (self, side) {
            (Self::Poll { events, .. } | Self::PollMulti { events, .. }, _) => Some((fd, *events)),
            (_, Side::Write) => Some((fd, libc::POLLOUT)),
            _ => Some((fd, libc::POLLIN)),
        }
    }

    /// Whether the operation may block a thread on a disk, whatever flags it is given.
    pub(crate) fn blocks(&self) -> bool {
        matches!(
            self,
            Self::ReadAt { .. }
                | Self::WriteAt { .. }
                | Self::ReadVectoredAt { .. }
                | Self::WriteVectoredAt { .. }
                | Self::SetLen { .. }
                | Self::Name(_)
                | Self::Fsync { .. }
                | Self::Open { .. }
                | Self::Statx { .. }
                | Self::Close { .. }
        )
    }
    /// Whether a kernel may have io_uring without this.
    pub(crate) fn is_optional(&self) -> bool {
        matches!(self, Self::SetLen { .. } | Self::Name(_))
    }
}
