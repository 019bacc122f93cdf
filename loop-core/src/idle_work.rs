//! Work for when the loop has nothing to do: a collector's idle time.

use std::time::Duration;

use crate::Outcome;
use crate::dispatch::Ended;
use crate::handle::Handle;
use crate::listeners::{ListenerId, Listeners};

/// How long the loop will have nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdleDeadline {
    at: Option<Duration>,
    now: Duration,
}

impl IdleDeadline {
    /// The time that is left, as of when the callback was called: until the next timer, or `None`
    /// when only an event can end the wait.
    pub fn time_remaining(&self) -> Option<Duration> {
        self.at.map(|at| at.saturating_sub(self.now))
    }
}

/// The callbacks for idle time.
pub(crate) type IdleWork = Listeners<IdleDeadline>;

impl Handle {
    /// Calls `callback` before each poll phase that is about to block, with the time it has.
    ///
    /// It is for work that can be cut into pieces, such as a collector's: an event that arrives
    /// meanwhile waits. It does not keep the loop alive.
    /// [`remove_listener`](Self::remove_listener) ends it.
    ///
    /// # Node
    ///
    /// V8's idle-time tasks.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let mut event_loop = synodic_loop::EventLoop::new()?;
    /// let handle = event_loop.handle();
    /// handle.on_idle(|deadline| {
    ///     assert!(deadline.time_remaining() <= Some(Duration::from_millis(2)));
    /// });
    /// event_loop.run(|| {
    ///     synodic_loop::set_timeout(Duration::from_millis(2), || {});
    /// });
    /// # Ok::<(), synodic_loop::BuildError>(())
    /// ```
    pub fn on_idle<O: Outcome<Value = ()>>(
        &self,
        callback: impl FnMut(&IdleDeadline) -> O + 'static,
    ) -> ListenerId {
        self.listen(&self.inner().idle_work, callback)
    }

    /// Runs idle work; false when there is none.
    pub(crate) fn run_idle_work(&self, until: Option<Duration>) -> Result<bool, Ended> {
        let listeners = &self.inner().idle_work;
        if listeners.is_empty() {
            return Ok(false);
        }
        let deadline = IdleDeadline {
            at: until,
            now: self.inner().clock.now(),
        };
        self.dispatch(|| listeners.emit(&deadline).map(drop))?;
        Ok(true)
    }
}
