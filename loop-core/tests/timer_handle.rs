//! Goal: the timer handle keeps libuv's rules. Method: a virtual clock, so that times are exact.

mod common;

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use common::{Log, on_real_and_virtual, on_virtual_time};
use synodic_loop::{RunMode, Timer};

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[test]
fn timers_fire_by_due_time_and_ties_in_the_order_of_their_starts() {
    let (mut event_loop, clock) = on_virtual_time();
    let (handle, log) = (event_loop.handle(), Log::default());
    let timers = [(5, "c"), (3, "a"), (5, "d"), (4, "b")].map(|(delay, word)| {
        let timer = Timer::new(&handle);
        timer.start(ms(delay), None, log.word(word));
        timer
    });
    // Started anew, it goes behind the others of its time.
    timers[0].start(ms(5), None, log.word("e"));
    assert!(!event_loop.run_mode(RunMode::Default));
    assert_eq!(log.take(), ["a", "b", "d", "e"]);
    assert_eq!(clock.now(), ms(5));
}

#[test]
fn a_repeating_timer_fires_until_it_is_stopped_from_its_callback() {
    let (mut event_loop, clock) = on_virtual_time();
    let (handle, log) = (event_loop.handle(), Log::default());
    let timer = Rc::new(Timer::new(&handle));
    let (say, own, fired) = (log.clone(), Rc::downgrade(&timer), Cell::new(0));
    timer.start(ms(3), Some(ms(2)), move || {
        say.say("fired");
        fired.set(fired.get() + 1);
        if fired.get() == 3 {
            own.upgrade().unwrap().stop();
        }
    });
    assert_eq!(timer.due_in(), Some(ms(3)));
    assert!(!event_loop.run_mode(RunMode::Default));
    assert_eq!(log.take(), ["fired"; 3]);
    assert_eq!(clock.now(), ms(3 + 2 + 2));
    assert_eq!((timer.is_active(), timer.due_in()), (false, None));
    // The period is still known.
    timer.again();
    assert_eq!(timer.due_in(), Some(ms(2)));
}

#[test]
fn again_moves_the_deadline_and_needs_a_period() {
    let (mut event_loop, clock) = on_virtual_time();
    let (handle, log) = (event_loop.handle(), Log::default());
    let once = Timer::new(&handle);
    once.start(ms(10), None, log.word("once"));
    once.again();
    assert_eq!(
        once.due_in(),
        Some(ms(10)),
        "without a period nothing happens"
    );
    let repeats = Rc::new(Timer::new(&handle));
    let (say, own) = (log.clone(), Rc::downgrade(&repeats));
    repeats.start(ms(1), Some(ms(20)), move || {
        say.say("repeats");
        own.upgrade().unwrap().stop();
    });
    repeats.again();
    assert!(!event_loop.run_mode(RunMode::Default));
    assert_eq!(log.take(), ["once", "repeats"]);
    assert_eq!(clock.now(), ms(20));
}

#[test]
fn a_timer_started_by_a_timer_waits_for_the_next_turn_even_with_no_delay() {
    let (mut event_loop, _) = on_virtual_time();
    let (handle, log) = (event_loop.handle(), Log::default());
    let second = Rc::new(Timer::new(&handle));
    let first = Timer::new(&handle);
    let (say, target) = (log.clone(), second.clone());
    first.start(ms(1), None, move || {
        say.say("first");
        target.start(Duration::ZERO, None, say.word("second"));
    });
    let check = synodic_loop::Check::new(&handle);
    check.unref();
    check.start(log.word("check"));
    assert!(!event_loop.run_mode(RunMode::Default));
    assert_eq!(log.take(), ["check", "first", "check", "second"]);
}

#[test]
fn a_due_timer_that_another_one_stops_does_not_fire() {
    let (mut event_loop, _) = on_virtual_time();
    let (handle, log) = (event_loop.handle(), Log::default());
    let second = Rc::new(Timer::new(&handle));
    let first = Timer::new(&handle);
    let (say, target) = (log.clone(), second.clone());
    first.start(ms(1), None, move || {
        say.say("first");
        target.stop();
    });
    second.start(ms(1), None, log.word("second"));
    assert!(!event_loop.run_mode(RunMode::Default));
    assert_eq!(log.take(), ["first"]);
}

#[test]
fn the_delay_counts_from_the_loop_time_and_is_rounded_up() {
    let (event_loop, clock) = on_virtual_time();
    let handle = event_loop.handle();
    clock.advance(ms(7));
    let timer = Timer::new(&handle);
    timer.start(Duration::from_micros(2001), None, || {});
    assert_eq!((handle.now(), timer.due_in()), (ms(0), Some(ms(3))));
    handle.update_time();
    assert_eq!((handle.now(), timer.due_in()), (ms(7), Some(ms(0))));
}

#[test]
fn an_unreferenced_timer_does_not_keep_the_loop_alive() {
    on_real_and_virtual(|event_loop, log| {
        let timer = Timer::new(&event_loop.handle());
        timer.start(ms(3_600_000), None, log.word("never"));
        timer.unref();
        assert!(!event_loop.run_mode(RunMode::Default));
        assert!(timer.is_active() && log.take().is_empty());
    });
}

#[test]
fn a_closed_timer_does_not_fire_or_start() {
    on_real_and_virtual(|event_loop, log| {
        let timer = Timer::new(&event_loop.handle());
        timer.start(Duration::ZERO, None, log.word("fired"));
        timer.close(log.word("closed"));
        timer.close(log.word("closed twice"));
        timer.start(Duration::ZERO, None, log.word("started"));
        assert!(!event_loop.run_mode(RunMode::Default));
        assert_eq!(log.take(), ["closed"]);
    });
}
