//! How well the event loop keeps up: its delay, its utilization, and the time of its phases.
//!
//! Node's page: <https://nodejs.org/api/perf_hooks.html>.
//!
//! ```
//! use std::time::Duration;
//! use synodic::perf_hooks::{event_loop_utilization, monitor_event_loop_delay};
//! use synodic::timers::sleep;
//!
//! let status = synodic::Runtime::new()?.run(async {
//!     let delay = monitor_event_loop_delay(Duration::from_millis(1));
//!     delay.enable();
//!     let before = event_loop_utilization();
//!     sleep(Duration::from_millis(10)).await;
//!     let during = event_loop_utilization().since(&before);
//!     assert!(during.utilization < 1.0, "it has slept");
//!     assert!(delay.percentile(50.0) >= 900_000, "about a millisecond apart");
//! });
//! assert!(status.success());
//! # Ok::<(), synodic::event_loop::BuildError>(())
//! ```

mod interval_histogram;
mod utilization;

use std::time::Duration;

use synodic_loop::Handle;

pub use interval_histogram::{IntervalHistogram, monitor_event_loop_delay};
#[doc(no_inline)]
pub use synodic_loop::{Metrics, Phase};
pub use utilization::{EventLoopUtilization, event_loop_utilization};

/// The time since the current loop first ran, by its clock.
///
/// # Panics
///
/// Outside of a loop.
///
/// # Node
///
/// `performance.now()`, whose origin is the start of the process.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use synodic::event_loop::{EventLoop, VirtualClock};
///
/// let clock = VirtualClock::new();
/// clock.advance(Duration::from_secs(9));
/// let mut event_loop = EventLoop::builder().virtual_clock(clock).build()?;
/// event_loop.run_async(async {
///     synodic::timers::sleep(Duration::from_millis(3)).await;
///     assert_eq!(synodic::perf_hooks::now(), Duration::from_millis(3));
/// });
/// # Ok::<(), synodic::event_loop::BuildError>(())
/// ```
#[doc(alias = "performance.now")]
pub fn now() -> Duration {
    loop_metrics().elapsed
}

/// What the current loop has done with its time: turns, waits, system calls, and the time of each
/// phase while [`measure_phases`] is on.
///
/// # Panics
///
/// Outside of a loop.
///
/// # Node
///
/// `performance.nodeTiming.uvMetricsInfo` has the turns; the time per phase is nowhere in Node.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use synodic::event_loop::{EventLoop, VirtualClock};
/// use synodic::perf_hooks::{Phase, loop_metrics, measure_phases};
///
/// let clock = VirtualClock::new();
/// let mut event_loop = EventLoop::builder().virtual_clock(clock.clone()).build()?;
/// event_loop.run_async(async move {
///     measure_phases(true);
///     // An immediate that takes 5 ms.
///     synodic::timers::set_immediate(move || clock.advance(Duration::from_millis(5)));
///     synodic::timers::sleep(Duration::from_millis(20)).await;
///     let metrics = loop_metrics();
///     assert_eq!(metrics.in_phase(Phase::Check), Duration::from_millis(5));
///     assert_eq!(metrics.idle, Duration::from_millis(15));
/// });
/// # Ok::<(), synodic::event_loop::BuildError>(())
/// ```
#[doc(alias = "uvMetricsInfo")]
pub fn loop_metrics() -> Metrics {
    Handle::current().metrics()
}

/// Starts or stops measuring the time of each phase of the current loop. It costs a reading of the
/// clock a phase. See [`loop_metrics`].
///
/// # Panics
///
/// Outside of a loop.
pub fn measure_phases(on: bool) {
    Handle::current().measure_phases(on);
}
