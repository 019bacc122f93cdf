//! Keeping a loop alive for something that it does not see.

use std::fmt;

use crate::handle::Handle;
use crate::watch::HandleState;

/// Keeps a loop alive until it is dropped.
///
/// A task that waits for another thread does not keep its loop alive by itself.
///
/// # Examples
///
/// ```
/// use synodic_loop::{EventLoop, Handle};
///
/// let mut event_loop = EventLoop::new()?;
/// let remote = event_loop.handle().remote();
/// let answer = event_loop.block_on(async move {
///     let _alive = Handle::current().keep_alive();
///     remote.spawn(|| async { 42_u32 }).expect("the loop is open").await
/// })?;
/// assert_eq!(answer?, 42);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "dropping it lets the loop end"]
pub struct KeepAlive(HandleState);

impl Handle {
    /// Keeps this loop alive until what is returned is dropped.
    pub fn keep_alive(&self) -> KeepAlive {
        let state = HandleState::new(self);
        state.set_active(true);
        KeepAlive(state)
    }
}

impl Drop for KeepAlive {
    fn drop(&mut self) {
        self.0.set_active(false);
    }
}

impl fmt::Debug for KeepAlive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeepAlive").finish_non_exhaustive()
    }
}
