//! Waiting for the end of a stream, and giving streams up.

use std::{
    cell::{Cell, RefCell},
    fmt,
    pin::Pin,
    rc::{Rc, Weak},
    task::{Context, Poll},
};

use super::{
    event::{Event, ListenerId},
    lifecycle::Lifecycle,
    stream::Stream,
    turns::{Call, Receiver, defer, oneshot},
    write_side::Callback,
};
use crate::{AbortSignal, Error, ErrorKind, Result};

/// What to wait for: all sides that a stream has, unless something is left out.
///
/// # Examples
///
/// ```
/// use synodic_streams::{Options, node};
///
/// let duplex = node::pass_through::<u8>(Options::objects(4), Options::objects(4));
/// // Everything is written, whoever reads it.
/// let written = node::finished_with(&duplex, node::FinishedOptions::new().readable(false));
/// # drop(written);
/// ```
#[derive(Debug, Clone, Default)]
pub struct FinishedOptions {
    readable: Option<bool>,
    writable: Option<bool>,
    ignores_errors: bool,
    signal: Option<AbortSignal>,
}

impl FinishedOptions {
    /// Both sides, as far as there are two.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the readable side has to end.
    #[must_use]
    pub fn readable(mut self, yes: bool) -> Self {
        self.readable = Some(yes);
        self
    }

    /// Whether the writable side has to finish.
    #[must_use]
    pub fn writable(mut self, yes: bool) -> Self {
        self.writable = Some(yes);
        self
    }

    /// Waits for the close that follows an error, rather than for the error.
    #[must_use]
    pub fn ignore_errors(mut self) -> Self {
        self.ignores_errors = true;
        self
    }

    /// Stops waiting when the signal is given; the stream is left alone.
    #[must_use]
    pub fn signal(mut self, signal: &AbortSignal) -> Self {
        self.signal = Some(signal.clone());
        self
    }
}

/// Waits until a stream has ended, finished or failed.
///
/// # Errors
///
/// The stream's error, or that it was closed before its end.
///
/// # Cancel safety
///
/// The stream is left alone.
///
/// # Examples
///
/// ```
/// use synodic_streams::{Error, ErrorKind, Options, node, node::Stream};
///
/// let readable = node::Readable::<u8>::new(Options::objects(4));
/// let stream = readable.clone();
/// node::spawn(async move {
///     let error = node::finished(&stream).await.unwrap_err();
///     assert_eq!(error.kind(), ErrorKind::PrematureClose);
/// });
/// readable.destroy(None);
/// node::settle();
/// ```
pub fn finished(stream: &impl Stream) -> Finished {
    finished_with(stream, FinishedOptions::new())
}

/// The same with options.
pub fn finished_with(stream: &impl Stream, options: FinishedOptions) -> Finished {
    let (sender, receiver) = oneshot();
    let life = Rc::clone(stream.stream().life());
    let watch = watch(&life, options, Box::new(|result| sender.send(result)));
    Finished {
        receiver,
        watch,
        _life: life,
    }
}

/// What [`finished`] returns.
#[must_use = "futures do nothing unless they are awaited"]
pub struct Finished {
    receiver: Receiver<Result<()>>,
    watch: Watch,
    _life: Rc<Lifecycle>,
}

impl Future for Finished {
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.receiver).poll(cx)
    }
}

impl Drop for Finished {
    fn drop(&mut self) {
        self.watch.cancel();
    }
}

impl fmt::Debug for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finished").finish_non_exhaustive()
    }
}

/// Somebody who waits for the end of a stream.
///
/// The stream owns it, this only names it.
#[derive(Clone)]
pub(crate) struct Watch(Weak<Watcher>);

struct Watcher {
    life: Weak<Lifecycle>,
    needs_read: bool,
    needs_write: bool,
    ignores_errors: bool,
    /// "Close" will come and is waited for.
    will_close: Cell<bool>,
    is_read: Cell<bool>,
    is_written: Cell<bool>,
    callback: RefCell<Option<Callback>>,
    listener: Cell<Option<ListenerId>>,
    on_abort: RefCell<Option<AbortCall>>,
}

