//! Goal: what a program leaves with the loop may do what it likes when the loop drops it: a panic takes
//! the path of every exception and does not leave `run`, and the loop can be called. Method: each way
//! by which the loop itself drops something of the program's.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use synodic_loop::{
    Async, EventLoop, ExitStatus, Handle, MessageChannel, Reason, set_immediate, set_interval,
    set_timeout, spawn_blocking,
};

struct PanicOnDrop;

impl Drop for PanicOnDrop {
    fn drop(&mut self) {
        panic!("in a drop");
    }
}

/// A callback that does nothing, and whose drop panics.
fn panics_when_dropped() -> impl FnMut() + 'static {
    let owned = PanicOnDrop;
    move || {
        let _ = &owned;
    }
}

/// Runs `main` on a loop with a listener for exceptions; gives what that heard, and how it ended.
fn run(main: impl FnOnce(&Handle)) -> (Vec<String>, ExitStatus) {
    let mut event_loop = EventLoop::new().unwrap();
    let heard = Rc::new(RefCell::new(Vec::new()));
    let of_listener = heard.clone();
    event_loop.handle().on_uncaught_exception(move |exception| {
        of_listener.borrow_mut().push(exception.reason.to_string());
    });
    let status = event_loop.run(|| main(&Handle::current()));
    (heard.take(), status)
}

/// Runs `main`, and expects one panic of a drop to be heard and the loop to go on.
fn expect_one(main: impl FnOnce(&Handle)) {
    let (heard, status) = run(main);
    assert_eq!(heard, ["in a drop"]);
    assert!(status.success(), "{status:?}");
}

#[test]
fn of_a_timer_that_has_fired() {
    expect_one(|_| drop(set_timeout(Duration::from_millis(1), panics_when_dropped())));
}

#[test]
fn of_a_timer_that_has_fired_without_a_listener() {
    let mut event_loop = EventLoop::new().unwrap();
    let status = event_loop.run(|| {
        set_timeout(Duration::from_millis(1), panics_when_dropped());
    });
    assert_eq!(status.code(), 1);
}

#[test]
fn of_a_timer_and_of_its_callback_are_both_heard() {
    let (heard, status) = run(|_| {
        let owned = PanicOnDrop;
        set_timeout(Duration::from_millis(1), move || {
            let _ = &owned;
            Err::<(), _>(Reason::message("in the callback"))
        });
    });
    assert_eq!(heard, ["in the callback", "in a drop"]);
    assert!(status.success());
}

#[test]
fn of_an_interval_that_clears_itself() {
    expect_one(|_| {
        let place = Rc::new(RefCell::new(None));
        let (own, owned) = (place.clone(), PanicOnDrop);
        let interval = set_interval(Duration::from_millis(1), move || {
            let _ = &owned;
            let interval: synodic_loop::Timeout = own.take().expect("it runs once");
            interval.clear();
        });
        place.replace(Some(interval));
    });
}

#[test]
fn of_a_timer_that_ends_the_loop_is_not_heard() {
    let (heard, status) = run(|_| {
        let owned = PanicOnDrop;
        set_timeout(Duration::from_millis(1), move || -> () {
            let _ = &owned;
            Handle::current().exit(Some(3))
        });
    });
    assert!(heard.is_empty());
    assert_eq!(status.code(), 3);
}

#[test]
fn of_an_immediate_that_never_runs_waits_for_the_drop_of_the_loop() {
    let mut event_loop = EventLoop::new().unwrap();
    let status = event_loop.run(|| {
        set_immediate(|| -> () { Handle::current().exit(Some(3)) });
        let owned = PanicOnDrop;
        set_immediate(move || drop(owned));
    });
    assert_eq!(status.code(), 3);
    let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(event_loop)));
    assert!(dropped.is_err());
}

#[test]
fn of_an_async_handle_that_is_closed_by_its_callback() {
    expect_one(|handle| {
        let place = Rc::new(RefCell::new(None));
        let (own, owned) = (place.clone(), PanicOnDrop);
        let signalled = Async::new(handle, move || {
            let _ = &owned;
            drop::<Option<Async>>(own.take());
        });
        signalled.notifier().notify();
        place.replace(Some(signalled));
    });
}

#[test]
fn of_a_message() {
    expect_one(|handle| {
        let channel = MessageChannel::new(handle);
        let receiver = channel.port2.clone();
        channel
            .port2
            .on_message(move |_: &PanicOnDrop| receiver.close());
        channel.port1.post(PanicOnDrop);
    });
}

#[test]
fn of_a_listener_of_a_port_that_has_closed() {
    expect_one(|handle| {
        let channel = MessageChannel::<()>::new(handle);
        channel.port1.on_close(panics_when_dropped());
        channel.port1.close();
    });
}

#[test]
fn of_the_result_of_blocking_work_that_nobody_waits_for() {
    expect_one(|handle| {
        let alive = RefCell::new(Some(handle.keep_alive()));
        handle.on_uncaught_exception(move |_| drop(alive.take()));
        drop(spawn_blocking(|| PanicOnDrop));
    });
}

#[test]
fn of_a_reason_that_was_heard() {
    let (heard, status) = run(|_| {
        set_immediate(|| Err::<(), _>(Reason::value(PanicOnDrop, "a value")));
    });
    assert_eq!(heard, ["a value", "in a drop"]);
    assert!(status.success());
}

#[test]
fn of_a_listener_that_removes_itself() {
    expect_one(|handle| {
        let place = Rc::new(RefCell::new(None));
        let (own, owned) = (place.clone(), PanicOnDrop);
        let id = handle.on_before_exit(move |_| {
            let _ = &owned;
            let id: synodic_loop::ListenerId = own.take().expect("it runs once");
            Handle::current().remove_listener(id);
        });
        place.replace(Some(id));
    });
}

#[test]
fn of_a_reason_whose_promise_is_rejected_again_may_reject_another() {
    /// Rejects a promise when it is dropped.
    struct Rejects(Handle);

    impl Drop for Rejects {
        fn drop(&mut self) {
            let promise = self.0.next_promise_id();
            self.0.rejected(promise, Reason::message("of a drop"));
        }
    }

    let mut event_loop = EventLoop::new().unwrap();
    let handle = event_loop.handle();
    let heard = Rc::new(RefCell::new(Vec::new()));
    let of_listener = heard.clone();
    handle.on_unhandled_rejection(move |rejection| {
        of_listener.borrow_mut().push(rejection.reason.to_string());
    });
    let status = event_loop.run(|| {
        let promise = handle.next_promise_id();
        handle.rejected(promise, Reason::value(Rejects(handle.clone()), "first"));
        let again = handle.clone();
        set_immediate(move || again.rejected(promise, Reason::message("second")));
    });
    assert!(status.success());
    assert_eq!(*heard.borrow(), ["first", "second", "of a drop"]);
}
