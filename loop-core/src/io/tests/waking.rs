//! Goal: waits end when they should, and cost nothing when there is nothing to wait for.

use std::time::Duration;

use super::*;
use crate::io::ops::Nop;
use crate::sys::monotonic_now;

#[test]
fn another_thread_ends_a_wait_each_time() {
    on_each_driver(|rig| {
        for _ in 0..100 {
            let wake = rig.io.wake_fd();
            let ringer = std::thread::spawn(move || wake.ring());
            assert_eq!(rig.turn(Wait::Forever), 0, "a wake is no event");
            ringer.join().unwrap();
        }
    });
}

#[test]
fn a_wait_ends_at_its_deadline_and_not_before() {
    on_each_driver(|rig| {
        let deadline = monotonic_now() + Duration::from_millis(5);
        while monotonic_now() < deadline {
            rig.turn(Wait::Until(deadline));
        }
        // A deadline that has passed does not block.
        rig.turn(Wait::Until(deadline));
    });
}

#[test]
fn idle_turns_on_a_ring_make_no_system_call() {
    let options = IoOptions {
        choice: DriverChoice::IoUring,
        ..IoOptions::default()
    };
    let rig = Rig::new(options);
    rig.turn(Wait::Now);
    let before = rig.io.system_calls();
    for _ in 0..640 {
        rig.turn(Wait::Now);
    }
    assert!(rig.io.system_calls() - before <= 10);
}

#[test]
fn idle_turns_on_epoll_make_one_system_call() {
    let options = IoOptions {
        choice: DriverChoice::Epoll,
        ..IoOptions::default()
    };
    let rig = Rig::new(options);
    let before = rig.io.system_calls();
    for _ in 0..100 {
        rig.turn(Wait::Now);
    }
    assert!(rig.io.system_calls() - before <= 100);
}

#[test]
fn a_wake_is_seen_between_idle_turns_on_a_ring() {
    let options = IoOptions {
        choice: DriverChoice::IoUring,
        ..IoOptions::default()
    };
    let rig = Rig::new(options);
    let mut op = std::pin::pin!(rig.io.submit(Nop));
    rig.turn(Wait::Now);
    let cx = &mut Context::from_waker(Waker::noop());
    assert!(op.as_mut().poll(cx).is_ready());
}

#[test]
fn results_of_blocking_work_come_through_the_mailbox() {
    on_each_driver(|rig| {
        let op = crate::io::ops::work(&rig.io, || 7 * 6);
        assert_eq!(rig.block_on(op).unwrap(), 42);
        let op = crate::io::ops::work(&rig.io, || panic!("in the closure"));
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| rig.block_on(op)));
        let _: Box<dyn std::any::Any + std::marker::Send> =
            caught.map(|_: std::io::Result<()>| ()).unwrap_err();
    });
}
