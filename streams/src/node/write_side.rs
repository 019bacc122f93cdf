//! The writable side: a queue in front of a hook.

use std::{
    any::Any,
    cell::{Cell, OnceCell, RefCell},
    collections::VecDeque,
    fmt,
    rc::{Rc, Weak},
};

use super::{
    done::{Complete, Done, Hook},
    event::Event,
    lifecycle::{Lifecycle, Side, WriteSide},
    state::WriteState,
    turns::defer,
};
use crate::{Error, ErrorKind, Options, Result};

/// Told once what became of a write or an end.
pub(crate) type Callback = Box<dyn FnOnce(Result<()>)>;

/// Takes several items at once.
pub(crate) type WriteAllHook<T> = Rc<dyn Fn(Vec<T>, Done)>;

/// Who writes.
pub(crate) struct WriteHooks<T> {
    pub(crate) write: Rc<dyn Fn(T, Done)>,
    pub(crate) write_all: Option<WriteAllHook<T>>,
    pub(crate) finish: Option<Rc<dyn Fn(Done)>>,
    /// Told when all is written, before the stream has finished.
    pub(crate) prefinish: Option<Rc<dyn Fn()>>,
}

/// The writable side of a stream.
pub(crate) struct WriteCore<T> {
    pub(crate) life: Rc<Lifecycle>,
    /// The other side of a duplex.
    other: OnceCell<Weak<dyn Any>>,
    options: Options<T>,
    hooks: WriteHooks<T>,
    queue: RefCell<VecDeque<Entry<T>>>,
    /// Who is told of what is in flight.
    in_flight: RefCell<Acks>,
    on_finish: RefCell<Vec<Callback>>,
}

struct Entry<T> {
    item: T,
    callback: Option<Callback>,
}

/// Who is to be told of one call of a hook.
#[derive(Default)]
enum Acks {
    #[default]
    Nobody,
    One(Callback),
    Many(Vec<Callback>),
}

impl Acks {
    fn new(callback: Option<Callback>) -> Self {
        callback.map_or(Self::Nobody, Self::One)
    }

    fn call(self, result: &Result<()>) {
        match self {
            Self::Nobody => {}
            Self::One(callback) => callback(result.clone()),
            Self::Many(callbacks) => {
                callbacks
                    .into_iter()
                    .for_each(|callback| callback(result.clone()));
            }
        }
    }
}

