//! Piping one stream into another, and taking it back.

use std::{
    cell::{Cell, RefCell},
    fmt,
    rc::{Rc, Weak},
};

use super::{
    event::{Event, ListenerId},
    lifecycle::Lifecycle,
    read_side::ReadCore,
    turns::defer,
    writable::Writable,
};

/// One pipe. The source owns it, and it owns the destination.
pub(crate) struct Link<T> {
    source: Weak<ReadCore<T>>,
    destination: Writable<T>,
    ids: RefCell<Ids>,
    is_cut: Cell<bool>,
    ends_destination: bool,
}

/// Who listens on behalf of a pipe.
#[derive(Debug, Default)]
struct Ids {
    source_end: Option<ListenerId>,
    data: Option<ListenerId>,
    error: Option<ListenerId>,
    close: Option<ListenerId>,
    drain: Option<ListenerId>,
}

/// Pipes `source` into `destination`.
pub(crate) fn pipe<T: Clone + 'static>(
    source: &Rc<ReadCore<T>>,
    destination: &Writable<T>,
    ends_destination: bool,
) {
    let link = Rc::new(Link {
        source: Rc::downgrade(source),
        destination: destination.clone(),
        ids: RefCell::default(),
        is_cut: Cell::new(false),
        ends_destination,
    });
    source.pipes.borrow_mut().push(Rc::clone(&link));
    link.listen_for_end(source);
    let data = {
        let link = Rc::downgrade(&link);
        source.add_data_listener(move |item: &T| {
            if let Some(link) = link.upgrade()
                && !link.destination.write(item.clone())
            {
                link.pause();
            }
        })
    };
    link.ids.borrow_mut().data = Some(data);
    link.listen_to_destination();
    destination.core().life.emit(&Event::Pipe);
    if destination.needs_drain() {
        link.pause();
    } else if !source.state().is_flowing() {
        source.resume();
    }
}

/// Takes `source` out of `destination`, or out of all that it is piped into.
pub(crate) fn unpipe<T: 'static>(source: &Rc<ReadCore<T>>, destination: Option<&Rc<Lifecycle>>) {
    let Some(destination) = destination else {
        let links = std::mem::take(&mut *source.pipes.borrow_mut());
        if !links.is_empty() {
            source.pause();
        }
        links.iter().for_each(|link| link.cut());
        return;
    };
    let mut links = source.pipes.borrow_mut();
    let found = links
        .iter()
        .position(|link| Rc::ptr_eq(&link.destination.core().life, destination));
    let Some(at) = found else { return };
    let link = links.remove(at);
    let was_last = links.is_empty();
    drop(links);
    if was_last {
        source.pause();
    }
    link.cut();
}

impl<T: 'static> Link<T> {
    /// Names the destination among those that a source waits for.
    fn key(&self) -> usize {
        Rc::as_ptr(&self.destination.core().life).addr()
    }

    fn listen_for_end(self: &Rc<Self>, source: &Rc<ReadCore<T>>) {
        let weak = Rc::downgrade(self);
        let ended = move || {
            if let Some(link) = weak.upgrade() {
                link.source_ended();
            }
        };
        if source.state().was_end_told.get() {
            defer(ended);
        } else {
            let id = source.life.listeners.add(move |event| {
                if matches!(event, Event::End) {
                    ended();
                }
            });
            self.ids.borrow_mut().source_end = Some(id);
        }
    }

    fn listen_to_destination(self: &Rc<Self>) {
        let listeners = &self.destination.core().life.listeners;
        let weak = Rc::downgrade(self);
        let error = listeners.add_first(move |event| {
            if let (Event::Error(_), Some(link)) = (event, weak.upgrade()) {
                link.unpipe();
            }
        });
        let weak = Rc::downgrade(self);
        let close = listeners.add(move |event| {
            if let (Event::Close | Event::Finish, Some(link)) = (event, weak.upgrade()) {
                link.unpipe();
            }
        });
        let mut ids = self.ids.borrow_mut();
        ids.error = Some(error);
        ids.close = Some(close);
    }

    fn source_ended(&self) {
        if self.ends_destination {
            self.destination.end();
        } else {
            self.unpipe();
        }
    }

    fn unpipe(&self) {
        if let Some(source) = self.source.upgrade() {
            unpipe(&source, Some(&self.destination.core().life));
        }
    }

    /// The destination asks to wait.
    fn pause(self: &Rc<Self>) {
        let Some(source) = self.source.upgrade() else {
            return;
        };
        if !self.is_cut.get() {
            let key = self.key();
            let mut awaited = source.awaited.borrow_mut();
            if !awaited.contains(&key) {
                awaited.push(key);
            }
            drop(awaited);
            source.pause();
        }
        if self.ids.borrow().drain.is_none() {
            let weak = Rc::downgrade(self);
            let id = self.destination.core().life.listeners.add(move |event| {
                if let (Event::Drain, Some(link)) = (event, weak.upgrade()) {
                    link.drained();
                }
            });
            self.ids.borrow_mut().drain = Some(id);
        }
    }

    fn drained(&self) {
        let Some(source) = self.source.upgrade() else {
            return;
        };
        let mut awaited = source.awaited.borrow_mut();
        awaited.retain(|key| *key != self.key());
        let is_free = awaited.is_empty();
        drop(awaited);
        if is_free && source.state().has_data_listeners.get() {
            source.resume();
        }
    }

    /// Tells the destination, and takes away the listeners.
    fn cut(&self) {
        if self.is_cut.replace(true) {
            return;
        }
        let life = &self.destination.core().life;
        life.emit(&Event::Unpipe);
        let ids = std::mem::take(&mut *self.ids.borrow_mut());
        for id in [ids.error, ids.close, ids.drain].into_iter().flatten() {
            life.listeners.remove(id);
        }
        let Some(source) = self.source.upgrade() else {
            return;
        };
        if let Some(id) = ids.source_end {
            source.life.listeners.remove(id);
        }
        if let Some(id) = ids.data {
            source.remove_data_listener(id);
        }
        let was_waiting = ids.drain.is_some() && !source.awaited.borrow().is_empty();
        if was_waiting && life.write_state().needs_drain.get() {
            self.drained();
        }
    }
}

impl<T> fmt::Debug for Link<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("ids", &self.ids)
            .field("is_cut", &self.is_cut)
            .finish_non_exhaustive()
    }
}