/// Calls `callback` once, when the stream has come to its end.
pub(crate) fn watch(life: &Rc<Lifecycle>, options: FinishedOptions, callback: Callback) -> Watch {
    let (has_read, has_write) = (life.read.is_some(), life.write.is_some());
    let needs_read = options.readable.unwrap_or(has_read);
    let needs_write = options.writable.unwrap_or(has_write);
    let watcher = Rc::new(Watcher {
        life: Rc::downgrade(life),
        needs_read,
        needs_write,
        ignores_errors: options.ignores_errors,
        will_close: Cell::new(
            life.will_close() && needs_read == has_read && needs_write == has_write,
        ),
        is_read: Cell::new(is_read(life)),
        is_written: Cell::new(is_written(life)),
        callback: RefCell::new(Some(callback)),
        listener: Cell::new(None),
        on_abort: RefCell::default(),
    });
    let listener = Rc::clone(&watcher);
    let id = life.listeners.add(move |event| listener.hear(event));
    watcher.listener.set(Some(id));
    watcher.look_at_what_is_over(life);
    if let Some(signal) = options.signal.filter(|_| !life.state.is_closed.get()) {
        let aborted = Rc::downgrade(&watcher);
        let call = move || {
            if let Some(watcher) = aborted.upgrade() {
                watcher.tell(Err(ErrorKind::Aborted.into()));
            }
        };
        let call = AbortCall::new(&signal, call, defer);
        *watcher.on_abort.borrow_mut() = Some(call);
    }
    Watch(Rc::downgrade(&watcher))
}

impl Watch {
    /// Stops waiting.
    pub(crate) fn cancel(&self) {
        if let Some(watcher) = self.0.upgrade() {
            drop(watcher.take());
        }
    }
}

impl Watcher {
    fn hear(self: &Rc<Self>, event: &Event) {
        let Some(life) = self.life.upgrade() else {
            return;
        };
        match event {
            Event::End => self.read_ended(&life),
            Event::Finish => self.write_finished(&life),
            Event::Error(error) if !self.ignores_errors => self.tell(Err(error.clone())),
            Event::Close => self.closed(&life),
            _ => {}
        }
    }

    fn read_ended(&self, life: &Lifecycle) {
        self.is_read.set(true);
        if life.state.is_destroyed.get() {
            self.will_close.set(false);
        }
        let waits_for_close = self.will_close.get() && (!life.is_writable() || self.needs_write);
        if !waits_for_close && (!self.needs_write || self.is_written.get()) {
            self.tell(Ok(()));
        }
    }

    fn write_finished(&self, life: &Lifecycle) {
        self.is_written.set(true);
        if life.state.is_destroyed.get() {
            self.will_close.set(false);
        }
        let waits_for_close = self.will_close.get() && (!life.is_readable() || self.needs_read);
        if !waits_for_close && (!self.needs_read || self.is_read.get()) {
            self.tell(Ok(()));
        }
    }

    fn closed(&self, life: &Lifecycle) {
        let lacks_read = self.needs_read && !self.is_read.get() && !is_read(life);
        let lacks_write = self.needs_write && !self.is_written.get() && !is_written(life);
        self.tell(match life.state.error() {
            Some(error) => Err(error),
            None if (lacks_read && life.read.is_some()) || lacks_write => {
                Err(ErrorKind::PrematureClose.into())
            }
            None => Ok(()),
        });
    }

