//! Duplexes whose readable side is made of what is written.

use std::{
    cell::RefCell,
    fmt,
    rc::{Rc, Weak},
};

use super::{
    builder::DuplexBuilder,
    done::{Complete, Done, Hook},
    duplex::Duplex,
    read_side::ReadCore,
    readable::Readable,
    turns::defer,
};
use crate::{AbortSignal, Error, Options, Result};

type TransformHook<I, O> = Rc<dyn Fn(I, &Readable<O>, Done)>;
type FlushHook<O> = Rc<dyn Fn(&Readable<O>, Done)>;

/// Makes a [`Duplex`] that changes what passes.
///
/// # Examples
///
/// ```
/// use synodic_streams::{Options, node};
///
/// let upper = node::TransformBuilder::new(Options::objects(4), Options::objects(4))
///     .transform(|text: &str, out: &node::Readable<String>, done| {
///         out.push(text.to_uppercase());
///         done.ok();
///     })
///     .flush(|out, done| {
///         out.push(".".to_owned());
///         done.ok();
///     })
///     .build();
/// upper.writable().end_with("hello");
/// node::settle();
/// assert_eq!(upper.readable().read().as_deref(), Some("HELLO"));
/// assert_eq!(upper.readable().read().as_deref(), Some("."));
/// ```
#[must_use]
#[doc(alias = "Transform")]
pub struct TransformBuilder<I, O> {
    duplex: DuplexBuilder<I, O>,
    transform: TransformHook<I, O>,
    flush: Option<FlushHook<O>>,
    has_own_finish: bool,
}

impl<I: 'static, O: 'static> TransformBuilder<I, O> {
    /// A transform that swallows everything, until [`transform`](Self::transform) says otherwise.
    pub fn new(write: Options<I>, read: Options<O>) -> Self {
        let mut duplex = DuplexBuilder::new(write, read);
        duplex.is_transform = true;
        Self {
            duplex,
            transform: Rc::new(|_, _, done| done.ok()),
            flush: None,
            has_own_finish: false,
        }
    }

    /// Called with each item, to push what it becomes: any number of items.
    pub fn transform(mut self, hook: impl Fn(I, &Readable<O>, Done) + 'static) -> Self {
        self.transform = Rc::new(hook);
        self
    }

    /// Called behind the last item, to push what is left.
    pub fn flush(mut self, hook: impl Fn(&Readable<O>, Done) + 'static) -> Self {
        self.flush = Some(Rc::new(hook));
        self
    }

    /// Called when everything is written, before `flush`.
    pub fn finish(mut self, hook: impl Fn(Done) + 'static) -> Self {
        self.duplex = self.duplex.finish(hook);
        self.has_own_finish = true;
        self
    }

    /// As [`DuplexBuilder::destroy`].
    pub fn destroy(mut self, hook: impl Fn(Option<Error>, Done) + 'static) -> Self {
        self.duplex = self.duplex.destroy(hook);
        self
    }

    /// As [`DuplexBuilder::auto_destroy`].
    pub fn auto_destroy(mut self, yes: bool) -> Self {
        self.duplex = self.duplex.auto_destroy(yes);
        self
    }

    /// As [`DuplexBuilder::emit_close`].
    pub fn emit_close(mut self, yes: bool) -> Self {
        self.duplex = self.duplex.emit_close(yes);
        self
    }

    /// As [`DuplexBuilder::signal`].
    pub fn signal(mut self, signal: &AbortSignal) -> Self {
        self.duplex = self.duplex.signal(signal);
        self
    }

    /// The stream.
    #[must_use]
    pub fn build(mut self) -> Duplex<I, O> {
        let held = Rc::new(Held::default());
        let shared = Rc::new(Shared {
            read: RefCell::new(Weak::new()),
            held: Rc::downgrade(&held),
            flush: self.flush,
        });
        self.duplex.read = Rc::new(move |_| held.release());
        let (transform, writer) = (self.transform, Rc::clone(&shared));
        self.duplex.write.write = Some(Rc::new(move |item, done| {
            writer.write(&transform, item, done);
        }));
        let finisher = Rc::clone(&shared);
        if self.has_own_finish {
            self.duplex.write.prefinish = Some(Rc::new(move || finisher.flush(None)));
        } else {
            self.duplex.write.finish = Some(Rc::new(move |done| finisher.flush(Some(done))));
        }
        let duplex = self.duplex.build();
        *shared.read.borrow_mut() = Rc::downgrade(duplex.readable().core());
        duplex
    }
}

