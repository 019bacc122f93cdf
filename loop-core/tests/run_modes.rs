//! Goal: a loop can be turned, stopped and asked as libuv documents. Method: virtual time, on which
//! a wait that should not be shows on the clock.

mod common;

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use common::{Log, on_real_and_virtual, on_virtual_time};
use synodic_loop::{Check, Idle, Prepare, RunMode, Timer};

const HOUR: Duration = Duration::from_secs(3600);

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[test]
fn default_runs_timers_before_the_first_turn_and_ends_when_nothing_is_alive() {
    on_real_and_virtual(|event_loop, log| {
        let handle = event_loop.handle();
        let timer = Timer::new(&handle);
        timer.start(Duration::ZERO, None, log.word("timer"));
        handle.set_immediate(log.word("immediate"));
        assert!(!event_loop.run_mode(RunMode::Default));
        assert_eq!(log.take(), ["timer", "immediate"]);
        assert!(!event_loop.run_mode(RunMode::Default));
    });
}

#[test]
fn once_waits_and_then_runs_the_timer_that_ended_the_wait() {
    let (mut event_loop, clock) = on_virtual_time();
    let (handle, log) = (event_loop.handle(), Log::default());
    let timers = [5, 9].map(|delay| {
        let timer = Timer::new(&handle);
        timer.start(ms(delay), None, log.word("timer"));
        timer
    });
    let check = Check::new(&handle);
    check.unref();
    check.start(log.word("check"));
    assert!(event_loop.run_mode(RunMode::Once), "a timer is left");
    assert_eq!((log.take(), clock.now()), (vec!["check", "timer"], ms(5)));
    assert!(!event_loop.run_mode(RunMode::Once));
    assert_eq!((log.take(), clock.now()), (vec!["check", "timer"], ms(9)));
    assert!(timers.iter().all(|timer| !timer.is_active()));
}

#[test]
fn once_and_no_wait_do_not_run_timers_before_the_turn() {
    for mode in [RunMode::Once, RunMode::NoWait] {
        on_real_and_virtual(|event_loop, log| {
            let handle = event_loop.handle();
            let timer = Timer::new(&handle);
            timer.start(Duration::ZERO, None, log.word("timer"));
            let prepare = Prepare::new(&handle);
            prepare.start(log.word("prepare"));
            event_loop.run_mode(mode);
            assert_eq!(log.take(), ["prepare", "timer"]);
        });
    }
}

#[test]
fn no_wait_does_not_wait() {
    let (mut event_loop, clock) = on_virtual_time();
    let (handle, log) = (event_loop.handle(), Log::default());
    let timer = Timer::new(&handle);
    timer.start(HOUR, None, log.word("timer"));
    for _ in 0..3 {
        assert!(event_loop.run_mode(RunMode::NoWait));
    }
    assert_eq!((log.take().len(), clock.now()), (0, Duration::ZERO));
}

#[test]
fn an_active_idle_handle_forces_a_wait_of_zero() {
    let (mut event_loop, clock) = on_virtual_time();
    let (handle, log) = (event_loop.handle(), Log::default());
    let timer = Timer::new(&handle);
    timer.start(HOUR, None, log.word("timer"));
    let idle = Rc::new(Idle::new(&handle));
    idle.start(log.word("idle"));
    for mode in [RunMode::NoWait, RunMode::Once] {
        assert_eq!(handle.backend_timeout(), Some(Duration::ZERO));
        assert!(event_loop.run_mode(mode));
        assert_eq!((log.take(), clock.now()), (vec!["idle"], Duration::ZERO));
    }
    // One that stops itself was active when the turn began: `Once` has called back.
    idle.stop();
    let own = Rc::downgrade(&idle);
    idle.start(move || own.upgrade().unwrap().stop());
    assert!(event_loop.run_mode(RunMode::Once));
    assert_eq!(clock.now(), Duration::ZERO);
    assert!(!event_loop.run_mode(RunMode::Once));
    assert_eq!((log.take(), clock.now()), (vec!["timer"], HOUR));
}

#[test]
fn what_must_not_be_waited_for_makes_the_timeout_zero() {
    let (event_loop, _) = on_virtual_time();
    let handle = event_loop.handle();
    let zero = Some(Duration::ZERO);
    assert_eq!(handle.backend_timeout(), zero, "nothing is alive");
    let alive = handle.keep_alive();
    assert_eq!(handle.backend_timeout(), None, "anything may come, or not");
    let timer = Timer::new(&handle);
    timer.start(ms(7), None, || {});
    assert_eq!(handle.backend_timeout(), Some(ms(7)));
    let node_timer = handle.set_timeout(ms(4), || {});
    assert_eq!(handle.backend_timeout(), Some(ms(4)));
    node_timer.clear();
    let immediate = handle.set_immediate(|| {});
    assert_eq!(handle.backend_timeout(), zero);
    immediate.clear();
    handle.stop();
    assert_eq!(handle.backend_timeout(), zero);
    drop(alive);
}