impl<T: 'static> WriteCore<T> {
    pub(crate) fn new(life: Rc<Lifecycle>, options: Options<T>, hooks: WriteHooks<T>) -> Rc<Self> {
        let this = Rc::new(Self {
            life,
            other: OnceCell::new(),
            options,
            hooks,
            queue: RefCell::default(),
            in_flight: RefCell::default(),
            on_finish: RefCell::default(),
        });
        let end = Rc::downgrade(&(Rc::clone(&this) as Rc<dyn WriteSide>));
        this.life.set_write_end(end);
        this
    }

    /// Makes this one side of a duplex.
    pub(crate) fn join(&self, other: Weak<dyn Any>) {
        // Told once, by the builder.
        let _ = self.other.set(other);
    }

    pub(crate) fn other(&self) -> Option<Rc<dyn Any>> {
        self.other.get()?.upgrade()
    }

    fn state(&self) -> &WriteState {
        self.life.write_state()
    }

    /// Whether more may be written now, or why this was not taken.
    pub(crate) fn write(self: &Rc<Self>, item: T, callback: Option<Callback>) -> Result<bool> {
        let refusal = if self.state().is_ending.get() {
            Some(ErrorKind::WriteAfterEnd)
        } else if self.life.state.is_destroyed.get() {
            Some(ErrorKind::Destroyed)
        } else {
            None
        };
        if let Some(kind) = refusal {
            let error = Error::new(kind);
            if let Some(callback) = callback {
                let error = error.clone();
                defer(move || callback(Err(error)));
            }
            self.life.fail(error.clone(), true);
            return Err(error);
        }
        add(&self.state().pending, 1);
        Ok(self.write_or_queue(item, callback))
    }

    fn write_or_queue(self: &Rc<Self>, item: T, callback: Option<Callback>) -> bool {
        let (state, life) = (self.state(), &self.life.state);
        let size = self.options.size(&item);
        add(&state.len, size);
        if state.must_queue(life) {
            self.queue.borrow_mut().push_back(Entry { item, callback });
            state.has_queue.set(true);
        } else {
            let acks = Acks::new(callback);
            self.call_write(size, acks, |hooks, done| (hooks.write)(item, done));
        }
        let has_room = state.has_room();
        if !has_room {
            state.needs_drain.set(true);
        }
        has_room && !life.is_destroyed.get() && !life.is_errored()
    }

    fn call_write(
        self: &Rc<Self>,
        size: usize,
        acks: Acks,
        call: impl FnOnce(&WriteHooks<T>, Done),
    ) {
        let state = self.state();
        state.in_flight.set(size);
        *self.in_flight.borrow_mut() = acks;
        state.is_writing.set(true);
        state.is_in_hook.set(true);
        if self.life.state.is_destroyed.get() {
            self.written(Err(ErrorKind::Destroyed.into()));
        } else {
            call(&self.hooks, self.done(Hook::Write));
        }
        state.is_in_hook.set(false);
    }

    fn done(self: &Rc<Self>, hook: Hook) -> Done {
        Done::new(Rc::clone(self) as Rc<dyn Complete>, hook)
    }

    /// The hook has completed.
    fn written(self: &Rc<Self>, result: Result<()>) {
        let state = self.state();
        let is_in_hook = state.is_in_hook.get();
        let acks = self.in_flight.take();
        state.is_writing.set(false);
        state.len.set(state.len.get() - state.in_flight.take());
        if let Err(error) = result {
            self.life.state.note(&error);
            if is_in_hook {
                let this = Rc::clone(self);
                defer(move || this.write_failed(error, acks));
            } else {
                self.write_failed(error, acks);
            }
            return;
        }
        if state.has_queue.get() {
            self.work_off();
        }
        if is_in_hook {
            self.acknowledge_later(acks);
        } else {
            self.acknowledge(acks);
        }
    }

    fn write_failed(self: &Rc<Self>, error: Error, acks: Acks) {
        subtract(&self.state().pending, 1);
        acks.call(&Err(error.clone()));
        self.give_up();
        self.life.fail(error, false);
    }

    /// After a hook that completed at once. Where nobody wants to know, one step serves several
    /// writes.
    fn acknowledge_later(self: &Rc<Self>, acks: Acks) {
        let state = self.state();
        let is_asked = !matches!(acks, Acks::Nobody);
        let has_news = state.needs_drain.get() && state.len.get() == 0;
        if is_asked || (has_news && !state.is_completion_scheduled.get()) {
            state.is_completion_scheduled.set(true);
            let this = Rc::clone(self);
            defer(move || this.acknowledge(acks));
            return;
        }
        subtract(&state.pending, 1);
        if state.is_ending.get() {
            self.finish_if_done();
        }
    }

    fn acknowledge(self: &Rc<Self>, acks: Acks) {
        let state = self.state();
        state.is_completion_scheduled.set(false);
        if state.awaits_drain(&self.life.state) && state.len.get() == 0 {
            state.needs_drain.set(false);
            self.life.emit(&Event::Drain);
        }
        subtract(&state.pending, 1);
        acks.call(&Ok(()));
        if self.life.state.is_destroyed.get() {
            self.give_up();
        }
        if state.is_ending.get() {
            self.finish_if_done();
        }
    }

    /// Hands the queue to the hooks, as far as they take it at once.
    fn work_off(self: &Rc<Self>) {
        let state = self.state();
        if !state.may_work(&self.life.state) {
            return;
        }
        state.is_queue_worked_on.set(true);
        let count = self.queue.borrow().len();
        if let (Some(write_all), true) = (self.hooks.write_all.clone(), count > 1) {
            let entries = std::mem::take(&mut *self.queue.borrow_mut());
            subtract(&state.pending, count - 1);
            let (items, callbacks): (Vec<_>, Vec<_>) = entries
                .into_iter()
                .map(|entry| (entry.item, entry.callback))
                .unzip();
            let callbacks: Vec<_> = callbacks.into_iter().flatten().collect();
            let acks = if callbacks.is_empty() {
                Acks::Nobody
            } else {
                Acks::Many(callbacks)
            };
            self.call_write(state.len.get(), acks, |_, done| write_all(items, done));
        } else {
            loop {
                let next = self.queue.borrow_mut().pop_front();
                let Some(Entry { item, callback }) = next else {
                    break;
                };
                let size = self.options.size(&item);
                let acks = Acks::new(callback);
                self.call_write(size, acks, |hooks, done| (hooks.write)(item, done));
                if state.is_writing.get() {
                    break;
                }
            }
        }
        state.has_queue.set(!self.queue.borrow().is_empty());
        state.is_queue_worked_on.set(false);
    }

    /// Tells all who wait that nothing comes of it.
    fn give_up(&self) {
        let state = self.state();
        if state.is_writing.get() {
            return;
        }
        let error = |kind| self.life.state.error().unwrap_or_else(|| Error::new(kind));
        loop {
            let next = self.queue.borrow_mut().pop_front();
            let Some(Entry { item, callback }) = next else {
                break;
            };
            subtract(&state.len, self.options.size(&item));
            if let Some(callback) = callback {
                callback(Err(error(ErrorKind::Destroyed)));
            }
        }
        state.has_queue.set(false);
        self.tell_finishers(&Err(error(ErrorKind::Destroyed)));
    }

    pub(crate) fn cork(&self) {
        add(&self.state().corks, 1);
    }

    pub(crate) fn uncork(self: &Rc<Self>) {
        let state = self.state();
        if state.corks.get() > 0 {
            subtract(&state.corks, 1);
            if !state.is_writing.get() {
                self.work_off();
            }
        }
    }

    pub(crate) fn end(self: &Rc<Self>, item: Option<T>, callback: Option<Callback>) {
        let (state, life) = (self.state(), &self.life.state);
        let mut refusal = item.and_then(|item| self.write(item, None).err());
        if state.corks.get() > 0 {
            state.corks.set(1);
            self.uncork();
        }
        if refusal.is_none() {
            if !state.is_ending.get() && !life.is_errored() {
                state.is_ending.set(true);
                self.finish_if_done();
                state.is_ended.set(true);
            } else if state.is_finished.get() {
                refusal = Some(ErrorKind::AlreadyFinished.into());
            } else if life.is_destroyed.get() {
                refusal = Some(ErrorKind::Destroyed.into());
            }
        }
        let Some(callback) = callback else { return };
        if let Some(error) = refusal.or_else(|| life.error()) {
            defer(move || callback(Err(error)));
        } else if state.is_finished.get() {
            defer(move || callback(Ok(())));
        } else {
            self.on_finish.borrow_mut().push(callback);
        }
    }

    fn finish_if_done(self: &Rc<Self>) {
        let state = self.state();
        if !state.may_finish(&self.life.state) {
            return;
        }
        self.call_finish();
        if state.pending.get() == 0 {
            add(&state.pending, 1);
            let this = Rc::clone(self);
            defer(move || {
                if this.state().may_finish(&this.life.state) {
                    this.finish();
                } else {
                    subtract(&this.state().pending, 1);
                }
            });
        }
    }

    fn call_finish(self: &Rc<Self>) {
        let state = self.state();
        if state.is_prefinished.get() || state.was_finish_called.replace(true) {
            return;
        }
        match &self.hooks.finish {
            Some(hook) if !self.life.state.is_destroyed.get() => {
                state.is_in_hook.set(true);
                add(&state.pending, 1);
                hook(self.done(Hook::Finish));
                state.is_in_hook.set(false);
            }
            _ => self.prefinish(),
        }
    }

    fn prefinish(&self) {
        self.state().is_prefinished.set(true);
        if let Some(hook) = &self.hooks.prefinish {
            hook();
        }
    }

    /// The hook `finish` has completed.
    fn finish_completed(self: &Rc<Self>, result: Result<()>) {
        let state = self.state();
        subtract(&state.pending, 1);
        if let Err(error) = result {
            self.tell_finishers(&Err(error.clone()));
            self.life.fail(error, state.is_in_hook.get());
        } else if state.may_finish(&self.life.state) {
            self.prefinish();
            add(&state.pending, 1);
            let this = Rc::clone(self);
            defer(move || this.finish());
        }
    }

    fn finish(&self) {
        let state = self.state();
        subtract(&state.pending, 1);
        state.is_finished.set(true);
        self.tell_finishers(&Ok(()));
        self.life.emit(&Event::Finish);
        self.life.write_side_finished();
    }

    fn tell_finishers(&self, result: &Result<()>) {
        let callbacks = std::mem::take(&mut *self.on_finish.borrow_mut());
        callbacks
            .into_iter()
            .for_each(|callback| callback(result.clone()));
    }
}

