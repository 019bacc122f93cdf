//! Making streams out of hooks.

use std::{fmt, rc::Rc};

use super::{
    done::Done,
    duplex::Duplex,
    finished::destroy_on_abort,
    lifecycle::{LifeHooks, Lifecycle, Settings},
    read_side::{ReadCore, ReadHook},
    readable::Readable,
    state::{ReadState, WriteState},
    writable::Writable,
    write_side::{WriteAllHook, WriteCore, WriteHooks},
};
use crate::{AbortSignal, Error, Options};

/// What is common to the builders.
#[derive(Default)]
pub(crate) struct LifeBuilder {
    settings: Settings,
    hooks: LifeHooks,
    signal: Option<AbortSignal>,
}

impl LifeBuilder {
    fn build(&self, read: Option<ReadState>, write: Option<WriteState>) -> Rc<Lifecycle> {
        Lifecycle::new(read, write, self.settings, self.hooks.clone())
    }

    /// The last step, when the sides are there.
    fn finish(&self, life: &Rc<Lifecycle>) {
        if let Some(signal) = &self.signal {
            destroy_on_abort(life, signal);
        }
    }
}

/// Methods that each builder has.
macro_rules! common {
    () => {
        /// Called first, after the current call; nothing is read or written before it is done.
        #[must_use]
        pub fn construct(mut self, hook: impl Fn(Done) + 'static) -> Self {
            self.life.hooks.construct = Some(Rc::new(hook));
            self
        }

        /// Called last, with what the stream was destroyed with: closes what it stands for.
        #[must_use]
        pub fn destroy(mut self, hook: impl Fn(Option<Error>, Done) + 'static) -> Self {
            self.life.hooks.destroy = Some(Rc::new(hook));
            self
        }

        /// Whether the stream is destroyed when it has come to its end, or fails. It is, unless this
        /// says otherwise.
        #[must_use]
        pub fn auto_destroy(mut self, yes: bool) -> Self {
            self.life.settings.auto_destroy = yes;
            self
        }

        /// Whether "close" is told. It is, unless this says otherwise.
        #[must_use]
        pub fn emit_close(mut self, yes: bool) -> Self {
            self.life.settings.emit_close = yes;
            self
        }

        /// Destroys the stream when the signal is given.
        #[must_use]
        pub fn signal(mut self, signal: &AbortSignal) -> Self {
            self.life.signal = Some(signal.clone());
            self
        }
    };
}

macro_rules! write_hooks {
    ($item:ident) => {
        /// Called with an item when nothing is in flight; the next call comes when it is done.
        #[must_use]
        pub fn write(mut self, hook: impl Fn($item, Done) + 'static) -> Self {
            self.write.write = Some(Rc::new(hook));
            self
        }

        /// Called instead of `write` when several items are queued, with all of them.
        #[must_use]
        #[doc(alias = "writev")]
        pub fn write_all(mut self, hook: impl Fn(Vec<$item>, Done) + 'static) -> Self {
            self.write.write_all = Some(Rc::new(hook));
            self
        }

        /// Called when everything is written, before the stream has finished.
        #[must_use]
        #[doc(alias = "final")]
        pub fn finish(mut self, hook: impl Fn(Done) + 'static) -> Self {
            self.write.finish = Some(Rc::new(hook));
            self
        }
    };
}

/// The hooks of a writable side, as far as they are known.
pub(crate) struct WriteParts<T> {
    pub(crate) write: Option<Rc<dyn Fn(T, Done)>>,
    pub(crate) write_all: Option<WriteAllHook<T>>,
    pub(crate) finish: Option<Rc<dyn Fn(Done)>>,
    pub(crate) prefinish: Option<Rc<dyn Fn()>>,
}

impl<T: 'static> WriteParts<T> {
    pub(crate) fn new() -> Self {
        Self {
            write: None,
            write_all: None,
            finish: None,
            prefinish: None,
        }
    }

    fn hooks(self) -> WriteHooks<T> {
        let write_all = self.write_all;
        let write = match (self.write, &write_all) {
            (Some(write), _) => write,
            (None, Some(write_all)) => {
                let write_all = Rc::clone(write_all);
                Rc::new(move |item, done| write_all(vec![item], done))
            }
            // Nobody takes the items: they are let go.
            (None, None) => Rc::new(|_item, done: Done| done.ok()) as Rc<dyn Fn(T, Done)>,
        };
        WriteHooks {
            write,
            write_all,
            finish: self.finish,
            prefinish: self.prefinish,
        }
    }
}