#[test]
fn stop_finishes_the_turn_and_the_loop_goes_on_when_it_is_run_again() {
    let (mut event_loop, clock) = on_virtual_time();
    let (handle, log) = (event_loop.handle(), Log::default());
    let timer = Timer::new(&handle);
    timer.start(HOUR, None, log.word("timer"));
    let prepare = Prepare::new(&handle);
    let (say, stopper) = (log.clone(), handle.clone());
    prepare.start(move || {
        say.say("prepare");
        stopper.stop();
    });
    let check = Check::new(&handle);
    check.start(log.word("check"));
    assert!(event_loop.run_mode(RunMode::Default), "it is still alive");
    // The poll phase of the turn does not wait any more.
    assert_eq!(
        (log.take(), clock.now()),
        (vec!["prepare", "check"], Duration::ZERO)
    );
    prepare.stop();
    check.unref();
    assert!(!event_loop.run_mode(RunMode::Default));
    assert_eq!((log.take(), clock.now()), (vec!["check", "timer"], HOUR));
}

#[test]
fn a_loop_that_is_stopped_before_it_runs_returns_at_once() {
    for mode in [RunMode::Default, RunMode::Once, RunMode::NoWait] {
        on_real_and_virtual(|event_loop, log| {
            let handle = event_loop.handle();
            handle.set_immediate(log.word("immediate"));
            handle.stop();
            assert!(event_loop.run_mode(mode));
            assert!(log.take().is_empty());
            assert!(!event_loop.run_mode(mode), "it was stopped once");
            assert_eq!(log.take(), ["immediate"]);
        });
    }
}

#[test]
fn alive_counts_what_is_active_and_referenced() {
    on_real_and_virtual(|event_loop, _| {
        let handle = event_loop.handle();
        assert!(!handle.alive());
        let (first, second) = (handle.keep_alive(), handle.keep_alive());
        drop(first);
        assert!(handle.alive());
        drop(second);
        assert!(!handle.alive());
        let idle = Idle::new(&handle);
        assert!(!handle.alive(), "it is not started");
        idle.start(|| {});
        assert!(handle.alive());
        idle.unref();
        assert!(!handle.alive());
        idle.r#ref();
        assert!(handle.alive());
        drop(idle);
        assert!(handle.alive(), "it is closing");
        event_loop.run_mode(RunMode::NoWait);
        assert!(!handle.alive());
    });
}

#[test]
fn idle_work_is_told_how_long_the_wait_will_be() {
    let (mut event_loop, clock) = on_virtual_time();
    let handle = event_loop.handle();
    let seen = Rc::new(Cell::new(Vec::new()));
    let id = {
        let (seen, clock) = (seen.clone(), clock.clone());
        handle.on_idle(move |deadline| {
            let mut all = seen.take();
            all.push(deadline.time_remaining());
            seen.set(all);
            clock.advance(ms(1));
        })
    };
    let timer = Timer::new(&handle);
    timer.start(ms(5), None, || {});
    // A turn that does not wait is no idle time.
    handle.set_immediate(|| {});
    event_loop.run_mode(RunMode::Once);
    assert_eq!(seen.take(), []);
    assert!(!event_loop.run_mode(RunMode::Once));
    assert_eq!(seen.take(), [Some(ms(5))]);
    // The wait is over when the timer is due, however much of it was worked away.
    assert_eq!(clock.now(), ms(5));
    assert!(handle.remove_listener(id));
    assert!(!handle.remove_listener(id));
    timer.start(ms(5), None, || {});
    assert!(!event_loop.run_mode(RunMode::Once));
    assert_eq!(seen.take(), []);
}

#[test]
fn idle_work_may_end_the_wait() {
    let (mut event_loop, clock) = on_virtual_time();
    let (handle, log) = (event_loop.handle(), Log::default());
    let timer = Timer::new(&handle);
    timer.start(HOUR, None, log.word("timer"));
    let (say, worker) = (log.clone(), handle.clone());
    handle.on_idle(move |_| {
        worker.set_immediate(say.word("immediate"));
    });
    assert!(event_loop.run_mode(RunMode::Once));
    assert_eq!(
        (log.take(), clock.now()),
        (vec!["immediate"], Duration::ZERO)
    );
}
