//! Requests as submission queue entries.

use std::os::fd::RawFd;

use io_uring::squeue::{Entry, Flags};
use io_uring::{opcode, types};

use super::receive::GROUP;
use crate::io::{NameCall, OpKey, Request};

/// Where a descriptor without positions goes on.
const NO_OFFSET: u64 = u64::MAX;

/// The entry for `request`, without its key.
pub(super) fn build(request: &Request) -> Entry {
    match *request {
        Request::Nop => opcode::Nop::new().build(),
        Request::Recv { fd, buffer, len } => opcode::Recv::new(types::Fd(fd), buffer, len).build(),
        Request::RecvMulti { fd } => opcode::RecvMulti::new(types::Fd(fd), GROUP).build(),
        Request::Send { fd, buffer, len } => opcode::Send::new(types::Fd(fd), buffer, len)
            .flags(libc::MSG_NOSIGNAL)
            .build(),
        Request::SendMsg { fd, message, .. } => opcode::SendMsg::new(types::Fd(fd), message)
            .flags(libc::MSG_NOSIGNAL.cast_unsigned())
            .build(),
        Request::RecvMsg { fd, message } => opcode::RecvMsg::new(types::Fd(fd), message)
            .flags(libc::MSG_CMSG_CLOEXEC.cast_unsigned())
            .build(),
        Request::Read { fd, buffer, len } => opcode::Read::new(types::Fd(fd), buffer, len)
            .offset(NO_OFFSET)
            .build(),
        Request::Write { fd, buffer, len } => opcode::Write::new(types::Fd(fd), buffer, len)
            .offset(NO_OFFSET)
            .build(),
        Request::Accept { fd } => {
            let null = std::ptr::null_mut();
            opcode::Accept::new(types::Fd(fd), null, std::ptr::null_mut())
                .flags(libc::SOCK_CLOEXEC)
                .build()
        }
        Request::AcceptMulti { fd } => opcode::AcceptMulti::new(types::Fd(fd))
            .flags(libc::SOCK_CLOEXEC)
            .build(),
        Request::Connect { fd, address, len } => {
            opcode::Connect::new(types::Fd(fd), address, len).build()
        }
        Request::Shutdown { fd, how } => opcode::Shutdown::new(types::Fd(fd), how).build(),
        Request::Poll { fd, events } => poll(fd, events),
        Request::PollMulti { fd, events } => poll_multi(fd, events),
        _ => build_file(request),
    }
}

fn build_file(request: &Request) -> Entry {
    match *request {
        Request::ReadAt {
            fd,
            buffer,
            len,
            offset,
        } => opcode::Read::new(types::Fd(fd), buffer, len)
            .offset(offset)
            .build(),
        Request::WriteAt {
            fd,
            buffer,
            len,
            offset,
        } => opcode::Write::new(types::Fd(fd), buffer, len)
            .offset(offset)
            .build(),
        Request::Fsync { fd, data_only } => {
            let flags = if data_only {
                types::FsyncFlags::DATASYNC
            } else {
                types::FsyncFlags::empty()
            };
            opcode::Fsync::new(types::Fd(fd)).flags(flags).build()
        }
        Request::Open { path, flags, mode } => opcode::OpenAt::new(types::Fd(libc::AT_FDCWD), path)
            .flags(flags)
            .mode(mode)
            .build(),
        Request::Statx {
            fd,
            path,
            flags,
            mask,
            out,
        } => opcode::Statx::new(types::Fd(fd), path, out.cast())
            .flags(flags)
            .mask(mask)
            .build(),
        Request::ReadVectoredAt {
            fd,
            slices,
            count,
            offset,
        } => opcode::Readv::new(types::Fd(fd), slices, count)
            .offset(offset)
            .build(),
        Request::WriteVectoredAt {
            fd,
            slices,
            count,
            offset,
        } => opcode::Writev::new(types::Fd(fd), slices, count)
            .offset(offset)
            .build(),
        Request::SetLen { fd, len } => opcode::Ftruncate::new(types::Fd(fd), len).build(),
        Request::Name(call) => build_name(call),
        Request::Close { fd } => opcode::Close::new(types::Fd(fd)).build(),
        _ => unreachable!("not a file request"),
    }
}

fn build_name(call: NameCall) -> Entry {
    const HERE: types::Fd = types::Fd(libc::AT_FDCWD);
    match call {
        NameCall::Rename { from, to } => opcode::RenameAt::new(HERE, from, HERE, to).build(),
        NameCall::Link { from, to } => opcode::LinkAt::new(HERE, from, HERE, to).build(),
        NameCall::Symlink { target, path } => opcode::SymlinkAt::new(HERE, target, path).build(),
        NameCall::Remove { path, flags } => opcode::UnlinkAt::new(HERE, path).flags(flags).build(),
        NameCall::CreateDir { path, mode } => opcode::MkDirAt::new(HERE, path).mode(mode).build(),
    }
}

/// A one-shot poll for `events`.
pub(super) fn poll(fd: RawFd, events: i16) -> Entry {
    opcode::PollAdd::new(types::Fd(fd), event_bits(events)).build()
}

/// A poll that completes on each of `events`.
pub(super) fn poll_multi(fd: RawFd, events: i16) -> Entry {
    opcode::PollAdd::new(types::Fd(fd), event_bits(events))
        .multi(true)
        .build()
}

/// The cancellation of `key`, whose own completion is ignored, and left out where that can be.
pub(super) fn cancel(key: OpKey, skip_success: bool) -> Entry {
    let entry = opcode::AsyncCancel::new(key.raw())
        .build()
        .user_data(OpKey::CANCEL.raw());
    if skip_success {
        entry.flags(Flags::SKIP_SUCCESS)
    } else {
        entry
    }
}

/// `poll(2)` events in the width of the kernel's field.
fn event_bits(events: i16) -> u32 {
    u32::from(events.cast_unsigned())
}
