//! Construction, destruction and what is told of them: what both sides of a stream share.

use std::{
    cell::RefCell,
    fmt,
    rc::{Rc, Weak},
};

use super::{
    done::{Complete, Done, Hook},
    event::{Event, Listeners},
    state::{LifeState, ReadState, WriteState},
    turns::defer,
};
use crate::{Error, Result};

pub(crate) type DestroyHook = Rc<dyn Fn(Option<Error>, Done)>;
pub(crate) type ConstructHook = Rc<dyn Fn(Done)>;

/// A stream, apart from its items and from who delivers or takes them.
pub(crate) struct Lifecycle {
    pub(crate) state: LifeState,
    /// Absent where the stream does not have the side.
    pub(crate) read: Option<ReadState>,
    pub(crate) write: Option<WriteState>,
    pub(crate) listeners: Listeners<Event>,
    pub(crate) settings: Settings,
    hooks: LifeHooks,
    read_end: RefCell<Weak<dyn Side>>,
    write_end: RefCell<Weak<dyn WriteSide>>,
    /// What `destroy` was called with before the stream was constructed.
    destroy_later: RefCell<Option<Option<Error>>>,
}

/// What is chosen when a stream is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) auto_destroy: bool,
    pub(crate) emit_close: bool,
    pub(crate) allow_half_open: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            auto_destroy: true,
            emit_close: true,
            allow_half_open: true,
        }
    }
}

#[derive(Default, Clone)]
pub(crate) struct LifeHooks {
    pub(crate) construct: Option<ConstructHook>,
    pub(crate) destroy: Option<DestroyHook>,
}

/// What a stream asks of a side whose items it does not know.
pub(crate) trait Side {
    /// The stream is constructed: what waited for that may begin.
    fn constructed(self: Rc<Self>);
}

/// What a stream asks of its writable side.
pub(crate) trait WriteSide: Side {
    /// Ends the side, unless it has ended.
    fn end_now(self: Rc<Self>);

    /// The stream is about to be destroyed: gives up what is queued, after the current call.
    fn give_up_later(self: Rc<Self>);
}

/// Stands in for a side that is not there.
struct NoSide;

impl Side for NoSide {
    fn constructed(self: Rc<Self>) {}
}

impl WriteSide for NoSide {
    fn end_now(self: Rc<Self>) {}

    fn give_up_later(self: Rc<Self>) {}
}

impl Lifecycle {
    pub(crate) fn new(
        read: Option<ReadState>,
        write: Option<WriteState>,
        settings: Settings,
        hooks: LifeHooks,
    ) -> Rc<Self> {
        let this = Rc::new(Self {
            state: LifeState::default(),
            read,
            write,
            listeners: Listeners::new(),
            settings,
            hooks,
            read_end: RefCell::new(Weak::<NoSide>::new()),
            write_end: RefCell::new(Weak::<NoSide>::new()),
            destroy_later: RefCell::default(),
        });
        match &this.hooks.construct {
            None => this.state.is_constructed.set(true),
            Some(_) => {
                let life = Rc::clone(&this);
                defer(move || life.construct());
            }
        }
        this
    }

    pub(crate) fn set_read_end(&self, end: Weak<dyn Side>) {
        *self.read_end.borrow_mut() = end;
    }

    pub(crate) fn set_write_end(&self, end: Weak<dyn WriteSide>) {
        *self.write_end.borrow_mut() = end;
    }

    pub(crate) fn read_state(&self) -> &ReadState {
        self.read.as_ref().expect("a readable has a readable side")
    }

    pub(crate) fn write_state(&self) -> &WriteState {
        self.write.as_ref().expect("a writable has a writable side")
    }

    fn write_end(&self) -> Option<Rc<dyn WriteSide>> {
        self.write_end.borrow().upgrade()
    }

    pub(crate) fn emit(&self, event: &Event) {
        self.listeners.emit(event);
    }

    fn construct(self: Rc<Self>) {
        if let Some(hook) = &self.hooks.construct {
            let target = Rc::clone(&self) as Rc<dyn Complete>;
            hook(Done::new(target, Hook::Construct));
        }
    }

