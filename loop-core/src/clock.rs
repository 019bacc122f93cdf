//! Where the loop's time comes from.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

/// A monotonic clock that a loop runs by.
pub trait Clock {
    /// The time since the clock's origin. Never less than before.
    fn now(&self) -> Duration;

    /// Called when the loop has nothing to do before `deadline`. A clock that can jump there does
    /// so and returns true; a real one returns false, and the loop waits in the kernel.
    fn skip_to(&self, deadline: Duration) -> bool;
}

/// `CLOCK_MONOTONIC`: what a loop runs by unless told otherwise.
#[derive(Clone, Copy, Debug, Default)]
pub struct MonotonicClock;

impl Clock for MonotonicClock {
    fn now(&self) -> Duration {
        crate::sys::monotonic_now()
    }

    fn skip_to(&self, _deadline: Duration) -> bool {
        false
    }
}

/// A clock that moves only when it is told to, or when the loop would wait for a timer.
///
/// A test that uses it takes no time and has no races: a callback takes no time at all, and a loop
/// that has nothing to do until its next timer is there at once. Clones are one clock.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use synodic_loop::{EventLoop, VirtualClock};
///
/// let clock = VirtualClock::new();
/// let mut event_loop = EventLoop::builder().virtual_clock(clock.clone()).build()?;
/// event_loop.run(|| {
///     synodic_loop::set_timeout(Duration::from_secs(3600), || {});
/// });
/// assert_eq!(clock.now(), Duration::from_secs(3600));
/// # Ok::<(), synodic_loop::BuildError>(())
/// ```
#[derive(Clone, Default)]
pub struct VirtualClock(Rc<Cell<Duration>>);

impl VirtualClock {
    /// A clock that shows zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the clock shows.
    pub fn now(&self) -> Duration {
        self.0.get()
    }

    /// Moves the clock forward, as a callback does that takes this long.
    pub fn advance(&self, by: Duration) {
        self.0.set(self.0.get().saturating_add(by));
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Duration {
        self.0.get()
    }

    fn skip_to(&self, deadline: Duration) -> bool {
        self.0.set(self.0.get().max(deadline));
        true
    }
}

impl fmt::Debug for VirtualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VirtualClock").field(&self.0.get()).finish()
    }
}

/// The clock of one loop, and the loop time: its last reading, in whole milliseconds.
pub(crate) struct LoopClock {
    clock: Rc<dyn Clock>,
    loop_time_ms: Cell<u64>,
}

impl LoopClock {
    pub(crate) fn new(clock: Rc<dyn Clock>) -> Self {
        let this = Self {
            clock,
            loop_time_ms: Cell::new(0),
        };
        this.read();
        this
    }

    /// Reads the clock, and so updates the loop time.
    pub(crate) fn read(&self) -> u64 {
        let now_ms = u64::try_from(self.clock.now().as_millis()).unwrap_or(u64::MAX);
        self.loop_time_ms.set(now_ms.max(self.loop_time_ms.get()));
        self.loop_time_ms.get()
    }

    /// The loop time: the last reading.
    pub(crate) fn loop_time_ms(&self) -> u64 {
        self.loop_time_ms.get()
    }

    /// The precise time.
    pub(crate) fn now(&self) -> Duration {
        self.clock.now()
    }

    pub(crate) fn skip_to(&self, deadline: Duration) -> bool {
        self.clock.skip_to(deadline)
    }
}
