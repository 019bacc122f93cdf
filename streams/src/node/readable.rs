//! Something to read from.

use std::{any::Any, fmt, rc::Rc};

use super::{
    builder::ReadableBuilder,
    event::ListenerId,
    items::Items,
    pipe,
    read_side::{Decoder, ReadCore},
    stream::{Stream, StreamRef},
    writable::Writable,
};
use crate::Options;

/// Something to read from: a readable stream, or the readable side of a duplex.
///
/// A clone is the same stream.
///
/// # Examples
///
/// ```
/// use synodic_streams::{Options, node};
///
/// let readable = node::Readable::new(Options::objects(2));
/// assert!(readable.push("a"));
/// assert!(!readable.push("b"), "that is as much as it wants to buffer");
/// assert_eq!(readable.read(), Some("a"));
/// assert_eq!(readable.read(), Some("b"));
/// assert_eq!(readable.read(), None);
/// ```
pub struct Readable<T> {
    core: Rc<ReadCore<T>>,
    /// The other side of a duplex, which lives as long as this one.
    _other: Option<Rc<dyn Any>>,
}

impl<T: 'static> Readable<T> {
    /// One that its owner pushes into.
    #[must_use]
    pub fn new(options: Options<T>) -> Self {
        Self::builder(options).build()
    }

    /// One with hooks.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::cell::Cell;
    ///
    /// use synodic_streams::{Options, node};
    ///
    /// let last = Cell::new(0);
    /// let counter = node::Readable::builder(Options::objects(3))
    ///     .read(move |readable| {
    ///         last.set(last.get() + 1);
    ///         readable.push(last.get());
    ///     })
    ///     .build();
    /// assert_eq!(counter.read(), Some(1));
    /// node::settle();
    /// assert_eq!(counter.len(), 3, "the hook has filled the buffer");
    /// ```
    #[must_use]
    pub fn builder(options: Options<T>) -> ReadableBuilder<T> {
        ReadableBuilder::new(options)
    }

    pub(crate) fn from_core(core: Rc<ReadCore<T>>) -> Self {
        let _other = core.other();
        Self { core, _other }
    }

    pub(crate) fn core(&self) -> &Rc<ReadCore<T>> {
        &self.core
    }

    /// Delivers an item; whether the source should go on.
    ///
    /// Behind the end, or when the stream is destroyed, the item is lost.
    pub fn push(&self, item: T) -> bool {
        self.core.push(item)
    }

    /// Delivers the end. A second end is ignored.
    #[doc(alias = "push(null)")]
    pub fn push_end(&self) {
        self.core.push_end();
    }

    /// Puts an item back, to be read first; whether the source should go on.
    pub fn unshift(&self, item: T) -> bool {
        self.core.unshift(item)
    }

    /// Takes an item, or all bytes that are buffered; none when there are none now.
    #[must_use]
    pub fn read(&self) -> Option<T> {
        self.core.read(None)
    }

    /// Takes exactly `units`, or what is left where the source has ended; none when there are not
    /// so many yet.
    ///
    /// A count above the high-water mark raises it to the next power of two.
    #[must_use]
    pub fn read_exact(&self, units: usize) -> Option<T> {
        self.core.read(Some(units))
    }

    /// Calls `listener` for each item, and lets the stream flow.
    pub fn on_data(&self, listener: impl Fn(&T) + 'static) -> ListenerId {
        self.core.add_data_listener(listener)
    }

    /// Takes back [`on_data`](Self::on_data); false when it was taken back already.
    pub fn remove_data_listener(&self, id: ListenerId) -> bool {
        self.core.remove_data_listener(id)
    }

    /// Calls `listener` when there is something to [`read`](Self::read), or the end.
    ///
    /// The stream does not flow while somebody waits for this.
    pub fn on_readable(&self, listener: impl Fn() + 'static) -> ListenerId {
        self.core.add_readable_listener(move |()| listener())
    }

    /// Takes back [`on_readable`](Self::on_readable); false when it was taken back already.
    pub fn remove_readable_listener(&self, id: ListenerId) -> bool {
        self.core.remove_readable_listener(id)
    }

    /// Lets the stream flow: what nobody listens for is lost.
    pub fn resume(&self) {
        self.core.resume();
    }

    /// Stops the flow.
    pub fn pause(&self) {
        self.core.pause();
    }

    /// Whether somebody has stopped the flow.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.core.is_paused()
    }

    /// Whether the stream flows; none when nobody has said so yet.
    #[must_use]
    #[doc(alias = "readableFlowing")]
    pub fn flowing(&self) -> Option<bool> {
        self.core.state().flowing.get()
    }

    /// Sends what is buffered, and all that comes, through `decoder`.
    #[doc(alias = "setEncoding")]
    pub fn set_decoder(&self, decoder: impl Decoder<T> + 'static) {
        self.core.set_decoder(Box::new(decoder));
    }

    /// Pipes into `destination`, which ends when this ends. The slowest of several destinations sets
    /// the pace.
    ///
    /// An error on either side only takes the pipe away: [`pipeline`](super::pipeline) does what is
    /// usually wanted then.
    pub fn pipe(&self, destination: &Writable<T>)
    where
        T: Clone,
    {
        pipe::pipe(&self.core, destination, true);
    }

    /// Pipes into `destination`, which stays open when this ends.
    pub fn pipe_open(&self, destination: &Writable<T>)
    where
        T: Clone,
    {
        pipe::pipe(&self.core, destination, false);
    }

    /// Takes back a pipe.
    pub fn unpipe(&self, destination: &Writable<T>) {
        pipe::unpipe(&self.core, Some(&destination.core().life));
    }

    /// Takes back all pipes.
    pub fn unpipe_all(&self) {
        pipe::unpipe(&self.core, None);
    }

    /// The items, one by one. Leaving before the end destroys the stream.
    #[must_use]
    #[doc(alias = "asyncIterator")]
    pub fn items(&self) -> Items<T> {
        Items::new(self)
    }

    /// What is buffered, in units.
    #[must_use]
    #[doc(alias = "readableLength")]
    pub fn len(&self) -> usize {
        self.core.state().len.get()
    }

    /// Whether nothing is buffered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How much is buffered before the source is asked to wait, in units.
    #[must_use]
    #[doc(alias = "readableHighWaterMark")]
    pub fn high_water_mark(&self) -> usize {
        self.core.state().high_water_mark.get()
    }

    /// Whether there may be something to read.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        self.core.life.is_readable()
    }

    /// Whether the end was read.
    #[must_use]
    #[doc(alias = "readableEnded")]
    pub fn is_ended(&self) -> bool {
        self.core.state().was_end_told.get()
    }
}

impl<T: 'static> Stream for Readable<T> {
    fn stream(&self) -> StreamRef {
        StreamRef::new(Rc::clone(&self.core.life))
    }
}

impl<T> Clone for Readable<T> {
    fn clone(&self) -> Self {
        Self {
            core: Rc::clone(&self.core),
            _other: self._other.clone(),
        }
    }
}

impl<T> fmt::Debug for Readable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Readable").field(&self.core.life).finish()
    }
}
