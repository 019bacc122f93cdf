//! The functions of `std::thread` that loom does not have.

use std::{io, num::NonZeroUsize, time::Duration};

/// Model of [`std::thread::available_parallelism`]: always two.
///
/// # Errors
///
/// None.
pub fn available_parallelism() -> io::Result<NonZeroUsize> {
    const THREADS: NonZeroUsize = NonZeroUsize::new(2).expect("two is not zero");
    Ok(THREADS)
}

/// Model of [`std::thread::park_timeout`]: parks until unparked, so that a lost unpark is a
/// deadlock.
pub fn park_timeout(_timeout: Duration) {
    loom::thread::park();
}

/// Model of [`std::thread::sleep`]: lets other threads run.
pub fn sleep(_time: Duration) {
    loom::thread::yield_now();
}
