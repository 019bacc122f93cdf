//! Futures over timers and immediates.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::error::Elapsed;
use crate::handle::Handle;
use crate::immediate::Immediate;
use crate::timer::{DELAY_MAX_MS, Timeout};

/// Waits for `delay`, rounded up to whole milliseconds; never less.
///
/// The timer is armed by the first poll, in the list of its duration, so sleeps and
/// [`set_timeout`](crate::set_timeout) fire in one order. Any length works, other than with
/// `set_timeout`.
///
/// # Panics
///
/// The first poll panics outside of a loop.
///
/// # Cancel safety
///
/// Dropping it clears the timer.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let mut event_loop = synodic_loop::EventLoop::new()?;
/// event_loop.block_on(synodic_loop::sleep(Duration::from_millis(2)))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn sleep(delay: Duration) -> Sleep {
    Sleep {
        delay,
        deadline: None,
        timer: None,
    }
}

/// The future of [`sleep`].
#[must_use = "futures do nothing unless polled"]
pub struct Sleep {
    delay: Duration,
    /// By the loop's clock; known from the first poll on.
    deadline: Option<Duration>,
    timer: Option<(Handle, Timeout)>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if let Some((handle, timer)) = &self.timer {
            if timer.is_live() {
                timer.set_waker(context.waker());
                return Poll::Pending;
            }
            let now = handle.inner().clock.now();
            if self.deadline.is_none_or(|deadline| now >= deadline) {
                self.timer = None;
                return Poll::Ready(());
            }
        }
        let handle = Handle::current();
        let now = handle.inner().clock.now();
        let delay = self.delay;
        let deadline = match self.deadline {
            Some(deadline) => Some(deadline),
            // A deadline beyond the clock's range never comes.
            None => now.checked_add(delay),
        };
        self.deadline = deadline;
        let left = deadline.map_or(Duration::MAX, |deadline| deadline.saturating_sub(now));
        let timer = handle.set_wake_timer(timer_delay(left), context.waker());
        self.timer = Some((handle, timer));
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some((_, timer)) = &self.timer {
            timer.clear();
        }
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep")
            .field("delay", &self.delay)
            .finish_non_exhaustive()
    }
}

/// The delay of the next timer on the way to a deadline: whole milliseconds, rounded up so that
/// the sleep is never short, and no longer than a timer can be.
fn timer_delay(left: Duration) -> Duration {
    let ms = left
        .as_nanos()
        .div_ceil(1_000_000)
        .min(u128::from(DELAY_MAX_MS));
    Duration::from_millis(u64::try_from(ms).expect("a delay is at most 31 bits"))
}

/// Gives a future no longer than `limit`.
///
/// # Errors
///
/// [`Elapsed`] when the limit came first; the future is then dropped.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use synodic_loop::{sleep, timeout};
///
/// let mut event_loop = synodic_loop::EventLoop::new()?;
/// let late = event_loop.block_on(async {
///     timeout(Duration::from_millis(1), sleep(Duration::from_secs(60))).await
/// })?;
/// assert!(late.is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub async fn timeout<F: Future>(limit: Duration, future: F) -> Result<F::Output, Elapsed> {
    let mut future = std::pin::pin!(future);
    let mut sleep = std::pin::pin!(sleep(limit));
    std::future::poll_fn(|context| {
        if let Poll::Ready(output) = future.as_mut().poll(context) {
            return Poll::Ready(Ok(output));
        }
        sleep
            .as_mut()
            .poll(context)
            .map(|()| Err(Elapsed { limit }))
    })
    .await
}

/// A clock that ticks every `period`.
///
/// # Node
///
/// As `setInterval` in `timers/promises`: the next period counts from when the timer ran, so late
/// ticks are not made up for.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let mut event_loop = synodic_loop::EventLoop::new()?;
/// event_loop.block_on(async {
///     let mut interval = synodic_loop::interval(Duration::from_millis(1));
///     interval.tick().await;
///     interval.tick().await;
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn interval(period: Duration) -> Interval {
    Interval {
        sleep: sleep(period),
    }
}

/// Ticks every period. Made by [`interval`].
#[derive(Debug)]
pub struct Interval {
    sleep: Sleep,
}

impl Interval {
    /// Waits for the next tick. The first one comes a period after the first call.
    ///
    /// # Cancel safety
    ///
    /// A dropped call loses no tick: the next call waits for the same one.
    pub async fn tick(&mut self) {
        Pin::new(&mut self.sleep).await;
        self.sleep = sleep(self.sleep.delay);
    }
}

/// Continues in the next check phase: `setImmediate` of `timers/promises`.
///
/// # Panics
///
/// The first poll panics outside of a loop.
///
/// # Cancel safety
///
/// Dropping it clears the immediate.
///
/// # Examples
///
/// ```
/// let mut event_loop = synodic_loop::EventLoop::new()?;
/// event_loop.block_on(async {
///     synodic_loop::immediate().await;
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn immediate() -> ImmediateFuture {
    ImmediateFuture { immediate: None }
}

/// Lets everything else that is ready go first: another name for [`immediate`].
///
/// A future that wakes itself instead starves the loop, as a promise that chains itself does.
pub fn yield_now() -> ImmediateFuture {
    immediate()
}

/// The future of [`immediate`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct ImmediateFuture {
    immediate: Option<Immediate>,
}

impl Future for ImmediateFuture {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match &self.immediate {
            Some(immediate) if !immediate.is_pending() => Poll::Ready(()),
            armed => {
                // A waker of another task needs a callback of its own.
                if let Some(armed) = armed {
                    armed.clear();
                }
                let waker = context.waker().clone();
                self.immediate = Some(Handle::current().set_immediate(move || waker.wake()));
                Poll::Pending
            }
        }
    }
}

impl Drop for ImmediateFuture {
    fn drop(&mut self) {
        if let Some(immediate) = &self.immediate {
            immediate.clear();
        }
    }
}
