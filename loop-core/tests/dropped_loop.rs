//! Goal: a dropped loop lets go of everything that a program left on it, whatever drops do.
//! Method: tokens that callbacks and tasks own are counted afterwards.

use std::cell::RefCell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use synodic_loop::{
    Async, Check, EventLoop, Handle, Idle, JoinError, MessageChannel, Prepare, Reason, RunMode,
    Signal, SignalKind, Timer,
};

/// Calls a function when it is dropped.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// A task that stays pending, and owns `state`.
fn spawn_owner(handle: &Handle, state: impl Sized + 'static) {
    handle.spawn_local(async move {
        let _state = state;
        std::future::pending::<()>().await;
    });
}

/// Drops a loop, and gives the text of the panic that came out of it.
fn drop_and_catch(event_loop: EventLoop) -> Option<&'static str> {
    let panic = catch_unwind(AssertUnwindSafe(|| drop(event_loop))).err()?;
    Some(panic.downcast_ref().copied().unwrap_or("not a text"))
}

#[test]
fn ports_that_own_each_other_are_freed_with_the_loop() {
    let token = Rc::new(());
    let event_loop = EventLoop::new().unwrap();
    let channel = MessageChannel::new(&event_loop.handle());
    for (port, other) in [
        (&channel.port1, &channel.port2),
        (&channel.port2, &channel.port1),
    ] {
        let owned = (token.clone(), other.clone(), port.clone());
        port.on_message(move |_: &Rc<()>| drop(owned.clone()));
        port.post(token.clone());
    }
    drop((channel, event_loop));
    assert_eq!(Rc::strong_count(&token), 1);
}

#[test]
fn handles_that_outlive_the_loop_keep_no_callback() {
    let token = Rc::new(());
    let event_loop = EventLoop::new().unwrap();
    let handle = event_loop.handle();
    let owner = || {
        let token = token.clone();
        move || drop(token.clone())
    };
    let (idle, prepare, check) = (
        Idle::new(&handle),
        Prepare::new(&handle),
        Check::new(&handle),
    );
    idle.start(owner());
    prepare.start(owner());
    check.start(owner());
    let timer = Timer::new(&handle);
    timer.start(Duration::from_secs(1), None, owner());
    let async_handle = Async::new(&handle, owner());
    let on_signal = owner();
    let signal = Signal::new(&handle, SignalKind::INTERRUPT, move |_| on_signal()).unwrap();
    let timeout = handle.set_timeout(Duration::from_secs(1), owner());
    let immediate = handle.set_immediate(owner());
    assert_eq!(Rc::strong_count(&token), 9);
    drop(event_loop);
    assert_eq!(Rc::strong_count(&token), 1);
    drop((idle, prepare, check, timer, async_handle, signal));
    drop((timeout, immediate));
}

#[test]
fn a_drop_that_panics_spares_the_others_and_reaches_the_caller() {
    let token = Rc::new(());
    let mut event_loop = EventLoop::new().unwrap();
    let handle = event_loop.handle();
    spawn_owner(&handle, OnDrop(|| panic!("in a task")));
    spawn_owner(&handle, (token.clone(), handle.clone()));
    let remote = handle.remote();
    let in_callback = OnDrop(|| panic!("in a callback"));
    handle.set_immediate(move || drop(in_callback));
    let (owned, of_handle) = (token.clone(), handle.clone());
    handle.on_exit(move |_| drop((owned.clone(), of_handle.clone())));
    event_loop.run_mode(RunMode::Default);
    let in_listener = OnDrop(|| panic!("in a listener"));
    handle.on_idle(move |_| {
        let _ = &in_listener;
    });
    let posted = OnDrop(|| panic!("in the mailbox"));
    remote.post(move || drop(posted)).unwrap();
    drop(handle);
    assert_eq!(drop_and_catch(event_loop), Some("in the mailbox"));
    assert!(remote.is_closed());
    assert_eq!(Rc::strong_count(&token), 1);
}