/// A duplex that passes on what it is given.
///
/// # Examples
///
/// ```
/// use synodic_streams::{Options, node};
///
/// let pass = node::pass_through(Options::objects(4), Options::objects(4));
/// pass.writable().write(7);
/// assert_eq!(pass.readable().read(), Some(7));
/// ```
#[must_use]
#[doc(alias = "PassThrough")]
pub fn pass_through<T: 'static>(write: Options<T>, read: Options<T>) -> Duplex<T, T> {
    TransformBuilder::new(write, read)
        .transform(|item, out, done| {
            out.push(item);
            done.ok();
        })
        .build()
}

/// What both sides of a transform know. The writable side owns it.
struct Shared<O> {
    read: RefCell<Weak<ReadCore<O>>>,
    held: Weak<Held>,
    flush: Option<FlushHook<O>>,
}

/// A write that waits until somebody reads. The readable side owns it.
#[derive(Default)]
struct Held {
    write: RefCell<Option<Done>>,
}

impl Held {
    fn release(&self) {
        let write = self.write.borrow_mut().take();
        if let Some(write) = write {
            write.ok();
        }
    }
}

impl<O: 'static> Shared<O> {
    fn read(&self) -> Option<Rc<ReadCore<O>>> {
        self.read.borrow().upgrade()
    }

    fn write<I>(self: &Rc<Self>, transform: &TransformHook<I, O>, item: I, write: Done) {
        let Some(read) = self.read() else {
            return write.ok();
        };
        let before = read.state().len.get();
        let target = Rc::clone(self) as Rc<dyn Complete>;
        let done = Done::new(target, Hook::Transform(before, write.into_target()));
        transform(item, &Readable::from_core(read), done);
    }

    fn transformed(&self, before: usize, write: Done, result: Result<()>) {
        let Some(read) = self.read() else {
            return write.complete(result);
        };
        let (state, writer) = (read.state(), read.life.write_state());
        let len = state.len.get();
        if result.is_err() {
            write.complete(result);
        } else if state.is_ended.get() {
            defer(move || write.ok());
        } else if writer.is_ended.get() || len == before || len < state.high_water_mark.get() {
            write.ok();
        } else if let Some(held) = self.held.upgrade() {
            *held.write.borrow_mut() = Some(write);
        }
    }

    /// Everything is written; `finish` is none when nobody waits for it.
    fn flush(self: &Rc<Self>, finish: Option<Done>) {
        let Some(read) = self.read() else { return };
        match &self.flush {
            Some(flush) if !read.life.state.is_destroyed.get() => {
                let target = Rc::clone(self) as Rc<dyn Complete>;
                let finish = finish.map(Done::into_target);
                flush(
                    &Readable::from_core(read),
                    Done::new(target, Hook::Flush(finish)),
                );
            }
            _ => {
                read.push_end();
                if let Some(finish) = finish {
                    finish.ok();
                }
            }
        }
    }

    fn flushed(&self, finish: Option<Done>, result: Result<()>) {
        if let Some(read) = self.read() {
            match (&result, &finish) {
                (Ok(()), _) => read.push_end(),
                (Err(error), None) => read.life.destroy(Some(error.clone())),
                (Err(_), Some(_)) => {}
            }
        }
        if let Some(finish) = finish {
            finish.complete(result);
        }
    }
}

impl<O: 'static> Complete for Shared<O> {
    fn complete(self: Rc<Self>, hook: Hook, result: Result<()>) {
        match hook {
            Hook::Transform(before, target) => {
                self.transformed(before, Done::new(target, Hook::Write), result);
            }
            Hook::Flush(finish) => {
                let finish = finish.map(|target| Done::new(target, Hook::Finish));
                self.flushed(finish, result);
            }
            _ => unreachable!("the other hooks complete elsewhere"),
        }
    }
}

impl<I, O> fmt::Debug for TransformBuilder<I, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransformBuilder").finish_non_exhaustive()
    }
}
