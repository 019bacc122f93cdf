//! Which loop's I/O new sockets and files belong to.

use std::rc::Rc;

use super::Io;
use crate::Handle;

#[cfg(test)]
thread_local! {
    /// What stands for the current loop where a test turns an `Io` by hand.
    static BY_HAND: std::cell::RefCell<Option<Rc<Io>>> = const { std::cell::RefCell::new(None) };
}

/// The current loop's I/O.
///
/// # Panics
///
/// On a thread where no loop runs.
pub(crate) fn current() -> Rc<Io> {
    #[cfg(test)]
    if let Some(io) = BY_HAND.with_borrow(Clone::clone) {
        return io;
    }
    Handle::current().io().clone()
}

#[cfg(test)]
impl Io {
    /// Makes this the current one on this thread, and returns the one before.
    pub(crate) fn set_current(io: Option<Rc<Self>>) -> Option<Rc<Self>> {
        BY_HAND.replace(io)
    }
}
