//! What a loop does with its time.

use std::cell::Cell;
use std::time::Duration;

use crate::handle::Handle;

/// The stages of one turn of the loop, in the order of `docs/architecture.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Timers that are due.
    Timers,
    /// Results that were known before the turn looks for events.
    Pending,
    /// Idle handles.
    Idle,
    /// Prepare handles.
    Prepare,
    /// Completions, posted closures, async handles, signals.
    Poll,
    /// Check handles and immediates.
    Check,
    /// Close callbacks.
    Closing,
}

impl Phase {
    const COUNT: usize = 7;
}

/// What a loop has done with its time since it was made.
///
/// # Examples
///
/// ```
/// use synodic_loop::Phase;
///
/// let mut event_loop = synodic_loop::EventLoop::new()?;
/// let handle = event_loop.handle();
/// handle.measure_phases(true);
/// event_loop.run(|| {
///     synodic_loop::set_immediate(|| {});
/// });
/// let metrics = handle.metrics();
/// assert_eq!(metrics.iterations, 1);
/// assert!(metrics.in_phase(Phase::Check) > std::time::Duration::ZERO);
/// # Ok::<(), synodic_loop::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Metrics {
    /// Turns that have been made.
    pub iterations: u64,
    /// Time since the loop first ran; zero before.
    pub elapsed: Duration,
    /// Time spent waiting in the kernel.
    pub idle: Duration,
    /// How often the driver has entered the kernel to submit or to wait.
    pub system_calls: u64,
    phases: [Duration; Phase::COUNT],
}

impl Metrics {
    /// Time spent in one phase while [`Handle::measure_phases`] was on, without the waits.
    pub fn in_phase(&self, phase: Phase) -> Duration {
        self.phases[phase as usize]
    }
}

/// Counts what [`Metrics`] shows.
#[derive(Default)]
pub(crate) struct Meter {
    metrics: Cell<Metrics>,
    /// When the loop first ran.
    start: Cell<Option<Duration>>,
    measures_phases: Cell<bool>,
}

impl Meter {
    /// Says that the loop runs, now and perhaps not for the first time.
    pub(crate) fn start(&self, now: Duration) {
        self.start.set(self.start.get().or(Some(now)));
    }

    pub(crate) fn count_iteration(&self) {
        let mut metrics = self.metrics.get();
        metrics.iterations += 1;
        self.metrics.set(metrics);
    }

    pub(crate) fn count_idle(&self, idle: Duration) {
        let mut metrics = self.metrics.get();
        metrics.idle += idle;
        self.metrics.set(metrics);
    }
}

impl Handle {
    /// What this loop has done with its time.
    pub fn metrics(&self) -> Metrics {
        let inner = self.inner();
        let mut metrics = inner.meter.metrics.get();
        if let Some(start) = inner.meter.start.get() {
            metrics.elapsed = inner.clock.now().saturating_sub(start);
        }
        metrics.system_calls = inner.io.system_calls();
        metrics
    }

    /// Starts or stops measuring the time per phase, which costs a reading of the clock for each.
    pub fn measure_phases(&self, on: bool) {
        self.inner().meter.measures_phases.set(on);
    }

    /// Runs a phase, and measures it if that is asked for.
    pub(crate) fn in_phase<R>(&self, phase: Phase, run: impl FnOnce() -> R) -> R {
        let inner = self.inner();
        if !inner.meter.measures_phases.get() {
            return run();
        }
        let (start, idle_before) = (inner.clock.now(), inner.meter.metrics.get().idle);
        let result = run();
        let mut metrics = inner.meter.metrics.get();
        let waited = metrics.idle - idle_before;
        let spent = inner
            .clock
            .now()
            .saturating_sub(start)
            .saturating_sub(waited);
        metrics.phases[phase as usize] += spent;
        inner.meter.metrics.set(metrics);
        result
    }
}