/// Makes a [`Readable`].
pub struct ReadableBuilder<T> {
    options: Options<T>,
    read: ReadHook<T>,
    life: LifeBuilder,
}

impl<T: 'static> ReadableBuilder<T> {
    pub(crate) fn new(options: Options<T>) -> Self {
        Self {
            options,
            read: Rc::new(|_| {}),
            life: LifeBuilder::default(),
        }
    }

    /// Called when there is room, to [`push`](Readable::push) something: from within or later. It is
    /// not called again before something was pushed.
    #[must_use]
    pub fn read(mut self, hook: impl Fn(&Readable<T>) + 'static) -> Self {
        self.read = Rc::new(hook);
        self
    }

    common!();

    /// The stream.
    #[must_use]
    pub fn build(self) -> Readable<T> {
        let state = ReadState::new(self.options.high_water_mark());
        let life = self.life.build(Some(state), None);
        let core = ReadCore::new(Rc::clone(&life), self.options, self.read);
        self.life.finish(&life);
        Readable::from_core(core)
    }
}

/// Makes a [`Writable`].
///
/// Without a hook that writes, items are let go.
pub struct WritableBuilder<T> {
    options: Options<T>,
    write: WriteParts<T>,
    life: LifeBuilder,
}

impl<T: 'static> WritableBuilder<T> {
    pub(crate) fn new(options: Options<T>) -> Self {
        Self {
            options,
            write: WriteParts::new(),
            life: LifeBuilder::default(),
        }
    }

    write_hooks!(T);

    common!();

    /// The stream.
    #[must_use]
    pub fn build(self) -> Writable<T> {
        let state = WriteState::new(self.options.high_water_mark());
        let life = self.life.build(None, Some(state));
        let core = WriteCore::new(Rc::clone(&life), self.options, self.write.hooks());
        self.life.finish(&life);
        Writable::from_core(core)
    }
}

/// Makes a [`Duplex`].
pub struct DuplexBuilder<I, O> {
    write_options: Options<I>,
    read_options: Options<O>,
    pub(crate) read: ReadHook<O>,
    pub(crate) write: WriteParts<I>,
    life: LifeBuilder,
    pub(crate) is_transform: bool,
}

impl<I: 'static, O: 'static> DuplexBuilder<I, O> {
    pub(crate) fn new(write_options: Options<I>, read_options: Options<O>) -> Self {
        Self {
            write_options,
            read_options,
            read: Rc::new(|_| {}),
            write: WriteParts::new(),
            life: LifeBuilder::default(),
            is_transform: false,
        }
    }

    /// Called when there is room on the readable side, to [`push`](Readable::push) something.
    #[must_use]
    pub fn read(mut self, hook: impl Fn(&Readable<O>) + 'static) -> Self {
        self.read = Rc::new(hook);
        self
    }

    write_hooks!(I);

    /// Whether the writable side stays open when the readable side has ended. It does, unless this
    /// says otherwise.
    #[must_use]
    pub fn allow_half_open(mut self, yes: bool) -> Self {
        self.life.settings.allow_half_open = yes;
        self
    }

    common!();

    /// The stream.
    #[must_use]
    pub fn build(self) -> Duplex<I, O> {
        let read = ReadState::new(self.read_options.high_water_mark());
        if self.is_transform {
            // What a transform delivers may go straight to its readers.
            read.is_in_hook.set(false);
        }
        let write = WriteState::new(self.write_options.high_water_mark());
        let life = self.life.build(Some(read), Some(write));
        let read = ReadCore::new(Rc::clone(&life), self.read_options, self.read);
        let write = WriteCore::new(Rc::clone(&life), self.write_options, self.write.hooks());
        self.life.finish(&life);
        Duplex::from_cores(&read, &write)
    }
}

macro_rules! debug {
    ($($name:ident<$($item:ident),+>),+) => {$(
        impl<$($item),+> fmt::Debug for $name<$($item),+> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )+};
}

debug!(ReadableBuilder<T>, WritableBuilder<T>, DuplexBuilder<I, O>);
