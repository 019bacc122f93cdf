//! Descriptors that travel beside a message (`SCM_RIGHTS`, unix(7)).

use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use crate::sys::own_fd;

/// The most descriptors that one message carries (the kernel's `SCM_MAX_FD`).
pub(crate) const FDS_MAX: usize = 253;

/// The memory of a message's control data.
pub(crate) struct Control(Vec<Header>);

/// What control data consists of. Its alignment is what the kernel and `CMSG_FIRSTHDR` rely on.
#[derive(Clone, Copy)]
struct Header(#[expect(dead_code, reason = "room and alignment")] libc::cmsghdr);

impl Control {
    /// No control data.
    pub(crate) fn none() -> Self {
        Self(Vec::new())
    }

    /// Room for as many descriptors as a message carries.
    pub(crate) fn room_for_fds() -> Self {
        Self::room(FDS_MAX)
    }

    /// Sends `fds`, which have to stay open meanwhile.
    pub(crate) fn of_fds(fds: &[OwnedFd]) -> Self {
        if fds.is_empty() {
            return Self::none();
        }
        let mut control = Self::room(fds.len());
        let mut message = super::message::no_message();
        control.attach(&mut message);
        message.msg_controllen = space(fds.len());
        // SAFETY: the message has control data with room for one header and these descriptors.
        let header = unsafe { libc::CMSG_FIRSTHDR(&raw const message) };
        // SAFETY: a control header of zeros is plain data.
        let mut rights: libc::cmsghdr = unsafe { std::mem::zeroed() };
        rights.cmsg_level = libc::SOL_SOCKET;
        rights.cmsg_type = libc::SCM_RIGHTS;
        rights.cmsg_len = len(fds.len());
        // SAFETY: the header is in the control data, which nobody else refers to now.
        unsafe { header.write(rights) };
        // SAFETY: the header is live, and what follows it belongs to the same memory.
        let data = unsafe { libc::CMSG_DATA(header) }.cast::<RawFd>();
        for (index, fd) in fds.iter().enumerate() {
            // SAFETY: there is room for each of the descriptors.
            let place = unsafe { data.add(index) };
            // SAFETY: as above; the place may be unaligned.
            unsafe { place.write_unaligned(fd.as_raw_fd()) };
        }
        control
    }

    fn room(fds: usize) -> Self {
        let headers = space(fds).div_ceil(size_of::<Header>());
        // SAFETY: a control header of zeros is plain data.
        let zero = unsafe { std::mem::zeroed() };
        Self(vec![Header(zero); headers])
    }

    /// Lets `message` have this as its control data, as long as neither is touched otherwise.
    pub(crate) fn attach(&mut self, message: &mut libc::msghdr) {
        if self.0.is_empty() {
            return;
        }
        message.msg_control = self.0.as_mut_ptr().cast();
        message.msg_controllen = self.0.len() * size_of::<Header>();
    }
}

/// The descriptors that came with `message`.
///
/// # Safety
///
/// The kernel has filled the message and the control data that is attached to it, and this is called
/// once: it takes over the descriptors.
pub(crate) unsafe fn received_fds(message: &libc::msghdr) -> Vec<OwnedFd> {
    let mut fds = Vec::new();
    // SAFETY: this function's own contract.
    let mut next = unsafe { libc::CMSG_FIRSTHDR(message) };
    while !next.is_null() {
        // SAFETY: a header that the kernel has written, in live control data.
        let header = unsafe { &*next };
        if header.cmsg_level == libc::SOL_SOCKET && header.cmsg_type == libc::SCM_RIGHTS {
            // SAFETY: the header is live.
            let data = unsafe { libc::CMSG_DATA(next) }.cast::<RawFd>();
            let count = (header.cmsg_len - len(0)) / size_of::<RawFd>();
            for index in 0..count {
                // SAFETY: the header's length says that so many descriptors follow it.
                let place = unsafe { data.add(index) };
                // SAFETY: as above; the place may be unaligned.
                let fd = unsafe { place.read_unaligned() };
                // SAFETY: the kernel has made this descriptor for this message, which is looked at
                // once.
                fds.push(unsafe { own_fd(fd) });
            }
        }
        // SAFETY: as for the first one.
        next = unsafe { libc::CMSG_NXTHDR(message, next) };
    }
    fds
}

/// The bytes of control data with `fds` descriptors, with padding.
fn space(fds: usize) -> usize {
    // SAFETY: the function computes a number; messages of more than `FDS_MAX` are not made.
    unsafe { libc::CMSG_SPACE(data_len(fds)) as usize }
}

/// The bytes of a header and `fds` descriptors.
fn len(fds: usize) -> usize {
    // SAFETY: as above.
    unsafe { libc::CMSG_LEN(data_len(fds)) as usize }
}

fn data_len(fds: usize) -> u32 {
    (fds * size_of::<RawFd>()) as u32
}
