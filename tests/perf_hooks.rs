//! Goal: the numbers of `perf_hooks` are those of the loop. Method: a virtual clock, on which each
//! of them is known; times are recorded to three digits, so they are compared in tenths of a
//! millisecond.
#![cfg(feature = "perf_hooks")]

use std::time::Duration;

use synodic::event_loop::{EventLoop, VirtualClock};
use synodic::perf_hooks::{
    IntervalHistogram, Phase, event_loop_utilization, loop_metrics, measure_phases,
    monitor_event_loop_delay, now,
};
use synodic::timers::{set_immediate, set_timeout, sleep};

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Runs `main` on virtual time, which begins at an odd moment.
fn on_virtual_time<F: Future<Output = ()> + 'static>(main: impl FnOnce(VirtualClock) -> F) {
    let clock = VirtualClock::new();
    clock.advance(ms(12_345));
    let builder = EventLoop::builder().virtual_clock(clock.clone());
    let status = builder.build().unwrap().run_async(main(clock));
    assert!(status.success(), "{status:?}");
}

/// Tenths of a millisecond: all that three digits of these times can tell.
fn tenths(time_ns: u64) -> u64 {
    (time_ns + 50_000) / 100_000
}

fn extremes(delay: &IntervalHistogram) -> (u64, u64) {
    (tenths(delay.min()), tenths(delay.max()))
}

#[test]
fn a_loop_that_keeps_up_has_the_resolution_as_its_only_delay() {
    on_virtual_time(|_| async {
        let delay = monitor_event_loop_delay(ms(10));
        sleep(ms(50)).await;
        assert_eq!(delay.count(), 0, "it is not enabled");
        assert!(delay.enable() && !delay.enable());
        sleep(ms(105)).await;
        // Samples at 10, 20 ... 100 ms, and nine times between them.
        assert_eq!((delay.count(), delay.exceeds()), (9, 0));
        assert_eq!(extremes(&delay), (100, 100));
        for percent in [1.0, 50.0, 99.9, 100.0] {
            assert_eq!(tenths(delay.percentile(percent)), 100);
        }
        // The values that Node shows for 10 ms: the ends of their bucket.
        assert_eq!((delay.min(), delay.max()), (9_994_240, 10_002_431));
        assert!((delay.mean() - 1e7).abs() < 1e4 && delay.stddev() < 1.0);
    });
}

#[test]
fn a_callback_that_takes_long_is_seen() {
    on_virtual_time(|clock| async move {
        let delay = monitor_event_loop_delay(ms(10));
        delay.enable();
        set_timeout(ms(25), move || clock.advance(ms(70)));
        sleep(ms(126)).await;
        // Samples at 10, 20, then at 95 where the callback ends, 105, 115 and 125.
        assert_eq!(delay.count(), 5);
        assert_eq!(extremes(&delay), (100, 750));
        assert_eq!(tenths(delay.percentile(80.0)), 100);
        assert_eq!(tenths(delay.percentile(81.0)), 750);
        assert_eq!((delay.mean() / 1e5).round(), 230.0);
        assert_eq!((delay.stddev() / 1e5).round(), 260.0);
    });
}

#[test]
fn nothing_is_recorded_while_it_is_disabled_and_reset_forgets() {
    on_virtual_time(|_| async {
        let delay = monitor_event_loop_delay(ms(1));
        assert!(!delay.disable());
        delay.enable();
        sleep(ms(5)).await;
        assert!(delay.disable());
        let count = delay.count();
        sleep(ms(500)).await;
        assert_eq!(delay.count(), count);
        delay.enable();
        sleep(ms(5)).await;
        assert!(delay.count() > count);
        assert_eq!(extremes(&delay), (10, 10), "the pause is no delay");
        delay.reset();
        assert_eq!((delay.count(), delay.min(), delay.max()), (0, 0, 0));
        assert_eq!((delay.mean(), delay.stddev()), (0.0, 0.0));
        assert_eq!(delay.percentile(50.0), 0);
    });
}

#[test]
fn more_than_an_hour_is_counted_and_not_recorded() {
    on_virtual_time(|clock| async move {
        let delay = monitor_event_loop_delay(ms(10));
        delay.enable();
        set_timeout(ms(25), move || clock.advance(Duration::from_secs(3601)));
        sleep(ms(30)).await;
        sleep(ms(1)).await;
        assert_eq!((delay.count(), delay.exceeds()), (1, 1));
        delay.reset();
        assert_eq!(delay.exceeds(), 0);
    });
}

#[test]
fn monitoring_does_not_keep_the_loop_alive() {
    let clock = VirtualClock::new();
    let builder = EventLoop::builder().virtual_clock(clock.clone());
    builder.build().unwrap().run(|| {
        let delay = monitor_event_loop_delay(ms(10));
        delay.enable();
        std::mem::forget(delay);
    });
    assert_eq!(clock.now(), Duration::ZERO);
}

#[test]
#[should_panic(expected = "a percentile is above 0 and at most 100: 0")]
fn a_percentile_of_zero_is_refused() {
    let _entered = EventLoop::new().unwrap().block_on(async {
        monitor_event_loop_delay(ms(10)).percentile(0.0);
    });
}

#[test]
fn utilization_is_the_share_of_the_time_that_is_not_waited() {
    on_virtual_time(|clock| async move {
        assert_eq!(
            event_loop_utilization().utilization,
            0.0,
            "no time has passed"
        );
        sleep(ms(30)).await;
        clock.advance(ms(10));
        let first = event_loop_utilization();
        assert_eq!((first.idle, first.active), (ms(30), ms(10)));
        assert_eq!(first.utilization, 0.25);
        assert_eq!(now(), ms(40));
        sleep(ms(20)).await;
        let second = event_loop_utilization();
        let span = second.since(&first);
        assert_eq!(span.active, Duration::ZERO);
        assert_eq!(span.utilization, 0.0);
        assert_eq!(span.idle, now() - ms(40));
        assert_eq!(first.since(&second), Default::default());
    });
}

#[test]
fn the_time_of_each_phase_is_without_the_waits() {
    on_virtual_time(|clock| async move {
        measure_phases(true);
        let (slow_timer, slow_immediate) = (clock.clone(), clock.clone());
        set_timeout(ms(10), move || slow_timer.advance(ms(4)));
        sleep(ms(10)).await;
        set_immediate(move || slow_immediate.advance(ms(3)));
        sleep(ms(50)).await;
        let metrics = loop_metrics();
        assert_eq!(metrics.in_phase(Phase::Timers), ms(4));
        assert_eq!(metrics.in_phase(Phase::Check), ms(3));
        assert_eq!(metrics.in_phase(Phase::Poll), Duration::ZERO);
        assert_eq!(metrics.elapsed - metrics.idle, ms(7));
    });
}
