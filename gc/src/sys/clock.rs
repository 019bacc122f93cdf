//! How much work a thread has done.

use std::time::Duration;

/// Time that the processor has spent on the current thread, which does not go on while other
/// programs have the processor. Where that is not to be had, time.
#[cfg(all(unix, not(miri)))]
pub(crate) fn thread_time() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        u64::try_from(now.tv_sec).unwrap_or(0),
        u32::try_from(now.tv_nsec).unwrap_or(0),
    )
}

/// Time since the first call on this thread.
#[cfg(not(all(unix, not(miri))))]
pub(crate) fn thread_time() -> Duration {
    use std::time::Instant;
    synodic_sync::thread_local! {
        static FIRST: Instant = Instant::now();
    }
    FIRST.with(Instant::elapsed)
}
