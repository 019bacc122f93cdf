//! Ordered listeners of one process event.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::{Outcome, Reason};

/// Names a listener, to remove it with [`Handle::remove_listener`](crate::Handle::remove_listener).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ListenerId(u64);

type Callback<A> = Box<dyn FnMut(&A) -> Result<(), Reason>>;

struct Listener<A> {
    id: ListenerId,
    /// Empty while the listener runs.
    callback: RefCell<Option<Callback<A>>>,
    removed: Cell<bool>,
}

/// The listeners of one event, in the order in which they were added.
pub(crate) struct Listeners<A>(RefCell<Vec<Rc<Listener<A>>>>);

impl<A> Default for Listeners<A> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<A> Listeners<A> {
    pub(crate) fn add<O>(&self, id: ListenerId, mut callback: impl FnMut(&A) -> O + 'static)
    where
        O: Outcome<Value = ()>,
    {
        let callback: Callback<A> = Box::new(move |detail| callback(detail).into_result());
        self.0.borrow_mut().push(Rc::new(Listener {
            id,
            callback: RefCell::new(Some(callback)),
            removed: Cell::new(false),
        }));
    }

    pub(crate) fn remove(&self, id: ListenerId) -> bool {
        let mut listeners = self.0.borrow_mut();
        let Some(at) = listeners.iter().position(|listener| listener.id == id) else {
            return false;
        };
        let listener = listeners.remove(at);
        drop(listeners);
        listener.removed.set(true);
        true
    }

    /// Calls those that listen now, one after the other; says whether there were any.
    ///
    /// # Errors
    ///
    /// What a listener threw; those after it are not called.
    pub(crate) fn emit(&self, detail: &A) -> Result<bool, Reason> {
        // Node emits to the listeners of this moment: one added meanwhile waits for the next time.
        let listeners = self.0.borrow().clone();
        for listener in &listeners {
            let Some(callback) = listener.callback.take() else {
                continue;
            };
            // Put back by its drop, also when the callback panics.
            let mut running = Running {
                listener,
                callback: Some(callback),
            };
            running.call(detail)?;
        }
        Ok(!listeners.is_empty())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    pub(crate) fn clear(&self) {
        // Dropped outside the borrow: a callback's captures may hold anything.
        drop(self.0.take());
    }
}

/// A listener's callback while it runs.
struct Running<'a, A> {
    listener: &'a Listener<A>,
    callback: Option<Callback<A>>,
}

impl<A> Running<'_, A> {
    fn call(&mut self, detail: &A) -> Result<(), Reason> {
        self.callback
            .as_mut()
            .expect("the callback is here until the drop")(detail)
    }
}

impl<A> Drop for Running<'_, A> {
    fn drop(&mut self) {
        if !self.listener.removed.get() {
            self.listener.callback.replace(self.callback.take());
        }
    }
}

/// Gives out the ids of listeners.
#[derive(Default)]
pub(crate) struct ListenerIds(Cell<u64>);

impl ListenerIds {
    pub(crate) fn next(&self) -> ListenerId {
        self.0.set(self.0.get() + 1);
        ListenerId(self.0.get())
    }
}
