//! The readable side: a buffer behind a hook.

use std::{
    any::Any,
    cell::{OnceCell, RefCell},
    collections::VecDeque,
    fmt,
    rc::{Rc, Weak},
};

use super::{
    event::{Event, Listeners},
    lifecycle::{Lifecycle, Side},
    pipe::Link,
    readable::Readable,
    state::ReadState,
    turns::defer,
};
use crate::{ErrorKind, Options};

/// What changes chunks on their way into a readable, as a text decoder does.
///
/// # Examples
///
/// ```
/// use synodic_streams::{Options, node};
///
/// struct Double;
///
/// impl node::Decoder<Vec<u8>> for Double {
///     fn write(&mut self, chunk: Vec<u8>) -> Vec<u8> {
///         [chunk.clone(), chunk].concat()
///     }
///
///     fn end(&mut self) -> Option<Vec<u8>> {
///         Some(b".".to_vec())
///     }
/// }
///
/// let readable = node::Readable::new(Options::bytes(64));
/// readable.set_decoder(Double);
/// readable.push(b"ab".to_vec());
/// readable.push_end();
/// assert_eq!(readable.read(), Some(b"abab.".to_vec()));
/// ```
pub trait Decoder<T> {
    /// What becomes of a chunk; an empty one is dropped.
    fn write(&mut self, chunk: T) -> T;

    /// What is left when the source has ended.
    fn end(&mut self) -> Option<T>;
}

pub(crate) type ReadHook<T> = Rc<dyn Fn(&Readable<T>)>;

/// The readable side of a stream.
pub(crate) struct ReadCore<T> {
    pub(crate) life: Rc<Lifecycle>,
    /// The other side of a duplex.
    other: OnceCell<Weak<dyn Any>>,
    options: Options<T>,
    hook: ReadHook<T>,
    buffer: RefCell<VecDeque<T>>,
    decoder: RefCell<Option<Box<dyn Decoder<T>>>>,
    pub(super) on_data: Listeners<T>,
    pub(super) on_readable: Listeners<()>,
    pub(crate) pipes: RefCell<Vec<Rc<Link<T>>>>,
    /// Those that this is piped into and that asked to wait.
    pub(crate) awaited: RefCell<Vec<usize>>,
}

