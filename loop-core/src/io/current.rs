//! Which loop's I/O new sockets and files belong to.

use std::cell::RefCell;
use std::rc::Rc;

use super::Io;

thread_local! {
    static CURRENT: RefCell<Option<Rc<Io>>> = const { RefCell::new(None) };
}

/// The current loop's I/O.
///
/// # Panics
///
/// On a thread where no loop runs.
pub(crate) fn current() -> Rc<Io> {
    let current = CURRENT.with_borrow(Clone::clone);
    current.expect("sockets and files are made on an event loop")
}

impl Io {
    /// Makes this the current one on this thread, and returns the one before.
    pub(crate) fn set_current(io: Option<Rc<Self>>) -> Option<Rc<Self>> {
        CURRENT.replace(io)
    }
}