#[test]
fn a_drop_that_panics_while_the_loop_unwinds_does_not_abort() {
    let result = catch_unwind(|| {
        let event_loop = EventLoop::new().unwrap();
        spawn_owner(&event_loop.handle(), OnDrop(|| panic!("in a task")));
        panic!("in the program");
    });
    let panic = result.unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"in the program"));
}

#[test]
fn exit_in_a_drop_of_a_dropped_loop_ends_only_that_drop() {
    let token = Rc::new(());
    let event_loop = EventLoop::new().unwrap();
    let handle = event_loop.handle();
    let of_drop = handle.clone();
    spawn_owner(&handle, OnDrop(move || of_drop.exit(Some(3))));
    spawn_owner(&handle, token.clone());
    drop(handle);
    assert_eq!(drop_and_catch(event_loop), None);
    assert_eq!(Rc::strong_count(&token), 1);
}

#[test]
fn what_drops_spawn_is_dropped_too() {
    let token = Rc::new(());
    let event_loop = EventLoop::new().unwrap();
    let handle = event_loop.handle();
    let (of_drop, owned) = (handle.clone(), token.clone());
    let respawn = OnDrop(move || spawn_owner(&of_drop, (owned.clone(), of_drop.clone())));
    spawn_owner(&handle, respawn);
    drop((handle, event_loop));
    assert_eq!(Rc::strong_count(&token), 1);
}

#[test]
fn a_loop_in_a_thread_local_ends_with_its_thread() {
    thread_local! {
        static LOOP: RefCell<Option<EventLoop>> = const { RefCell::new(None) };
    }
    let remote = thread::spawn(|| {
        LOOP.with_borrow_mut(|place| {
            let event_loop = place.insert(EventLoop::new().unwrap());
            spawn_owner(&event_loop.handle(), OnDrop(|| {}));
            event_loop.run_mode(RunMode::NoWait);
            event_loop.handle().remote()
        })
    })
    .join()
    .unwrap();
    assert!(remote.is_closed());
}

#[test]
fn what_is_scheduled_on_a_dropped_loop_is_dropped_at_once() {
    let token = Rc::new(());
    let event_loop = EventLoop::new().unwrap();
    let handle = event_loop.handle();
    drop(event_loop);
    let owner = || {
        let owned = (token.clone(), handle.clone());
        move || drop(owned.clone())
    };
    handle.next_tick(owner());
    handle.queue_microtask(owner());
    let timeout = handle.set_timeout(Duration::from_millis(1), owner());
    let interval = handle.set_interval(Duration::from_millis(1), owner());
    let immediate = handle.set_immediate(owner());
    let task = handle.spawn_local({
        let owned = owner();
        async move { owned() }
    });
    let callback = owner();
    handle.on_exit(move |_| callback());
    let callback = owner();
    handle.on_idle(move |_| callback());
    handle.rejected(handle.next_promise_id(), Reason::value(owner(), "nobody"));
    Idle::new(&handle).close(owner());
    let channel = MessageChannel::<()>::new(&handle);
    let callback = owner();
    channel.port1.on_message(move |()| callback());
    channel.port1.close();
    drop(channel);
    assert_eq!(Rc::strong_count(&token), 1);

    for timer in [timeout, interval] {
        timer.refresh();
        timer.unref().r#ref();
        timer.clear();
    }
    immediate.r#ref();
    immediate.clear();
    assert!(!handle.alive());
    task.abort();
    let mut task = pin!(task);
    let mut cx = Context::from_waker(Waker::noop());
    let Poll::Ready(Err(JoinError::Canceled)) = task.as_mut().poll(&mut cx) else {
        panic!("the task was canceled");
    };
}

#[test]
fn reasons_that_nobody_has_heard_are_freed_with_the_loop() {
    let token = Rc::new(());
    let event_loop = EventLoop::new().unwrap();
    let handle = event_loop.handle();
    let owned = (token.clone(), handle.clone());
    handle.rejected(handle.next_promise_id(), Reason::value(owned, "nobody"));
    drop((handle, event_loop));
    assert_eq!(Rc::strong_count(&token), 1);
}