impl<T: 'static> ReadCore<T> {
    pub(crate) fn new(life: Rc<Lifecycle>, options: Options<T>, hook: ReadHook<T>) -> Rc<Self> {
        let this = Rc::new(Self {
            life,
            other: OnceCell::new(),
            options,
            hook,
            buffer: RefCell::default(),
            decoder: RefCell::default(),
            on_data: Listeners::new(),
            on_readable: Listeners::new(),
            pipes: RefCell::default(),
            awaited: RefCell::default(),
        });
        let end = Rc::downgrade(&(Rc::clone(&this) as Rc<dyn Side>));
        this.life.set_read_end(end);
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

    pub(crate) fn state(&self) -> &ReadState {
        self.life.read_state()
    }

    fn is_bytes(&self) -> bool {
        self.options.cut().is_some()
    }

    fn is_over(&self) -> bool {
        self.life.state.is_destroyed.get() || self.life.state.is_errored()
    }

    pub(super) fn defer(self: &Rc<Self>, step: impl FnOnce(&Rc<Self>) + 'static) {
        let this = Rc::clone(self);
        defer(move || step(&this));
    }

    // ---- What the source delivers.

    /// Takes what the source delivers; whether it should deliver more.
    pub(crate) fn push(self: &Rc<Self>, mut item: T) -> bool {
        let state = self.state();
        if self.is_bytes() && self.options.size(&item) == 0 {
            state.is_reading.set(false);
            self.read_more_later();
            return state.wants_more();
        }
        if state.is_ended.get() {
            self.life.fail(ErrorKind::PushAfterEnd.into(), false);
            return false;
        }
        if self.is_over() {
            return false;
        }
        state.is_reading.set(false);
        if let Some(decoder) = self.decoder.borrow_mut().as_mut() {
            item = decoder.write(item);
            if self.is_bytes() && self.options.size(&item) == 0 {
                self.read_more_later();
                return state.wants_more();
            }
        }
        self.add(item, false);
        state.wants_more()
    }

    /// Puts something back at the front.
    pub(crate) fn unshift(self: &Rc<Self>, item: T) -> bool {
        let state = self.state();
        if self.is_bytes() && self.options.size(&item) == 0 {
            return state.wants_more();
        }
        if state.was_end_told.get() {
            self.life.fail(ErrorKind::UnshiftAfterEnd.into(), false);
        } else if self.is_over() {
            return false;
        } else {
            self.add(item, true);
        }
        state.wants_more()
    }

    fn add(self: &Rc<Self>, item: T, is_first: bool) {
        let state = self.state();
        let is_flowing =
            state.is_flowing() && !state.is_in_hook.get() && state.has_data_listeners.get();
        if is_flowing && state.len.get() == 0 {
            self.tell_data(&item);
        } else {
            state.len.set(state.len.get() + self.options.size(&item));
            if is_first {
                self.buffer.borrow_mut().push_front(item);
            } else {
                self.buffer.borrow_mut().push_back(item);
            }
            if state.needs_readable.get() {
                self.tell_readable_later();
            }
        }
        self.read_more_later();
    }

    /// The source has delivered its end.
    pub(crate) fn push_end(self: &Rc<Self>) {
        let state = self.state();
        state.is_reading.set(false);
        if state.is_ended.get() {
            return;
        }
        let rest = self
            .decoder
            .borrow_mut()
            .as_mut()
            .and_then(|decoder| decoder.end());
        if let Some(rest) = rest.filter(|rest| self.options.size(rest) > 0) {
            state.len.set(state.len.get() + self.options.size(&rest));
            self.buffer.borrow_mut().push_back(rest);
        }
        state.is_ended.set(true);
        if state.is_in_hook.get() {
            self.tell_readable_later();
        } else {
            state.needs_readable.set(false);
            state.is_readable_told.set(true);
            self.tell_readable();
        }
    }

    // ---- What the reader takes.

    /// Takes `count` units, or what there is; none when there are not that many.
    pub(crate) fn read(self: &Rc<Self>, count: Option<usize>) -> Option<T> {
        let state = self.state();
        if let Some(count) = count
            && count > state.high_water_mark.get()
        {
            state.high_water_mark.set(count.next_power_of_two());
        }
        if count != Some(0) {
            state.is_readable_told.set(false);
        } else if state.needs_readable.get() && self.is_full() {
            if state.is_finished() {
                self.end_later();
            } else {
                self.tell_readable_later();
            }
            return None;
        }
        let mut taken = self.how_much(count);
        if taken == 0 && state.is_ended.get() {
            if state.len.get() == 0 {
                self.end_later();
            }
            return None;
        }
        if self.wants_hook(taken) {
            self.call_hook();
            if !state.is_reading.get() {
                taken = self.how_much(count);
            }
        }
        let item = if taken > 0 { self.take(taken) } else { None };
        self.settle_read(count, item.as_ref().map(|_| taken));
        let life = &self.life.state;
        if let Some(item) = &item
            && !life.was_error_told.get()
            && !life.was_close_told.get()
        {
            self.tell_data(item);
        }
        item
    }

    /// Whether there is so much that a reader who asks for nothing is told of it.
    fn is_full(&self) -> bool {
        let state = self.state();
        let len = state.len.get();
        let has_enough = match state.high_water_mark.get() {
            0 => len > 0,
            mark => len >= mark,
        };
        has_enough || state.is_ended.get()
    }

    fn how_much(&self, count: Option<usize>) -> usize {
        let state = self.state();
        let len = state.len.get();
        if count == Some(0) || (len == 0 && state.is_ended.get()) {
            return 0;
        }
        if !self.is_bytes() {
            return 1;
        }
        match count {
            None if state.is_flowing() => self
                .buffer
                .borrow()
                .front()
                .map_or(0, |front| self.options.size(front)),
            None => len,
            Some(count) if count <= len => count,
            Some(_) if state.is_ended.get() => len,
            Some(_) => 0,
        }
    }

    fn wants_hook(&self, taken: usize) -> bool {
        let state = self.state();
        let len = state.len.get();
        // An object that is not there counts as taken: the difference is then below any mark.
        let is_low = len == 0 || len.saturating_sub(taken) < state.high_water_mark.get();
        (state.needs_readable.get() || is_low)
            && !state.is_reading.get()
            && !state.is_ended.get()
            && !self.is_over()
            && self.life.state.is_constructed.get()
    }

    fn call_hook(self: &Rc<Self>) {
        let state = self.state();
        state.is_reading.set(true);
        state.is_in_hook.set(true);
        if state.len.get() == 0 {
            state.needs_readable.set(true);
        }
        (self.hook)(&Readable::from_core(Rc::clone(self)));
        state.is_in_hook.set(false);
    }

    /// Notes what a read has left: `taken` is none where nothing was there.
    fn settle_read(self: &Rc<Self>, asked: Option<usize>, taken: Option<usize>) {
        let state = self.state();
        match taken {
            None => {
                if state.len.get() <= state.high_water_mark.get() {
                    state.needs_readable.set(true);
                }
            }
            Some(_) => self.awaited.borrow_mut().clear(),
        }
        if state.len.get() == 0 {
            if !state.is_ended.get() {
                state.needs_readable.set(true);
            } else if asked != Some(taken.unwrap_or(0)) {
                self.end_later();
            }
        }
    }

    /// Takes `count` units off the buffer, or one object.
    fn take(&self, count: usize) -> Option<T> {
        let state = self.state();
        if state.len.get() == 0 {
            return None;
        }
        let mut buffer = self.buffer.borrow_mut();
        let mut item = buffer.pop_front()?;
        let size = self.options.size(&item);
        let Some(cut) = self.options.cut() else {
            state.len.set(state.len.get() - size);
            return Some(item);
        };
        state.len.set(state.len.get() - count);
        if size > count {
            let front = (cut.take_front)(&mut item, count);
            buffer.push_front(item);
            return Some(front);
        }
        if size == count {
            return Some(item);
        }
        let mut parts = vec![item];
        let mut missing = count - size;
        while missing > 0 {
            let mut next = buffer
                .pop_front()
                .expect("the length counts what is buffered");
            let size = self.options.size(&next);
            if size > missing {
                parts.push((cut.take_front)(&mut next, missing));
                buffer.push_front(next);
                break;
            }
            missing -= size;
            parts.push(next);
        }
        Some((cut.join)(parts))
    }

    // ---- What is told, and when.

    fn tell_data(&self, item: &T) {
        self.awaited.borrow_mut().clear();
        self.on_data.emit(item);
    }

    pub(super) fn tell_readable_later(self: &Rc<Self>) {
        let state = self.state();
        state.needs_readable.set(false);
        if !state.is_readable_told.replace(true) {
            self.defer(Self::tell_readable);
        }
    }

    fn tell_readable(self: &Rc<Self>) {
        let state = self.state();
        if !self.is_over() && (state.len.get() > 0 || state.is_ended.get()) {
            self.on_readable.emit(&());
            state.is_readable_told.set(false);
        }
        if !state.is_flowing()
            && !state.is_ended.get()
            && state.len.get() <= state.high_water_mark.get()
        {
            state.needs_readable.set(true);
        }
        self.flow();
    }

    /// Reads on behalf of the data listeners, as long as nobody pauses.
    pub(super) fn flow(self: &Rc<Self>) {
        while self.state().is_flowing() && self.read(None).is_some() {}
    }

    fn read_more_later(self: &Rc<Self>) {
        let state = self.state();
        if self.life.state.is_constructed.get() && !state.is_more_scheduled.replace(true) {
            self.defer(Self::read_more);
        }
    }

    /// Fills the buffer up to the high-water mark.
    fn read_more(self: &Rc<Self>) {
        let state = self.state();
        loop {
            let len = state.len.get();
            let is_low = len < state.high_water_mark.get() || (state.is_flowing() && len == 0);
            if state.is_reading.get() || state.is_ended.get() || !is_low {
                break;
            }
            drop(self.read(Some(0)));
            if len == state.len.get() {
                // The source has nothing to deliver now.
                break;
            }
        }
        state.is_more_scheduled.set(false);
    }

    fn end_later(self: &Rc<Self>) {
        if !self.state().was_end_told.get() {
            self.state().is_ended.set(true);
            self.defer(Self::end);
        }
    }

    fn end(self: &Rc<Self>) {
        let (state, life) = (self.state(), &self.life.state);
        let is_end = state.len.get() == 0 && !life.is_errored() && !life.was_close_told.get();
        if is_end && !state.was_end_told.replace(true) {
            self.life.emit(&Event::End);
            self.life.read_side_ended();
        }
    }

    /// Sends what is buffered, and all that comes, through `decoder`.
    pub(crate) fn set_decoder(&self, mut decoder: Box<dyn Decoder<T>>) {
        let items = std::mem::take(&mut *self.buffer.borrow_mut());
        let decoded: Vec<_> = items
            .into_iter()
            .map(|item| decoder.write(item))
            .filter(|item| self.options.size(item) > 0)
            .collect();
        let len = decoded.iter().map(|item| self.options.size(item)).sum();
        self.state().len.set(len);
        let mut buffer = self.buffer.borrow_mut();
        match self.options.cut() {
            Some(cut) if decoded.len() > 1 => buffer.push_back((cut.join)(decoded)),
            _ => buffer.extend(decoded),
        }
        drop(buffer);
        *self.decoder.borrow_mut() = Some(decoder);
    }
}

impl<T: 'static> Side for ReadCore<T> {
    fn constructed(self: Rc<Self>) {
        if self.state().needs_readable.get() {
            self.read_more_later();
        }
    }
}

impl<T> fmt::Debug for ReadCore<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadCore")
            .field("life", &self.life)
            .finish_non_exhaustive()
    }
}