    /// What had happened before anybody listened is told after the current call.
    fn look_at_what_is_over(self: &Rc<Self>, life: &Rc<Lifecycle>) {
        let (watcher, stream) = (Rc::clone(self), Rc::clone(life));
        if life.state.is_closed.get() {
            defer(move || watcher.closed(&stream));
            return;
        }
        let will_close = self.will_close.get();
        let is_over = if life.state.was_error_told.get() {
            !will_close
        } else {
            let no_write = life.write.is_some() && !life.is_writable();
            let no_read = life.read.is_some() && !life.is_readable();
            let is_idle = life
                .write
                .as_ref()
                .is_none_or(|write| write.pending.get() == 0);
            let write_is_over = !self.needs_read
                && (!will_close || life.is_readable())
                && (self.is_written.get() || no_write)
                && is_idle;
            let read_is_over = !self.needs_write
                && (!will_close || life.is_writable())
                && (self.is_read.get() || no_read);
            write_is_over || read_is_over
        };
        if is_over {
            defer(move || watcher.tell(stream.state.error().map_or(Ok(()), Err)));
        }
    }

    fn tell(&self, result: Result<()>) {
        if let Some(callback) = self.take() {
            callback(result);
        }
    }

    fn take(&self) -> Option<Callback> {
        drop(self.on_abort.borrow_mut().take());
        if let (Some(id), Some(life)) = (self.listener.take(), self.life.upgrade()) {
            life.listeners.remove(id);
        }
        self.callback.borrow_mut().take()
    }
}

fn is_read(life: &Lifecycle) -> bool {
    life.read.as_ref().is_some_and(|read| {
        read.was_end_told.get() || (!life.state.is_errored() && read.is_finished())
    }) && !life.state.is_errored()
}

fn is_written(life: &Lifecycle) -> bool {
    life.write.as_ref().is_some_and(|write| {
        write.is_finished.get() || (!life.state.is_errored() && write.is_done())
    })
}

/// Gives a stream up, with the error of an abort where it has not come to its end.
pub(crate) fn give_up(life: &Rc<Lifecycle>, error: Option<Error>) {
    if life.state.is_destroyed.get() {
        return;
    }
    let is_over = !life.is_readable() && !life.is_writable();
    life.destroy(error.or_else(|| (!is_over).then(|| ErrorKind::Aborted.into())));
}

/// A call that an abort makes; at once when it comes from this thread.
pub(crate) struct AbortCall {
    signal: AbortSignal,
    key: Option<u64>,
    call: Option<Call>,
}

impl AbortCall {
    /// Where the signal was given already, `late` is called with the call: it is not made at once.
    pub(crate) fn new(
        signal: &AbortSignal,
        call: impl FnOnce() + 'static,
        late: impl FnOnce(Box<dyn FnOnce()>),
    ) -> Self {
        let mut this = Self {
            signal: signal.clone(),
            key: None,
            call: None,
        };
        if signal.is_aborted() {
            late(Box::new(call));
            return this;
        }
        this.call = Call::new(call);
        if let Some(call) = &this.call {
            this.key = signal.register(call.waker());
            if this.key.is_none() {
                // Given meanwhile, by another thread.
                call.waker().wake();
            }
        }
        this
    }
}

impl Drop for AbortCall {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.signal.unregister(key);
        }
        drop(self.call.take());
    }
}

/// Destroys a stream when a signal is given, at once when it was given already.
///
/// # Examples
///
/// ```
/// use synodic_streams::{AbortController, Options, node, node::Stream};
///
/// let controller = AbortController::new();
/// let readable = node::Readable::<u8>::new(Options::objects(4));
/// node::add_abort_signal(&controller.signal(), &readable);
/// controller.abort();
/// assert_eq!(readable.error().unwrap().code(), "ABORT_ERR");
/// ```
pub fn add_abort_signal(signal: &AbortSignal, stream: &impl Stream) {
    destroy_on_abort(stream.stream().life(), signal);
}

pub(crate) fn destroy_on_abort(life: &Rc<Lifecycle>, signal: &AbortSignal) {
    if signal.is_aborted() {
        return life.destroy(Some(signal.error()));
    }
    let weak = Rc::downgrade(life);
    let call = move || {
        if let Some(life) = weak.upgrade() {
            life.destroy(Some(ErrorKind::Aborted.into()));
        }
    };
    let call = AbortCall::new(signal, call, |call| call());
    // Kept until the stream has come to its end.
    watch(life, FinishedOptions::new(), Box::new(move |_| drop(call)));
}