    fn constructed(self: Rc<Self>, result: Result<()>) {
        self.state.is_constructed.set(true);
        let waiting = self.destroy_later.borrow_mut().take();
        match (waiting, result) {
            (Some(error), result) => self.call_destroy(error.or(result.err())),
            (None, Err(error)) => self.fail(error, true),
            (None, Ok(())) => {
                let read_end = self.read_end.borrow().upgrade();
                if let Some(end) = read_end {
                    end.constructed();
                }
                if let Some(end) = self.write_end() {
                    end.constructed();
                }
            }
        }
    }

    /// Destroys the stream; the second time it does nothing.
    pub(crate) fn destroy(self: &Rc<Self>, error: Option<Error>) {
        if self.state.is_destroyed.get() {
            return;
        }
        if self.read.is_none()
            && let Some(end) = self.write_end()
        {
            end.give_up_later();
        }
        if let Some(error) = &error {
            self.state.note(error);
        }
        self.state.is_destroyed.set(true);
        if self.state.is_constructed.get() {
            Rc::clone(self).call_destroy(error);
        } else {
            *self.destroy_later.borrow_mut() = Some(error);
        }
    }

    fn call_destroy(self: Rc<Self>, error: Option<Error>) {
        match self.hooks.destroy.clone() {
            None => self.destroyed(error),
            Some(hook) => {
                let target = Rc::clone(&self) as Rc<dyn Complete>;
                hook(error.clone(), Done::new(target, Hook::Destroy(error)));
            }
        }
    }

    fn destroyed(self: Rc<Self>, error: Option<Error>) {
        if let Some(error) = &error {
            self.state.note(error);
        }
        self.state.is_closed.set(true);
        defer(move || {
            if let Some(error) = error {
                self.tell_error(error);
            }
            self.state.was_close_told.set(true);
            if self.settings.emit_close {
                self.emit(&Event::Close);
            }
        });
    }

    fn tell_error(&self, error: Error) {
        if !self.state.was_error_told.replace(true) {
            self.emit(&Event::Error(error));
        }
    }

    /// Takes an error of the stream's own: destroys it, or only tells where it does not destroy
    /// itself. `is_in_call` says that the caller is not prepared to be told at once.
    pub(crate) fn fail(self: &Rc<Self>, error: Error, is_in_call: bool) {
        if self.state.is_destroyed.get() {
            return;
        }
        if self.settings.auto_destroy {
            return self.destroy(Some(error));
        }
        self.state.note(&error);
        if is_in_call {
            let life = Rc::clone(self);
            defer(move || life.tell_error(error));
        } else {
            self.tell_error(error);
        }
    }

    /// The end was read: closes the other side, or all.
    pub(crate) fn read_side_ended(self: &Rc<Self>) {
        let is_writable = self
            .write
            .as_ref()
            .is_some_and(|w| w.is_writable(&self.state));
        if is_writable && !self.settings.allow_half_open {
            let life = Rc::clone(self);
            defer(move || {
                if let Some(end) = life.write_end() {
                    end.end_now();
                }
            });
        } else if self.settings.auto_destroy
            && self.write.as_ref().is_none_or(|w| w.is_finished.get())
        {
            self.destroy(None);
        }
    }

    /// All is written.
    pub(crate) fn write_side_finished(self: &Rc<Self>) {
        if self.settings.auto_destroy && self.read.as_ref().is_none_or(|r| r.was_end_told.get()) {
            self.destroy(None);
        }
    }

    pub(crate) fn is_readable(&self) -> bool {
        self.read.as_ref().is_some_and(|read| {
            !self.state.is_destroyed.get()
                && !self.state.was_error_told.get()
                && !read.was_end_told.get()
        })
    }

    pub(crate) fn is_writable(&self) -> bool {
        self.write
            .as_ref()
            .is_some_and(|w| w.is_writable(&self.state))
    }

    /// Whether the stream will tell that it is closed.
    pub(crate) fn will_close(&self) -> bool {
        self.settings.auto_destroy && self.settings.emit_close && !self.state.is_closed.get()
    }
}

impl Complete for Lifecycle {
    fn complete(self: Rc<Self>, hook: Hook, result: Result<()>) {
        match hook {
            Hook::Construct => defer(move || self.constructed(result)),
            Hook::Destroy(error) => {
                // A hook that fails has the last word.
                let error = result.err().or(error);
                self.destroyed(error);
            }
            _ => unreachable!("the hooks of a side complete at the side"),
        }
    }
}

impl fmt::Debug for Lifecycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lifecycle")
            .field("state", &self.state)
            .field("read", &self.read)
            .field("write", &self.write)
            .finish_non_exhaustive()
    }
}
