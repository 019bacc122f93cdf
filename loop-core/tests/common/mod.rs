//! What the tests of handles share: a log of what was called, and the loops to call it on.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::cell::RefCell;
use std::rc::Rc;

use synodic_loop::{EventLoop, VirtualClock};

/// Words in the order in which callbacks said them.
#[derive(Clone, Default)]
pub(crate) struct Log(Rc<RefCell<Vec<&'static str>>>);

impl Log {
    pub(crate) fn say(&self, word: &'static str) {
        self.0.borrow_mut().push(word);
    }

    /// A callback that says `word`.
    pub(crate) fn word(&self, word: &'static str) -> impl FnMut() + Clone + use<> {
        let log = self.clone();
        move || log.say(word)
    }

    /// What was said since the last time.
    pub(crate) fn take(&self) -> Vec<&'static str> {
        self.0.take()
    }
}

/// Runs `test` on the driver of this run of the tests, and on virtual time.
pub(crate) fn on_real_and_virtual(test: impl Fn(&mut EventLoop, Log)) {
    test(&mut EventLoop::new().unwrap(), Log::default());
    test(&mut on_virtual_time().0, Log::default());
}

pub(crate) fn on_virtual_time() -> (EventLoop, VirtualClock) {
    let clock = VirtualClock::new();
    let builder = EventLoop::builder().virtual_clock(clock.clone());
    (builder.build().unwrap(), clock)
}