impl<T: 'static> Complete for WriteCore<T> {
    fn complete(self: Rc<Self>, hook: Hook, result: Result<()>) {
        match hook {
            Hook::Write => self.written(result),
            Hook::Finish => self.finish_completed(result),
            _ => unreachable!("not a hook of this side"),
        }
    }
}

impl<T: 'static> Side for WriteCore<T> {
    fn constructed(self: Rc<Self>) {
        if !self.state().is_writing.get() {
            self.work_off();
        }
        if self.state().is_ending.get() {
            self.finish_if_done();
        }
    }
}

impl<T: 'static> WriteSide for WriteCore<T> {
    fn end_now(self: Rc<Self>) {
        if self.life.is_writable() {
            self.end(None, None);
        }
    }

    fn give_up_later(self: Rc<Self>) {
        if self.state().has_queue.get() || !self.on_finish.borrow().is_empty() {
            defer(move || self.give_up());
        }
    }
}

impl<T> fmt::Debug for WriteCore<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteCore")
            .field("life", &self.life)
            .finish_non_exhaustive()
    }
}

fn add(cell: &Cell<usize>, count: usize) {
    cell.set(cell.get() + count);
}

fn subtract(cell: &Cell<usize>, count: usize) {
    cell.set(cell.get() - count);
}
