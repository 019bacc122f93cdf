//! Timers and immediates: callbacks as in Node's `timers`, futures as in `timers/promises`.
//!
//! ```
//! use std::time::Duration;
//! use synodic::timers::{set_immediate, set_timeout, sleep};
//!
//! let status = synodic::Runtime::new()?.run(async {
//!     set_timeout(Duration::from_millis(1), || {});
//!     set_immediate(|| {});
//!     sleep(Duration::from_millis(2)).await;
//! });
//! assert!(status.success());
//! # Ok::<(), synodic::event_loop::BuildError>(())
//! ```

pub use synodic_loop::{
    Immediate, ImmediateFuture, Interval, Sleep, Timeout, clear_timeout, immediate, interval,
    set_immediate, set_interval, set_timeout, sleep, timeout, yield_now,
};
