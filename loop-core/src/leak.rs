//! The count of what dropped loops had to leak.

use synodic_sync::atomic::{AtomicUsize, Ordering};

/// A count that only grows; nothing is ordered by it.
static LEAKED: AtomicUsize = AtomicUsize::new(0);

/// How many operations the loops of this process have leaked so far, with their buffers: the kernel
/// did not let go of them within [`Builder::drop_grace`](crate::Builder::drop_grace).
///
/// # Examples
///
/// ```
/// drop(synodic_loop::EventLoop::new()?);
/// assert_eq!(synodic_loop::leaked_operations(), 0);
/// # Ok::<(), synodic_loop::BuildError>(())
/// ```
pub fn leaked_operations() -> usize {
    // Relaxed: a count, which pairs with nothing.
    LEAKED.load(Ordering::Relaxed)
}

pub(crate) fn count_leaked(operations: usize) {
    // Relaxed: a count, which pairs with nothing.
    LEAKED.fetch_add(operations, Ordering::Relaxed);
}
