//! How late the loop comes to its timers.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use hdrhistogram::Histogram;
use synodic_loop::{Handle, Timer};

/// The longest time between two samples that is recorded; one that is longer counts as exceeding.
const HIGHEST_NS: u64 = 3_600 * 1_000_000_000;

/// Significant decimal digits of a recorded time, as in Node.
const DIGITS: u8 = 3;

/// The times between the samples of a timer, in nanoseconds.
///
/// A loop that keeps up makes them all equal to the resolution. Whatever a sample is above that is
/// time for which the loop could not come to its timer. Values are kept to three digits: they are off
/// by less than a thousandth.
///
/// Made by [`monitor_event_loop_delay`]. The timer does not keep the loop alive. Dropping the
/// histogram stops it.
pub struct IntervalHistogram {
    timer: Timer,
    resolution: Duration,
    recorder: Rc<Recorder>,
}

struct Recorder {
    handle: Handle,
    histogram: RefCell<Histogram<u64>>,
    exceeds: Cell<u64>,
    /// When the last sample was taken, since `enable`.
    last: Cell<Option<Duration>>,
}

/// A histogram of how late the current loop comes to its timers, sampled every `resolution`; it
/// starts with [`enable`](IntervalHistogram::enable).
///
/// `resolution` is rounded up to whole milliseconds, and is at least one.
///
/// # Panics
///
/// Outside of a loop.
///
/// # Node
///
/// `perf_hooks.monitorEventLoopDelay({ resolution })`, whose default is 10 ms.
///
/// # Examples
///
/// On a virtual clock the numbers are exact, to three digits:
///
/// ```
/// use std::time::Duration;
/// use synodic::event_loop::{EventLoop, VirtualClock};
/// use synodic::perf_hooks::monitor_event_loop_delay;
/// use synodic::timers::{set_timeout, sleep};
///
/// let clock = VirtualClock::new();
/// let mut event_loop = EventLoop::builder().virtual_clock(clock.clone()).build()?;
/// event_loop.run_async(async move {
///     let delay = monitor_event_loop_delay(Duration::from_millis(10));
///     delay.enable();
///     // A callback that takes 50 ms.
///     set_timeout(Duration::from_millis(45), move || clock.advance(Duration::from_millis(50)));
///     sleep(Duration::from_millis(200)).await;
///     assert_eq!(delay.percentile(50.0) / 100_000, 100); // 10.0 ms
///     assert_eq!(delay.max() / 100_000, 550); // 55.0 ms: from 40 ms to 95 ms
/// });
/// # Ok::<(), synodic::event_loop::BuildError>(())
/// ```
#[doc(alias = "monitorEventLoopDelay")]
#[must_use]
pub fn monitor_event_loop_delay(resolution: Duration) -> IntervalHistogram {
    let handle = Handle::current();
    let timer = Timer::new(&handle);
    timer.unref();
    let histogram = Histogram::new_with_max(HIGHEST_NS, DIGITS)
        .expect("an hour in nanoseconds, to three digits, is a valid range");
    IntervalHistogram {
        timer,
        resolution: resolution.max(Duration::from_millis(1)),
        recorder: Rc::new(Recorder {
            handle,
            histogram: RefCell::new(histogram),
            exceeds: Cell::new(0),
            last: Cell::new(None),
        }),
    }
}

impl IntervalHistogram {
    /// Starts to sample. Says whether it had not started before.
    ///
    /// # Node
    ///
    /// There the first sample after `disable` and `enable` is the time since the last one before;
    /// here the time in between is not looked at.
    pub fn enable(&self) -> bool {
        if self.timer.is_active() {
            return false;
        }
        self.recorder.last.set(None);
        let recorder = self.recorder.clone();
        let sample = move || recorder.sample();
        self.timer
            .start(self.resolution, Some(self.resolution), sample);
        true
    }

    /// Stops sampling, and keeps what was recorded. Says whether it had been sampling.
    pub fn disable(&self) -> bool {
        let was_active = self.timer.is_active();
        self.timer.stop();
        was_active
    }

    /// Forgets what was recorded.
    pub fn reset(&self) {
        self.recorder.histogram.borrow_mut().reset();
        self.recorder.exceeds.set(0);
        self.recorder.last.set(None);
    }

    /// How many times were recorded.
    pub fn count(&self) -> u64 {
        self.recorder.histogram.borrow().len()
    }

    /// How often the time between two samples was longer than an hour, which is not recorded.
    pub fn exceeds(&self) -> u64 {
        self.recorder.exceeds.get()
    }

    /// The shortest recorded time, in nanoseconds; 0 when there is none.
    ///
    /// # Node
    ///
    /// There it is 9223372036854776000 when nothing was recorded.
    pub fn min(&self) -> u64 {
        self.recorder.histogram.borrow().min()
    }

    /// The longest recorded time, in nanoseconds; 0 when there is none.
    pub fn max(&self) -> u64 {
        self.recorder.histogram.borrow().max()
    }

    /// The mean of the recorded times, in nanoseconds; 0 when there is none.
    pub fn mean(&self) -> f64 {
        self.recorder.histogram.borrow().mean()
    }

    /// The standard deviation of the recorded times, in nanoseconds; 0 when there is none.
    pub fn stddev(&self) -> f64 {
        self.recorder.histogram.borrow().stdev()
    }

    /// The time, in nanoseconds, that `percent` of the recorded times do not exceed; 0 when there is
    /// none.
    ///
    /// # Panics
    ///
    /// Unless 0 < `percent` <= 100.
    pub fn percentile(&self, percent: f64) -> u64 {
        assert!(
            percent > 0.0 && percent <= 100.0,
            "a percentile is above 0 and at most 100: {percent}"
        );
        let histogram = self.recorder.histogram.borrow();
        histogram.value_at_percentile(percent)
    }
}

impl fmt::Debug for IntervalHistogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntervalHistogram")
            .field("count", &self.count())
            .field("min_ns", &self.min())
            .field("max_ns", &self.max())
            .finish_non_exhaustive()
    }
}

impl Recorder {
    /// Records the time since the last sample.
    fn sample(&self) {
        let now = self.handle.hrtime();
        let Some(last) = self.last.replace(Some(now)) else {
            return;
        };
        let time_ns = u64::try_from((now - last).as_nanos()).unwrap_or(u64::MAX);
        let is_recorded =
            time_ns <= HIGHEST_NS && self.histogram.borrow_mut().record(time_ns).is_ok();
        if !is_recorded {
            self.exceeds.set(self.exceeds.get() + 1);
        }
    }
}
