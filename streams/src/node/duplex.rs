//! Two sides, one life.

use std::{any::Any, fmt, rc::Rc};

use super::{
    builder::DuplexBuilder,
    read_side::ReadCore,
    readable::Readable,
    stream::{Stream, StreamRef},
    writable::Writable,
    write_side::WriteCore,
};
use crate::Options;

/// A stream with a side to write to and a side to read from, which are closed together.
///
/// A clone is the same stream, and each side keeps the other.
///
/// # Examples
///
/// ```
/// use synodic_streams::{Options, node};
///
/// // Whatever is written comes back in capitals.
/// let echo = {
///     let (write, read) = (Options::objects(4), Options::objects(4));
///     node::Duplex::<String, String>::builder(write, read).build()
/// };
/// assert!(echo.writable().is_writable());
/// echo.readable().push("HELLO".to_owned());
/// assert_eq!(echo.readable().read().as_deref(), Some("HELLO"));
/// ```
pub struct Duplex<I, O> {
    readable: Readable<O>,
    writable: Writable<I>,
}

impl<I: 'static, O: 'static> Duplex<I, O> {
    /// One with hooks.
    #[must_use]
    pub fn builder(write: Options<I>, read: Options<O>) -> DuplexBuilder<I, O> {
        DuplexBuilder::new(write, read)
    }

    pub(crate) fn from_cores(read: &Rc<ReadCore<O>>, write: &Rc<WriteCore<I>>) -> Self {
        read.join(Rc::downgrade(write) as std::rc::Weak<dyn Any>);
        write.join(Rc::downgrade(read) as std::rc::Weak<dyn Any>);
        Self {
            readable: Readable::from_core(Rc::clone(read)),
            writable: Writable::from_core(Rc::clone(write)),
        }
    }

    /// The side to read from.
    #[must_use]
    pub fn readable(&self) -> &Readable<O> {
        &self.readable
    }

    /// The side to write to.
    #[must_use]
    pub fn writable(&self) -> &Writable<I> {
        &self.writable
    }
}

impl<I: 'static, O: 'static> Stream for Duplex<I, O> {
    fn stream(&self) -> StreamRef {
        self.readable.stream()
    }
}

impl<I, O> Clone for Duplex<I, O> {
    fn clone(&self) -> Self {
        Self {
            readable: self.readable.clone(),
            writable: self.writable.clone(),
        }
    }
}

impl<I, O> fmt::Debug for Duplex<I, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Duplex").field(&self.readable).finish()
    }
}
