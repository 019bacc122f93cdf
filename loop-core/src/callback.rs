//! A callback that is kept, to be called any number of times.

use std::cell::RefCell;

use crate::dispatch::Ended;
use crate::{Handle, Outcome, Reason};

type Function<A> = Box<dyn FnMut(&A) -> Result<(), Reason>>;

/// A place for a callback that may replace or remove itself while it runs.
pub(crate) struct Callback<A = ()>(RefCell<Slot<A>>);

enum Slot<A> {
    Empty,
    Ready(Function<A>),
    /// The function is in the frame of [`Callback::call`], and comes back unless the slot changes.
    Running,
}

impl<A> Default for Callback<A> {
    fn default() -> Self {
        Self(RefCell::new(Slot::Empty))
    }
}

impl<A> Callback<A> {
    pub(crate) fn new<O: Outcome<Value = ()>>(function: impl FnMut(&A) -> O + 'static) -> Self {
        let callback = Self::default();
        callback.set(function);
        callback
    }

    pub(crate) fn set<O: Outcome<Value = ()>>(&self, mut function: impl FnMut(&A) -> O + 'static) {
        let function: Function<A> = Box::new(move |argument| function(argument).into_result());
        self.replace(Slot::Ready(function));
    }

    pub(crate) fn clear(&self) {
        self.replace(Slot::Empty);
    }

    /// Whether there is a callback, be it that it runs.
    pub(crate) fn is_set(&self) -> bool {
        !matches!(*self.0.borrow(), Slot::Empty)
    }

    /// Calls the callback. Does nothing when there is none, or when it runs already.
    ///
    /// # Errors
    ///
    /// What it throws.
    pub(crate) fn call(&self, argument: &A) -> Result<(), Reason> {
        let mut running = Running {
            callback: self,
            function: self.take(),
        };
        match &mut running.function {
            Some(function) => function(argument),
            None => Ok(()),
        }
    }

    fn take(&self) -> Option<Function<A>> {
        let mut slot = self.0.borrow_mut();
        if !matches!(*slot, Slot::Ready(_)) {
            return None;
        }
        match std::mem::replace(&mut *slot, Slot::Running) {
            Slot::Ready(function) => Some(function),
            Slot::Empty | Slot::Running => None,
        }
    }

    fn replace(&self, slot: Slot<A>) {
        // Dropped when it is no longer borrowed: a callback's captures may hold anything.
        drop(self.0.replace(slot));
    }
}

/// Puts a function back when it has run, also when it panics.
struct Running<'a, A> {
    callback: &'a Callback<A>,
    function: Option<Function<A>>,
}

impl<A> Drop for Running<'_, A> {
    fn drop(&mut self) {
        let is_running = matches!(*self.callback.0.borrow(), Slot::Running);
        if let (true, Some(function)) = (is_running, self.function.take()) {
            self.callback.replace(Slot::Ready(function));
        }
    }
}

impl Handle {
    /// Runs a kept callback as one callback of the loop.
    pub(crate) fn dispatch_kept<A>(
        &self,
        callback: &Callback<A>,
        argument: &A,
    ) -> Result<(), Ended> {
        self.dispatch(|| callback.call(argument)).map(drop)
    }
}
