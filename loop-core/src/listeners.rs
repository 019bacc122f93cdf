//! Ordered listeners of one event.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::callback::Callback;
use crate::{Handle, Outcome, Reason};

/// Names a listener, to remove it with [`Handle::remove_listener`](crate::Handle::remove_listener).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ListenerId(u64);

thread_local! {
    /// The id given out last. One count for all events: an id names one listener of a loop.
    static LAST_ID: Cell<u64> = const { Cell::new(0) };
}

impl ListenerId {
    fn next() -> Self {
        LAST_ID.set(LAST_ID.get() + 1);
        Self(LAST_ID.get())
    }
}

/// The listeners of one event, in the order in which they were added.
pub(crate) struct Listeners<A>(RefCell<Vec<(ListenerId, Rc<Callback<A>>)>>);

impl<A> Default for Listeners<A> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<A> Listeners<A> {
    pub(crate) fn add<O>(&self, listener: impl FnMut(&A) -> O + 'static) -> ListenerId
    where
        O: Outcome<Value = ()>,
    {
        let id = ListenerId::next();
        let listener = Rc::new(Callback::new(listener));
        self.0.borrow_mut().push((id, listener));
        id
    }

    pub(crate) fn remove(&self, id: ListenerId) -> bool {
        let mut listeners = self.0.borrow_mut();
        let at = listeners.iter().position(|(other, _)| *other == id);
        let removed = at.map(|at| listeners.remove(at));
        // Dropped outside the borrow: a callback's captures may hold anything.
        drop(listeners);
        removed.is_some()
    }

    /// Those that listen at this moment: one added while these are called waits for the next
    /// event, and one removed meanwhile is still called, as Node does.
    pub(crate) fn current(&self) -> Vec<Rc<Callback<A>>> {
        let listeners = self.0.borrow();
        listeners
            .iter()
            .map(|(_, listener)| listener.clone())
            .collect()
    }

    /// Calls the [current](Self::current) listeners in order; says whether there were any.
    ///
    /// # Errors
    ///
    /// What a listener threw; those after it are not called.
    pub(crate) fn emit(&self, detail: &A) -> Result<bool, Reason> {
        let listeners = self.current();
        for listener in &listeners {
            listener.call(detail)?;
        }
        Ok(!listeners.is_empty())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    pub(crate) fn clear(&self) {
        // Dropped outside the borrow: a callback's captures may hold anything.
        drop(self.take());
    }

    /// Takes all of them out.
    pub(crate) fn take(&self) -> Vec<(ListenerId, Rc<Callback<A>>)> {
        self.0.take()
    }
}

impl Handle {
    /// Adds a listener of the loop's own events, unless the loop is closed.
    pub(crate) fn listen<A, O>(
        &self,
        listeners: &Listeners<A>,
        listener: impl FnMut(&A) -> O + 'static,
    ) -> ListenerId
    where
        O: Outcome<Value = ()>,
    {
        if self.is_closed() {
            ListenerId::next()
        } else {
            listeners.add(listener)
        }
    }
}
