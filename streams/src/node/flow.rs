//! Flowing or not, and who listens.

use std::rc::Rc;

use super::{
    event::{Event, ListenerId},
    read_side::ReadCore,
};

impl<T: 'static> ReadCore<T> {
    pub(crate) fn resume(self: &Rc<Self>) {
        let state = self.state();
        if !state.is_flowing() {
            state.flowing.set(Some(!state.has_readable_listeners.get()));
            if !state.is_resume_scheduled.replace(true) {
                self.defer(Self::resumed);
            }
        }
        state.paused.set(Some(false));
    }

    fn resumed(self: &Rc<Self>) {
        let state = self.state();
        if !state.is_reading.get() {
            drop(self.read(Some(0)));
        }
        state.is_resume_scheduled.set(false);
        self.life.emit(&Event::Resume);
        self.flow();
        if state.is_flowing() && !state.is_reading.get() {
            drop(self.read(Some(0)));
        }
    }

    pub(crate) fn pause(&self) {
        let state = self.state();
        if state.flowing.get() != Some(false) {
            state.flowing.set(Some(false));
            self.life.emit(&Event::Pause);
        }
        state.paused.set(Some(true));
    }

    pub(crate) fn is_paused(&self) -> bool {
        let state = self.state();
        state.paused.get() == Some(true) || state.flowing.get() == Some(false)
    }

    pub(crate) fn add_data_listener(
        self: &Rc<Self>,
        listener: impl Fn(&T) + 'static,
    ) -> ListenerId {
        let id = self.on_data.add(listener);
        let state = self.state();
        state.has_data_listeners.set(true);
        if !self.on_readable.is_empty() {
            state.has_readable_listeners.set(true);
        }
        if state.flowing.get() != Some(false) {
            self.resume();
        }
        id
    }

    pub(crate) fn remove_data_listener(&self, id: ListenerId) -> bool {
        let was_there = self.on_data.remove(id);
        if self.on_data.is_empty() {
            self.state().has_data_listeners.set(false);
        }
        was_there
    }

    pub(crate) fn add_readable_listener(
        self: &Rc<Self>,
        listener: impl Fn(&()) + 'static,
    ) -> ListenerId {
        let id = self.on_readable.add(listener);
        let state = self.state();
        if !state.was_end_told.get() && !state.has_readable_listeners.replace(true) {
            state.needs_readable.set(true);
            state.flowing.set(Some(false));
            state.is_readable_told.set(false);
            if state.len.get() > 0 {
                self.tell_readable_later();
            } else if !state.is_reading.get() {
                self.defer(|this| drop(this.read(Some(0))));
            }
        }
        id
    }

    pub(crate) fn remove_readable_listener(self: &Rc<Self>, id: ListenerId) -> bool {
        let was_there = self.on_readable.remove(id);
        self.defer(Self::readable_listeners_changed);
        was_there
    }

    fn readable_listeners_changed(self: &Rc<Self>) {
        let state = self.state();
        state
            .has_readable_listeners
            .set(!self.on_readable.is_empty());
        if state.is_resume_scheduled.get() && state.paused.get() == Some(false) {
            // Somebody has asked for it meanwhile.
            state.flowing.set(Some(true));
        } else if state.has_data_listeners.get() {
            self.resume();
        } else if !state.has_readable_listeners.get() {
            state.flowing.set(None);
        }
    }
}
