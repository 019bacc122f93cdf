//! How a hook says that it is done.

use std::{fmt, rc::Rc};

use crate::{Error, Result};

/// What a hook of a stream is given, to say that it is done: at once, or later.
///
/// While it is kept, the stream waits. One that is dropped leaves it waiting until it is destroyed.
///
/// # Examples
///
/// ```
/// use std::{cell::RefCell, rc::Rc};
///
/// use synodic_streams::{Options, node};
///
/// // A device that is slow: it keeps what says that it is done.
/// let device = Rc::new(RefCell::new(None));
/// let slot = Rc::clone(&device);
/// let writable = node::Writable::builder(Options::objects(2))
///     .write(move |_item: u32, done| *slot.borrow_mut() = Some(done))
///     .build();
///
/// assert!(writable.write(1));
/// assert!(!writable.write(2), "the second is buffered, and the writer should wait");
/// device.take().unwrap().ok();
/// assert_eq!(writable.len(), 1);
/// ```
#[must_use = "the stream waits until it is told"]
pub struct Done {
    target: Rc<dyn Complete>,
    hook: Hook,
}

/// Which call completes.
pub(crate) enum Hook {
    Construct,
    Write,
    Finish,
    /// With what the stream was destroyed.
    Destroy(Option<Error>),
    /// With how much the readable side held before, and who waits for the write.
    Transform(usize, Rc<dyn Complete>),
    /// With who waits for the end.
    Flush(Option<Rc<dyn Complete>>),
}

/// Who is told.
pub(crate) trait Complete {
    fn complete(self: Rc<Self>, hook: Hook, result: Result<()>);
}

impl Done {
    pub(crate) fn new(target: Rc<dyn Complete>, hook: Hook) -> Self {
        Self { target, hook }
    }

    /// Who is told, for a completion that passes on another.
    pub(crate) fn into_target(self) -> Rc<dyn Complete> {
        self.target
    }

    /// All went well.
    pub fn ok(self) {
        self.complete(Ok(()));
    }

    /// It failed.
    pub fn fail(self, error: Error) {
        self.complete(Err(error));
    }

    /// It ended as `result` says.
    pub fn complete(self, result: Result<()>) {
        self.target.complete(self.hook, result);
    }
}

impl fmt::Debug for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Done").finish_non_exhaustive()
    }
}
