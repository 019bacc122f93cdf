//! Something to write to.

use std::{any::Any, fmt, rc::Rc};

use super::{
    builder::WritableBuilder,
    stream::{Stream, StreamRef},
    turns::oneshot,
    write_side::WriteCore,
};
use crate::{Options, Result};

/// Something to write to: a writable stream, or the writable side of a duplex.
///
/// A clone is the same stream.
///
/// # Examples
///
/// ```
/// use std::{cell::RefCell, rc::Rc};
///
/// use synodic_streams::{Options, node};
///
/// let written = Rc::new(RefCell::new(Vec::new()));
/// let log = Rc::clone(&written);
/// let writable = node::Writable::builder(Options::objects(16))
///     .write(move |item, done| {
///         log.borrow_mut().push(item);
///         done.ok();
///     })
///     .build();
/// writable.write(1);
/// writable.end_with(2);
/// node::settle();
/// assert!(writable.is_finished());
/// assert_eq!(*written.borrow(), [1, 2]);
/// ```
pub struct Writable<T> {
    core: Rc<WriteCore<T>>,
    /// The other side of a duplex, which lives as long as this one.
    _other: Option<Rc<dyn Any>>,
}

impl<T: 'static> Writable<T> {
    /// One with hooks.
    #[must_use]
    pub fn builder(options: Options<T>) -> WritableBuilder<T> {
        WritableBuilder::new(options)
    }

    pub(crate) fn from_core(core: Rc<WriteCore<T>>) -> Self {
        let _other = core.other();
        Self { core, _other }
    }

    pub(crate) fn core(&self) -> &Rc<WriteCore<T>> {
        &self.core
    }

    /// Writes an item; whether more may be written now. It is taken in either case, unless the stream
    /// has ended or is destroyed.
    ///
    /// The hook is called from within, when nothing is in flight.
    pub fn write(&self, item: T) -> bool {
        matches!(self.core.write(item, None), Ok(true))
    }

    /// The same, with a callback that is told what became of it.
    pub fn write_with(&self, item: T, callback: impl FnOnce(Result<()>) + 'static) -> bool {
        matches!(self.core.write(item, Some(Box::new(callback))), Ok(true))
    }

    /// Writes an item and waits until it is written.
    ///
    /// # Errors
    ///
    /// What the hook reported, or that the stream had ended or was destroyed.
    ///
    /// # Cancel safety
    ///
    /// The item is written, whether somebody waits or not.
    pub async fn send(&self, item: T) -> Result<()> {
        let (sender, receiver) = oneshot();
        self.write_with(item, move |result| sender.send(result));
        receiver.await
    }

    /// Holds back what is written, until [`uncork`](Self::uncork) was called as often.
    pub fn cork(&self) {
        self.core.cork();
    }

    /// Takes back one [`cork`](Self::cork). With the last, what was held back goes to the hook
    /// `write_all` in one call.
    pub fn uncork(&self) {
        self.core.uncork();
    }

    /// How often the stream is corked.
    #[must_use]
    pub fn corks(&self) -> usize {
        self.core.life.write_state().corks.get()
    }

    /// Ends the stream: what was written is, and nothing more may be.
    pub fn end(&self) {
        self.core.end(None, None);
    }

    /// Writes a last item and ends.
    pub fn end_with(&self, item: T) {
        self.core.end(Some(item), None);
    }

    /// Ends, perhaps after a last item, and tells `callback` when the stream has finished or why not.
    pub fn end_then(&self, item: Option<T>, callback: impl FnOnce(Result<()>) + 'static) {
        self.core.end(item, Some(Box::new(callback)));
    }

    /// Ends and waits until the stream has finished.
    ///
    /// # Errors
    ///
    /// What a hook reported, or that the stream had finished or was destroyed.
    ///
    /// # Cancel safety
    ///
    /// The stream ends, whether somebody waits or not.
    pub async fn close(&self) -> Result<()> {
        let (sender, receiver) = oneshot();
        self.end_then(None, move |result| sender.send(result));
        receiver.await
    }

    /// What was written and has not completed, in units.
    #[must_use]
    #[doc(alias = "writableLength")]
    pub fn len(&self) -> usize {
        self.core.life.write_state().len.get()
    }

    /// Whether everything has completed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How much may be written before the writer is asked to wait, in units.
    #[must_use]
    #[doc(alias = "writableHighWaterMark")]
    pub fn high_water_mark(&self) -> usize {
        self.core.life.write_state().high_water_mark
    }

    /// Whether a writer was asked to wait, and "drain" will come.
    #[must_use]
    #[doc(alias = "writableNeedDrain")]
    pub fn needs_drain(&self) -> bool {
        let life = &self.core.life;
        life.write_state().awaits_drain(&life.state)
    }

    /// Whether something may be written.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.core.life.is_writable()
    }

    /// Whether the stream was ended.
    #[must_use]
    #[doc(alias = "writableEnded")]
    pub fn is_ended(&self) -> bool {
        self.core.life.write_state().is_ending.get()
    }

    /// Whether everything was written.
    #[must_use]
    #[doc(alias = "writableFinished")]
    pub fn is_finished(&self) -> bool {
        self.core.life.write_state().is_finished.get()
    }
}

impl<T: 'static> Stream for Writable<T> {
    fn stream(&self) -> StreamRef {
        StreamRef::new(Rc::clone(&self.core.life))
    }
}

impl<T> Clone for Writable<T> {
    fn clone(&self) -> Self {
        Self {
            core: Rc::clone(&self.core),
            _other: self._other.clone(),
        }
    }
}

impl<T> fmt::Debug for Writable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Writable").field(&self.core.life).finish()
    }
}
