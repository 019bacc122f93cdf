//! Shows how late an event loop comes to its timers when one callback takes long.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use synodic::perf_hooks::{event_loop_utilization, monitor_event_loop_delay};
use synodic::timers::{set_timeout, sleep};

/// Keeps the loop from everything else, as a long computation does.
fn compute(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}

fn main() -> ExitCode {
    synodic::run(async {
        let delay = monitor_event_loop_delay(Duration::from_millis(2));
        delay.enable();
        set_timeout(Duration::from_millis(50), || {
            compute(Duration::from_millis(20));
        });
        let before = event_loop_utilization();
        sleep(Duration::from_millis(100)).await;
        delay.disable();
        let used = event_loop_utilization().since(&before).utilization;
        eprintln!("the loop worked {:.0} % of the time", 100.0 * used);
        eprintln!(
            "50 % of the samples came within {} ns",
            delay.percentile(50.0)
        );
        eprintln!("the latest came after {} ns", delay.max());
    })
}
