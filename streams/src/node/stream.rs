//! What all streams have, whatever they carry.

use std::{fmt, rc::Rc};

use super::{
    event::{Event, ListenerId},
    lifecycle::Lifecycle,
};
use crate::Error;

/// Any stream, without its items.
///
/// A clone is the same stream.
#[derive(Clone)]
pub struct StreamRef {
    life: Rc<Lifecycle>,
}

/// What all streams can do.
///
/// # Examples
///
/// ```
/// use synodic_streams::{Error, Options, node, node::Stream};
///
/// let readable = node::Readable::<u32>::new(Options::objects(16));
/// readable.on(|event| {
///     if let node::Event::Error(error) = event {
///         assert_eq!(error.to_string(), "no more");
///     }
/// });
/// readable.destroy(Some(Error::other("no more")));
/// node::settle();
/// assert!(readable.is_closed());
/// ```
pub trait Stream {
    /// The stream, without its items.
    fn stream(&self) -> StreamRef;

    /// Calls `listener` for each event.
    fn on(&self, listener: impl Fn(&Event) + 'static) -> ListenerId {
        self.stream().life.listeners.add(listener)
    }

    /// Takes back [`on`](Self::on); false when it was taken back already.
    fn remove_listener(&self, id: ListenerId) -> bool {
        self.stream().life.listeners.remove(id)
    }

    /// Gives the stream up, with an error or without. Only the first call counts.
    fn destroy(&self, error: Option<Error>) {
        self.stream().life.destroy(error);
    }

    /// Whether somebody has given the stream up, or it has come to its end.
    fn is_destroyed(&self) -> bool {
        self.stream().life.state.is_destroyed.get()
    }

    /// Whether the hook `destroy` has completed.
    fn is_closed(&self) -> bool {
        self.stream().life.state.is_closed.get()
    }

    /// What went wrong.
    #[doc(alias = "errored")]
    fn error(&self) -> Option<Error> {
        self.stream().life.state.error()
    }
}

impl StreamRef {
    pub(crate) fn new(life: Rc<Lifecycle>) -> Self {
        Self { life }
    }

    pub(crate) fn life(&self) -> &Rc<Lifecycle> {
        &self.life
    }
}

impl Stream for StreamRef {
    fn stream(&self) -> StreamRef {
        self.clone()
    }
}

impl fmt::Debug for StreamRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StreamRef").field(&self.life).finish()
    }
}
