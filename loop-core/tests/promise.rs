//! Goal: promises bear values whose own code calls back into them. Method: a value with such a
//! `Clone`.

use std::cell::RefCell;
use std::rc::Rc;

use synodic_loop::{EventLoop, Handle, Promise};

/// Reacts to the promise of which it is the value, each time that it is cloned.
struct Curious(Rc<RefCell<Option<Promise<Curious>>>>);

impl Clone for Curious {
    fn clone(&self) -> Self {
        if let Some(promise) = &*self.0.borrow() {
            promise.then(|_| ());
        }
        Self(Rc::default())
    }
}

#[test]
fn a_value_may_react_to_its_own_promise_while_it_is_cloned() {
    let mut event_loop = EventLoop::new().unwrap();
    let status = event_loop.run(|| {
        let place = Rc::new(RefCell::new(None));
        let promise = Promise::resolved(&Handle::current(), Curious(place.clone()));
        place.replace(Some(promise.clone()));
        promise.then(|_| ()).then(move |()| drop(place.take()));
    });
    assert!(status.success(), "{status:?}");
}
