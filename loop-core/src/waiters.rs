//! Those who wait for something on the loop's thread.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Waker};

/// A list of those who wait. Whoever leaves is taken off it.
#[derive(Clone, Default)]
pub(crate) struct Waiters(Rc<List>);

#[derive(Default)]
struct List {
    wakers: RefCell<Vec<(u64, Waker)>>,
    next_number: Cell<u64>,
}

/// Somebody who may wait, until it is dropped.
pub(crate) struct Waiter {
    list: Rc<List>,
    number: u64,
}

impl Waiters {
    /// Somebody new, who does not wait yet.
    pub(crate) fn waiter(&self) -> Waiter {
        let number = self.0.next_number.get();
        self.0.next_number.set(number + 1);
        Waiter {
            list: self.0.clone(),
            number,
        }
    }

    /// Wakes all who wait, who wait no more. This runs foreign code.
    pub(crate) fn wake_all(&self) {
        for (_, waker) in self.0.wakers.take() {
            waker.wake();
        }
    }
}

impl Waiter {
    /// Has `cx` woken the next time.
    pub(crate) fn wait(&self, cx: &Context<'_>) {
        let known = self
            .list
            .wakers
            .borrow()
            .iter()
            .any(|(number, waker)| *number == self.number && waker.will_wake(cx.waker()));
        if !known {
            self.leave();
            let waker = cx.waker().clone();
            self.list.wakers.borrow_mut().push((self.number, waker));
        }
    }

    /// Waits no more.
    fn leave(&self) {
        let mut wakers = self.list.wakers.borrow_mut();
        let place = wakers.iter().position(|(number, _)| *number == self.number);
        let left = place.map(|place| wakers.remove(place));
        drop(wakers);
        drop(left);
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.leave();
    }
}
