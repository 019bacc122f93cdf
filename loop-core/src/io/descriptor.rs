//! Descriptors that operations share.

use std::cell::Cell;
use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::rc::{Rc, Weak};

use super::Io;

/// A descriptor that stays open for as long as an operation in flight uses it.
///
/// Closing a descriptor under an operation does not end the operation, and its number could name
/// another file by the time the kernel looks: so each operation holds one of these.
#[derive(Clone)]
pub(crate) struct SharedFd(Rc<Inner>);

struct Inner {
    /// `None` only while it is being taken out.
    fd: Option<OwnedFd>,
    io: Weak<Io>,
    /// The code of an error that the kernel has reported, which it does once, and that nobody has
    /// been told; zero for none.
    untold_error: Cell<i32>,
}

impl SharedFd {
    pub(crate) fn new(io: &Rc<Io>, fd: OwnedFd) -> Self {
        Self(Rc::new(Inner {
            fd: Some(fd),
            io: Rc::downgrade(io),
            untold_error: Cell::new(0),
        }))
    }

    /// Keeps the code of an error for the next who asks.
    pub(crate) fn keep_error(&self, code: i32) {
        self.0.untold_error.set(code);
    }

    /// The code of the error that was kept, once.
    pub(crate) fn take_error(&self) -> Option<i32> {
        Some(self.0.untold_error.take()).filter(|code| *code != 0)
    }

    pub(crate) fn raw(&self) -> RawFd {
        self.0.fd().as_raw_fd()
    }

    /// The descriptor itself where nothing else uses it, else a duplicate of it: the operations
    /// that are still ending close the first one.
    pub(crate) fn into_owned(self) -> io::Result<OwnedFd> {
        match Rc::try_unwrap(self.0) {
            Ok(inner) => Ok(inner.into_fd()),
            Err(shared) => shared.fd().try_clone(),
        }
    }

    /// The descriptor, if nothing else uses it.
    pub(crate) fn try_into_owned(self) -> Result<OwnedFd, Self> {
        Rc::try_unwrap(self.0).map(Inner::into_fd).map_err(Self)
    }
}

impl Inner {
    fn fd(&self) -> &OwnedFd {
        self.fd
            .as_ref()
            .expect("only `into_fd` takes it, and consumes the rest")
    }

    fn into_fd(mut self) -> OwnedFd {
        self.forget();
        self.fd.take().expect("only this takes it")
    }

    /// Tells the driver that the number will soon name something else, or nothing.
    fn forget(&self) {
        if let (Some(io), Some(fd)) = (self.io.upgrade(), &self.fd) {
            io.forget(fd.as_raw_fd());
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.forget();
    }
}

impl AsFd for SharedFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.fd().as_fd()
    }
}

impl fmt::Debug for SharedFd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SharedFd").field(&self.raw()).finish()
    }
}

impl Io {
    /// Forgets a descriptor that is about to be closed or given away.
    pub(crate) fn forget(&self, fd: RawFd) {
        // A payload may be dropped while the state is being dropped itself.
        if let Ok(mut state) = self.state.try_borrow_mut()
            && let Some(driver) = &mut state.driver
        {
            driver.forget(fd);
        }
        self.starved.borrow_mut().relieve();
    }
}

/// What every type that owns a descriptor can do with it; `$fd` is the path to its [`SharedFd`].
macro_rules! owns_descriptor {
    ($name:ident, $($fd:ident).+) => {
        impl $name {
            /// Gives the descriptor away, as it is.
            ///
            /// While operations on it are still ending, it is a duplicate, and the first one is
            /// closed when they have.
            ///
            /// # Errors
            ///
            /// When such a duplicate cannot be made.
            pub fn into_owned_fd(self) -> std::io::Result<std::os::fd::OwnedFd> {
                self.$($fd).+.into_owned()
            }
        }

        impl std::os::fd::AsFd for $name {
            fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
                self.$($fd).+.as_fd()
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("fd", &self.$($fd).+)
                    .finish_non_exhaustive()
            }
        }
    };
}
pub(crate) use owns_descriptor;
