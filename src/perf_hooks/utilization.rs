//! How much of its time the loop works.

use std::time::Duration;

use synodic_loop::Handle;

/// How much of a span of time a loop worked, and how much it waited for events.
///
/// # Node
///
/// What `performance.eventLoopUtilization()` returns, with durations for milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct EventLoopUtilization {
    /// Time spent waiting in the kernel.
    pub idle: Duration,
    /// All other time.
    pub active: Duration,
    /// The share of `active` in both, from 0 to 1; 0 when no time has passed.
    pub utilization: f64,
}

impl EventLoopUtilization {
    fn new(idle: Duration, active: Duration) -> Self {
        let total = idle + active;
        let utilization = if total.is_zero() {
            0.0
        } else {
            active.as_secs_f64() / total.as_secs_f64()
        };
        Self {
            idle,
            active,
            utilization,
        }
    }

    /// The span of time that lies between `earlier` and this. Nothing of it is negative: a later
    /// `earlier` makes zeros.
    ///
    /// # Node
    ///
    /// `eventLoopUtilization(later, earlier)`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use synodic::event_loop::{EventLoop, VirtualClock};
    /// use synodic::perf_hooks::event_loop_utilization;
    ///
    /// let clock = VirtualClock::new();
    /// let mut event_loop = EventLoop::builder().virtual_clock(clock.clone()).build()?;
    /// event_loop.run_async(async move {
    ///     let earlier = event_loop_utilization();
    ///     clock.advance(Duration::from_millis(10)); // work
    ///     synodic::timers::sleep(Duration::from_millis(30)).await;
    ///     let span = event_loop_utilization().since(&earlier);
    ///     // The timer counts from the loop time, which was read before the work.
    ///     assert_eq!(span.active, Duration::from_millis(10));
    ///     assert_eq!(span.idle + span.active, clock.now());
    /// });
    /// # Ok::<(), synodic::event_loop::BuildError>(())
    /// ```
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self::new(
            self.idle.saturating_sub(earlier.idle),
            self.active.saturating_sub(earlier.active),
        )
    }
}

/// How much of the time since it first ran the current loop has worked.
///
/// For a span of time, take the difference of two: [`EventLoopUtilization::since`].
///
/// # Panics
///
/// Outside of a loop.
///
/// # Node
///
/// `performance.eventLoopUtilization()`.
#[doc(alias = "performance.eventLoopUtilization")]
#[must_use]
pub fn event_loop_utilization() -> EventLoopUtilization {
    let metrics = Handle::current().metrics();
    let active = metrics.elapsed.saturating_sub(metrics.idle);
    EventLoopUtilization::new(metrics.idle, active)
}
