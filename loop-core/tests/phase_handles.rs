//! Goal: idle, prepare and check handles are called as libuv's design page says. Method: turns made
//! one by one, on a real driver and on virtual time.

mod common;

use std::rc::Rc;
use std::time::Duration;

use common::on_real_and_virtual;
use synodic_loop::{Async, Check, Idle, Prepare, RunMode, Timer};

#[test]
fn a_turn_goes_through_the_phases_in_order() {
    on_real_and_virtual(|event_loop, log| {
        let handle = event_loop.handle();
        let (check, prepare, idle) = (
            Check::new(&handle),
            Prepare::new(&handle),
            Idle::new(&handle),
        );
        check.start(log.word("check"));
        prepare.start(log.word("prepare"));
        idle.start(log.word("idle"));
        let signalled = Async::new(&handle, log.word("poll"));
        signalled.notifier().notify();
        handle.set_immediate(log.word("immediate"));
        let timer = Timer::new(&handle);
        timer.start(Duration::ZERO, None, log.word("timer"));
        Timer::new(&handle).close(log.word("close"));
        assert!(event_loop.run_mode(RunMode::NoWait));
        let turn = [
            "idle",
            "prepare",
            "poll",
            "check",
            "immediate",
            "close",
            "timer",
        ];
        assert_eq!(log.take(), turn);
    });
}

#[test]
fn the_handle_started_last_is_called_first_and_the_order_stays() {
    on_real_and_virtual(|event_loop, log| {
        let handle = event_loop.handle();
        let handles = ["first", "second", "third"].map(|word| {
            let prepare = Prepare::new(&handle);
            prepare.start(log.word(word));
            prepare
        });
        for _ in 0..2 {
            event_loop.run_mode(RunMode::NoWait);
            assert_eq!(log.take(), ["third", "second", "first"]);
        }
        // Starting an active handle does nothing, whatever the callback.
        handles[0].start(log.word("other"));
        event_loop.run_mode(RunMode::NoWait);
        assert_eq!(log.take(), ["third", "second", "first"]);
    });
}

#[test]
fn a_handle_stopped_by_another_callback_of_its_phase_is_not_called() {
    on_real_and_virtual(|event_loop, log| {
        let handle = event_loop.handle();
        let stopped = Rc::new(Check::new(&handle));
        stopped.start(log.word("stopped"));
        let stopper = Check::new(&handle);
        let (say, target) = (log.clone(), stopped.clone());
        stopper.start(move || {
            say.say("stopper");
            target.stop();
        });
        event_loop.run_mode(RunMode::NoWait);
        assert_eq!(log.take(), ["stopper"]);
        assert!(stopper.is_active() && !stopped.is_active());
    });
}

#[test]
fn a_handle_started_by_a_callback_of_its_phase_waits_for_the_next_turn() {
    on_real_and_virtual(|event_loop, log| {
        let handle = event_loop.handle();
        let late = Rc::new(Idle::new(&handle));
        let starter = Idle::new(&handle);
        let (say, target) = (log.clone(), late.clone());
        starter.start(move || {
            say.say("starter");
            target.start(say.word("late"));
        });
        event_loop.run_mode(RunMode::NoWait);
        assert_eq!(log.take(), ["starter"]);
        event_loop.run_mode(RunMode::NoWait);
        assert_eq!(log.take(), ["late", "starter"]);
    });
}

#[test]
fn a_callback_may_stop_restart_and_close_its_own_handle() {
    on_real_and_virtual(|event_loop, log| {
        let handle = event_loop.handle();
        let idle = Rc::new(Idle::new(&handle));
        let (say, own) = (log.clone(), Rc::downgrade(&idle));
        idle.start(move || {
            say.say("first");
            let own = own.upgrade().unwrap();
            own.stop();
            let (again, same) = (say.clone(), Rc::downgrade(&own));
            own.start(move || {
                again.say("second");
                same.upgrade().unwrap().close(again.word("closed"));
            });
        });
        assert!(!event_loop.run_mode(RunMode::Default));
        assert_eq!(log.take(), ["first", "second", "closed"]);
        assert!(idle.is_closing() && !idle.is_active());
        // A closed handle does not start again.
        idle.start(log.word("never"));
        assert!(!event_loop.run_mode(RunMode::Default));
        assert!(log.take().is_empty());
    });
}

#[test]
fn an_unreferenced_handle_is_called_but_does_not_keep_the_loop_alive() {
    on_real_and_virtual(|event_loop, log| {
        let handle = event_loop.handle();
        let check = Check::new(&handle);
        check.unref();
        check.start(log.word("check"));
        assert!(!check.has_ref() && !handle.alive());
        assert!(!event_loop.run_mode(RunMode::Default));
        assert!(
            log.take().is_empty(),
            "a loop that is not alive does not turn"
        );
        let once = handle.set_immediate(log.word("immediate"));
        assert!(!event_loop.run_mode(RunMode::Default));
        assert_eq!(log.take(), ["check", "immediate"]);
        assert!(!once.has_ref());
        check.r#ref();
        assert!(handle.alive());
        check.stop();
        assert!(!handle.alive());
    });
}

#[test]
fn handles_closed_together_report_last_closed_first() {
    on_real_and_virtual(|event_loop, log| {
        let handle = event_loop.handle();
        for word in ["first", "second", "third"] {
            Prepare::new(&handle).close(log.word(word));
        }
        assert!(handle.alive(), "a handle that closes keeps the loop alive");
        assert!(!event_loop.run_mode(RunMode::Default));
        assert_eq!(log.take(), ["third", "second", "first"]);
    });
}
